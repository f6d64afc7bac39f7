//! DARTS genotypes as papers print them: a Python call `Genotype(normal=[('sep_conv_3x3', 1), …], normal_concat=range(2, 6), …)`,
//! and what else Python programs print: lists by node, a dictionary, the arguments alone, numbers of NumPy, `Structure([…])`.

use super::cell::Space;
use super::genotype::{Genotype, GenotypeError};
use super::literal::{Argument, Kind, Mistake, Reader, Value};
use super::operation::Operation;
use super::syntax::{AFTER, check_length, syntax};
use super::wiring::{Cell, Input};

/// The names of a genotype's four parts, in the order of the DARTS code.
pub(super) const FIELDS: [&str; 4] = ["normal", "normal_concat", "reduce", "reduce_concat"];

/// A genotype that was read, where its text ends, and what of it was not taken as it stands.
pub(super) struct Written {
    pub genotype: Genotype,
    pub end: usize,
    pub notes: Vec<String>,
}

impl Genotype {
    /// The Python text of the DARTS code, on one line. An error for other spaces.
    pub fn to_python(&self) -> Result<String, GenotypeError> {
        if self.space() != Space::Darts {
            return Err(GenotypeError::WrongForm(self.space()));
        }
        let fields: Vec<String> = ["normal", "reduce"]
            .iter()
            .zip(self.cells())
            .map(|(name, cell)| {
                let inputs: Vec<String> = cell
                    .nodes
                    .iter()
                    .flatten()
                    .map(|input| format!("('{}', {})", input.operation, input.from))
                    .collect();
                let concat = match cell.concat[..] {
                    [2, 3, 4, 5] => "range(2, 6)".to_owned(),
                    _ => format!("{:?}", cell.concat),
                };
                format!("{name}=[{}], {name}_concat={concat}", inputs.join(", "))
            })
            .collect();
        Ok(format!("Genotype({})", fields.join(", ")))
    }

    /// Reads the Python text alone, with or without a `NAME =` in front. Lists or tuples, either kind of quotes, comments, line
    /// breaks, trailing commas and any order of the four arguments are fine. At most 64 KiB.
    pub fn from_python(text: &str) -> Result<Self, GenotypeError> {
        check_length(text)?;
        let mut reader = Reader::new(text, 0);
        let mut at = reader.place();
        let mut name = reader.name();
        if reader.accept('=') {
            at = reader.place();
            name = reader.name();
        }
        if name != Some("Genotype") {
            return Err(syntax(text, at, "expected Genotype(…)"));
        }
        let written = call(text, at)?;
        let end = Reader::new(text, written.end).place();
        if end < text.len() {
            return Err(syntax(text, end, AFTER));
        }
        Ok(written.genotype)
    }
}

/// `Genotype(…)` at a byte of the text.
pub(super) fn call(text: &str, at: usize) -> Result<Written, GenotypeError> {
    let mut reader = Reader::new(text, at);
    let fields = called(&mut reader).map_err(|mistake| mistake.locate(text))?;
    fields.check(text, reader.end())
}

fn called(reader: &mut Reader) -> Result<Fields, Mistake> {
    let _callee = reader.name();
    reader.expect('(')?;
    let mut fields = Fields::default();
    for (place, argument) in reader.arguments()?.into_iter().enumerate() {
        // Without names they come in the order of the DARTS code.
        let name = argument.name.or(FIELDS.get(place).copied());
        fields.set(name.unwrap_or_default(), argument.at, &argument.value)?;
    }
    Ok(fields)
}

/// `{'normal': […], 'normal_concat': […], …}` at a byte of the text.
pub(super) fn dictionary(text: &str, at: usize) -> Result<Written, GenotypeError> {
    let mut reader = Reader::new(text, at);
    let fields = reader.value("a dictionary").and_then(|value| {
        let mut fields = Fields::default();
        if let Kind::Dictionary(pairs) = value.kind {
            for (key, value) in pairs {
                fields.set(word(&key).unwrap_or_default(), key.at, &value)?;
            }
        }
        Ok(fields)
    });
    let fields = fields.map_err(|mistake| mistake.locate(text))?;
    fields.check(text, reader.end())
}

