//! What a search computes: batches, radius, multiply-adds.

use super::config::{SearchConfig, TrainConfig};
use crate::search::{Representation, Strategy};
use crate::space::{Allowed, Macro, Space};

impl SearchConfig {
    /// The radius that a step's neighbors are asked to have, in edges; none without neighbors.
    pub fn asked_radius(&self) -> Option<f64> {
        let share = match self.representation {
            Representation::MassTransfer { share } => f64::from(share),
            Representation::Permutation | Representation::HardReplacement => 1.0,
        };
        (self.strategy.neighborhood_aware() && self.radius > 0 && self.neighbors > 0)
            .then_some(share * self.radius as f64)
    }

    /// Whether a neighbor keeps a share of its operation, and so has two on an edge.
    pub fn mixes_in_neighbors(&self) -> bool {
        let shares =
            matches!(self.representation, Representation::MassTransfer { share } if share < 1.0);
        shares && self.asked_radius().is_some()
    }

    /// The same with batches no larger than the halves `[weights, architecture]` have images.
    #[must_use]
    pub fn within(&self, halves: [usize; 2]) -> Self {
        Self {
            batch: self.batch.min(halves[0]),
            alpha_batch: self.alpha_images().min(halves[1]),
            ..self.clone()
        }
    }

    /// Neighbors whose losses a step of α has: as many as were asked for, or as there are.
    fn neighbors_a_step(&self) -> u64 {
        if !self.strategy.neighborhood_aware() {
            return 0;
        }
        let candidates = self.counts();
        let farthest = self.radius.min(candidates.len());
        // Architectures at each distance, an edge more at a time.
        let mut shells = vec![0_u64; farthest + 1];
        shells[0] = 1;
        for count in candidates {
            for distance in (1..=farthest).rev() {
                let more = shells[distance - 1].saturating_mul(count as u64 - 1);
                shells[distance] = shells[distance].saturating_add(more);
            }
        }
        let ball = shells[1..]
            .iter()
            .fold(0_u64, |ball, &shell| ball.saturating_add(shell));
        ball.min(self.neighbors as u64)
    }

    /// How many candidates every edge of all cell kinds has; all of the space where there is no such mask, which a check refuses.
    fn counts(&self) -> Vec<usize> {
        let allowed = self.allowed();
        allowed
            .unwrap_or_else(|_| Allowed::all(self.space))
            .counts()
    }

    /// Images of a step of α.
    pub fn alpha_images(&self) -> usize {
        match self.alpha_batch {
            0 => self.batch,
            images => images,
        }
    }

    /// Images of the larger of a step's two batches.
    pub fn largest_batch(&self) -> usize {
        self.batch.max(self.alpha_images())
    }

    /// Multiply-adds that a step asks for on an image of the weights half and on one of the architecture half, through a supernet of
    /// so many.
    ///
    /// A forward pass counts once, the gradient of the feature maps once more, and that of the weights, where it is wanted, once more.
    /// It is the work of the definition: what a kernel computes again counts no second time, and what it shares is not left out.
    pub fn multiply_adds_an_image(&self, supernet: u64) -> [u64; 2] {
        const ALPHA: u64 = 2;
        const WEIGHTS: u64 = 3;
        let lanes = 1 + self.neighbors_a_step();
        match self.strategy {
            Strategy::Random => [0; 2],
            // Every operation of as many edges as an architecture has, and one architecture forward.
            Strategy::Rsps => {
                let edges = self.space.edges().len() as u64;
                let used = match self.space {
                    Space::Darts => 2 * self.space.nodes() as u64,
                    Space::NasBench201 | Space::NasBench201Small => edges,
                };
                let kinds = self.space.cell_kinds().len() as u64;
                let operations = self.counts().iter().sum::<usize>() as u64 / kinds;
                [
                    WEIGHTS * supernet * used / edges,
                    supernet * used / operations,
                ]
            }
            // The gradient at α, the ascended one and the two of the difference.
            strategy if strategy.plain() == Strategy::A2m => {
                [WEIGHTS * supernet, lanes * 4 * ALPHA * supernet]
            }
            // Seven gradients in the weights of the operations, and the loss before and after them.
            strategy if strategy.plain() == Strategy::SdartsAdv => {
                [(WEIGHTS + 9 * ALPHA) * supernet, lanes * ALPHA * supernet]
            }
            // One operation an edge.
            strategy if strategy.by_paths() && !self.mixes_in_neighbors() => {
                let counts = self.counts();
                let operations = (counts.iter().sum::<usize>() as u64).max(1);
                let share = |work: u64| work * counts.len() as u64 / operations;
                [share(WEIGHTS * supernet), lanes * share(ALPHA * supernet)]
            }
            // The look-ahead step, the gradient in both after it and the two of the difference.
            strategy if strategy.second_order() => [
                (WEIGHTS + 2 * ALPHA + WEIGHTS) * supernet,
                lanes * WEIGHTS * supernet,
            ],
            _ => [WEIGHTS * supernet, lanes * ALPHA * supernet],
        }
    }

    /// Multiply-adds that so many steps ask for, where the halves `[weights, architecture]` have so many images. In the epochs in which α does
    /// not move its loss is only measured.
    pub fn multiply_adds(&self, supernet: u64, steps: usize, halves: [usize; 2]) -> u64 {
        let [weights, alpha] = self.multiply_adds_an_image(supernet);
        let mean = |images: usize, batch: usize, steps: usize| {
            let batches = self.last_batch.batches(images, batch) as u64;
            steps as u64 * self.last_batch.images(images, batch) as u64 / batches
        };
        let epoch = self.last_batch.batches(halves[0], self.batch);
        let frozen = match self.strategy {
            Strategy::Rsps | Strategy::Random => 0,
            _ => steps.min(self.alpha_after.saturating_mul(epoch)),
        };
        let alpha_images = |steps| mean(halves[1], self.alpha_images(), steps);
        [
            (weights, mean(halves[0], self.batch, steps)),
            (alpha, alpha_images(steps - frozen)),
            (supernet, alpha_images(frozen)),
        ]
        .into_iter()
        .fold(0, |sum, (work, images)| {
            sum.saturating_add(work.saturating_mul(images))
        })
    }

    /// The supernet's outer shape on images `[channels, height, width]`.
    pub fn size(&self, image: [usize; 3], classes: usize) -> Macro {
        outer_shape(self.channels, self.layers, image, classes, false)
    }
}

impl TrainConfig {
    /// The derived network's outer shape on images `[channels, height, width]`.
    pub fn size(&self, image: [usize; 3], classes: usize) -> Macro {
        let auxiliary = self.auxiliary_weight > 0.0;
        outer_shape(self.channels, self.layers, image, classes, auxiliary)
    }
}

fn outer_shape(
    channels: usize,
    layers: usize,
    image: [usize; 3],
    classes: usize,
    auxiliary: bool,
) -> Macro {
    Macro {
        channels,
        layers,
        classes,
        image_channels: image[0],
        height: image[1],
        width: image[2],
        auxiliary,
        imagenet_stem: false,
    }
}
