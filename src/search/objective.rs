//! The search objective: the aggregated loss of an architecture's neighborhood, and its gradients (`method.md` §1, §3).

use burn::tensor::{Device, Tensor, TensorData, activation::softmax};

use crate::data::Batch;
use crate::kernels::{Memory, total};
use crate::nn::{Leaves, Packing, Pass, Statistics, Supernet, lane_correct, lane_losses};
use crate::space::{Aggregation, Allowed, Macro, MacroError, Space};

use super::SearchError;
use super::relaxation::Relaxation;

/// The neighbors of one step as affine maps of β = softmax(α), so that α' stays differentiable in α: lane by lane
/// `β'[e, j] = Σ_k β[e, k]·linear[e, k, j] + constant[e, j]`. Lane 0 is the architecture itself.
#[derive(Clone, Debug)]
pub struct NeighborMaps {
    /// `[lanes, cell kinds · edges, operations, operations]`.
    pub linear: Tensor<4>,
    /// `[lanes, cell kinds · edges, operations]`.
    pub constant: Tensor<3>,
    /// For every lane, the edges whose map is its own; on all others it is that of the other lanes.
    pub own: Vec<Vec<usize>>,
    /// Whether the loss of the architecture itself counts, too; it is measured in any case.
    pub include_self: bool,
}

impl NeighborMaps {
    /// α itself alone.
    pub fn identity(edges: usize, operations: usize, device: &Device) -> Self {
        let unit = Tensor::<2>::eye(operations, device).reshape([1, 1, operations, operations]);
        Self {
            linear: unit.repeat_dim(1, edges),
            constant: Tensor::zeros([1, edges, operations], device),
            own: vec![Vec::new()],
            include_self: true,
        }
    }

    /// These weights `[lanes, edges, operations]`, of all cell kinds, whatever α is. `own`: for every lane the edges on which it may differ.
    pub fn given(weights: Tensor<3>, own: Vec<Vec<usize>>) -> Self {
        let [lanes, edges, operations] = weights.dims();
        Self {
            linear: Tensor::zeros([lanes, edges, operations, operations], &weights.device()),
            constant: weights,
            own,
            include_self: true,
        }
    }

    /// The architecture itself and its neighbors.
    pub fn lanes(&self) -> usize {
        self.constant.dims()[0]
    }
}

/// Which gradients a pass computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// In α.
    pub alpha: bool,
    /// In the weights.
    pub weights: bool,
}

impl Wanted {
    /// None: the loss is measured only.
    pub const NOTHING: Self = Self {
        alpha: false,
        weights: false,
    };
    /// In α alone.
    pub const ALPHA: Self = Self {
        alpha: true,
        weights: false,
    };
    /// In the weights alone.
    pub const WEIGHTS: Self = Self {
        alpha: false,
        weights: true,
    };
}

/// What one pass through the supernet returned. Nothing has been read back to the host.
pub struct Evaluated {
    /// Loss of each lane, `[lanes]`.
    pub losses: Tensor<1>,
    /// Share of right answers of lane 0, `[1]`.
    pub accuracy: Tensor<1>,
    /// `[cell kinds, edges, operations]`, where wanted.
    pub alpha: Option<Tensor<3>>,
    /// `[parameters]`, where wanted.
    pub weights: Option<Tensor<1>>,
}

/// β = softmax(α/T).
pub fn softmax_at(alpha: Tensor<3>, temperature: f64) -> Tensor<3> {
    match temperature == 1.0 {
        true => softmax(alpha, 2),
        false => softmax(alpha.div_scalar(temperature), 2),
    }
}

/// Mixing weights of every lane, one tensor `[lanes, edges, operations]` a cell kind. beta `[cell kinds, edges, operations]`.
pub fn mixing_weights(beta: Tensor<3>, neighbors: Option<&NeighborMaps>) -> Vec<Tensor<3>> {
    let [kinds, edges, operations] = beta.dims();
    let (lanes, mix) = match neighbors {
        None => (1, beta.reshape([1, kinds * edges, operations])),
        Some(maps) => {
            let [lanes, ..] = maps.constant.dims();
            let mapped = beta
                .reshape([1, kinds * edges, operations, 1])
                .mul(maps.linear.clone().autodiff())
                .sum_dim(2)
                .reshape([lanes, kinds * edges, operations]);
            (lanes, mapped + maps.constant.clone().autodiff())
        }
    };
    (0..kinds)
        .map(|kind| {
            mix.clone()
                .narrow(1, kind * edges, edges)
                .reshape([lanes, edges, operations])
        })
        .collect()
}

