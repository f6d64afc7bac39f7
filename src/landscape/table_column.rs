//! A column of numbers while its table is read.

use super::table_names::{is_accuracy, short};
use super::table_sheet::{Mark, is_missing, number};

/// A column while its table is read. Values are by architecture.
pub(super) struct Column {
    /// Its cleaned name.
    pub(super) name: String,
    /// NaN where there is none.
    pub(super) values: Vec<f64>,
    pub(super) missing: usize,
    /// The line of the first field without a value, and the field.
    pub(super) first_missing: Option<(usize, String)>,
    /// The line of the first field that is no accuracy, and the field.
    wrong: Option<(usize, String)>,
    /// The first line with a decimal comma and with a decimal point.
    marks: [Option<usize>; 2],
    /// A field whose comma is surely one of decimals.
    sure_comma: bool,
    sure_point: bool,
    /// Whether a percent sign follows its numbers.
    pub(super) percent: bool,
}

/// Whether the fields of a whole file say what a comma is.
#[derive(Clone, Copy, Default)]
pub(super) struct Commas {
    /// Semicolons part the fields, as where decimals have commas.
    pub(super) semicolons: bool,
    /// A comma in some column can only be one of decimals.
    pub(super) seen: bool,
}

impl Column {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            values: Vec::new(),
            missing: 0,
            first_missing: None,
            wrong: None,
            marks: [None; 2],
            sure_comma: false,
            sure_point: false,
            percent: false,
        }
    }

    /// Takes the field of an architecture, of which there are `count`.
    pub(super) fn add(&mut self, line: usize, index: usize, count: usize, field: &str) {
        if self.values.is_empty() {
            self.values = vec![f64::NAN; count];
        }
        if is_missing(field) {
            self.missing += 1;
            self.first_missing
                .get_or_insert_with(|| (line, short(field)));
            return;
        }
        let Some(number) = number(field) else {
            self.wrong.get_or_insert_with(|| (line, short(field)));
            return;
        };
        let place = match number.mark {
            Mark::Comma => Some((0, &mut self.sure_comma)),
            Mark::Point => Some((1, &mut self.sure_point)),
            Mark::Plain => None,
        };
        if let Some((place, sure)) = place {
            self.marks[place].get_or_insert(line);
            *sure |= !number.doubtful;
        }
        self.percent |= number.percent;
        if !is_accuracy(number.value) {
            self.wrong.get_or_insert_with(|| (line, short(field)));
        } else if let Some(value) = self.values.get_mut(index) {
            *value = number.value;
        }
    }

    /// Whether its commas can only be those of decimals.
    pub(super) fn has_commas(&self) -> bool {
        self.sure_comma
    }

    /// Where and why the values that are there are no accuracies.
    pub(super) fn problem(&self, commas: Commas) -> Option<(usize, String)> {
        if let Some((line, field)) = &self.wrong {
            let message = format!("\"{field}\" is not an accuracy between 0 and 100 percent");
            return Some((*line, message));
        }
        match self.marks {
            [Some(comma), Some(point)] => Some((
                comma.max(point),
                format!("decimal commas (line {comma}) and points (line {point}) in one column"),
            )),
            [Some(line), None] if !(self.sure_comma || commas.semicolons) => {
                Some((line, "the comma can part decimals or thousands".to_owned()))
            }
            [None, Some(line)] if !self.sure_point && commas.seen => Some((
                line,
                "the point can part decimals or thousands, since other columns have decimal commas"
                    .to_owned(),
            )),
            _ => None,
        }
    }

    /// Where and why it is no landscape of its own.
    pub(super) fn gap(&self) -> Option<(usize, String)> {
        let (line, field) = self.first_missing.as_ref()?;
        let more = match self.missing {
            1 => String::new(),
            missing => format!(" ({missing} such fields)"),
        };
        Some((
            *line,
            match field.as_str() {
                "" => format!("the accuracy is missing{more}"),
                field => format!("\"{field}\" is not an accuracy between 0 and 100 percent{more}"),
            },
        ))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.missing > 0 && self.values.iter().all(|value| value.is_nan())
    }

    /// Whether one of its numbers has a fraction, as numbers of rows have not.
    pub(super) fn has_fractions(&self) -> bool {
        self.marks != [None; 2]
    }

    /// Whether one of its numbers has a decimal comma.
    pub(super) fn is_with_commas(&self) -> bool {
        self.marks[0].is_some()
    }
}
