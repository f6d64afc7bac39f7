//! Whether more steps of an ascent could still change the architecture that it found.

/// A difference of accuracies, in percent, that may be rounding.
const ROUNDING: f64 = 1e-9;

/// Whether gradient ascent on the extension of `table` from β, `[E][K]`, is bound to stay with the operations that are the strongest
/// there, whatever its rate and however many steps it makes: a proof where it says so, no disproof where it does not.
///
/// Look at all relaxed architectures in which every edge gives its strongest operation at least the weight that it has at β. If in each
/// of them setting any one edge to its strongest operation is no worse than setting it to another, a step there raises the α of the
/// strongest operation by no less than that of any other, so that it ends in the same set. What an edge may give to others is counted
/// as given to the worst of them, edge by edge, which bounds the difference from below.
pub(super) fn is_settled(
    table: &[f64],
    beta: &[f64],
    strongest: &[usize],
    operations: usize,
) -> bool {
    let edges = beta.chunks_exact(operations).zip(strongest);
    let weights: Vec<f64> = edges.map(|(beta, &best)| beta[best]).collect();
    let mut stride = table.len();
    (0..strongest.len()).all(|edge| {
        let block = stride;
        stride /= operations;
        let mut others = (0..operations).filter(|&other| other != strongest[edge]);
        others.all(|other| {
            // How much better than `other` the strongest is, beside all operations of the other edges.
            let mut lead: Vec<f64> = table
                .chunks_exact(block)
                .flat_map(|block| {
                    let part = |operation: usize| &block[operation * stride..][..stride];
                    let pairs = part(strongest[edge]).iter().zip(part(other));
                    pairs.map(|(best, other)| best - other)
                })
                .collect();
            // The last edge is the innermost.
            for at in (0..strongest.len()).rev().filter(|&at| at != edge) {
                let least = |line: &[f64]| {
                    let worst = line.iter().copied().fold(f64::INFINITY, f64::min);
                    weights[at] * line[strongest[at]] + (1.0 - weights[at]) * worst
                };
                lead = lead.chunks_exact(operations).map(least).collect();
            }
            lead[0] >= -ROUNDING
        })
    })
}
