//! The lanes of a pass through a supernet. They share what is still equal: a neighbor differs from its architecture from the first cell
//! of the changed kind on.

use burn::tensor::{Int, Tensor, TensorData};

use super::layers::Pass;

/// The lanes of a pass.
#[derive(Clone, Copy)]
pub(super) struct Lanes<'a> {
    pub count: usize,
    /// For every lane, the edges (of all cell kinds) whose mixing weights may be its own; none: all of every lane.
    pub own: Option<&'a [Vec<usize>]>,
}

/// Lanes with something in common.
pub(super) struct Groups {
    /// The group of every lane; they are numbered in the order of their first lanes.
    pub of: Vec<usize>,
    /// The first lane of every group.
    pub first: Vec<usize>,
}

impl Groups {
    /// The lanes with equal keys; a key a lane.
    pub fn new<K: PartialEq>(keys: &[K]) -> Self {
        let mut first: Vec<usize> = Vec::new();
        let mut of = Vec::with_capacity(keys.len());
        for (lane, key) in keys.iter().enumerate() {
            let known = first.iter().position(|&other| keys[other] == *key);
            of.push(known.unwrap_or(first.len()));
            if known.is_none() {
                first.push(lane);
            }
        }
        Self { of, first }
    }
}

impl Lanes<'_> {
    /// The first lane with the same mixing weights on an edge.
    pub fn alike(self, lane: usize, edge: usize) -> usize {
        let Some(own) = self.own else { return lane };
        let is_own = |lane: usize| own[lane].contains(&edge);
        match is_own(lane) {
            true => lane,
            false => (0..lane).find(|&other| !is_own(other)).unwrap_or(lane),
        }
    }

    /// Makes something for every lane, once for equal keys.
    pub fn each<K: PartialEq, V: Clone>(
        self,
        key: impl Fn(usize) -> K,
        make: impl FnMut(&K) -> V,
    ) -> Vec<V> {
        let keys: Vec<K> = (0..self.count).map(key).collect();
        let Groups { of, first } = Groups::new(&keys);
        let made: Vec<V> = first
            .into_iter()
            .map(|lane| &keys[lane])
            .map(make)
            .collect();
        of.into_iter().map(|group| made[group].clone()).collect()
    }
}

/// A feature map of all lanes, each of its variants once.
#[derive(Clone)]
pub(super) struct State {
    /// `[variants·batch, channels, height, width]`.
    pub values: Tensor<4>,
    /// Which variant every lane has.
    pub of_lane: Vec<usize>,
}

impl State {
    /// A layer that all lanes share, on images of `batch` a lane.
    pub fn map(
        &self,
        pass: Pass,
        batch: usize,
        layer: impl FnOnce(Pass, Tensor<4>) -> Tensor<4>,
    ) -> State {
        let lanes = self.values.dims()[0] / batch;
        State {
            values: layer(Pass { lanes, ..pass }, self.values.clone()),
            of_lane: self.of_lane.clone(),
        }
    }

    /// What some lanes have of it, each its own: `[lanes·batch, channels, height, width]`.
    pub fn of_lanes(&self, batch: usize, lanes: &[usize]) -> Tensor<4> {
        let variants: Vec<usize> = lanes.iter().map(|&lane| self.of_lane[lane]).collect();
        pick(&self.values, batch, &variants)
    }
}

/// Variants `[variants·batch, channels, height, width]` by their numbers.
fn pick(values: &Tensor<4>, batch: usize, variants: &[usize]) -> Tensor<4> {
    let [images, channels, height, width] = values.dims();
    let rows = [images / batch, batch * channels * height * width];
    let picked = pick_rows(&values.clone().reshape(rows), variants);
    picked.reshape([variants.len() * batch, channels, height, width])
}

/// Rows of a tensor by their numbers; the tensor itself where they are all in their order.
pub(super) fn pick_rows<const D: usize>(values: &Tensor<D>, rows: &[usize]) -> Tensor<D> {
    let count = values.dims()[0];
    let in_order = rows.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match rows {
        [first, ..] if in_order && rows.len() == count && *first == 0 => values.clone(),
        [first, ..] if in_order => values.clone().narrow(0, *first, rows.len()),
        _ => {
            let numbers: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
            let numbers = TensorData::new(numbers, [rows.len()]);
            let numbers: Tensor<1, Int> = Tensor::from_ints(numbers, &values.device());
            values.clone().select(0, numbers)
        }
    }
}