/// The supernet and how its mixed operations are computed.
#[derive(Clone, Debug)]
pub struct Network {
    /// The plan.
    pub supernet: Supernet,
    /// Fused kernels and what they keep, or stock operations.
    pub fused: Option<Memory>,
    /// Most architectures in one pass; see [`crate::forecast::Forecast`].
    pub lanes_a_pass: usize,
}

impl Network {
    /// Plans a supernet whose single paths are trained.
    ///
    /// # Errors
    /// A size that cannot be built.
    pub fn single_paths(
        space: Space,
        size: &Macro,
        fused: Option<Memory>,
    ) -> Result<Self, MacroError> {
        Self::single_paths_among(Allowed::all(space), size, fused)
    }

    /// The same with fewer candidates on its edges.
    ///
    /// # Errors
    /// A size that cannot be built.
    pub fn single_paths_among(
        allowed: Allowed,
        size: &Macro,
        fused: Option<Memory>,
    ) -> Result<Self, MacroError> {
        let supernet = Supernet::new(allowed.space(), size, Packing::of_body(fused.is_some()))?;
        Ok(Self {
            supernet: supernet.with_candidates(allowed),
            fused,
            lanes_a_pass: usize::MAX,
        })
    }

    /// Plans a supernet whose operations are mixed, for these kernels.
    ///
    /// # Errors
    /// A size that cannot be built.
    pub fn new(space: Space, size: &Macro, fused: Option<Memory>) -> Result<Self, MacroError> {
        Self::among(Allowed::all(space), size, fused)
    }

    /// The same with fewer candidates on its edges, of which alone anything is computed.
    ///
    /// # Errors
    /// A size that cannot be built.
    pub fn among(
        allowed: Allowed,
        size: &Macro,
        fused: Option<Memory>,
    ) -> Result<Self, MacroError> {
        let space = allowed.space();
        let packing = match space {
            // As a graph it would keep a fifth more, and be faster at the published size only (by 13 %). A graph leaves out what is no candidate.
            Space::Darts if fused.is_some() && allowed.is_all() => Packing::Blocks,
            _ => Packing::of_body(fused.is_some()),
        };
        Ok(Self {
            supernet: Supernet::new(space, size, packing)?.with_candidates(allowed),
            fused,
            lanes_a_pass: usize::MAX,
        })
    }
}

/// The two losses of the bilevel problem, as functions of weights `[parameters]` and α `[cell kinds, edges, operations]`.
pub trait Objective {
    /// The loss that trains the weights, at α itself.
    fn training(
        &self,
        weights: &Tensor<1>,
        alpha: &Tensor<3>,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Evaluated, SearchError>>;

    /// The loss that chooses α.
    fn validation(
        &self,
        weights: &Tensor<1>,
        alpha: &Tensor<3>,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Evaluated, SearchError>>;
}

/// One search step's batches through a supernet, with the neighbors of that step where the search is neighborhood-aware.
pub struct StepObjective<'a> {
    /// The supernet.
    pub network: &'a Network,
    /// From the weights half.
    pub training: &'a Batch,
    /// From the architecture half.
    pub validation: &'a Batch,
    /// Neighbors and how their losses are joined; none for plain DARTS.
    pub neighborhood: Option<(&'a NeighborMaps, Aggregation)>,
    /// One lane that the weights are trained on instead of α itself; none but for SDARTS and DARTS−.
    pub perturbed: Option<&'a NeighborMaps>,
    /// How α becomes β.
    pub relaxation: &'a Relaxation,
}

impl Objective for StepObjective<'_> {
    async fn training(
        &self,
        weights: &Tensor<1>,
        alpha: &Tensor<3>,
        wanted: Wanted,
    ) -> Result<Evaluated, SearchError> {
        let perturbed = self.perturbed.map(|maps| (maps, Aggregation::Mean));
        self.evaluate(weights, alpha, perturbed, self.training, wanted)
            .await
    }

    async fn validation(
        &self,
        weights: &Tensor<1>,
        alpha: &Tensor<3>,
        wanted: Wanted,
    ) -> Result<Evaluated, SearchError> {
        self.evaluate(weights, alpha, self.neighborhood, self.validation, wanted)
            .await
    }
}

impl StepObjective<'_> {
    async fn evaluate(
        &self,
        weights: &Tensor<1>,
        alpha: &Tensor<3>,
        neighborhood: Option<(&NeighborMaps, Aggregation)>,
        batch: &Batch,
        wanted: Wanted,
    ) -> Result<Evaluated, SearchError> {
        let point = Point {
            weights,
            alpha,
            relaxation: self.relaxation,
        };
        evaluate(self.network, point, neighborhood, batch, wanted).await
    }
}

