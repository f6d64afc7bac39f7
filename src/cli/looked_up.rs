//! What a table says of what a search on images has found.

use sha2::{Digest, Sha256};

use super::CliError;
use super::drive::Outcome;
use super::out::{self, say};
use super::table::{Column, OpenedTable, TableArgs};
use crate::landscape::{MatchedFlatness, Verdict};
use crate::numbers::thousands;
use crate::space::{Genotype, Space};

/// The column of a table in which what a search finds is looked up.
pub struct LookedUp {
    opened: OpenedTable,
    metric: String,
}

impl LookedUp {
    /// The column of `--report-metric`, or of `--metric`, of the table that was named, which must be of the space.
    pub fn new(
        table: &TableArgs,
        report_metric: Option<&str>,
        space: Space,
    ) -> Result<Self, CliError> {
        let others: Vec<&str> = report_metric.into_iter().collect();
        let opened = table.read(&others)?;
        let metric = match report_metric {
            Some(name) => Column::new(&opened.table, Some(name))?.metric.to_owned(),
            None => table.column(&opened.table)?.metric.to_owned(),
        };
        opened.fits(space)?;
        opened.say();
        Ok(Self { opened, metric })
    }

    /// SHA-256 of the column.
    pub fn hash(&self) -> Result<String, CliError> {
        let mut sha = Sha256::new();
        for value in self.column()?.accuracies {
            sha.update(value.to_le_bytes());
        }
        let digits = sha.finalize();
        Ok(digits.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn column(&self) -> Result<Column<'_>, CliError> {
        Column::new(&self.opened.table, Some(&self.metric))
    }

    /// The name of the column.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// How good the neighbors of an architecture are, compared with those of architectures that are as good as it.
    pub fn matched(&self, genotype: &Genotype) -> Option<MatchedFlatness> {
        self.column().ok()?.matched(genotype)
    }

    /// What it says of what a search found.
    pub fn verdict(&self, outcome: &Outcome) -> Result<Verdict, CliError> {
        let table = &self.opened.table;
        Verdict::of(table, &self.metric, &outcome.genotype, &outcome.run.epochs)
            .ok_or_else(|| CliError("the table does not have what the search found".into()))
    }
}

/// Prints what a table says of what was found.
pub fn say_verdict(
    metric: &str,
    verdict: &Verdict,
    matched: Option<MatchedFlatness>,
) -> Result<(), CliError> {
    say!(
        "table          {:.2} % ({metric}), rank {} of {}",
        verdict.accuracy,
        thousands(verdict.rank as u64),
        thousands(verdict.of as u64)
    )?;
    say!(
        "neighbors      {} one change away: mean {:.2} %, worst {:.2} %, best {:.2} %",
        verdict.count,
        verdict.mean,
        verdict.worst,
        verdict.best
    )?;
    if let Some(matched) = matched {
        out::lines(&matched.to_string())?;
    }
    say!("skips          {} skip connections", verdict.skips)?;
    let curve: Vec<String> = verdict
        .curve
        .iter()
        .map(|accuracy| format!("{accuracy:.2}"))
        .collect();
    if curve.is_empty() {
        return Ok(());
    }
    say!("by epoch, %    {}", curve.join(" "))
}
