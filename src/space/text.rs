//! The text forms of genotypes: this project's JSON and NAS-Bench-201 strings. [`super::python`] has the form of DARTS papers.

use serde::{Deserialize, Serialize};

use super::cell::Space;
use super::genotype::{Cell, Genotype, GenotypeError, Input};
use super::operation::Operation;

/// The most bytes of a genotype's text.
const LONGEST: usize = 64 * 1024;
/// The version of the JSON form.
const VERSION: u64 = 1;

/// The JSON form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    version: u64,
    space: Space,
    cells: DocumentCells,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentCells {
    normal: Cell,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reduction: Option<Cell>,
}

/// What every version of the JSON form has.
#[derive(Deserialize)]
struct Header {
    version: u64,
}

impl From<Genotype> for Document {
    fn from(genotype: Genotype) -> Self {
        let mut cells = genotype.cells().iter().cloned();
        Self {
            version: VERSION,
            space: genotype.space(),
            cells: DocumentCells {
                normal: cells
                    .next()
                    // A genotype has at least one cell.
                    .unwrap_or_else(|| Cell::new(genotype.space(), Vec::new())),
                reduction: cells.next(),
            },
        }
    }
}

impl TryFrom<Document> for Genotype {
    type Error = GenotypeError;

    fn try_from(document: Document) -> Result<Self, GenotypeError> {
        if document.version != VERSION {
            return Err(GenotypeError::Version(document.version));
        }
        let DocumentCells { normal, reduction } = document.cells;
        Self::new(
            document.space,
            std::iter::once(normal).chain(reduction).collect(),
        )
    }
}

impl Genotype {
    /// Reads any of the text forms, told apart by how they begin: the three of [`Genotype::to_text`] and [`Genotype::to_json`],
    /// and the compact one of links. At most 64 KiB.
    pub fn parse(text: &str) -> Result<Self, GenotypeError> {
        let start = text.trim_start();
        if start.starts_with('{') {
            Self::from_json(text)
        } else if start.starts_with('|') {
            Self::from_nb201_string(text)
        } else if text.contains("Genotype") {
            Self::from_python(text)
        } else if start.starts_with(['d', 'n', 's']) {
            Self::from_compact(text)
        } else {
            Err(GenotypeError::UnknownForm)
        }
    }

    /// The project's own form, on one line: `{"version":1,"space":"darts","cells":{"normal":{"nodes":[[{"from":0,"operation":
    /// "sep_conv_3x3"},…],…],"concat":[2,3,4,5]},"reduction":{…}}}`. Spaces with one cell kind have only `normal`.
    pub fn to_json(&self) -> String {
        // Structures, lists, numbers and strings always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads [`Genotype::to_json`]. At most 64 KiB.
    pub fn from_json(text: &str) -> Result<Self, GenotypeError> {
        check_length(text)?;
        let syntax = |error: serde_json::Error| {
            let mut message = error.to_string();
            // The position is in fields of its own.
            if let Some(end) = message.rfind(" at line ") {
                message.truncate(end);
            }
            GenotypeError::Syntax {
                line: error.line(),
                column: error.column(),
                message,
            }
        };
        let header: Header = serde_json::from_str(text).map_err(syntax)?;
        if header.version != VERSION {
            return Err(GenotypeError::Version(header.version));
        }
        let document: Document = serde_json::from_str(text).map_err(syntax)?;
        document.try_into()
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

    /// Reads [`Genotype::to_nb201_string`]; two groups are the small space. White space around it is ignored.
    pub fn from_nb201_string(text: &str) -> Result<Self, GenotypeError> {
        check_length(text)?;
        let start = text.len() - text.trim_start().len();
        let mut offset = start;
        let mut nodes = Vec::new();
        for group in text.trim().split('+') {
            if nodes.len() == Space::NasBench201.nodes() {
                return Err(syntax(text, offset, "a cell has at most three nodes"));
            }
            nodes.push(nb201_node(text, group, offset, nodes.len() + 1)?);
            offset += group.len() + 1;
        }
        let space = match nodes.len() {
            3 => Space::NasBench201,
            2 => Space::NasBench201Small,
            _ => return Err(syntax(text, start, "a cell has two or three nodes")),
        };
        Self::new(space, vec![Cell::new(space, nodes)])
    }
}

/// One group `|op~0|op~1|` that starts at byte `offset` of the text.
fn nb201_node(
    text: &str,
    group: &str,
    mut offset: usize,
    node: usize,
) -> Result<Vec<Input>, GenotypeError> {
    let inner = group
        .strip_prefix('|')
        .and_then(|rest| rest.strip_suffix('|'))
        .ok_or_else(|| syntax(text, offset, "expected |operation~state|…"))?;
    offset += 1;
    let mut inputs = Vec::new();
    for (from, item) in inner.split('|').enumerate() {
        let wrong = |message: &str| syntax(text, offset, message);
        if from == node {
            return Err(wrong(&format!("node {node} has {node} input(s)")));
        }
        let (name, state) = item
            .split_once('~')
            .ok_or_else(|| wrong("expected operation~state"))?;
        let operation = Operation::from_name(name).map_err(|error| wrong(&error.to_string()))?;
        if state != from.to_string() {
            return Err(wrong(&format!(
                "expected {name}~{from}: inputs go from state 0 up"
            )));
        }
        inputs.push(Input { from, operation });
        offset += item.len() + 1;
    }
    if inputs.len() < node {
        return Err(syntax(
            text,
            offset,
            &format!("node {node} has {node} input(s)"),
        ));
    }
    Ok(inputs)
}

/// Refuses texts beyond the limit.
pub(super) fn check_length(text: &str) -> Result<(), GenotypeError> {
    if text.len() > LONGEST {
        return Err(GenotypeError::TooLong(text.len()));
    }
    Ok(())
}

/// A mistake at a byte of the text.
pub(super) fn syntax(text: &str, offset: usize, message: &str) -> GenotypeError {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    GenotypeError::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.to_owned(),
    }
}
