//! The multilinear extension of a complete landscape: the expected accuracy of a relaxed architecture (`method.md` §10.2).

use super::evaluator::LandscapeError;

/// The most values of a landscape that is extended.
const LIMIT: usize = 1 << 24;
/// Sums of a dot product that grow side by side, so that the processor adds several numbers at once.
const TOGETHER: usize = 8;

/// The extension of a landscape f over E edges of K operations: `F(β) = Σ_a Π_e β_e(a_e) f(a)`, the mean of f over architectures whose
/// edges draw their operations from the distributions β_e. It is exact: every architecture counts.
///
/// β is `[E][K]`, row-major; the edges are those of [`super::architecture_index`], the first the most significant.
#[derive(Clone, Copy, Debug)]
pub struct Extension<'a> {
    values: &'a [f64],
    edges: usize,
    operations: usize,
}

impl<'a> Extension<'a> {
    /// That of one value for each of the K^E architectures, as [`super::Table::values`] has them.
    ///
    /// # Errors
    /// Another number of values than K^E, or more than 2^24.
    pub fn new(values: &'a [f64], edges: usize, operations: usize) -> Result<Self, LandscapeError> {
        let size = u32::try_from(edges)
            .ok()
            .and_then(|edges| operations.checked_pow(edges))
            .filter(|&size| size <= LIMIT && edges > 0 && operations > 1);
        match size == Some(values.len()) {
            true => Ok(Self {
                values,
                edges,
                operations,
            }),
            false => Err(LandscapeError::Incomplete {
                edges,
                operations,
                found: values.len(),
            }),
        }
    }

    /// E.
    pub fn edges(&self) -> usize {
        self.edges
    }

    /// K.
    pub fn operations(&self) -> usize {
        self.operations
    }

    /// f.
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// F(β) and its gradient in β, `[E][K]`: the entry of operation k of edge e is F with that edge set to k. Nothing where β has
    /// another size.
    pub fn value_and_gradient(&self, beta: &[f64]) -> Option<(f64, Vec<f64>)> {
        let mut gradient = vec![0.0; self.edges * self.operations];
        let value = (beta.len() == gradient.len())
            .then(|| Contraction::new(self).run(self.values, beta, &mut gradient))?;
        Some((value, gradient))
    }
}

/// The contraction of tables of one shape with β, with its memory.
///
/// The table is read once as a matrix: the first half of the edges are its rows, the others its columns. Multiplied from the right
/// by the joint weights of the columns it leaves what the gradients of the first half are made of, from the left the others: 2 K^E
/// multiply-adds for the value and all gradients, beside which the rest is small.
pub(super) struct Contraction {
    operations: usize,
    rows: Half,
    columns: Half,
}

impl Contraction {
    pub(super) fn new(extension: &Extension) -> Self {
        let Extension {
            edges, operations, ..
        } = *extension;
        let rows = edges / 2;
        Self {
            operations,
            rows: Half::new(rows, operations),
            columns: Half::new(edges - rows, operations),
        }
    }

    /// F(β) of a table `[K; E]`, and its gradient `[E][K]`.
    pub(super) fn run(&mut self, table: &[f64], beta: &[f64], gradient: &mut [f64]) -> f64 {
        let k = self.operations;
        let parted = self.rows.edges * k;
        let [row_beta, column_beta] = [&beta[..parted], &beta[parted..]];
        self.rows.weigh(row_beta, k);
        self.columns.weigh(column_beta, k);
        let row_weights = &self.rows.joint[0];
        let column_weights = &self.columns.joint[0];
        self.columns.left.fill(0.0);
        let rows = table.chunks_exact(column_weights.len());
        for ((row, &weight), left) in rows.zip(row_weights).zip(&mut self.rows.left) {
            *left = multiply_row(row, column_weights, weight, &mut self.columns.left);
        }
        let (row_gradient, column_gradient) = gradient.split_at_mut(parted);
        self.rows.gradient(row_beta, row_gradient, k);
        self.columns.gradient(column_beta, column_gradient, k);
        // The last edge is never among the rows alone: there is at least one column.
        let of_edge = column_beta.iter().zip(&*column_gradient).take(k);
        of_edge.map(|(weight, slope)| weight * slope).sum()
    }
}

/// Some of the edges, one after the other.
struct Half {
    edges: usize,
    /// For each edge the products of the weights from it on, `[K; edges − e]`; the last is 1.
    joint: Vec<Vec<f64>>,
    /// The table without the other half, `[K; edges]`.
    left: Vec<f64>,
}

impl Half {
    fn new(edges: usize, operations: usize) -> Self {
        let sizes: Vec<usize> = std::iter::successors(Some(1), |size| Some(size * operations))
            .take(edges + 1)
            .collect();
        Self {
            edges,
            left: vec![0.0; sizes[edges]],
            joint: sizes.iter().rev().map(|&size| vec![1.0; size]).collect(),
        }
    }

    /// Fills the products.
    fn weigh(&mut self, beta: &[f64], operations: usize) {
        for (edge, weights) in beta.chunks_exact(operations).enumerate().rev() {
            let (before, after) = self.joint.split_at_mut(edge + 1);
            let blocks = before[edge].chunks_exact_mut(after[0].len());
            for (block, weight) in blocks.zip(weights) {
                for (product, rest) in block.iter_mut().zip(&after[0]) {
                    *product = weight * rest;
                }
            }
        }
    }

    /// The gradient of each edge: `left` without all the others. It is used up.
    fn gradient(&mut self, beta: &[f64], gradient: &mut [f64], operations: usize) {
        let edges = beta
            .chunks_exact(operations)
            .zip(gradient.chunks_exact_mut(operations));
        for ((weights, slopes), rest) in edges.zip(&self.joint[1..]) {
            let size = rest.len();
            for (slope, block) in slopes.iter_mut().zip(self.left.chunks_exact(size)) {
                *slope = block
                    .iter()
                    .zip(rest)
                    .map(|(value, rest)| value * rest)
                    .sum();
            }
            // What follows sees this edge contracted.
            for place in 0..size {
                let of_operation = |(operation, weight): (usize, &f64)| {
                    weight * self.left[operation * size + place]
                };
                self.left[place] = weights.iter().enumerate().map(of_operation).sum();
            }
        }
    }
}

/// The dot product of a row with weights; adds the row times `factor` to `sums`. The order of the additions is fixed.
fn multiply_row(row: &[f64], weights: &[f64], factor: f64, sums: &mut [f64]) -> f64 {
    let mut partial = [0.0; TOGETHER];
    let (row, row_rest) = row.as_chunks::<TOGETHER>();
    let (weights, weights_rest) = weights.as_chunks::<TOGETHER>();
    let (sums, sums_rest) = sums.as_chunks_mut::<TOGETHER>();
    for ((row, weights), sums) in row.iter().zip(weights).zip(sums) {
        for lane in 0..TOGETHER {
            partial[lane] += row[lane] * weights[lane];
            sums[lane] += row[lane] * factor;
        }
    }
    let mut dot: f64 = partial.iter().sum();
    for ((value, weight), sum) in row_rest.iter().zip(weights_rest).zip(sums_rest) {
        dot += value * weight;
        *sum += value * factor;
    }
    dot
}
