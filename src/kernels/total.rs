//! Sums whose order never changes.

use burn::tensor::Tensor;

/// Columns that are added beside each other, a row of them at a time.
const ROWS: usize = 256;

/// The sum of all elements of a tensor of any shape: `[1]`. Burn's own `sum` adds floats with atomics where a GPU has them, in an order that
/// changes from run to run, and so does the last bit of what it returns; every sum of Plateau's is this one.
pub fn total<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    let count = values.shape().num_elements();
    let mut values = values.reshape([count]);
    loop {
        let count = values.dims()[0];
        let width = count / ROWS;
        // Few elements: a row's sum is one thread's work.
        if width < 2 {
            return values.sum_dim(0);
        }
        let rows = values.clone().narrow(0, 0, ROWS * width);
        let sums = rows.reshape([ROWS, width]).sum_dim(0).reshape([width]);
        let rest = count - ROWS * width;
        values = match rest {
            0 => sums,
            _ => Tensor::cat(vec![sums, values.narrow(0, ROWS * width, rest)], 0),
        };
    }
}
