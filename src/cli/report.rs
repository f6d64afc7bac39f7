//! Reports on the standard output, and the numbers behind them in a file.

use std::fmt::Display;
use std::path::Path;

use serde::Serialize;

use super::CliError;
use super::out::{self, say};
use crate::landscape::Values;

/// A report with the columns that it is about.
#[derive(Serialize)]
struct Labelled<'a, R> {
    metric: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_metric: Option<&'a str>,
    #[serde(flatten)]
    report: &'a R,
}

/// Prints a report as text, or as one JSON object.
pub fn print<R: Serialize + Display>(
    metric: &str,
    report_metric: Option<&str>,
    report: &R,
    json: bool,
) -> Result<(), CliError> {
    if json {
        let labelled = Labelled {
            metric,
            report_metric,
            report,
        };
        return out::json(&serde_json::to_string(&labelled).map_err(CliError::new)?);
    }
    match report_metric {
        Some(other) if other != metric => say!("chosen by {metric}, reported in {other}"),
        _ => say!("metric {metric}"),
    }?;
    out::lines(&report.to_string())
}

/// What the numbers behind a report are about: the column that they are of, and the one that chose where that is another.
pub fn reported_in(metric: &str, chosen_by: &str) -> String {
    match metric == chosen_by {
        true => metric.to_owned(),
        false => format!("{metric}, chosen by {chosen_by}"),
    }
}

/// Writes the numbers behind a report into a file, one line for each quantity.
pub fn write_values(path: &Path, values: &[Values]) -> Result<(), CliError> {
    let lines = values.iter().map(Values::line);
    let lines: Result<String, _> = lines.collect();
    out::file(path, lines.map_err(CliError::new)?.as_bytes())
}
