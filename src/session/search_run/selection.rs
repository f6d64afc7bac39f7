//! What a search ends with where that is not what α derives: its supernet is asked.

use burn::tensor::{Tensor, TensorData};
use rand::seq::{SliceRandom, index::sample};

use super::{SearchState, failed};
use crate::data::Batch;
use crate::landscape::Evaluator;
use crate::search::objective::{NeighborMaps, Point, Wanted, evaluate, read, relaxed};
use crate::search::relaxation::Relaxation;
use crate::search::{SearchError, largest};
use crate::session::config::SCORE_BATCHES;
use crate::session::control::Control;
use crate::session::error::RunError;
use crate::session::random::{Purpose, generator};
use crate::session::run_data::{RunData, score_batches};
use crate::space::{Aggregation, Counting, Genotype, Space, derive, likeliest, neighbors_among};

/// Architectures that a selection by neighborhoods chooses among.
const LIKELIEST: usize = 10;
/// Most neighbors of each that it looks at.
const NEIGHBORS: usize = 24;
/// α of what was chosen, where nothing else has any: far enough that its softmax is 1.
const CHOSEN: f64 = 100.0;

/// Weights of one row an edge, of all cell kinds.
type Rows = Vec<Vec<f32>>;
/// An edge with another row.
type OtherRow = (usize, Vec<f32>);

impl SearchState {
    /// The architecture that is left when on one edge after the other, in random order, the operation stays without which the supernet's loss
    /// is the highest, and then at one node after the other the two edges without which it is: DARTS-PT (Wang et al. 2021, arXiv
    /// 2108.04392; the authors' `darts-pt` with `--proj_crit loss`). Without the epochs of training that lie between two choices there, and on a
    /// few images.
    pub(super) async fn by_perturbation(
        &self,
        data: &RunData,
        seed: u64,
        control: &mut Control<'_>,
    ) -> Result<Genotype, RunError> {
        let space = self.config.space;
        let [kinds, edges, operations] = self.alpha.dims();
        let relaxation = Relaxation::mean(self.config.strategy, self.temperature(self.steps()));
        let beta = relaxed(&relaxation, &self.alpha).await?;
        let beta = read(beta.reshape([-1])).await?;
        let mut rows: Rows = beta.chunks_exact(operations).map(<[f32]>::to_vec).collect();
        let batches = score_batches(self.config.batch, data, seed, Some(SCORE_BATCHES));
        let mut rng = generator(seed, Purpose::Selection);
        let first = usize::from(space == Space::Darts);
        let mut order: Vec<usize> = (0..kinds * edges).collect();
        order.shuffle(&mut rng);
        for edge in order {
            let without = |k: usize| {
                let mut row = rows[edge].clone();
                row[k] = 0.0;
                (edge, row)
            };
            let candidates: Vec<usize> = self.allowed.candidates(edge).collect();
            // An edge of a DARTS cell is derived without `none`.
            let choices: Vec<usize> = match candidates[..] {
                [only] => vec![only],
                _ => candidates.into_iter().filter(|&k| k >= first).collect(),
            };
            let missed = match choices[..] {
                [only] => only,
                _ => {
                    let without: Vec<OtherRow> = choices.iter().copied().map(without).collect();
                    let losses = self.losses(&rows, &without, &batches, control).await?;
                    choices[largest(&losses)]
                }
            };
            for (k, weight) in rows[edge].iter_mut().enumerate() {
                *weight = f32::from(u8::from(k == missed));
            }
        }
        if space == Space::Darts {
            let mut nodes: Vec<(usize, usize)> = (0..kinds)
                .flat_map(|kind| (0..space.nodes()).map(move |node| (kind, node)))
                .collect();
            nodes.shuffle(&mut rng);
            for (kind, node) in nodes {
                let entering = (0..edges).filter(|&edge| space.edges()[edge].to == node + 2);
                let mut left: Vec<usize> = entering.map(|edge| kind * edges + edge).collect();
                // An edge that may only be `none` has no place in a derived cell.
                left.retain(|&edge| self.allowed.candidates(edge).any(|k| k >= first));
                while left.len() > 2 {
                    let without = left.iter().map(|&edge| (edge, vec![0.0; operations]));
                    let without: Vec<OtherRow> = without.collect();
                    let losses = self.losses(&rows, &without, &batches, control).await?;
                    let negative: Vec<f32> = losses.iter().map(|loss| -loss).collect();
                    let dropped = left.remove(largest(&negative));
                    rows[dropped] = vec![0.0; operations];
                }
            }
        }
        let alpha: Vec<Vec<Vec<f64>>> = rows
            .chunks(edges)
            .map(|kind| {
                let row = |row: &Vec<f32>| row.iter().map(|&w| CHOSEN * f64::from(w)).collect();
                kind.iter().map(row).collect()
            })
            .collect();
        Ok(derive(space, &alpha)?)
    }