/// Where a loss is evaluated.
#[derive(Clone, Copy)]
pub struct Point<'a> {
    /// `[parameters]`.
    pub weights: &'a Tensor<1>,
    /// `[cell kinds, edges, operations]`.
    pub alpha: &'a Tensor<3>,
    /// How α becomes β.
    pub relaxation: &'a Relaxation,
}

/// A batch through the supernet at a point and, where given, its neighbors; then the wanted gradients of the aggregated loss. All lanes see the same batch (§8, pitfall 2). Lanes that do not
/// fit into one pass go through in chunks of [`Network::lanes_a_pass`], and their gradients are added up in order.
///
/// Softmax is part of the pass. Of every other relaxation the pass knows β alone, and the gradient in β is read back for its transpose.
pub async fn evaluate(
    network: &Network,
    point: Point<'_>,
    neighborhood: Option<(&NeighborMaps, Aggregation)>,
    batch: &Batch,
    wanted: Wanted,
) -> Result<Evaluated, SearchError> {
    let Point {
        weights,
        alpha,
        relaxation,
    } = point;
    let mut pass = Mixed {
        network,
        weights,
        parameters: alpha.clone(),
        temperature: match *relaxation {
            Relaxation::Softmax { temperature } => Some(temperature),
            _ => None,
        },
        paths: None,
        batch,
    };
    if let Relaxation::Softmax { .. } | Relaxation::Given = relaxation {
        return pass.evaluate(neighborhood, wanted).await;
    }
    let (dims, device) = (alpha.dims(), alpha.device());
    let operations = dims[2];
    let values = read(alpha.clone().reshape([-1])).await?;
    let upload = |values| Tensor::from_data(TensorData::new(values, dims), &device);
    let mix = relaxation.mix(&values, operations);
    pass.parameters = upload(mix.clone());
    if relaxation.is_hard() {
        let of_lanes = match neighborhood {
            None => mix,
            Some((maps, _)) => {
                let mapped = mixing_weights(pass.parameters.clone().autodiff(), Some(maps));
                read(Tensor::cat(mapped, 1).inner().reshape([-1])).await?
            }
        };
        pass.paths = paths(&of_lanes, dims);
    }
    let mut evaluated = pass.evaluate(neighborhood, wanted).await?;
    if let Some(gradient) = evaluated.alpha.take() {
        let gradient = read(gradient.reshape([-1])).await?;
        evaluated.alpha = Some(upload(relaxation.transpose(&values, &gradient, operations)));
    }
    Ok(evaluated)
}

/// β of a relaxation at α `[cell kinds, edges, operations]`, off the tape.
pub async fn relaxed(relaxation: &Relaxation, alpha: &Tensor<3>) -> Result<Tensor<3>, SearchError> {
    if let Relaxation::Softmax { temperature } = *relaxation {
        return Ok(softmax_at(alpha.clone(), temperature));
    }
    let dims = alpha.dims();
    let values = read(alpha.clone().reshape([-1])).await?;
    let mix = TensorData::new(relaxation.mix(&values, dims[2]), dims);
    Ok(Tensor::from_data(mix, &alpha.device()))
}