/// The four parts alone, `normal=[…], normal_concat=…`, from a byte of the text on: what is left of a call whose head was not copied.
pub(super) fn parts(text: &str, at: usize) -> Result<Written, GenotypeError> {
    let mut reader = Reader::new(text, at);
    let mut fields = Fields::default();
    loop {
        let mut ahead = Reader::new(text, reader.end());
        let at = ahead.place();
        let Some(name) = ahead.name().filter(|name| FIELDS.contains(name)) else {
            break;
        };
        if !ahead.accept('=') {
            break;
        }
        let set = ahead
            .value("a list")
            .and_then(|value| fields.set(name, at, &value));
        set.map_err(|mistake| mistake.locate(text))?;
        ahead.accept(',');
        reader = ahead;
    }
    reader.accept(')');
    let mut written = fields.check(text, reader.end())?;
    written
        .notes
        .push("\"Genotype(\" is missing; its arguments are read".into());
    Ok(written)
}

/// `Structure([(("nor_conv_3x3", 0),), …])`, NAS-Bench-201 as its code builds it, at a byte of the text.
pub(super) fn structure(text: &str, at: usize) -> Result<Written, GenotypeError> {
    let mut reader = Reader::new(text, at);
    let mut weights = false;
    let nodes = reader
        .value("Structure([…])")
        .and_then(|value| match &value.kind {
            Kind::Call(_, arguments) if arguments.len() == 1 => {
                by_node(&arguments[0].value, &mut weights)
            }
            _ => Err(Mistake::new(value.at, "expected Structure([…])")),
        });
    let nodes = nodes.map_err(|mistake| mistake.locate(text))?;
    let space = match nodes.len() {
        3 => Space::NasBench201,
        2 => Space::NasBench201Small,
        _ => return Err(syntax(text, at, "a cell has two or three nodes")),
    };
    Ok(Written {
        genotype: Genotype::new(space, vec![Cell::new(space, nodes)])?,
        end: reader.end(),
        notes: weights_note(weights),
    })
}

fn weights_note(weights: bool) -> Vec<String> {
    let note = "the weights of its operations are left out".to_owned();
    weights.then_some(note).into_iter().collect()
}

/// The parts of a DARTS genotype as far as they were read.
#[derive(Default)]
struct Fields {
    nodes: [Option<Vec<Vec<Input>>>; 2],
    concats: [Option<Vec<usize>>; 2],
    /// Whether an operation had a weight.
    weights: bool,
}

impl Fields {
    fn set(&mut self, name: &str, at: usize, value: &Value) -> Result<(), Mistake> {
        let repeated = match name {
            "normal" => self.nodes[0]
                .replace(nodes(value, &mut self.weights)?)
                .is_some(),
            "reduce" => self.nodes[1]
                .replace(nodes(value, &mut self.weights)?)
                .is_some(),
            "normal_concat" => self.concats[0].replace(states(value)?).is_some(),
            "reduce_concat" => self.concats[1].replace(states(value)?).is_some(),
            _ => {
                let message = "expected normal, normal_concat, reduce or reduce_concat";
                return Err(Mistake::new(at, message));
            }
        };
        if repeated {
            return Err(Mistake::new(at, format!("{name} is given twice")));
        }
        Ok(())
    }

    fn check(self, text: &str, end: usize) -> Result<Written, GenotypeError> {
        let ([Some(normal), Some(reduce)], [Some(normal_concat), Some(reduce_concat)]) =
            (self.nodes, self.concats)
        else {
            let message = "normal, normal_concat, reduce and reduce_concat are all needed";
            return Err(syntax(text, end, message));
        };
        let cells = [(normal, normal_concat), (reduce, reduce_concat)];
        let cells = cells.map(|(nodes, concat)| Cell { nodes, concat });
        Ok(Written {
            genotype: Genotype::new(Space::Darts, cells.into())?,
            end,
            notes: weights_note(self.weights),
        })
    }
}

/// The first argument of a call such as `np.int64(1)` or `tensor(1, device='cuda:0')`.
fn only<'v, 'a>(arguments: &'v [Argument<'a>]) -> Option<&'v Value<'a>> {
    let (first, rest) = arguments.split_first()?;
    let plain = first.name.is_none() && rest.iter().all(|argument| argument.name.is_some());
    plain.then_some(&first.value)
}

/// A string, also as NumPy prints it.
fn word<'a>(value: &Value<'a>) -> Option<&'a str> {
    match &value.kind {
        Kind::Text(text) => Some(text.trim()),
        Kind::Call("str" | "str_", arguments) => only(arguments).and_then(word),
        _ => None,
    }
}

