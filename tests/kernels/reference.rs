//! The kernels by their definitions (method.md §4.1) in f64, one loop for every index.

use plateau::kernels::shape::{ConvShape, EdgesShape};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Feature maps `[images, channels, height, width]`.
#[derive(Clone)]
pub struct Maps {
    pub images: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub data: Vec<f64>,
}

impl Maps {
    pub fn new(images: usize, channels: usize, height: usize, width: usize) -> Self {
        Self {
            images,
            channels,
            height,
            width,
            data: vec![0.0; images * channels * height * width],
        }
    }

    fn index(&self, i: usize, c: usize, y: usize, x: usize) -> usize {
        ((i * self.channels + c) * self.height + y) * self.width + x
    }

    /// None outside the image.
    fn get(&self, i: usize, c: usize, y: isize, x: isize) -> Option<f64> {
        let inside = y >= 0 && x >= 0 && (y as usize) < self.height && (x as usize) < self.width;
        inside.then(|| self.data[self.index(i, c, y as usize, x as usize)])
    }

    fn build(
        &self,
        channels: usize,
        stride: usize,
        value: impl Fn(usize, usize, isize, isize) -> f64,
    ) -> Self {
        let mut out = Self::new(
            self.images,
            channels,
            self.height.div_ceil(stride),
            self.width.div_ceil(stride),
        );
        for i in 0..out.images {
            for c in 0..channels {
                for y in 0..out.height {
                    for x in 0..out.width {
                        let index = out.index(i, c, y, x);
                        out.data[index] = value(i, c, (y * stride) as isize, (x * stride) as isize);
                    }
                }
            }
        }
        out
    }

    pub fn relu(&self) -> Self {
        Self {
            data: self.data.iter().map(|value| value.max(0.0)).collect(),
            ..self.clone()
        }
    }

    /// The values a k×k kernel sees around (y, x); None in the padding.
    fn window(
        &self,
        (i, c): (usize, usize),
        (y, x): (isize, isize),
        kernel: usize,
        dilation: usize,
    ) -> impl Iterator<Item = Option<f64>> {
        let pad = (kernel / 2 * dilation) as isize;
        (0..kernel * kernel).map(move |tap| {
            let dy = (tap / kernel * dilation) as isize - pad;
            let dx = (tap % kernel * dilation) as isize - pad;
            self.get(i, c, y + dy, x + dx)
        })
    }

    pub fn depthwise(
        &self,
        weights: &[f64],
        kernel: usize,
        dilation: usize,
        stride: usize,
    ) -> Self {
        self.build(self.channels, stride, |i, c, y, x| {
            let taps = &weights[c * kernel * kernel..];
            let window = self.window((i, c), (y, x), kernel, dilation);
            window
                .zip(taps)
                .map(|(value, tap)| value.unwrap_or(0.0) * tap)
                .sum()
        })
    }

    pub fn dense(
        &self,
        weights: &[f64],
        out_channels: usize,
        kernel: usize,
        stride: usize,
    ) -> Self {
        self.build(out_channels, stride, |i, o, y, x| {
            let mut sum = 0.0;
            for c in 0..self.channels {
                let taps = &weights[(o * self.channels + c) * kernel * kernel..];
                let window = self.window((i, c), (y, x), kernel, 1);
                sum += window
                    .zip(taps)
                    .map(|(v, t)| v.unwrap_or(0.0) * t)
                    .sum::<f64>();
            }
            sum
        })
    }

    pub fn factorised_reduce(&self, weights: &[f64], out_channels: usize) -> Self {
        self.build(out_channels, 2, |i, o, y, x| {
            let shift = isize::from(o >= out_channels / 2);
            (0..self.channels)
                .map(|c| {
                    let value = self.get(i, c, y + shift, x + shift).unwrap_or(0.0);
                    weights[o * self.channels + c] * value
                })
                .sum()
        })
    }

    pub fn max_pool(&self, stride: usize) -> Self {
        self.build(self.channels, stride, |i, c, y, x| {
            self.window((i, c), (y, x), 3, 1)
                .flatten()
                .fold(f64::NEG_INFINITY, f64::max)
        })
    }

    pub fn average_pool(&self, stride: usize) -> Self {
        self.build(self.channels, stride, |i, c, y, x| {
            let values: Vec<_> = self.window((i, c), (y, x), 3, 1).flatten().collect();
            values.iter().sum::<f64>() / values.len() as f64
        })
    }

    pub fn batch_norm(&self, batch: usize) -> Self {
        let mut out = self.clone();
        for lane in 0..self.images / batch {
            for c in 0..self.channels {
                let mut positions = Vec::new();
                for i in lane * batch..(lane + 1) * batch {
                    let start = self.index(i, c, 0, 0);
                    positions.extend(start..start + self.height * self.width);
                }
                let n = positions.len() as f64;
                let mean = positions.iter().map(|&p| self.data[p]).sum::<f64>() / n;
                let variance = positions
                    .iter()
                    .map(|&p| (self.data[p] - mean).powi(2))
                    .sum::<f64>()
                    / n;
                for p in positions {
                    out.data[p] = (self.data[p] - mean) / (variance + 1e-5).sqrt();
                }
            }
        }
        out
    }
}

