//! The text layouts of benchmark tables.

use std::fmt::Write;

use super::classes::{Collapse, function_string};
use super::index::{architecture, architecture_count, architecture_index};
use super::table::{MOST_METRICS, ReadTable, Table, TableError};
use super::table_column::Column;
use super::table_columns::choose;
use super::table_names::{
    ARCHITECTURE, STANDARD_ERROR, UNIQUE, cleaned, is_accuracy, is_architecture, is_nameless,
    name_problem, run, says_otherwise, short,
};
use super::table_sheet::{MOST_COLUMNS, Mark, Sheet, number};
use crate::space::{Genotype, GenotypeError, Operation, Space};

/// Longest name of a column, bytes.
const LONGEST_NAME: usize = 400;
/// What the layout without a header holds.
const LIST_METRIC: &str = "CIFAR10TestAccuracy200Epochs";
/// What may stand between fields. The first that fits is taken.
const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// Reads either layout; see [`ReadTable::from_bytes`].
pub(super) fn parse(text: &str, wanted: &[&str]) -> Result<ReadTable, TableError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Spreadsheets of old end lines with the carriage return alone.
    let returns;
    let text = if text.contains('\r') && !text.contains('\n') {
        returns = text.replace('\r', "\n");
        &returns
    } else {
        text
    };
    let blank = text
        .lines()
        .take_while(|line| line.trim().is_empty())
        .count();
    let rest: usize = text.split_inclusive('\n').take(blank).map(str::len).sum();
    let (text, first) = (&text[rest..], blank + 1);
    match text.trim_start().chars().next() {
        None => Err(TableError::Empty),
        Some('[') => list(text, first, wanted),
        Some(_) => sheet(text, first, wanted),
    }
}

fn at(line: usize) -> impl Fn(String) -> TableError {
    move |message| TableError::Line { line, message }
}

/// Lines `[o1, …, o6],accuracy`.
fn list(text: &str, first: usize, wanted: &[&str]) -> Result<ReadTable, TableError> {
    let mut rows = Rows::new(vec![Column::new(LIST_METRIC.to_owned())]);
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + first, line.trim()));
    for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
        list_row(line)
            .and_then(|(genotype, accuracy)| rows.add(number, &genotype, &[accuracy]))
            .map_err(at(number))?;
    }
    rows.finish(false, wanted, Vec::new())
}

/// A header and a row an architecture.
fn sheet(text: &str, first: usize, wanted: &[&str]) -> Result<ReadTable, TableError> {
    let (text, first, said) = said_delimiter(text, first);
    let delimiter = said.unwrap_or_else(|| {
        let fits = |&delimiter: &char| Header::fits(Sheet::new(text, first, delimiter));
        DELIMITERS.into_iter().find(fits).unwrap_or(DELIMITERS[0])
    });
    let mut sheet = Sheet::new(text, first, delimiter)
        .map(|row| row.map_err(|(line, message)| at(line)(message)));
    let (line, names) = sheet.next().ok_or(TableError::Empty)??;
    let mut sheet = sheet.peekable();
    let sample = match sheet.peek() {
        Some(Ok((_, fields))) => fields.clone(),
        _ => Vec::new(),
    };
    let header = Header::read(&names, &sample).map_err(at(line))?;
    let mut notes = Vec::new();
    let others = header.other_architectures(&sample);
    if !others.is_empty() {
        notes.push(format!(
            "the architectures are those of {}; so has {}",
            header.names[header.architecture],
            others.join(", ")
        ));
    }
    let columns = header
        .columns
        .iter()
        .map(|&place| Column::new(header.names[place].clone()));
    let mut rows = Rows::new(columns.collect());
    for row in sheet {
        let (line, fields) = row?;
        header
            .row(&fields, delimiter)
            .and_then(|(genotype, fields)| rows.add(line, &genotype, &fields))
            .map_err(at(line))?;
    }
    rows.finish(delimiter == ';', wanted, notes)
}

/// Takes the line `sep=;` off, with which a spreadsheet says what parts the fields.
fn said_delimiter(text: &str, first: usize) -> (&str, usize, Option<char>) {
    let line = text.split_inclusive('\n').next().unwrap_or_default();
    let said = line.trim_end_matches(['\n', '\r']).trim_matches('"');
    let mut said = said
        .strip_prefix("sep=")
        .or(said.strip_prefix("SEP="))
        .unwrap_or_default()
        .chars();
    match (said.next(), said.next()) {
        (Some(delimiter), None) if !delimiter.is_alphanumeric() && delimiter != '"' => {
            (&text[line.len()..], first + 1, Some(delimiter))
        }
        _ => (text, first, None),
    }
}

/// The columns of a table with a header.
struct Header {
    names: Vec<String>,
    architecture: usize,
    /// Those of numbers.
    columns: Vec<usize>,
}

