//! Which columns of a table are accuracies: by their values, by their names, and by what was asked for.

use super::table::TableError;
use super::table_column::{Column, Commas};
use super::table_names::{
    Run, are_runs, calls_accuracy, is_accuracy, is_nameless, run, says_otherwise, standard_error_of,
};

/// The most columns that a note names.
const MOST_NAMED: usize = 6;
/// Accuracies of several runs and their mean differ by rounding.
const ROUNDING: f64 = 0.06;

/// One landscape that was found.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
    /// Of each value; empty where there are none.
    pub(super) errors: Vec<Option<f64>>,
}

/// Decides about all columns. `wanted` are the metrics that were asked for by name, which must be readable.
///
/// # Errors
/// A wanted column that is no landscape, by its line; no column that is one.
pub(super) fn choose(
    columns: &[Column],
    semicolons: bool,
    wanted: &[&str],
    notes: &mut Vec<String>,
) -> Result<Vec<Found>, TableError> {
    let commas = Commas {
        semicolons,
        seen: columns.iter().any(Column::has_commas),
    };
    let mut choice = Choice {
        columns,
        commas,
        wanted,
        roles: Vec::new(),
    };
    choice.roles = (0..columns.len()).map(|place| choice.role(place)).collect();
    let groups = choice.groups(notes);
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if let Some(group) = groups.iter().find(|group| group.members[0] == place) {
            match choice.averaged(group, notes) {
                Ok(mean) => found.push(mean),
                Err(problem) => unread.push((group.stem.clone(), problem)),
            }
        }
        let grouped = groups.iter().any(|group| group.members.contains(&place));
        let asked = choice.asked(&column.name);
        let role = &choice.roles[place];
        if !(*role == Role::Metric && !grouped || asked) {
            continue;
        }
        match choice.single(column) {
            Ok(values) => {
                if *role == Role::Other {
                    notes.push(format!(
                        "{}: read as accuracies, since it was asked for",
                        column.name
                    ));
                }
                let errors = choice.errors_of(&column.name);
                found.push(Found {
                    name: column.name.clone(),
                    values,
                    errors,
                });
            }
            Err(problem) => unread.push((column.name.clone(), problem)),
        }
    }
    for (name, (line, message)) in &unread {
        if choice.asked(name) {
            let message = format!("{name}: {message}");
            return Err(TableError::Line {
                line: *line,
                message,
            });
        }
    }
    choice.say_left_out(&unread, notes);
    if found.is_empty() {
        return Err(choice.nothing(unread));
    }
    for metric in &mut found {
        choice.shares(metric, notes);
    }
    choice.say_commas(notes);
    Ok(found)
}

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Accuracies, or one run of some, unless its values say otherwise.
    Metric,
    /// Something else by its name.
    Other,
    /// The standard errors of a metric.
    Errors,
    /// The numbers of the rows, or nothing at all.
    Nameless,
}

/// Runs of one metric.
struct Group {
    stem: String,
    members: Vec<usize>,
}

struct Choice<'a> {
    columns: &'a [Column],
    commas: Commas,
    wanted: &'a [&'a str],
    roles: Vec<Role>,
}

