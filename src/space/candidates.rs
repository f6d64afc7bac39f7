//! Which operations the edges of a cell may have, as it is written: `sep_conv_3x3,skip_connect`, `normal:…;reduction:…;normal/3:…`, `S2`.

use std::fmt::{self, Write};
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::allowed::Allowed;
use super::cell::{CellKind, Space};
use super::operation::{OPERATIONS, Operation};
use crate::nearest::{guess, unknown};

/// The longest text that is read, bytes: every edge of the largest space with all of its operations takes less.
const LONGEST: usize = 8192;
/// Everything is a candidate.
const ALL: &str = "all";
/// The published restriction that has an operation of its own.
const NOISE: &str = "S4";

/// The operations that a search chooses among: all of its space, those of a published restriction, or those that are listed for all edges, for
/// a kind of cell or for one edge. Of several lists the one for the smallest place holds; a place without a list has all operations.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(try_from = "String", into = "String")]
pub struct Candidates(Written);

#[derive(Clone, PartialEq, Eq, Debug, Default)]
enum Written {
    #[default]
    All,
    Named(Restriction),
    /// Every place once, no list empty, no operation twice in one.
    Lists(Vec<List>),
}

/// The operations of a place.
#[derive(Clone, PartialEq, Eq, Debug)]
struct List {
    place: Place,
    operations: Vec<Operation>,
}

/// Edges that a list is for; the later, the smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    Everywhere,
    Kind(CellKind),
    Edge(CellKind, u8),
}

/// A restricted DARTS space of Zela et al. 2020 (RobustDARTS, arXiv 1909.09656, §3), in which DARTS collapses. Edges are in the order of
/// [`Space::edges`], which is that of the authors' program: <https://github.com/automl/RobustDARTS/blob/master/src/spaces.py>, where `S1`
/// is the table of two operations an edge below. Their S4 has a noise operation, which is none of this space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Restriction {
    /// Two operations an edge, other ones on every edge: the best of DARTS' own search, pruned twice.
    S1,
    /// `skip_connect` and `sep_conv_3x3` on every edge.
    S2,
    /// These and `none`.
    S3,
}

/// What is wrong with candidates, and where.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("column {column}: {message}")]
pub struct CandidatesError {
    /// In characters, counted from 1.
    column: usize,
    message: String,
}

type Pair = [Operation; 2];
const SKIP_DIL3: Pair = [Operation::SkipConnect, Operation::DilConv3x3];
const SKIP_DIL5: Pair = [Operation::SkipConnect, Operation::DilConv5x5];
const SKIP_SEP3: Pair = [Operation::SkipConnect, Operation::SepConv3x3];
const MAX_SKIP: Pair = [Operation::MaxPool3x3, Operation::SkipConnect];
const MAX_AVG: Pair = [Operation::MaxPool3x3, Operation::AvgPool3x3];
const MAX_DIL3: Pair = [Operation::MaxPool3x3, Operation::DilConv3x3];
const MAX_SEP3: Pair = [Operation::MaxPool3x3, Operation::SepConv3x3];
const DIL3_DIL5: Pair = [Operation::DilConv3x3, Operation::DilConv5x5];

/// S1, node after node: the normal cell, the reduction cell.
const S1: [[Pair; 14]; 2] = [
    [
        SKIP_DIL3, SKIP_DIL5, // node 2
        SKIP_DIL5, SKIP_SEP3, SKIP_DIL3, // node 3
        MAX_SKIP, SKIP_SEP3, SKIP_SEP3, SKIP_DIL3, // node 4
        SKIP_SEP3, MAX_SKIP, SKIP_DIL3, DIL3_DIL5, DIL3_DIL5, // node 5
    ],
    [
        MAX_AVG, MAX_DIL3, // node 2
        MAX_AVG, MAX_AVG, SKIP_DIL5, // node 3
        MAX_AVG, MAX_SEP3, SKIP_DIL3, SKIP_DIL5, // node 4
        MAX_AVG, MAX_AVG, SKIP_DIL5, SKIP_DIL5, SKIP_DIL5, // node 5
    ],
];