    /// The mean training-mode loss of the supernet with these weights, each time with another row on one edge.
    async fn losses(
        &self,
        rows: &Rows,
        others: &[OtherRow],
        batches: &[Batch],
        control: &mut Control<'_>,
    ) -> Result<Vec<f32>, RunError> {
        if control.stops() {
            return Err(RunError::Stopped);
        }
        let operations = self.alpha.dims()[2];
        let (lanes, edges) = (others.len(), rows.len());
        let mut constant: Vec<f32> = Vec::with_capacity(lanes * edges * operations);
        for (other, with) in others {
            for (edge, row) in rows.iter().enumerate() {
                constant.extend(if edge == *other { with } else { row });
            }
        }
        let constant = TensorData::new(constant, [lanes, edges, operations]);
        let own = others.iter().map(|&(edge, _)| vec![edge]).collect();
        let maps = NeighborMaps::given(Tensor::from_data(constant, &self.device), own);
        let point = Point {
            weights: &self.weights,
            alpha: &self.alpha,
            relaxation: &Relaxation::Given,
        };
        let neighborhood = Some((&maps, Aggregation::Mean));
        let mut sums = vec![0.0; lanes];
        for batch in batches {
            let at = evaluate(&self.network, point, neighborhood, batch, Wanted::NOTHING).await?;
            for (sum, loss) in sums.iter_mut().zip(read(at.losses).await?) {
                *sum += loss / batches.len() as f32;
            }
        }
        Ok(sums)
    }

    /// Of the likeliest architectures that of the least loss aggregated over it and its neighbors at distance 1, at most 24 of them drawn at
    /// random, by the weights of now.
    pub(super) async fn by_neighborhood(
        &self,
        data: &RunData,
        seed: u64,
        control: &mut Control<'_>,
    ) -> Result<Genotype, RunError> {
        let config = &self.config;
        let [_, edges, operations] = self.alpha.dims();
        let relaxation = Relaxation::mean(config.strategy, self.temperature(self.steps()));
        let beta = read(relaxed(&relaxation, &self.alpha).await?.reshape([-1])).await?;
        let logarithms: Vec<Vec<Vec<f64>>> = beta
            .chunks_exact(edges * operations)
            .map(|kind| {
                let row = |row: &[f32]| row.iter().map(|&w| f64::from(w).max(1e-30).ln()).collect();
                kind.chunks_exact(operations).map(row).collect()
            })
            .collect();
        let batches = score_batches(config.batch, data, seed, Some(SCORE_BATCHES));
        let size = config.size(data.shape, data.classes);
        let mut evaluator = self.evaluator(&size, batches, self.plan.lanes_a_pass)?;
        let mut rng = generator(seed, Purpose::Selection);
        let mut best: Option<(f64, Genotype)> = None;
        for genotype in likeliest(&self.allowed, &logarithms, LIKELIEST) {
            if control.stops() {
                return Err(RunError::Stopped);
            }
            let near = neighbors_among(&genotype, 1, Counting::Topology, &self.allowed)
                .map_err(|error| SearchError::Internal(error.to_string()))?;
            let chosen = sample(&mut rng, near.len(), near.len().min(NEIGHBORS));
            let mut together = vec![genotype.clone()];
            together.extend(chosen.into_iter().map(|place| near[place].genotype.clone()));
            let scores = evaluator.scores(&together).await.map_err(failed)?;
            let losses: Vec<f64> = scores.iter().map(|score| score.loss).collect();
            let left_out = usize::from(config.exclude_self && losses.len() > 1);
            let joined = config.aggregation.value(&losses[left_out..]);
            if best.as_ref().is_none_or(|(least, _)| joined < *least) {
                best = Some((joined, genotype));
            }
        }
        best.map(|(_, genotype)| genotype)
            .ok_or_else(|| SearchError::Internal("no likely architecture".into()).into())
    }
}
