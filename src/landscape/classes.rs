//! Which NAS-Bench-201 cells compute the same function (`method.md` §5).
//!
//! A cell is written as the expression of its output: `0` is the input, `(x)@op` an operation on x, `+` a sum with sorted terms,
//! `#` zero. Equal texts are equal functions of equal weights. The texts of [`Collapse::Skip`] and [`Collapse::SkipAndZero`] are
//! those of the benchmark's own `to_unique_str` (Dong and Yang 2020), up to the names.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::index::{architecture, architecture_count};
use crate::space::{Genotype, Operation, Space};

/// What is simplified before two cells are compared. The counts are those of the 15,625 cells of NAS-Bench-201.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Collapse {
    /// A skip connection is what it reads: 12,751 classes.
    Skip,
    /// Also, `none` and whatever is done to zero is zero: the benchmark's 6,466 unique cells.
    SkipAndZero,
    /// Also, zero terms of sums are left out: 5,390 classes.
    ZeroTerms,
}

/// The function of a NAS-Bench-201 cell as a text that equal functions share. Nothing for DARTS.
pub fn function_string(genotype: &Genotype, collapse: Collapse) -> Option<String> {
    let mut states = vec!["0".to_owned()];
    for node in nodes(genotype)? {
        let mut terms: Vec<String> = node
            .iter()
            .map(|input| {
                let source = &states[input.from];
                match input.operation {
                    Operation::SkipConnect => source.clone(),
                    Operation::None if collapse != Collapse::Skip => "#".to_owned(),
                    _ if collapse != Collapse::Skip && source == "#" => "#".to_owned(),
                    operation => format!("({source})@{operation}"),
                }
            })
            .filter(|term| collapse != Collapse::ZeroTerms || term != "#")
            .collect();
        terms.sort();
        states.push(if terms.is_empty() {
            "#".to_owned()
        } else {
            terms.join("+")
        });
    }
    states.pop()
}

/// Whether the output depends on the input: some path without `none` leads there (15,284 of the 15,625 cells). Nothing for DARTS.
pub fn has_live_path(genotype: &Genotype) -> Option<bool> {
    let mut live = vec![true];
    for node in nodes(genotype)? {
        let reached =
            |input: &crate::space::Input| live[input.from] && input.operation != Operation::None;
        live.push(node.iter().any(reached));
    }
    live.pop()
}

/// How many different functions a NAS-Bench-201 space has. Nothing for DARTS.
pub fn class_count(space: Space, collapse: Collapse) -> Option<usize> {
    let functions: BTreeSet<String> = (0..architecture_count(space)?)
        .filter_map(|index| function_string(&architecture(space, index)?, collapse))
        .collect();
    Some(functions.len())
}

/// The nodes of the one cell of a NAS-Bench-201 genotype.
fn nodes(genotype: &Genotype) -> Option<&[Vec<crate::space::Input>]> {
    architecture_count(genotype.space())?;
    Some(&genotype.cells().first()?.nodes)
}
