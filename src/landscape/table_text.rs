//! The text layouts of benchmark tables.

use std::fmt::Write;

use super::classes::{Collapse, function_string};
use super::index::{architecture, architecture_count, architecture_index};
use super::table::{MOST_METRICS, Table, TableError};
use crate::space::{Genotype, Operation, Space};

/// The column of the genotypes.
const ARCHITECTURE: &str = "ArchitectureString";
/// The column of the function, which is computed rather than read.
const UNIQUE: &str = "UniqueString";
/// What the layout without a header holds.
const LIST_METRIC: &str = "CIFAR10TestAccuracy200Epochs";

/// What a metric's name must not be.
pub(super) fn name_problem(name: &str, earlier: &[String]) -> Option<String> {
    let short: String = name.chars().take(80).collect();
    if name.is_empty() || name.trim() != name || name.contains([',', '"', '\n', '\r', '[']) {
        Some(format!(
            "\"{short}\" cannot name a column: use words without commas, quotes or brackets"
        ))
    } else if name == ARCHITECTURE || name == UNIQUE || earlier.iter().any(|other| other == name) {
        Some(format!("two columns are named \"{short}\""))
    } else {
        None
    }
}

/// Whether a value can be an accuracy in percent.
pub(super) fn is_accuracy(value: f64) -> bool {
    (0.0..=100.0).contains(&value)
}

/// Reads either layout; see [`Table::parse`].
pub(super) fn parse(text: &str) -> Result<Table, TableError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty())
        .peekable();
    let &(first, line) = lines.peek().ok_or(TableError::Empty)?;
    if line.starts_with('[') {
        let mut rows = Rows::new(vec![LIST_METRIC.to_owned()]);
        for (number, line) in lines {
            list_row(line)
                .and_then(|(genotype, accuracy)| rows.add(number, &genotype, &[accuracy]))
                .map_err(at(number))?;
        }
        return rows.finish();
    }
    let header = Header::read(line).map_err(at(first))?;
    let mut rows = Rows::new(
        header
            .metrics
            .iter()
            .map(|(_, name)| name.clone())
            .collect(),
    );
    for (number, line) in lines.skip(1) {
        header
            .row(line)
            .and_then(|(genotype, accuracies)| rows.add(number, &genotype, &accuracies))
            .map_err(at(number))?;
    }
    rows.finish()
}

fn at(line: usize) -> impl Fn(String) -> TableError {
    move |message| TableError::Line { line, message }
}

/// The columns of a CSV table.
struct Header {
    columns: usize,
    architecture: usize,
    /// Column and name.
    metrics: Vec<(usize, String)>,
}

impl Header {
    fn read(line: &str) -> Result<Self, String> {
        let most = MOST_METRICS + 2;
        let names: Vec<&str> = fields(line).take(most + 1).collect();
        if names.len() > most {
            return Err(format!("a table has at most {most} columns"));
        }
        let find = |name| names.iter().position(|&other| other == name);
        let Some(architecture) = find(ARCHITECTURE) else {
            return Err(format!(
                "expected \"[o1, …, o6],accuracy\" or a header with the column {ARCHITECTURE}"
            ));
        };
        let mut metrics: Vec<(usize, String)> = Vec::new();
        let mut earlier = Vec::new();
        for (column, &name) in names.iter().enumerate() {
            if column == architecture || Some(column) == find(UNIQUE) {
                continue;
            }
            if let Some(problem) = name_problem(name, &earlier) {
                return Err(problem);
            }
            earlier.push(name.to_owned());
            metrics.push((column, name.to_owned()));
        }
        if metrics.is_empty() {
            return Err("no column of accuracies".to_owned());
        }
        Ok(Self {
            columns: names.len(),
            architecture,
            metrics,
        })
    }

    fn row(&self, line: &str) -> Result<(Genotype, Vec<f64>), String> {
        let fields: Vec<&str> = fields(line).take(self.columns + 1).collect();
        if fields.len() != self.columns {
            let more = if fields.len() > self.columns {
                "more"
            } else {
                "fewer"
            };
            return Err(format!(
                "{more} columns than the {} of the header",
                self.columns
            ));
        }
        let genotype = Genotype::from_nb201_string(fields[self.architecture])
            // The position inside the field would look like one in the file.
            .map_err(|error| match error {
                crate::space::GenotypeError::Syntax { message, .. } => message,
                other => other.to_string(),
            })?;
        let accuracies = self
            .metrics
            .iter()
            .map(|(column, name)| {
                accuracy(fields[*column]).map_err(|error| format!("{name}: {error}"))
            })
            .collect::<Result<_, _>>()?;
        Ok((genotype, accuracies))
    }
}

