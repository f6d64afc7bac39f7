//! The short text form of genotypes for links: letters, digits and `-`, `~` only, so that a URL needs no escapes.
//!
//! `d` for DARTS, then for the normal and the reduction cell, apart by `-`, two digits for every input of every node: the state
//! that is read and the index of the operation; `~` and the states of the output follow where these are not all nodes.
//! `n` (NAS-Bench-201) or `s` (its small space), then the index of every edge's operation in edge order.

use super::cell::Space;
use super::genotype::{Genotype, GenotypeError};
use super::wiring::{Cell, Input};

/// The letters of the spaces, as [`letter`] gives them.
pub(super) const LETTERS: &str = "dns";
/// The longest compact text: two DARTS cells with their outputs and some room.
const MOST: usize = 80;

impl Genotype {
    /// The compact form, for example `d…-…` or `n313021`.
    pub fn to_compact(&self) -> String {
        let space = self.space();
        let index = |input: &Input| {
            let found = space
                .operations()
                .iter()
                .position(|&operation| operation == input.operation);
            // A genotype holds only operations of its space.
            found.unwrap_or_default()
        };
        let mut text = String::from(letter(space));
        for (number, cell) in self.cells().iter().enumerate() {
            if number > 0 {
                text.push('-');
            }
            for input in cell.nodes.iter().flatten() {
                if space == Space::Darts {
                    text.push_str(&input.from.to_string());
                }
                text.push_str(&index(input).to_string());
            }
            if cell.concat != full_output(space) {
                text.push('~');
                text.extend(cell.concat.iter().map(usize::to_string));
            }
        }
        text
    }

    /// Reads [`Genotype::to_compact`].
    ///
    /// # Errors
    /// A character that does not belong there, with its column; a text that is not a point of its space.
    pub fn from_compact(text: &str) -> Result<Self, GenotypeError> {
        let text = text.trim();
        let syntax = |column: usize, message: &str| GenotypeError::Syntax {
            line: 1,
            column,
            message: message.into(),
        };
        if text.len() > MOST {
            let message = format!("the form of links has at most {MOST} characters");
            return Err(syntax(text.chars().count().min(MOST + 1), &message));
        }
        let space = Space::ALL
            .into_iter()
            .find(|&space| text.starts_with(letter(space)))
            .ok_or(GenotypeError::UnknownForm)?;
        let mut column = 2;
        let mut cells = Vec::new();
        for part in text[1..].split('-') {
            let (inputs, output) = match part.split_once('~') {
                Some((inputs, output)) => (inputs, Some(output)),
                None => (part, None),
            };
            let digits =
                digits(inputs).map_err(|offset| syntax(column + offset, "expected a digit"))?;
            let concat = match output {
                None => full_output(space),
                Some(output) => self::digits(output).map_err(|offset| {
                    syntax(
                        column + inputs.chars().count() + 1 + offset,
                        "expected a state",
                    )
                })?,
            };
            let operation = |place: usize, index: usize| {
                let operation = space.operations().get(index).copied();
                operation.ok_or_else(|| syntax(column + place, "no such operation"))
            };
            let mut all = Vec::new();
            if space == Space::Darts {
                if !digits.len().is_multiple_of(2) {
                    return Err(syntax(column + digits.len(), "expected an operation"));
                }
                for (number, pair) in digits.chunks_exact(2).enumerate() {
                    all.push(Input {
                        from: pair[0],
                        operation: operation(2 * number + 1, pair[1])?,
                    });
                }
            } else {
                for (place, (&index, edge)) in digits.iter().zip(space.edges()).enumerate() {
                    all.push(Input {
                        from: edge.from,
                        operation: operation(place, index)?,
                    });
                }
                if digits.len() != space.edges().len() {
                    return Err(syntax(column, "expected one operation for each edge"));
                }
            }
            let mut rest = all.into_iter();
            let mut nodes: Vec<Vec<Input>> = (0..space.nodes())
                .map(|node| {
                    let inputs = if space == Space::Darts { 2 } else { node + 1 };
                    rest.by_ref().take(inputs).collect()
                })
                .collect();
            let extra: Vec<Input> = rest.collect();
            if !extra.is_empty() {
                // The check of the genotype names the surplus.
                nodes.push(extra);
            }
            cells.push(Cell { nodes, concat });
            column += part.chars().count() + 1;
        }
        Self::new(space, cells)
    }
}

fn letter(space: Space) -> &'static str {
    match space {
        Space::Darts => "d",
        Space::NasBench201 => "n",
        Space::NasBench201Small => "s",
    }
}

/// The output that every published cell has: all nodes of DARTS, the last of NAS-Bench-201.
fn full_output(space: Space) -> Vec<usize> {
    let states = space.inputs() + space.nodes();
    if space == Space::Darts {
        (space.inputs()..states).collect()
    } else {
        vec![states - 1]
    }
}

/// The digits of a text, or where the first other character stands.
fn digits(text: &str) -> Result<Vec<usize>, usize> {
    text.chars()
        .enumerate()
        .map(|(offset, character)| {
            let digit = character.to_digit(10).ok_or(offset)?;
            Ok(digit as usize)
        })
        .collect()
}