impl Header {
    /// Whether a header and its first row have as many fields, and an architecture among them.
    fn fits(mut sheet: Sheet) -> bool {
        let (Some(Ok((_, names))), Some(Ok((_, fields)))) = (sheet.next(), sheet.next()) else {
            return false;
        };
        let known = names.iter().any(|name| *name == ARCHITECTURE) && names.len() > 1;
        known
            || fields.len() > 1
                && fields.len() >= names.len()
                && fields.iter().any(|field| is_cell(field))
    }

    /// Of the names in the first row, and of the row below it.
    fn read(names: &[impl AsRef<str>], sample: &[impl AsRef<str>]) -> Result<Self, String> {
        if names.len() > MOST_COLUMNS {
            return Err(format!("a table has at most {MOST_COLUMNS} columns"));
        }
        if names.iter().any(|name| name.as_ref().len() > LONGEST_NAME) {
            return Err(format!(
                "the name of a column has more than {LONGEST_NAME} bytes"
            ));
        }
        let mut names: Vec<String> = names.iter().map(|name| cleaned(name.as_ref())).collect();
        let cells: Vec<usize> = (0..sample.len())
            .filter(|&place| is_cell(sample[place].as_ref()))
            .collect();
        let named = |name: &String| name == ARCHITECTURE || is_architecture(name);
        // Some programs write numbers of rows, and no name above them.
        let unnamed_rows = |&place: &usize| place > 0 && names.get(place - 1).is_some_and(named);
        let last_is_empty = sample.last().is_none_or(|field| field.as_ref().is_empty());
        if sample.len() == names.len() + 1 && !last_is_empty && cells.iter().any(unnamed_rows) {
            names.insert(0, String::new());
        }
        let find = |name: &str| names.iter().position(|other| other == name);
        let by_content = || {
            let among = cells.iter().copied().filter(|&place| place < names.len());
            let known = among.clone().find(|&place| named(&names[place]));
            known.or_else(|| { among }.next())
        };
        let by_name = || names.iter().position(|name| is_architecture(name));
        let Some(architecture) = find(ARCHITECTURE).or_else(by_content).or_else(by_name) else {
            return Err(format!(
                "expected \"[o1, …, o6],accuracy\" or a header with the column {ARCHITECTURE}"
            ));
        };
        if is_cell(&names[architecture].replace(' ', "")) {
            return Err(format!(
                "the table has no header: begin it with the names of its columns, such as {ARCHITECTURE},TestAccuracy"
            ));
        }
        let unique = find(UNIQUE);
        let mut columns: Vec<usize> = Vec::new();
        let mut earlier = Vec::new();
        for (column, name) in names.iter().enumerate() {
            if column == architecture || Some(column) == unique {
                continue;
            }
            columns.push(column);
            if is_nameless(name) || says_otherwise(name) {
                continue;
            }
            if let Some(problem) = name_problem(name, &earlier) {
                return Err(problem);
            }
            earlier.push(name.clone());
        }
        if columns.iter().all(|&column| is_nameless(&names[column])) {
            return Err("no column of accuracies".to_owned());
        }
        Ok(Self {
            names,
            architecture,
            columns,
        })
    }

    /// The names of further columns with architectures.
    fn other_architectures(&self, sample: &[impl AsRef<str>]) -> Vec<&str> {
        let is_other = |&&column: &&usize| {
            sample
                .get(column)
                .is_some_and(|field| is_cell(field.as_ref()))
        };
        self.columns
            .iter()
            .filter(is_other)
            .map(|&column| self.names[column].as_str())
            .collect()
    }

    fn row<'a>(
        &self,
        fields: &'a [impl AsRef<str>],
        delimiter: char,
    ) -> Result<(Genotype, Vec<&'a str>), String> {
        let columns = self.names.len();
        let surplus = fields.iter().skip(columns);
        if fields.len() < columns
            || surplus
                .map(AsRef::as_ref)
                .any(|field: &str| !field.is_empty())
        {
            let (more, hint) = match fields.len() > columns {
                true if delimiter == ',' => (
                    "more",
                    " (a decimal comma needs quotation marks or semicolons)",
                ),
                true => ("more", ""),
                false => ("fewer", ""),
            };
            return Err(format!(
                "{more} columns than the {columns} of the header{hint}"
            ));
        }
        let genotype = genotype(fields[self.architecture].as_ref())?;
        Ok((
            genotype,
            self.columns
                .iter()
                .map(|&column| fields[column].as_ref())
                .collect(),
        ))
    }
}

/// Whether a field holds an architecture.
fn is_cell(field: &str) -> bool {
    field.starts_with(['|', '[', '(']) && genotype(field).is_ok()
}

/// The architecture in a field: the string of NAS-Bench-201 or a list of operations.
fn genotype(field: &str) -> Result<Genotype, String> {
    let lists = [('[', ']'), ('(', ')')];
    let inside = lists
        .iter()
        .find_map(|(open, close)| field.strip_prefix(*open)?.strip_suffix(*close));
    if let Some(inside) = inside {
        return list_genotype(inside);
    }
    let text: String = field.chars().filter(|c| !c.is_whitespace()).collect();
    // The position inside the field would look like one in the file.
    Genotype::from_nb201_string(&text).map_err(|error| match error {
        GenotypeError::Syntax { message, .. } => message,
        other => other.to_string(),
    })
}

