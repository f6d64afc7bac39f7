//! Distances between architectures and the neighbors of a genotype (`method.md` §1, §1.1).

use std::fmt;

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::allowed::Allowed;
use super::ball::{Ball, NeighborhoodError, Pick, binomial};
use super::cell::{CellKind, Space};
use super::genotype::Genotype;
use super::operation::Operation;
use super::wiring::Input;

/// What one step is. On NAS-Bench-201 all four are the same: another operation on one edge.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Another of all K operations on one of all edges, `none` included: relaxed architectures.
    Supernet,
    /// Another of the 7 operations on an edge that the genotype has; its wiring stays.
    Topology,
    /// Hamming distance in the 14-edge encoding: a rewiring removes one edge and adds another, so it is two steps.
    Encoding,
    /// A rewiring (with any operation) is one step like a change of operation.
    Mutation,
}

/// A cyclic shift of the operations of one edge of a supernet cell.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Substitution {
    /// Index of the cell kind.
    pub cell: usize,
    /// Index among [`Space::edges`].
    pub edge: usize,
    /// `1..K`.
    pub shift: usize,
}

/// Another architecture near a genotype.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Neighbor {
    /// The architecture.
    pub genotype: Genotype,
    /// What differs.
    pub changes: Vec<Change>,
}

/// One input of one node that differs.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Change {
    /// Which cell.
    pub cell: CellKind,
    /// The node, by its state number.
    pub node: usize,
    /// What it was.
    pub before: Input,
    /// What it is.
    pub after: Input,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Change {
            cell,
            node,
            before,
            after,
        } = self;
        write!(f, "{cell} {}→{node} {} ⇒ ", before.from, before.operation)?;
        if before.from == after.from {
            write!(f, "{}", after.operation)
        } else {
            write!(f, "{}→{node} {}", after.from, after.operation)
        }
    }
}

/// Σ over the edges of the total variation distance of two `[edge][operation]` distributions. For one-hot distributions the number of
/// edges that differ. NaN where the shapes differ.
pub fn distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let same = a.len() == b.len() && a.iter().zip(b).all(|(p, q)| p.len() == q.len());
    if !same {
        return f64::NAN;
    }
    a.iter()
        .zip(b)
        .map(|(p, q)| 0.5 * p.iter().zip(q).map(|(p, q)| (p - q).abs()).sum::<f64>())
        .sum()
}

/// The number of edges with another operation in [`Genotype::encoding`], over all cells; nothing for different spaces.
/// The output nodes are not compared.
pub fn hamming(a: &Genotype, b: &Genotype) -> Option<usize> {
    (a.space() == b.space()).then(|| {
        let differences =
            |(a, b): (Vec<_>, Vec<_>)| a.iter().zip(&b).filter(|(a, b)| a != b).count();
        a.encoding()
            .into_iter()
            .zip(b.encoding())
            .map(differences)
            .sum()
    })
}

/// How many architectures lie at exactly this distance when `cells` of the space's cell kinds (at most all of them) may change.
pub fn shell_size(space: Space, counting: Counting, cells: usize, radius: usize) -> u128 {
    let one_cell = match (space, counting) {
        (Space::Darts, Counting::Topology) => vec![vec![1, 6]; 2 * space.nodes()],
        (Space::Darts, Counting::Encoding) => darts_ways(2),
        (Space::Darts, Counting::Mutation) => darts_ways(1),
        _ => vec![vec![1, space.operations().len() as u128 - 1]; space.edges().len()],
    };
    let cells = cells.min(space.cell_kinds().len());
    let ways = std::iter::repeat_n(one_cell, cells).flatten().collect();
    // Both cells of DARTS have 8^28 = 2^84 combinations at most, which can be counted.
    Ball::new(ways, radius).map_or(0, |ball| ball.shell(radius))
}