pub fn mixed_edges(shape: &EdgesShape, x: &[f64], weights: &[f64], mix: &[f64]) -> Vec<f64> {
    let (c, stride, batch) = (shape.channels, shape.stride, shape.batch);
    let images = shape.lanes * batch;
    let x = Maps {
        images,
        channels: c,
        height: shape.height,
        width: shape.width,
        data: x.to_vec(),
    };
    let per_edge = weights.len() / shape.edges;
    let mut edges = Vec::new();
    for edge in 0..shape.edges {
        let mut left = &weights[edge * per_edge..(edge + 1) * per_edge];
        let mut take = |len: usize| {
            let (head, tail) = left.split_at(len);
            left = tail;
            head
        };
        let mut separable = |kernel: usize| {
            let first = x
                .relu()
                .depthwise(take(c * kernel * kernel), kernel, 1, stride);
            let first = first.dense(take(c * c), c, 1, 1).batch_norm(batch);
            let second = first
                .relu()
                .depthwise(take(c * kernel * kernel), kernel, 1, 1);
            second.dense(take(c * c), c, 1, 1).batch_norm(batch)
        };
        let (sep3, sep5) = (separable(3), separable(5));
        let mut dilated = |kernel: usize| {
            let filtered = x
                .relu()
                .depthwise(take(c * kernel * kernel), kernel, 2, stride);
            filtered.dense(take(c * c), c, 1, 1).batch_norm(batch)
        };
        let (dil3, dil5) = (dilated(3), dilated(5));
        let skip = if stride == 1 {
            x.clone()
        } else {
            x.relu().factorised_reduce(take(c * c), c).batch_norm(batch)
        };
        assert!(left.is_empty());
        let max = x.max_pool(stride).batch_norm(batch);
        let average = x.average_pool(stride).batch_norm(batch);
        let operations = [&max, &average, &skip, &sep3, &sep5, &dil3, &dil5];
        let per_image = skip.data.len() / images;
        let mixed = (0..skip.data.len()).map(|position| {
            let lane = position / per_image / batch;
            let weights = &mix[(lane * shape.edges + edge) * 8..][..8];
            let terms = operations.iter().zip(&weights[1..]);
            terms
                .map(|(maps, weight)| weight * maps.data[position])
                .sum()
        });
        edges.push(mixed.collect::<Vec<f64>>());
    }
    let per_image = edges[0].len() / images;
    (0..images)
        .flat_map(|image| {
            edges
                .iter()
                .flat_map(move |edge| &edge[image * per_image..][..per_image])
        })
        .copied()
        .collect()
}

pub fn conv_bn(shape: &ConvShape, x: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut maps = Maps::new(
        shape.lanes * shape.batch,
        shape.in_channels,
        shape.height,
        shape.width,
    );
    maps.data.copy_from_slice(x);
    if shape.relu {
        maps = maps.relu();
    }
    let convolved = if shape.reduce {
        maps.factorised_reduce(weights, shape.out_channels)
    } else {
        maps.dense(weights, shape.out_channels, shape.kernel, shape.stride)
    };
    convolved.batch_norm(shape.batch).data
}

/// Uniform values in ±scale.
pub fn random(rng: &mut ChaCha8Rng, len: usize, scale: f32) -> Vec<f32> {
    (0..len).map(|_| rng.random_range(-scale..scale)).collect()
}

pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

pub fn dot(left: &[f64], right: &[f32]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * f64::from(*right))
        .sum()
}

/// Every difference small against the value and the typical size.
pub fn assert_close(what: &str, got: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: length");
    let size = (expected.iter().map(|v| v * v).sum::<f64>() / expected.len() as f64).sqrt();
    for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
        let error = (f64::from(*got) - expected).abs();
        assert!(
            error <= tolerance * (expected.abs() + size) + 1e-6,
            "{what}[{index}]: got {got}, expected {expected} (typical {size})"
        );
    }
}

/// Compares up to `samples` elements of a gradient with central differences of `loss`.
pub fn assert_gradient(
    what: &str,
    rng: &mut ChaCha8Rng,
    at: &[f32],
    got: &[f32],
    loss: impl Fn(&[f64]) -> f64,
) {
    assert_eq!(got.len(), at.len(), "{what}: length");
    let samples = 20;
    let picked: Vec<usize> = if at.len() <= samples {
        (0..at.len()).collect()
    } else {
        (0..samples)
            .map(|_| rng.random_range(0..at.len()))
            .collect()
    };
    let mut point = wide(at);
    let mut expected = Vec::new();
    for &index in &picked {
        let (here, step) = (point[index], 1e-6);
        point[index] = here + step;
        let above = loss(&point);
        point[index] = here - step;
        let below = loss(&point);
        point[index] = here;
        expected.push((above - below) / (2.0 * step));
    }
    let got: Vec<f32> = picked.iter().map(|&index| got[index]).collect();
    assert_close(what, &got, &expected, 2e-4);
}

/// A fan.
pub fn edges(
    lanes: usize,
    batch: usize,
    channels: usize,
    size: (usize, usize),
    edges: usize,
    stride: usize,
) -> EdgesShape {
    EdgesShape {
        lanes,
        batch,
        channels,
        height: size.0,
        width: size.1,
        edges,
        stride,
    }
}

/// A convolution after a ReLU.
pub fn conv(
    lanes: usize,
    batch: usize,
    channels: (usize, usize),
    size: (usize, usize),
    kernel: usize,
    stride: usize,
) -> ConvShape {
    ConvShape {
        lanes,
        batch,
        in_channels: channels.0,
        out_channels: channels.1,
        height: size.0,
        width: size.1,
        kernel,
        stride,
        relu: true,
        reduce: false,
    }
}