/// `[o1, …, o6],accuracy`
fn list_row(line: &str) -> Result<(Genotype, &str), String> {
    let (list, value) = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .ok_or("expected \"[o1, …, o6],accuracy\"")?;
    let genotype = list_genotype(list)?;
    let value = value
        .trim()
        .strip_prefix([',', ';'])
        .ok_or("expected a comma and the accuracy after the list")?
        .trim();
    let number = number(value).filter(|number| is_accuracy(number.value));
    match number {
        _ if value.is_empty() => Err("the accuracy is missing".to_owned()),
        Some(number) if number.doubtful && number.mark == Mark::Comma => Err(format!(
            "\"{}\": the comma can part decimals or thousands",
            short(value)
        )),
        Some(_) => Ok((genotype, value)),
        None => Err(format!(
            "\"{}\" is not an accuracy between 0 and 100 percent",
            short(value)
        )),
    }
}

/// The architecture of `o1, …, o6`.
fn list_genotype(list: &str) -> Result<Genotype, String> {
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
                format!(
                    "unknown operation \"{}\": expected 0 to 4",
                    short(number.trim())
                )
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
    Genotype::from_encoding(space, &[operations]).map_err(|error| error.to_string())
}

/// A table in the making. The first row decides the space.
struct Rows {
    space: Option<Space>,
    columns: Vec<Column>,
    /// The line of every architecture that has been read.
    lines: Vec<Option<usize>>,
}

impl Rows {
    fn new(columns: Vec<Column>) -> Self {
        Self {
            space: None,
            columns,
            lines: Vec::new(),
        }
    }

    fn add(&mut self, line: usize, genotype: &Genotype, fields: &[&str]) -> Result<(), String> {
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
        }
        if let Some(earlier) = self.lines[index] {
            return Err(format!(
                "{} is already on line {earlier}; several runs of an architecture are columns of one row",
                genotype.to_text()
            ));
        }
        self.lines[index] = Some(line);
        for (column, field) in self.columns.iter_mut().zip(fields) {
            column.add(line, index, count, field);
        }
        Ok(())
    }

    fn finish(
        self,
        semicolons: bool,
        wanted: &[&str],
        mut notes: Vec<String>,
    ) -> Result<ReadTable, TableError> {
        let space = self.space.ok_or(TableError::Empty)?;
        if let Some(missing) = self.lines.iter().position(Option::is_none) {
            return Err(TableError::Rows {
                space,
                expected: self.lines.len(),
                found: self.lines.iter().flatten().count(),
                missing: architecture(space, missing).map_or(String::new(), |cell| cell.to_text()),
            });
        }
        let found = choose(&self.columns, semicolons, wanted, &mut notes)?;
        if found.len() > MOST_METRICS {
            let found = found.len();
            return Err(TableError::Columns(format!(
                "{found} columns of accuracies: at most {MOST_METRICS} are read; leave some out"
            )));
        }
        let (mut metrics, mut values, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for column in found {
            metrics.push(column.name);
            values.push(column.values);
            errors.push(column.errors);
        }
        let table = Table::new(space, metrics, values)?.with_standard_errors(errors);
        Ok(ReadTable { table, notes })
    }
}

/// Writes the CSV layout; see [`Table::to_csv`].
pub(super) fn to_csv(table: &Table) -> String {
    // A run without its mean would be averaged with others, if it had no standard errors.
    let alone = |name: &str| run(name).is_some_and(|run| table.column(&run.stem).is_none());
    let with_errors: Vec<(&String, &Vec<Option<f64>>)> = table
        .metrics()
        .iter()
        .zip(table.standard_errors())
        .filter(|(name, errors)| !errors.is_empty() || alone(name))
        .collect();
    // Without a sign, values up to 1 would be shares.
    let sign = |column: &Vec<f64>| {
        if column.iter().all(|value| *value <= 1.0) {
            "%"
        } else {
            ""
        }
    };
    let signs: Vec<&str> = table.values().iter().map(sign).collect();
    let mut text = format!("{},", table.metrics().join(","));
    for (metric, _) in &with_errors {
        // Writing to a string cannot fail.
        let _ = write!(text, "{metric}{STANDARD_ERROR},");
    }
    let _ = writeln!(text, "{ARCHITECTURE},{UNIQUE}");
    for index in 0..architecture_count(table.space()).unwrap_or_default() {
        let Some(genotype) = table.genotype_of(index) else {
            continue;
        };
        for (column, sign) in table.values().iter().zip(&signs) {
            // The shortest text that reads back as the same number.
            let _ = write!(text, "{}{sign},", column[index]);
        }
        for (_, errors) in &with_errors {
            let error = errors.get(index).copied().flatten();
            let _ = write!(
                text,
                "{},",
                error.map_or(String::new(), |error| error.to_string())
            );
        }
        let function = function_string(&genotype, Collapse::SkipAndZero).unwrap_or_default();
        let _ = writeln!(text, "{},{function}", genotype.to_text());
    }
    text
}