/// Ways of each DARTS node by cost when a rewired input costs `rewiring` and a changed operation 1.
fn darts_ways(rewiring: usize) -> Vec<Vec<u128>> {
    let choose = |n, k| binomial(n, k).map_or(0, i128::unsigned_abs);
    let space = Space::Darts;
    (space.inputs()..space.inputs() + space.nodes())
        .map(|states| {
            let mut ways = vec![0; 2 * rewiring + 1];
            for rewired in 0..=2 {
                for changed in 0..=2 - rewired {
                    let sources = choose(2, rewired) * choose(states - 2, rewired);
                    let operations = 7u128.pow(rewired as u32) * 6u128.pow(changed as u32);
                    ways[rewired * rewiring + changed] +=
                        sources * operations * choose(2 - rewired, changed);
                }
            }
            ways
        })
        .collect()
}

/// Turns (joint edge, shift) pairs over the edges of all cells, one cell kind after the other, into substitutions.
pub fn substitutions(space: Space, shifts: &[(usize, usize)]) -> Vec<Substitution> {
    let edges = space.edges().len();
    shifts
        .iter()
        .map(|&(joint, shift)| Substitution {
            cell: joint / edges,
            edge: joint % edges,
            shift,
        })
        .collect()
}

/// All genotypes at exactly this distance, in a fixed order. At most 200,000.
pub fn neighbors(
    genotype: &Genotype,
    radius: usize,
    counting: Counting,
) -> Result<Vec<Neighbor>, NeighborhoodError> {
    neighbors_among(genotype, radius, counting, &Allowed::all(genotype.space()))
}

/// The same where edges have fewer candidates: what changes takes one of them. What a genotype has that is none stays until it changes.
pub fn neighbors_among(
    genotype: &Genotype,
    radius: usize,
    counting: Counting,
    allowed: &Allowed,
) -> Result<Vec<Neighbor>, NeighborhoodError> {
    let choices = Choices::new(genotype, counting, allowed)?;
    if radius == 0 {
        return Ok(Vec::new());
    }
    let picks = choices.ball(radius)?.list_shell(radius)?;
    Ok(picks
        .iter()
        .map(|picks| choices.neighbor(genotype, picks))
        .collect())
}