impl Choice<'_> {
    fn asked(&self, name: &str) -> bool {
        self.wanted.contains(&name)
    }

    fn role(&self, place: usize) -> Role {
        let name = &self.columns[place].name;
        let has = |metric: &str| {
            let is = |run: Run| run.stem == metric;
            self.columns
                .iter()
                .any(|column| column.name == metric || run(&column.name).is_some_and(is))
        };
        let stem = run(name).filter(|run| run.said);
        if is_nameless(name) {
            Role::Nameless
        } else if standard_error_of(name).is_some_and(has) {
            Role::Errors
        } else if says_otherwise(stem.as_ref().map_or(name, |run| &run.stem)) {
            Role::Other
        } else {
            Role::Metric
        }
    }

    /// The runs that belong together and whose mean is no column.
    fn groups(&self, notes: &mut Vec<String>) -> Vec<Group> {
        let errors: Vec<&str> = self
            .columns
            .iter()
            .filter_map(|column| standard_error_of(&column.name))
            .collect();
        let readable = |place: usize| {
            let column = &self.columns[place];
            self.roles[place] == Role::Metric && column.problem(self.commas).is_none()
        };
        // What has a standard error is a mean already.
        let usable =
            |place: usize| readable(place) && !errors.contains(&self.columns[place].name.as_str());
        let runs: Vec<(usize, Run)> = (0..self.columns.len())
            .filter(|&place| usable(place))
            .filter_map(|place| Some((place, run(&self.columns[place].name)?)))
            .collect();
        let mut groups: Vec<Group> = Vec::new();
        for (_, Run { stem, .. }) in &runs {
            if groups.iter().any(|group| group.stem == *stem) {
                continue;
            }
            let of_stem = runs.iter().filter(|(_, run)| run.stem == *stem);
            let (members, own): (Vec<usize>, Vec<&Run>) =
                of_stem.map(|(place, run)| (*place, run)).unzip();
            let stem = stem.clone();
            if are_runs(&own) {
                groups.push(Group { stem, members });
            }
        }
        groups.retain(|group| {
            let beside = (0..self.columns.len()).find(|&place| {
                let column = &self.columns[place];
                column.name == group.stem && readable(place) && column.missing == 0
            });
            let Some(beside) = beside else { return true };
            let [mean, _] = self.mean(group);
            let beside_values = &self.columns[beside].values;
            // Shares of 1 are rounded to as many digits behind the point more.
            let shares = mean.iter().chain(beside_values).all(|value| *value <= 1.0);
            let rounding = if shares { ROUNDING / 100.0 } else { ROUNDING };
            let differs = |(a, b): (&f64, &f64)| (a - b).abs() > rounding;
            if mean.iter().zip(beside_values).any(differs) {
                notes.push(format!(
                    "{} is not the mean of its {} runs, which stay metrics of their own",
                    group.stem,
                    group.members.len()
                ));
            }
            false
        });
        groups
    }

    /// Means and standard errors of runs, by architecture; NaN where there are no values, or too few or equal ones for an error.
    fn mean(&self, group: &Group) -> [Vec<f64>; 2] {
        let columns: Vec<&Column> = group
            .members
            .iter()
            .map(|&place| &self.columns[place])
            .collect();
        let count = columns
            .iter()
            .map(|column| column.values.len())
            .max()
            .unwrap_or_default();
        let each = (0..count).map(|index| {
            let values = columns.iter().filter_map(|column| column.values.get(index));
            let values: Vec<f64> = values.copied().filter(|value| !value.is_nan()).collect();
            let runs = values.len() as f64;
            let mean = values.iter().sum::<f64>() / runs;
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            let equal = values.iter().all(|value| *value == values[0]);
            let error = if equal {
                f64::NAN
            } else {
                (squares / (runs - 1.0) / runs).sqrt()
            };
            // The mean of equal values is their value, whatever a sum rounds to.
            (
                if equal {
                    values.first().copied().unwrap_or(f64::NAN)
                } else {
                    mean.clamp(0.0, 100.0)
                },
                error,
            )
        });
        let (means, errors) = each.unzip();
        [means, errors]
    }

    fn averaged(&self, group: &Group, notes: &mut Vec<String>) -> Result<Found, (usize, String)> {
        let columns: Vec<&Column> = group
            .members
            .iter()
            .map(|&place| &self.columns[place])
            .collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let [values, errors] = self.mean(group);
        let gaps = values.iter().filter(|value| value.is_nan()).count();
        if gaps > 0 {
            let line = columns
                .iter()
                .filter_map(|column| Some(column.first_missing.as_ref()?.0))
                .max();
            let message = format!(
                "{gaps} of {} architectures have no run at all in {}",
                values.len(),
                listed(&names)
            );
            return Err((line.unwrap_or(1), message));
        }
        self.check_shares(&group.stem, &values)?;
        let missing: usize = columns.iter().map(|column| column.missing).sum();
        let absent = match missing {
            0 => String::new(),
            missing => format!(
                "; {missing} of {} values are missing",
                columns.len() * values.len()
            ),
        };
        let without = match errors.iter().filter(|error| error.is_nan()).count() {
            0 => String::new(),
            without => format!(
                "; {without} of {} architectures have a single run or equal ones, and no standard error",
                values.len()
            ),
        };
        notes.push(format!(
            "{} is the mean of {} runs ({}){absent}{without}",
            group.stem,
            columns.len(),
            listed(&names)
        ));
        Ok(Found {
            name: group.stem.clone(),
            values,
            errors: known(errors.into_iter()),
        })
    }

    /// The values of a column that is a landscape by itself.
    fn single(&self, column: &Column) -> Result<Vec<f64>, (usize, String)> {
        if let Some(problem) = column.problem(self.commas).or_else(|| column.gap()) {
            return Err(problem);
        }
        self.check_shares(&column.name, &column.values)?;
        Ok(column.values.clone())
    }

    /// Refuses values up to 1 that nothing says to be shares or percent.
    fn check_shares(&self, name: &str, values: &[f64]) -> Result<(), (usize, String)> {
        let most = values.iter().copied().fold(0.0, f64::max);
        if most > 1.0 || self.has_percent_signs(name) || self.is_called_accuracy(name) {
            return Ok(());
        }
        let message = "no value is above 1, and its name does not say that they are accuracies";
        Err((1, message.to_owned()))
    }

    /// Whether the numbers of a metric, or of one of its runs, have percent signs.
    fn has_percent_signs(&self, metric: &str) -> bool {
        self.columns.iter().any(|column| {
            let is_run = || run(&column.name).is_some_and(|run| run.stem == metric);
            column.percent && (column.name == metric || is_run())
        })
    }

    /// Whether values up to 1 of a metric may be shares.
    fn is_called_accuracy(&self, name: &str) -> bool {
        calls_accuracy(name) || self.asked(name)
    }

    /// Makes percent of the shares of 1 in a metric that is called accuracy: an accuracy of a whole space below 1 percent is none.
    fn shares(&self, metric: &mut Found, notes: &mut Vec<String>) {
        let most = metric.values.iter().copied().fold(0.0, f64::max);
        if most > 1.0
            || self.has_percent_signs(&metric.name)
            || !self.is_called_accuracy(&metric.name)
        {
            return;
        }
        if in_percent(most) <= 1.0 {
            notes.push(format!(
                "{}: no value is above 0.01; read as percent as they stand",
                metric.name
            ));
            return;
        }
        for value in &mut metric.values {
            *value = in_percent(*value);
        }
        let errors = std::mem::take(&mut metric.errors).into_iter();
        metric.errors = known(errors.map(|error| error.map_or(f64::NAN, in_percent)));
        notes.push(format!(
            "{}: no value is above 1; read as shares of 1 and multiplied by 100",
            metric.name
        ));
    }

    /// The standard errors that the table has of a metric.
    fn errors_of(&self, metric: &str) -> Vec<Option<f64>> {
        let is = |column: &&Column| standard_error_of(&column.name) == Some(metric);
        let column = self
            .columns
            .iter()
            .find(is)
            .filter(|column| column.problem(self.commas).is_none());
        let Some(column) = column else {
            return Vec::new();
        };
        known(column.values.iter().copied())
    }

    fn say_left_out(&self, unread: &[(String, (usize, String))], notes: &mut Vec<String>) {
        let others: Vec<&str> = (0..self.columns.len())
            .filter(|&place| {
                self.roles[place] == Role::Other && !self.asked(&self.columns[place].name)
            })
            .map(|place| self.columns[place].name.as_str())
            .collect();
        if !others.is_empty() {
            notes.push(format!(
                "left out, no accuracies by their names: {}",
                listed(&others)
            ));
        }
        let nameless = self
            .columns
            .iter()
            .zip(&self.roles)
            .filter(|(column, role)| {
                // The numbers of the rows are whole.
                **role == Role::Nameless && !column.is_empty() && column.has_fractions()
            });
        match nameless.count() {
            0 => {}
            1 => notes.push("left out: a column without a name".to_owned()),
            count => notes.push(format!("left out: {count} columns without a name")),
        }
        let unreadable = self
            .columns
            .iter()
            .zip(&self.roles)
            .filter(|(column, role)| {
                **role == Role::Errors && column.problem(self.commas).is_some()
            });
        let unread = unread
            .iter()
            .map(|(name, (line, message))| format!("{name} (line {line}: {message})"));
        let unread: Vec<String> = unread
            .chain(unreadable.map(|(column, _)| column.name.clone()))
            .collect();
        if !unread.is_empty() {
            let unread: Vec<&str> = unread.iter().map(String::as_str).collect();
            notes.push(format!("left out, no accuracies: {}", listed(&unread)));
        }
    }

    /// Why there is no landscape.
    fn nothing(&self, mut unread: Vec<(String, (usize, String))>) -> TableError {
        let others: Vec<&str> = (0..self.columns.len())
            .filter(|&place| self.roles[place] == Role::Other)
            .map(|place| self.columns[place].name.as_str())
            .collect();
        if unread.is_empty() {
            let names = listed(&others);
            let message = format!("no column of accuracies: by their names {names} are none");
            return TableError::Line { line: 1, message };
        }
        let (name, (line, message)) = unread.remove(0);
        let rest: Vec<&str> = unread
            .iter()
            .map(|(name, _)| name.as_str())
            .chain(others)
            .collect();
        let rest = match rest[..] {
            [] => String::new(),
            _ => format!("; nor are these columns accuracies: {}", listed(&rest)),
        };
        TableError::Line {
            line,
            message: format!("{name}: {message}{rest}"),
        }
    }

    fn say_commas(&self, notes: &mut Vec<String>) {
        let commas = self.columns.iter().zip(&self.roles).any(|(column, role)| {
            *role == Role::Metric
                && column.is_with_commas()
                && column.problem(self.commas).is_none()
        });
        if commas {
            notes.push("numbers with a comma are read as decimals".to_owned());
        }
    }
}

/// Standard errors that say something: those above 0, and possible ones. Nothing where there are none.
fn known(errors: impl Iterator<Item = f64>) -> Vec<Option<f64>> {
    let errors: Vec<Option<f64>> = errors
        .map(|error| (error > 0.0 && is_accuracy(error)).then_some(error))
        .collect();
    if errors.iter().all(Option::is_none) {
        Vec::new()
    } else {
        errors
    }
}

/// A share of 1 in percent, without the digits that only binary fractions add.
fn in_percent(share: f64) -> f64 {
    (share * 1e12).round() / 1e10
}

/// Names for a note, the last ones as a count.
fn listed(names: &[&str]) -> String {
    match names.len().checked_sub(MOST_NAMED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MOST_NAMED].join(", ")),
    }
}
