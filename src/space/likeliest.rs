//! The architectures of the largest joint weight: what a search could end with beside what it derives.

use super::allowed::Allowed;
use super::cell::Space;
use super::genotype::Genotype;
use super::operation::Operation;
use super::wiring::{Cell, Input};

/// What a node, or an edge of NAS-Bench-201, can have, with the logarithm of its weight.
type Choice = (f64, Vec<Input>);

/// The `count` genotypes of the largest product of the weights of their operations, the largest first; fewer where there are fewer. `log_weights`:
/// `[cell kind][edge][operation]`, of another shape: none. In the DARTS space a node has two edges, neither with `none`. Only candidates count.
pub fn likeliest(allowed: &Allowed, log_weights: &[Vec<Vec<f64>>], count: usize) -> Vec<Genotype> {
    let space = allowed.space();
    let mut groups: Vec<(usize, usize, Vec<Choice>)> = Vec::new();
    for (kind, rows) in log_weights.iter().enumerate() {
        for node in 0..space.nodes() {
            let entering = space.edges().iter().zip(rows).enumerate();
            let entering = entering.filter(|(_, (edge, _))| edge.to == space.inputs() + node);
            let edges = entering.map(|(edge, (between, row))| {
                let operations = allowed.choices(kind, edge);
                choices(space, between.from, row, operations)
            });
            match space {
                Space::Darts => groups.push((kind, node, pairs(&edges.collect::<Vec<_>>()))),
                Space::NasBench201 | Space::NasBench201Small => {
                    groups.extend(edges.map(|choices| (kind, node, choices)));
                }
            }
        }
    }
    let mut best: Vec<(f64, Vec<&Choice>)> = vec![(0.0, Vec::new())];
    for (.., choices) in &mut groups {
        choices.sort_by(|a, b| b.0.total_cmp(&a.0));
        choices.truncate(count);
    }
    for (.., choices) in &groups {
        let mut longer: Vec<(f64, Vec<&Choice>)> = best
            .iter()
            .flat_map(|(weight, chosen)| {
                choices.iter().map(move |choice| {
                    let with = chosen.iter().copied().chain([choice]).collect();
                    (weight + choice.0, with)
                })
            })
            .collect();
        // Stable, so that of equal ones the earlier comes first.
        longer.sort_by(|a, b| b.0.total_cmp(&a.0));
        longer.truncate(count);
        best = longer;
    }
    let kinds = space.cell_kinds().len();
    best.into_iter()
        .filter_map(|(_, chosen)| {
            let mut nodes = vec![vec![Vec::new(); space.nodes()]; kinds];
            for ((kind, node, _), (_, inputs)) in groups.iter().zip(chosen) {
                nodes.get_mut(*kind)?[*node].extend(inputs.iter().cloned());
            }
            let cells = nodes.into_iter().map(|nodes| Cell::new(space, nodes));
            Genotype::new(space, cells.collect()).ok()
        })
        .collect()
}

/// What an edge from a state can have among these operations.
fn choices(
    space: Space,
    from: usize,
    row: &[f64],
    operations: impl Iterator<Item = Operation>,
) -> Vec<Choice> {
    let known = operations.filter_map(|operation| {
        let weight = *row.get(space.operation_index(operation)?)?;
        Some((weight, vec![Input { from, operation }]))
    });
    known.collect()
}

/// Every two of a node's edges with their operations.
fn pairs(edges: &[Vec<Choice>]) -> Vec<Choice> {
    let mut pairs = Vec::new();
    for (place, one) in edges.iter().enumerate() {
        for other in &edges[place + 1..] {
            for (weight, input) in one {
                let with = other.iter().map(|(second, more)| match second > weight {
                    // The stronger first, as what is derived has them.
                    true => (weight + second, [&more[..], input].concat()),
                    false => (weight + second, [&input[..], more].concat()),
                });
                pairs.extend(with);
            }
        }
    }
    pairs
}