impl Restriction {
    const EACH: [Restriction; 3] = [Restriction::S1, Restriction::S2, Restriction::S3];

    fn name(self) -> &'static str {
        match self {
            Restriction::S1 => "S1",
            Restriction::S2 => "S2",
            Restriction::S3 => "S3",
        }
    }

    fn operations(self, cell: usize, edge: usize) -> &'static [Operation] {
        const ZERO_SKIP_SEP3: [Operation; 3] = [
            Operation::None,
            Operation::SkipConnect,
            Operation::SepConv3x3,
        ];
        match self {
            Restriction::S1 => &S1[cell][edge],
            Restriction::S2 => &SKIP_SEP3,
            Restriction::S3 => &ZERO_SKIP_SEP3,
        }
    }
}

impl Candidates {
    /// Whether all operations are, as far as is written.
    pub fn is_all(&self) -> bool {
        self.0 == Written::All
    }

    /// The mask that they are in a space.
    ///
    /// # Errors
    /// A published restriction in a space that is not DARTS'; an operation, a kind of cell or an edge that the space does not have; a node of
    /// a DARTS cell that could not read two states. The column counts in the text that [`Candidates`] are written as.
    pub fn allowed(&self, space: Space) -> Result<Allowed, CandidatesError> {
        let allowed = match &self.0 {
            Written::All => Allowed::all(space),
            Written::Named(name) if space == Space::Darts => each_edge(space)
                .fold(Allowed::all(space), |allowed, (cell, edge)| {
                    allowed.with(cell, edge, name.operations(cell, edge))
                }),
            Written::Named(name) => {
                let name = name.name();
                return Err(at(
                    1,
                    format!("{name} is a part of the darts space, not of {space}"),
                ));
            }
            Written::Lists(lists) => {
                check_lists(lists, space)?;
                let mut ordered: Vec<&List> = lists.iter().collect();
                ordered.sort_by_key(|list| list.place);
                each_edge(space).fold(Allowed::all(space), |allowed, (cell, edge)| {
                    let kind = space.cell_kinds()[cell];
                    let own = ordered.iter().rev().find(|list| list.place.has(kind, edge));
                    own.map_or(allowed, |list| allowed.with(cell, edge, &list.operations))
                })
            }
        };
        readable(&allowed)?;
        if allowed.counts().iter().all(|&count| count == 1) {
            let message = "every edge has one operation: there is nothing to choose";
            return Err(at(1, message.into()));
        }
        Ok(allowed)
    }
}

impl From<&Allowed> for Candidates {
    /// The shortest that says the same: of a published restriction its name, of edges that are alike one list.
    fn from(allowed: &Allowed) -> Self {
        let space = allowed.space();
        let named = Restriction::EACH.into_iter().find(|&name| {
            let named = Candidates(Written::Named(name)).allowed(space);
            named.as_ref() == Ok(allowed)
        });
        if allowed.is_all() {
            return Self(Written::All);
        }
        if let Some(name) = named {
            return Self(Written::Named(name));
        }
        let row = |cell: usize, edge: usize| -> Vec<Operation> {
            let joint = cell * space.edges().len() + edge;
            let row = allowed.candidates(joint);
            row.map(|operation| space.operations()[operation]).collect()
        };
        let one = row(0, 0);
        if each_edge(space).all(|(cell, edge)| row(cell, edge) == one) {
            let (place, operations) = (Place::Everywhere, one);
            return Self(Written::Lists(vec![List { place, operations }]));
        }
        let mut lists = Vec::new();
        for (cell, &kind) in space.cell_kinds().iter().enumerate() {
            let rows: Vec<_> = (0..space.edges().len())
                .map(|edge| row(cell, edge))
                .collect();
            if rows.iter().all(|other| *other == rows[0]) {
                let (place, operations) = (Place::Kind(kind), rows[0].clone());
                lists.push(List { place, operations });
                continue;
            }
            // A space has at most fourteen edges.
            lists.extend((0..).zip(rows).map(|(edge, operations)| List {
                place: Place::Edge(kind, edge),
                operations,
            }));
        }
        Self(Written::Lists(lists))
    }
}