/// `count` different genotypes at distance 1 to `radius`, uniform over the ball without its centre; the whole ball, nearest first,
/// where `count` is 0 or reaches its size.
pub fn sample_neighbors(
    genotype: &Genotype,
    radius: usize,
    counting: Counting,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Neighbor>, NeighborhoodError> {
    let allowed = Allowed::all(genotype.space());
    sample_neighbors_among(genotype, radius, counting, &allowed, count, rng)
}

/// The same among the neighbors of [`neighbors_among`].
pub fn sample_neighbors_among(
    genotype: &Genotype,
    radius: usize,
    counting: Counting,
    allowed: &Allowed,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Neighbor>, NeighborhoodError> {
    let choices = Choices::new(genotype, counting, allowed)?;
    let picks = choices.ball(radius)?.sample(count, rng)?;
    Ok(picks
        .iter()
        .map(|picks| choices.neighbor(genotype, picks))
        .collect())
}

/// How many neighbors [`neighbors_among`] has at exactly this distance, however many they are.
pub fn shell_size_among(
    genotype: &Genotype,
    radius: usize,
    counting: Counting,
    allowed: &Allowed,
) -> Result<u128, NeighborhoodError> {
    let choices = Choices::new(genotype, counting, allowed)?;
    Ok(choices.ball(radius)?.shell(radius))
}

/// For every node of every cell, the inputs it could have instead, by their cost: `[node][cost]`.
struct Choices {
    space: Space,
    nodes: Vec<Vec<Vec<Vec<Input>>>>,
}

impl Choices {
    fn new(
        genotype: &Genotype,
        counting: Counting,
        allowed: &Allowed,
    ) -> Result<Self, NeighborhoodError> {
        let space = genotype.space();
        if space == Space::Darts && counting == Counting::Supernet {
            return Err(NeighborhoodError::SupernetView);
        }
        let cells = genotype.cells().iter().enumerate();
        let nodes = cells
            .flat_map(|(kind, cell)| {
                let nodes = cell.nodes.iter().zip(space.inputs()..);
                nodes.map(move |(inputs, node)| (kind, inputs, node))
            })
            .map(|(kind, inputs, node)| {
                let choices = |from: usize| allowed.choices_between(kind, from, node);
                let mut by_cost = vec![vec![inputs.clone()]];
                for sources in source_choices(space, counting, inputs, node) {
                    for operations in operation_choices(inputs, &sources, choices) {
                        let choice: Vec<Input> = sources
                            .iter()
                            .zip(operations)
                            .map(|(&from, operation)| Input { from, operation })
                            .collect();
                        let cost = step_cost(counting, inputs, &choice);
                        if by_cost.len() <= cost {
                            by_cost.resize(cost + 1, Vec::new());
                        }
                        if cost > 0 {
                            by_cost[cost].push(choice);
                        }
                    }
                }
                by_cost
            })
            .collect();
        Ok(Self { space, nodes })
    }

    fn ball(&self, radius: usize) -> Result<Ball, NeighborhoodError> {
        let ways = self
            .nodes
            .iter()
            .map(|costs| costs.iter().map(|choices| choices.len() as u128).collect())
            .collect();
        Ball::new(ways, radius)
    }

    fn neighbor(&self, genotype: &Genotype, picks: &[Pick]) -> Neighbor {
        let mut changed = genotype.clone();
        let mut changes = Vec::new();
        for pick in picks {
            let cell = pick.slot / self.space.nodes();
            let node = pick.slot % self.space.nodes();
            let choice = &self.nodes[pick.slot][pick.cost][pick.index];
            let before = &genotype.cells()[cell].nodes[node];
            for (&before, &after) in before.iter().zip(choice) {
                if before != after {
                    changes.push(Change {
                        cell: self.space.cell_kinds()[cell],
                        node: node + self.space.inputs(),
                        before,
                        after,
                    });
                }
            }
            changed.set_node(cell, node, choice.clone());
        }
        Neighbor {
            genotype: changed,
            changes,
        }
    }
}

/// The states that a node may read, in the order of its present inputs: those that stay keep their place.
fn source_choices(
    space: Space,
    counting: Counting,
    inputs: &[Input],
    node: usize,
) -> Vec<Vec<usize>> {
    let present: Vec<usize> = inputs.iter().map(|input| input.from).collect();
    if space != Space::Darts || counting == Counting::Topology {
        return vec![present];
    }
    let mut choices = Vec::new();
    for first in 0..node {
        for second in first + 1..node {
            let mut added = [first, second]
                .into_iter()
                .filter(|from| !present.contains(from));
            let choice = present.iter().map(|from| {
                let stays = [first, second].contains(from);
                // As many states are added as do not stay.
                if stays {
                    *from
                } else {
                    added.next().unwrap_or(*from)
                }
            });
            choices.push(choice.collect());
        }
    }
    choices
}

/// All operations that the inputs of a node may have from these sources; `choices` are those of the edge from a state. An input whose source
/// stays may keep what it has.
fn operation_choices(
    inputs: &[Input],
    sources: &[usize],
    choices: impl Fn(usize) -> Vec<Operation>,
) -> Vec<Vec<Operation>> {
    inputs
        .iter()
        .zip(sources)
        .fold(vec![Vec::new()], |lists, (input, &from)| {
            let mut operations = choices(from);
            if input.from == from && !operations.contains(&input.operation) {
                operations.push(input.operation);
            }
            let longer = |list: Vec<Operation>| {
                let longer = operations.iter().map(|&operation| {
                    let mut longer = list.clone();
                    longer.push(operation);
                    longer
                });
                longer.collect::<Vec<_>>()
            };
            lists.into_iter().flat_map(longer).collect()
        })
}

fn step_cost(counting: Counting, before: &[Input], after: &[Input]) -> usize {
    before
        .iter()
        .zip(after)
        .map(|(before, after)| {
            if before.from != after.from {
                if counting == Counting::Encoding { 2 } else { 1 }
            } else {
                usize::from(before.operation != after.operation)
            }
        })
        .sum()
}
