//! The text forms of genotypes: this project's JSON and NAS-Bench-201 strings. [`super::python`] has the form of DARTS papers.

use serde::Deserialize;

use super::cell::Space;
use super::document::{Document, VERSION};
use super::genotype::{Genotype, GenotypeError};
use super::operation::Operation;
use super::syntax::{AFTER, check_length, syntax};
use super::wiring::{Cell, Input};
use crate::json::problem;

/// What every version of the JSON form has.
#[derive(Deserialize)]
struct Header {
    version: u64,
}

impl Genotype {
    /// The project's own form, on one line: `{"version":1,"space":"darts","cells":{"normal":{"nodes":[[{"from":0,"operation":
    /// "sep_conv_3x3"},…],…],"concat":[2,3,4,5]},"reduction":{…}}}`. Spaces with one cell kind have only `normal`.
    pub fn to_json(&self) -> String {
        // Structures, lists, numbers and strings always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads [`Genotype::to_json`]. At most 64 KiB.
    pub fn from_json(text: &str) -> Result<Self, GenotypeError> {
        check_length(text)?;
        let (genotype, end) = json(text, 0)?;
        let rest = text[end..].trim_start();
        if !rest.is_empty() {
            return Err(syntax(text, text.len() - rest.len(), AFTER));
        }
        Ok(genotype)
    }

    /// The form that the space's own papers use: DARTS Python text, or the string of NAS-Bench-201.
    pub fn to_text(&self) -> String {
        let text = match self.space() {
            Space::Darts => self.to_python(),
            Space::NasBench201 | Space::NasBench201Small => self.to_nb201_string(),
        };
        // Each form refuses only the other space.
        text.unwrap_or_default()
    }

    /// The string of the benchmark, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|` (one group less in the small space). An error for DARTS.
    pub fn to_nb201_string(&self) -> Result<String, GenotypeError> {
        if self.space() == Space::Darts {
            return Err(GenotypeError::WrongForm(self.space()));
        }
        let groups: Vec<String> = self
            .cells()
            .iter()
            .flat_map(|cell| &cell.nodes)
            .map(|node| {
                let inputs: String = node
                    .iter()
                    .map(|input| format!("{}~{}|", input.operation, input.from))
                    .collect();
                format!("|{inputs}")
            })
            .collect();
        Ok(groups.join("+"))
    }

    /// Reads [`Genotype::to_nb201_string`]; two groups are the small space. White space around it and its parts is ignored.
    pub fn from_nb201_string(text: &str) -> Result<Self, GenotypeError> {
        check_length(text)?;
        nb201(text, 0..text.len(), false)
    }
}

/// The JSON form at a byte of the text, and where it ends.
pub(super) fn json(text: &str, at: usize) -> Result<(Genotype, usize), GenotypeError> {
    let from_here = &text[at..];
    let wrong = |error: serde_json::Error| {
        let before = from_here
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1));
        let line: usize = before.map(str::len).sum();
        let offset = from_here.floor_char_boundary(line + error.column().saturating_sub(1));
        syntax(text, at + offset, &problem(&error))
    };
    let header = &mut serde_json::Deserializer::from_str(from_here);
    let header = Header::deserialize(header).map_err(wrong)?;
    if header.version != VERSION {
        return Err(GenotypeError::Version(header.version));
    }
    let mut documents = serde_json::Deserializer::from_str(from_here).into_iter::<Document>();
    // The header was read from the same text.
    let document = documents.next().ok_or(GenotypeError::UnknownForm)?;
    let genotype = document.map_err(wrong)?.try_into()?;
    Ok((genotype, at + documents.byte_offset()))
}

/// The NAS-Bench-201 string in a part of a text; `open`: the first and the last bar may be missing.
pub(super) fn nb201(
    text: &str,
    part: std::ops::Range<usize>,
    open: bool,
) -> Result<Genotype, GenotypeError> {
    let mut offset = part.start;
    let part = &text[part];
    let start = offset + blanks(part);
    let count = part.split('+').count();
    let mut nodes = Vec::new();
    for group in part.split('+') {
        let number = nodes.len() + 1;
        let at = offset + blanks(group);
        if number > Space::NasBench201.nodes() {
            return Err(syntax(text, at, "a cell has at most three nodes"));
        }
        let inner = group.trim();
        let first = inner.strip_prefix('|');
        let first = first.or((open && number == 1).then_some(inner));
        let inner = first.and_then(|rest| {
            let last = rest.strip_suffix('|');
            last.or((open && number == count).then_some(rest))
        });
        let (Some(inner), Some(after)) = (inner, first) else {
            return Err(syntax(text, at, "expected |operation~state|…"));
        };
        let at = at + group.trim().len() - after.len();
        nodes.push(nb201_node(text, inner, at, number)?);
        offset += group.len() + 1;
    }
    let space = match nodes.len() {
        3 => Space::NasBench201,
        2 => Space::NasBench201Small,
        _ => return Err(syntax(text, start, "a cell has two or three nodes")),
    };
    Genotype::new(space, vec![Cell::new(space, nodes)])
}

/// The bytes of white space at the start.
fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The inputs `op~0|op~1` of a node that start at byte `offset` of the text.
fn nb201_node(
    text: &str,
    inner: &str,
    mut offset: usize,
    node: usize,
) -> Result<Vec<Input>, GenotypeError> {
    let mut inputs = Vec::new();
    for (from, item) in inner.split('|').enumerate() {
        let at = offset + blanks(item);
        let wrong = |message: &str| syntax(text, at, message);
        offset += item.len() + 1;
        if from == node {
            return Err(wrong(&format!("node {node} has {node} input(s)")));
        }
        let (name, state) = item
            .trim()
            .split_once('~')
            .ok_or_else(|| wrong("expected operation~state"))?;
        let operation = Operation::from_name(name).map_err(|error| wrong(&error.to_string()))?;
        if state != from.to_string() {
            return Err(wrong(&format!(
                "expected {name}~{from}: inputs go from state 0 up"
            )));
        }
        inputs.push(Input { from, operation });
    }
    if inputs.len() < node {
        let message = format!("node {node} has {node} input(s)");
        return Err(syntax(text, offset, &message));
    }
    Ok(inputs)
}