/// The fields of a CSV line. No field of a table has a comma, so quotes can only surround one.
fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|field| {
        let field = field.trim();
        field
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(field)
    })
}

/// `[o1, …, o6],accuracy`
fn list_row(line: &str) -> Result<(Genotype, f64), String> {
    let (list, value) = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .ok_or("expected \"[o1, …, o6],accuracy\"")?;
    let space = Space::NasBench201;
    let operations: Vec<Operation> = list
        .split(',')
        .map(|number| {
            let known = number
                .trim()
                .parse::<usize>()
                .ok()
                .and_then(|index| space.operations().get(index));
            known.copied().ok_or_else(|| {
                let number: String = number.trim().chars().take(40).collect();
                format!("unknown operation \"{number}\": expected 0 to 4")
            })
        })
        .collect::<Result<_, _>>()?;
    let edges = space.edges().len();
    if operations.len() != edges {
        return Err(format!(
            "{} operations instead of {edges}",
            operations.len()
        ));
    }
    let genotype =
        Genotype::from_encoding(space, &[operations]).map_err(|error| error.to_string())?;
    let value = value
        .trim()
        .strip_prefix(',')
        .ok_or("expected a comma and the accuracy after the list")?;
    Ok((genotype, accuracy(value.trim())?))
}

fn accuracy(text: &str) -> Result<f64, String> {
    let short: String = text.chars().take(40).collect();
    if text.is_empty() {
        return Err("the accuracy is missing".to_owned());
    }
    text.parse()
        .ok()
        .filter(|&value| is_accuracy(value))
        .ok_or_else(|| format!("\"{short}\" is not an accuracy between 0 and 100 percent"))
}

/// A table in the making. The first row decides the space.
struct Rows {
    space: Option<Space>,
    metrics: Vec<String>,
    /// The line of every architecture that has been read.
    lines: Vec<Option<usize>>,
    values: Vec<Vec<f64>>,
}

impl Rows {
    fn new(metrics: Vec<String>) -> Self {
        Self {
            space: None,
            values: vec![Vec::new(); metrics.len()],
            metrics,
            lines: Vec::new(),
        }
    }

    fn add(&mut self, line: usize, genotype: &Genotype, accuracies: &[f64]) -> Result<(), String> {
        let space = *self.space.get_or_insert(genotype.space());
        if space != genotype.space() {
            return Err(format!("a {} cell in a table of {space}", genotype.space()));
        }
        let count = architecture_count(space).unwrap_or_default();
        let Some(index) = architecture_index(genotype).filter(|&index| index < count) else {
            return Err(format!("{space} is too large for a complete table"));
        };
        if self.lines.is_empty() {
            self.lines = vec![None; count];
            self.values = vec![vec![f64::NAN; count]; self.metrics.len()];
        }
        if let Some(earlier) = self.lines[index] {
            return Err(format!(
                "{} is already on line {earlier}",
                genotype.to_text()
            ));
        }
        self.lines[index] = Some(line);
        for (column, &accuracy) in self.values.iter_mut().zip(accuracies) {
            column[index] = accuracy;
        }
        Ok(())
    }

    fn finish(self) -> Result<Table, TableError> {
        let space = self.space.ok_or(TableError::Empty)?;
        if let Some(missing) = self.lines.iter().position(Option::is_none) {
            return Err(TableError::Rows {
                space,
                expected: self.lines.len(),
                found: self.lines.iter().flatten().count(),
                missing: architecture(space, missing).map_or(String::new(), |cell| cell.to_text()),
            });
        }
        Table::new(space, self.metrics, self.values)
    }
}

/// Writes the CSV layout; see [`Table::to_csv`].
pub(super) fn to_csv(table: &Table) -> String {
    let mut text = format!("{},{ARCHITECTURE},{UNIQUE}\n", table.metrics().join(","));
    for index in 0..architecture_count(table.space()).unwrap_or_default() {
        let Some(genotype) = table.genotype_of(index) else {
            continue;
        };
        for column in table.values() {
            // Writing to a string cannot fail. The shortest text that reads back as the same number.
            let _ = write!(text, "{},", column[index]);
        }
        let function = function_string(&genotype, Collapse::SkipAndZero).unwrap_or_default();
        let _ = writeln!(text, "{},{function}", genotype.to_text());
    }
    text
}