/// A state's number, also as NumPy and PyTorch print it.
fn number(value: &Value) -> Result<usize, Mistake> {
    let inside = match &value.kind {
        Kind::Number(number) => return Ok(*number),
        Kind::Call(name, arguments)
            if name.trim_start_matches('u').starts_with("int")
                || matches!(*name, "tensor" | "array") =>
        {
            only(arguments)
        }
        _ => None,
    };
    inside.map_or_else(
        || Err(Mistake::new(value.at, "expected a state number")),
        number,
    )
}

/// `range(2, 6)`, `[2, 3, 4, 5]` or `list(range(2, 6))`.
fn states(value: &Value) -> Result<Vec<usize>, Mistake> {
    match &value.kind {
        Kind::List(values) => values.iter().map(number).collect(),
        Kind::Call("range" | "arange", arguments) => {
            let numbers = arguments.iter().map(|argument| number(&argument.value));
            match numbers.collect::<Result<Vec<_>, _>>()?[..] {
                [end] => Ok((0..end).collect()),
                [start, end] => Ok((start..end).collect()),
                [start, end, step] if step > 0 => Ok((start..end).step_by(step).collect()),
                _ => Err(Mistake::new(value.at, "expected range(start, end)")),
            }
        }
        Kind::Call("list" | "tuple" | "sorted" | "array" | "tensor", arguments)
            if only(arguments).is_some() =>
        {
            only(arguments).map_or_else(|| Ok(Vec::new()), states)
        }
        _ => Err(Mistake::new(value.at, "expected range(…) or a list")),
    }
}

fn elements<'v, 'a>(value: &'v Value<'a>) -> Result<&'v [Value<'a>], Mistake> {
    match &value.kind {
        Kind::List(values) => Ok(values),
        _ => Err(Mistake::new(value.at, "expected \"[\" or \"(\"")),
    }
}

/// The nodes of a DARTS cell: `[('sep_conv_3x3', 1), …]`, two inputs a node, or a list for every node.
fn nodes(value: &Value, weights: &mut bool) -> Result<Vec<Vec<Input>>, Mistake> {
    let all = elements(value)?;
    let first = all.first().map(|first| &first.kind);
    let nested = match first {
        Some(Kind::List(inside)) => inside
            .first()
            .is_some_and(|one| matches!(one.kind, Kind::List(_))),
        _ => false,
    };
    if nested {
        return by_node(value, weights);
    }
    let inputs: Vec<Input> = all
        .iter()
        .map(|one| input(one, weights))
        .collect::<Result<_, _>>()?;
    Ok(inputs.chunks(2).map(<[Input]>::to_vec).collect())
}

/// `[[('sep_conv_3x3', 1), …], …]`
fn by_node(value: &Value, weights: &mut bool) -> Result<Vec<Vec<Input>>, Mistake> {
    let mut nodes = Vec::new();
    for node in elements(value)? {
        let inputs = elements(node)?.iter().map(|one| input(one, weights));
        nodes.push(inputs.collect::<Result<_, _>>()?);
    }
    Ok(nodes)
}

/// `('sep_conv_3x3', 1)`, also with the state first, or with the operation's weight behind.
fn input(value: &Value, weights: &mut bool) -> Result<Input, Mistake> {
    let parts = elements(value)?;
    let missing = |at: usize| Mistake::new(at, "expected an operation in quotes");
    let [first, second, more @ ..] = parts else {
        let Some(first) = parts.first() else {
            return Err(missing(value.at));
        };
        word(first).ok_or_else(|| missing(first.at))?;
        return Err(Mistake::new(
            value.at,
            "expected a state number after the operation",
        ));
    };
    let swapped = number(first).is_ok() && word(second).is_some();
    let (named, state) = if swapped {
        (second, first)
    } else {
        (first, second)
    };
    let name = word(named).ok_or_else(|| missing(named.at))?;
    let operation =
        Operation::from_name(name).map_err(|error| Mistake::new(named.at, error.to_string()))?;
    let from = number(state)?;
    match more {
        [] => {}
        [one] if matches!(one.kind, Kind::Weight) => *weights = true,
        [one, ..] => {
            return Err(Mistake::new(
                one.at,
                "expected nothing more after the state number",
            ));
        }
    }
    Ok(Input { from, operation })
}