/// A mask in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    space: Space,
    operations: Candidates,
}

impl Serialize for Allowed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let described = Described {
            space: self.space(),
            operations: self.into(),
        };
        described.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Allowed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Described { space, operations } = Described::deserialize(deserializer)?;
        operations.allowed(space).map_err(D::Error::custom)
    }
}

/// Index of the cell kind and of the edge, for all edges.
fn each_edge(space: Space) -> impl Iterator<Item = (usize, usize)> {
    let edges = space.edges().len();
    (0..space.cell_kinds().len()).flat_map(move |cell| (0..edges).map(move |edge| (cell, edge)))
}

/// Refuses operations and places that the space does not have.
fn check_lists(lists: &[List], space: Space) -> Result<(), CandidatesError> {
    let mut column = 1;
    for list in lists {
        let (kind, edge) = match list.place {
            Place::Everywhere => (None, None),
            Place::Kind(kind) => (Some(kind), None),
            Place::Edge(kind, edge) => (Some(kind), Some(usize::from(edge))),
        };
        if let Some(kind) = kind.filter(|kind| !space.cell_kinds().contains(kind)) {
            return Err(at(column, format!("{space} has no {kind} cell")));
        }
        let edges = space.edges().len();
        if let Some(edge) = edge.filter(|edge| *edge >= edges) {
            let last = edges - 1;
            let message = format!("a cell of {space} has the edges 0 to {last}, not {edge}");
            return Err(at(column, message));
        }
        column += list.place.to_string().len();
        for &operation in &list.operations {
            if space.operation_index(operation).is_none() {
                let names: Vec<&str> = space.operations().iter().map(|one| one.name()).collect();
                let what = format!("an operation of {space}");
                return Err(at(column, unknown(operation.name(), &what, &names)));
            }
            // With what stands behind it.
            column += operation.name().len() + 1;
        }
    }
    Ok(())
}

/// Refuses what leaves a node of a DARTS cell without two states to read.
fn readable(allowed: &Allowed) -> Result<(), CandidatesError> {
    let space = allowed.space();
    if space != Space::Darts {
        return Ok(());
    }
    for (cell, kind) in space.cell_kinds().iter().enumerate() {
        for node in space.inputs()..space.inputs() + space.nodes() {
            let found = allowed.readable(cell, node).len();
            if found < 2 {
                let message = format!(
                    "node {node} of the {kind} cell reads two states, and only {found} of its edges may have another operation than none"
                );
                return Err(at(1, message));
            }
        }
    }
    Ok(())
}

impl Place {
    fn has(self, kind: CellKind, edge: usize) -> bool {
        match self {
            Place::Everywhere => true,
            Place::Kind(own) => own == kind,
            Place::Edge(own, place) => own == kind && usize::from(place) == edge,
        }
    }
}

/// With the colon behind it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Place::Everywhere => Ok(()),
            Place::Kind(kind) => write!(f, "{kind}:"),
            Place::Edge(kind, edge) => write!(f, "{kind}/{edge}:"),
        }
    }
}

impl fmt::Display for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut text = String::new();
        match &self.0 {
            Written::All => text.push_str(ALL),
            Written::Named(name) => text.push_str(name.name()),
            Written::Lists(lists) => {
                for (index, list) in lists.iter().enumerate() {
                    let names: Vec<&str> = list.operations.iter().map(|one| one.name()).collect();
                    let mark = if index > 0 { ";" } else { "" };
                    write!(text, "{mark}{}{}", list.place, names.join(","))?;
                }
            }
        }
        f.pad(&text)
    }
}

impl From<Candidates> for String {
    fn from(candidates: Candidates) -> Self {
        candidates.to_string()
    }
}

impl TryFrom<String> for Candidates {
    type Error = CandidatesError;

    fn try_from(text: String) -> Result<Self, CandidatesError> {
        text.parse()
    }
}

fn at(column: usize, message: String) -> CandidatesError {
    CandidatesError { column, message }
}