/// For every lane of weights `[lanes, cell kinds · edges, operations]` the one operation of every edge; none where an edge has several.
fn paths(mix: &[f32], [kinds, edges, operations]: [usize; 3]) -> Option<Vec<Vec<usize>>> {
    let one = |row: &[f32]| {
        let mut counting = (0..row.len()).filter(|&k| row[k] != 0.0);
        counting.next().filter(|_| counting.next().is_none())
    };
    let lanes = mix.chunks_exact(kinds * edges * operations);
    lanes
        .map(|lane| lane.chunks_exact(operations).map(one).collect())
        .collect()
}

/// What goes through the supernet.
struct Mixed<'a> {
    network: &'a Network,
    weights: &'a Tensor<1>,
    /// α, or β where there is no temperature; `[cell kinds, edges, operations]`.
    parameters: Tensor<3>,
    /// T of β = softmax(α/T).
    temperature: Option<f64>,
    /// For every lane the one operation of every edge that is computed; none: all are.
    paths: Option<Vec<Vec<usize>>>,
    batch: &'a Batch,
}

impl Mixed<'_> {
    async fn evaluate(
        &self,
        neighborhood: Option<(&NeighborMaps, Aggregation)>,
        wanted: Wanted,
    ) -> Result<Evaluated, SearchError> {
        let chunks = chunks(self.network, neighborhood.map(|(maps, _)| maps));
        let chunk_pass = |first: usize, maps: Option<&NeighborMaps>, wanted| {
            LanePass::new(self, first, maps, wanted)
        };
        // Shares only matter to a backward pass.
        let aggregation = neighborhood
            .filter(|_| wanted != Wanted::NOTHING)
            .map(|(maps, aggregation)| (aggregation, maps.include_self));
        if let [maps] = chunks.as_slice() {
            let pass = chunk_pass(0, maps.as_ref(), wanted);
            let shares = match aggregation {
                Some(how) => Some(shares(how, &pass.losses()).await?),
                None => None,
            };
            return Ok(pass.finish(shares));
        }
        let lanes = |maps: &Option<NeighborMaps>| maps.as_ref().map_or(1, NeighborMaps::lanes);
        let shares = match aggregation {
            None => None,
            // Those of the mean do not depend on the losses.
            Some(how @ (Aggregation::Mean, _)) => {
                let count = chunks.iter().map(lanes).sum::<usize>();
                let losses = Tensor::zeros([count], &self.weights.device());
                Some(shares(how, &losses).await?)
            }
            // All others need every loss before the first backward pass.
            Some(how) => {
                let mut first = 0;
                let losses = chunks.iter().map(|maps| {
                    let pass = chunk_pass(first, maps.as_ref(), Wanted::NOTHING);
                    first += lanes(maps);
                    pass.losses()
                });
                Some(shares(how, &Tensor::cat(losses.collect(), 0)).await?)
            }
        };
        let mut start = 0;
        let mut sum: Option<Evaluated> = None;
        for maps in &chunks {
            let length = lanes(maps);
            let own = shares.clone().map(|shares| shares.narrow(0, start, length));
            let next = chunk_pass(start, maps.as_ref(), wanted).finish(own);
            start += length;
            sum = Some(match sum {
                Some(sum) => sum.add(next),
                None => next,
            });
        }
        sum.ok_or_else(|| SearchError::Internal("a pass without lanes".into()))
    }
}

/// The neighbor maps of every pass.
fn chunks(network: &Network, maps: Option<&NeighborMaps>) -> Vec<Option<NeighborMaps>> {
    let Some(maps) = maps else {
        return vec![None];
    };
    let lanes = maps.lanes();
    let most = network.lanes_a_pass.max(1);
    (0..lanes)
        .step_by(most)
        .map(|start| {
            let length = most.min(lanes - start);
            Some(NeighborMaps {
                linear: maps.linear.clone().narrow(0, start, length),
                constant: maps.constant.clone().narrow(0, start, length),
                own: maps.own[start..start + length].to_vec(),
                include_self: maps.include_self,
            })
        })
        .collect()
}

/// A forward pass whose backward pass is still to come.
struct LanePass {
    leaves: Leaves,
    alpha: Tensor<3>,
    losses: Tensor<1>,
    accuracy: Tensor<1>,
    wanted: Wanted,
}

