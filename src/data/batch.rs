use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{DataError, Dataset, Normalisation, Placement};

/// A data set on the device, normalised once; mini-batches are gathered there by index.
///
/// Two more images lie behind the real ones: a *blank* one of normalised black, where padding points, and a *zero* one,
/// where cutout points. So a batch, augmented or not, is one gather, without masks and without float arithmetic.
#[derive(Debug, Clone)]
pub struct DeviceImages {
    /// `[images + 2, channels · height · width]`
    images: Tensor<2>,
    /// `[images]`
    labels: Tensor<1, Int>,
    len: usize,
    channels: usize,
    height: usize,
    width: usize,
    device: Device,
}

/// Inputs and targets of one forward pass.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Normalised pixels, `[batch, channels, height, width]`.
    pub images: Tensor<4>,
    /// Class indices, `[batch]`.
    pub labels: Tensor<1, Int>,
}

impl DeviceImages {
    /// Uploads all images, test part included: it is the indices that keep a search away from them.
    ///
    /// # Errors
    /// [`DataError::Inconsistent`] from [`Dataset::check`], [`DataError::Channels`] if the normalisation belongs to other
    /// images, [`DataError::TooLarge`] if pixel indices could exceed 32 bits.
    pub fn new(
        dataset: &Dataset,
        normalisation: &Normalisation,
        device: &Device,
    ) -> Result<DeviceImages, DataError> {
        dataset.check()?;
        normalisation.check(dataset)?;
        let volume = dataset.volume();
        // The index arithmetic of `batch` adds two numbers that are at most the index of the zero image's first pixel.
        let limit = i32::MAX as usize / 2;
        if dataset.images.len() > limit.saturating_sub(volume.saturating_mul(2)) {
            return Err(DataError::TooLarge {
                name: dataset.name.clone(),
                pixels: dataset.images.len(),
                limit: limit.saturating_sub(volume.saturating_mul(2)),
            });
        }
        let area = dataset.height * dataset.width;
        let mut pixels = Vec::with_capacity(dataset.images.len() + 2 * volume);
        for (plane, raw) in dataset.images.chunks_exact(area).enumerate() {
            let channel = plane % dataset.channels;
            pixels.extend(raw.iter().map(|&raw| normalisation.apply(channel, raw)));
        }
        for channel in 0..dataset.channels {
            pixels.extend(std::iter::repeat_n(normalisation.apply(channel, 0), area));
        }
        pixels.extend(std::iter::repeat_n(0.0, volume));
        let labels = dataset.labels.iter().map(|&label| i32::from(label));
        Ok(DeviceImages {
            images: Tensor::from_floats(
                TensorData::new(pixels, [dataset.len() + 2, volume]),
                device,
            ),
            labels: integers(labels.collect(), [dataset.len()], device),
            len: dataset.len(),
            channels: dataset.channels,
            height: dataset.height,
            width: dataset.width,
            device: device.clone(),
        })
    }

    /// Number of images (the two auxiliary ones not counted).
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no image; never, since an empty data set is refused.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Gathers a mini-batch. Only small index vectors are uploaded: `[batch]`, and if anything is moved or cut also
    /// `[batch, height]` and `[batch, width]`. Equals [`place`](super::place()) to the bit.
    ///
    /// # Panics
    /// If `placements` is empty or names an image that does not exist; the indices of a [`Split`](super::Split) all do.
    pub fn batch(&self, placements: &[Placement]) -> Batch {
        assert!(!placements.is_empty(), "a batch needs at least one image");
        let images: Vec<i32> = placements
            .iter()
            .map(|placement| {
                let image = placement.image as usize;
                assert!(image < self.len, "image {image} of {}", self.len);
                image as i32
            })
            .collect();
        let unchanged = placements
            .iter()
            .all(|placement| *placement == Placement::identity(placement.image));
        let batch = placements.len();
        let images = integers(images, [batch], &self.device);
        let labels = self.labels.clone().select(0, images.clone());
        let shape = [batch, self.channels, self.height, self.width];
        let images = if unchanged {
            self.images.clone().select(0, images).reshape(shape)
        } else {
            let pixels = self.pixel_indices(placements);
            let flat: Tensor<1> = self.images.clone().reshape([-1]);
            flat.select(0, pixels).reshape(shape)
        };
        Batch { images, labels }
    }

    /// Flat source index of every value of a batch, `[batch · channels · height · width]`.
    fn pixel_indices(&self, placements: &[Placement]) -> Tensor<1, Int> {
        let (batch, channels, height, width) =
            (placements.len(), self.channels, self.height, self.width);
        let volume = channels * height * width;
        // `new` has checked that twice the size of the images, auxiliary ones included, fits an i32: no cast here wraps.
        let blank = (self.len * volume) as i32;
        let zero = blank + volume as i32;

        // A row or a column in the padding has the index of the blank image, which the sum then reaches or exceeds.
        let rows = per_placement(placements, height, |placement, y| {
            let row = placement.source_row(y, height);
            row.map_or(blank, |row| {
                (placement.image as usize * volume + row * width) as i32
            })
        });
        let columns = per_placement(placements, width, |placement, x| {
            let column = placement.source_column(x, width);
            column.map_or(blank, |column| column as i32)
        });
        let rows = integers(rows, [batch, 1, height, 1], &self.device);
        let columns = integers(columns, [batch, 1, 1, width], &self.device);
        let mut pixels: Tensor<4, Int> = (rows + columns).clamp_max(blank);

        // In the same way a cut pixel, where both factors are set, is pushed to the zero image.
        if placements
            .iter()
            .any(|placement| placement.cutout.is_some())
        {
            let rows = per_placement(placements, height, |placement, y| {
                i32::from(placement.cuts_row(y))
            });
            let columns = per_placement(placements, width, |placement, x| {
                if placement.cuts_column(x) { zero } else { 0 }
            });
            let rows = integers(rows, [batch, 1, height, 1], &self.device);
            let columns = integers(columns, [batch, 1, 1, width], &self.device);
            pixels = (pixels + rows * columns).clamp_max(zero);
        }
        if channels > 1 {
            let planes = (0..channels).map(|channel| (channel * height * width) as i32);
            pixels = pixels + integers(planes.collect(), [1, channels, 1, 1], &self.device);
        }
        pixels.reshape([-1])
    }
}

/// `value(placement, position)` for all positions of all placements, `[placements, length]`.
fn per_placement(
    placements: &[Placement],
    length: usize,
    value: impl Fn(&Placement, usize) -> i32,
) -> Vec<i32> {
    let mut values = Vec::with_capacity(placements.len() * length);
    for placement in placements {
        values.extend((0..length).map(|position| value(placement, position)));
    }
    values
}

/// Uploads integers.
fn integers<const D: usize>(
    values: Vec<i32>,
    shape: [usize; D],
    device: &Device,
) -> Tensor<D, Int> {
    Tensor::from_ints(TensorData::new(values, shape), device)
}