/// Parts of a text, each with the column at which it begins, without the blanks around it.
fn parts(text: &str, mark: char, column: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut next = column;
    text.split(mark).map(move |part| {
        let blanks = part.chars().take_while(|c| c.is_whitespace()).count();
        let start = next + blanks;
        next += part.chars().count() + 1;
        (start, part.trim())
    })
}

impl FromStr for Candidates {
    type Err = CandidatesError;

    fn from_str(text: &str) -> Result<Self, CandidatesError> {
        if text.len() > LONGEST {
            let length = text.len();
            return Err(at(1, format!("{length} bytes: at most {LONGEST} are read")));
        }
        let whole = text.trim();
        let is = |name: &str| whole.eq_ignore_ascii_case(name);
        if is(ALL) {
            return Ok(Self(Written::All));
        }
        if let Some(name) = Restriction::EACH.into_iter().find(|name| is(name.name())) {
            return Ok(Self(Written::Named(name)));
        }
        if is(NOISE) {
            let message =
                "S4 needs a noise operation, which Plateau does not have: use S1, S2 or S3";
            return Err(at(1, message.into()));
        }
        let mut lists: Vec<List> = Vec::new();
        for (column, part) in parts(text, ';', 1) {
            let list = list(column, part)?;
            if lists.iter().any(|other| other.place == list.place) {
                let place = list.place.to_string();
                let place = match place.trim_end_matches(':') {
                    "" => "a list for all edges",
                    place => place,
                };
                return Err(at(column, format!("{place} comes twice")));
            }
            lists.push(list);
        }
        Ok(Self(Written::Lists(lists)))
    }
}

/// `normal/3:sep_conv_3x3,skip_connect`
fn list(column: usize, text: &str) -> Result<List, CandidatesError> {
    let (place, rest, start) = match text.split_once(':') {
        None => (Place::Everywhere, text, column),
        Some((before, rest)) => {
            let behind = column + before.chars().count() + 1;
            (place(column, before.trim_end())?, rest, behind)
        }
    };
    let mut operations = Vec::new();
    for (column, name) in parts(rest, ',', start) {
        let operation = operation(column, name)?;
        if operations.contains(&operation) {
            return Err(at(column, format!("{operation} comes twice")));
        }
        operations.push(operation);
    }
    Ok(List { place, operations })
}

fn operation(column: usize, name: &str) -> Result<Operation, CandidatesError> {
    if name.is_empty() {
        let message = "the name of an operation is expected, such as sep_conv_3x3";
        return Err(at(column, message.into()));
    }
    let known = OPERATIONS.into_iter().find(|known| known.name() == name);
    known.ok_or_else(|| {
        let names = OPERATIONS.map(Operation::name);
        let restrictions = Restriction::EACH.map(Restriction::name);
        let others = names.into_iter().chain(restrictions).chain([ALL]);
        let shown = shown(name);
        at(
            column,
            format!("'{shown}' is not an operation{}", guess(&shown, others)),
        )
    })
}

/// What of a name is said again.
fn shown(name: &str) -> String {
    crate::visible::visible(&name.chars().take(40).collect::<String>())
}

/// `normal` or `normal/3`
fn place(column: usize, text: &str) -> Result<Place, CandidatesError> {
    let (name, edge) = match text.split_once('/') {
        Some((name, edge)) => (name, Some(edge)),
        None => (text, None),
    };
    let kinds = [CellKind::Normal, CellKind::Reduction];
    let kind = kinds.into_iter().find(|kind| kind.name() == name);
    let kind = kind.ok_or_else(|| {
        let names = kinds.map(CellKind::name);
        at(column, unknown(&shown(name), "a kind of cell", &names))
    })?;
    let Some(edge) = edge else {
        return Ok(Place::Kind(kind));
    };
    // `+3` and `03` would be read, too, and be written otherwise.
    let canonical = |number: &u8| number.to_string() == edge;
    match edge.parse::<u8>().ok().filter(canonical) {
        Some(edge) => Ok(Place::Edge(kind, edge)),
        None => {
            let column = column + name.chars().count() + 1;
            let message = "the number of an edge is expected, from 0: node after node, by the state that is read";
            Err(at(column, message.into()))
        }
    }
}