impl LanePass {
    /// The lanes of these maps, of which `first` is the number of the first among all.
    fn new(mixed: &Mixed, first: usize, maps: Option<&NeighborMaps>, wanted: Wanted) -> Self {
        let (network, batch) = (mixed.network, mixed.batch);
        let layout = network.supernet.layout();
        let leaves = layout.leaves(mixed.weights, wanted.weights);
        let alpha = mixed
            .parameters
            .clone()
            .autodiff()
            .set_require_grad(wanted.alpha);
        let beta = match mixed.temperature {
            Some(temperature) => softmax_at(alpha.clone(), temperature),
            None => alpha.clone(),
        };
        let mix = mixing_weights(beta, maps);
        let lanes = mix[0].dims()[0];
        let paths = mixed.paths.as_ref();
        let paths = paths.map(|paths| &paths[first..first + lanes]);
        let pass = Pass {
            leaves: &leaves,
            lanes,
            statistics: Statistics::Batch,
            fused: network.fused,
            multiply_adds: None,
        };
        let labels = batch.labels.clone().autodiff();
        let own = maps.map(|maps| maps.own.as_slice());
        let images = batch.images.clone().autodiff();
        let logits = network.supernet.forward(pass, images, &mix, own, paths);
        let correct = lane_correct(logits.clone().inner(), &batch.labels, lanes);
        Self {
            accuracy: correct
                .narrow(0, 0, 1)
                .div_scalar(batch.labels.dims()[0] as f64),
            losses: lane_losses(logits, &labels, lanes),
            leaves,
            alpha,
            wanted,
        }
    }

    fn losses(&self) -> Tensor<1> {
        self.losses.clone().inner()
    }

    /// The backward pass of Σ shares · losses, or of the plain sum.
    fn finish(self, shares: Option<Tensor<1>>) -> Evaluated {
        let mut evaluated = Evaluated {
            losses: self.losses(),
            accuracy: self.accuracy,
            alpha: None,
            weights: None,
        };
        if self.wanted == Wanted::NOTHING {
            return evaluated;
        }
        let objective = match shares {
            Some(shares) => total(self.losses.mul(shares.autodiff())),
            None => total(self.losses),
        };
        let mut gradients = objective.backward();
        if self.wanted.alpha {
            let gradient = self.alpha.grad_remove(&mut gradients);
            evaluated.alpha = Some(gradient.unwrap_or_else(|| self.alpha.inner().zeros_like()));
        }
        if self.wanted.weights {
            evaluated.weights = Some(self.leaves.gradient(&mut gradients));
        }
        evaluated
    }
}

impl Evaluated {
    /// Joins the results of two chunks: the losses one after the other, the gradients added, the accuracy of the first.
    fn add(self, next: Evaluated) -> Evaluated {
        Evaluated {
            losses: Tensor::cat(vec![self.losses, next.losses], 0),
            accuracy: self.accuracy,
            alpha: self.alpha.zip(next.alpha).map(|(a, b)| a + b),
            weights: self.weights.zip(next.weights).map(|(a, b)| a + b),
        }
    }
}

/// ∂g/∂ℓ of every lane; 0 of the first where the architecture itself does not count. The mean's are constant; every other aggregation needs
/// the values of the losses, one small read.
async fn shares(
    (aggregation, include_self): (Aggregation, bool),
    losses: &Tensor<1>,
) -> Result<Tensor<1>, SearchError> {
    let lanes = losses.dims()[0];
    let values = if aggregation == Aggregation::Mean {
        vec![0.0; lanes]
    } else {
        read(losses.clone()).await?
    };
    let values: Vec<f64> = values.into_iter().map(f64::from).collect();
    let left_out = usize::from(!include_self && lanes > 1);
    let mut shares = vec![0.0; left_out];
    let counting = aggregation.weights(&values[left_out..]);
    shares.extend(counting.into_iter().map(|share| share as f32));
    Ok(Tensor::from_data(
        TensorData::new(shares, [lanes]),
        &losses.device(),
    ))
}

/// Reads a tensor back to the host.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, SearchError> {
    crate::nn::read(tensor).await.map_err(SearchError::Device)
}
