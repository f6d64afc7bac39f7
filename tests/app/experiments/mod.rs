//! The pages of the experiments: their tables, figures and sentences are those of the recorded results.
//!
//! `UPDATE_SNAPSHOTS=true cargo nextest run --release --test app experiments` writes tables and figures anew from the results; the sentences
//! are then to be read again.

mod compared;
mod noise;
mod relaxed;
mod scratch;

use std::fs;
use std::path::{Path, PathBuf};

use plateau::landscape::{Difference, Paired, Values, holm, signed};

/// What a page shows of its results.
struct Shown {
    table: String,
    /// SVG texts, to be drawn below each other.
    figures: Vec<String>,
}

/// The page's part that is written by [`check`].
const BEGIN: &str = "<!-- written by tests/app/experiments -->\n";
const END: &str = "<!-- until here -->\n";
/// The headings of the parts whose numbers are not this experiment's.
const OTHERS: &str = "## What others found";

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual/experiments")
}

/// The recorded values of an experiment.
fn values(name: &str) -> Vec<Values> {
    let bytes = fs::read(pages().join(format!("{name}.jsonl.gz"))).unwrap();
    Values::recognised(&bytes).unwrap().unwrap()
}

/// A number that the head of an SVG text gives.
fn attribute(svg: &str, name: &str) -> usize {
    let (_, rest) = svg.split_once(&format!(" {name}=\"")).unwrap();
    let (value, _) = rest.split_once('"').unwrap();
    value.parse().unwrap()
}

/// SVG texts below each other.
fn stacked(figures: &[String]) -> String {
    let width = figures.iter().map(|one| attribute(one, "width")).max();
    let height: usize = figures.iter().map(|one| attribute(one, "height")).sum();
    let width = width.unwrap();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n"
    );
    let mut y = 0;
    for one in figures {
        svg += &one.replacen("<svg ", &format!("<svg y=\"{y}\" "), 1);
        y += attribute(one, "height");
    }
    svg + "</svg>\n"
}

/// All numbers with a decimal point in a text.
fn decimals(text: &str) -> Vec<&str> {
    text.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
        .map(|number| number.trim_matches('.'))
        .filter(|number| number.contains('.'))
        .collect()
}

/// Holds a page to its results.
fn check(name: &str, shown: &Shown) {
    let path = pages().join(format!("{name}.md"));
    let page = fs::read_to_string(&path).unwrap();
    let svg_path = pages().join(format!("{name}.svg"));
    let svg = stacked(&shown.figures);
    let (before, rest) = page.split_once(BEGIN).expect("a place for the results");
    let (_, after) = rest.split_once(END).expect("the end of the results");
    let written = format!("{before}{BEGIN}{}{END}{after}", shown.table);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        // What is as it was keeps its time, which the build looks at.
        for (path, text) in [(&path, &written), (&svg_path, &svg)] {
            if fs::read_to_string(path).ok().as_ref() != Some(text) {
                fs::write(path, text).unwrap();
            }
        }
    }
    let [page, kept] = [&path, &svg_path].map(|path| fs::read_to_string(path).unwrap());
    assert!(
        page == written,
        "the table of {name}.md is not that of its results"
    );
    assert!(kept == svg, "{name}.svg is not that of its results");
    // What is said is what the table shows, or what was planned.
    let (own, _) = after.split_once(OTHERS).unwrap_or((after, ""));
    let known: Vec<&str> = decimals(before)
        .into_iter()
        .chain(decimals(&shown.table))
        .collect();
    for number in decimals(own) {
        assert!(
            known.contains(&number),
            "{name}.md says {number}, which its table does not"
        );
    }
}

/// A difference as a cell of a table: its mean, half of its interval, and a star where Holm's p is below 5 %.
fn cell(difference: &Difference, adjusted: Option<f64>) -> String {
    let mean = signed(difference.mean, 2);
    let star = if adjusted.is_some_and(|p| p < 0.05) {
        "\\*"
    } else {
        ""
    };
    match (difference.low, difference.high) {
        (Some(low), Some(high)) => format!("{mean} ± {:.2}{star}", (high - low) / 2.0),
        _ => format!("{mean} (all equal)"),
    }
}

/// The p of random signs.
fn p_of(paired: Option<Paired>) -> f64 {
    match paired {
        Some(Paired::Varying(varying)) => varying.p,
        // Nothing varies, so nothing is told apart.
        _ => 1.0,
    }
}

/// Holm's p of a family of differences.
fn adjusted(family: &[(&Values, &str, usize)]) -> Vec<f64> {
    let p = family.iter();
    let p = p.map(|(values, series, place)| p_of(values.paired(series, *place)));
    holm(&p.collect::<Vec<f64>>())
}

/// A Markdown table.
fn table(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        text += &format!("| {} |\n", row.join(" | "));
        if number == 0 {
            text += &format!("|{}\n", "---|".repeat(row.len()));
        }
    }
    text
}

#[test]
fn every_number_of_the_page_on_noise_is_that_of_its_results() {
    check("noise", &noise::shown());
}

#[test]
fn every_number_of_the_page_on_relaxed_cells_is_that_of_its_results() {
    check("relaxed", &relaxed::shown());
}

#[test]
fn every_number_of_the_page_on_training_from_scratch_is_that_of_its_results() {
    check("scratch", &scratch::shown());
}

#[test]
fn the_results_of_all_experiments_take_less_than_400_kilobytes() {
    let files = fs::read_dir(pages()).unwrap().map(|file| file.unwrap());
    let results = files.filter(|file| file.path().extension().is_some_and(|end| end == "gz"));
    let bytes: u64 = results.map(|file| file.metadata().unwrap().len()).sum();
    assert!(0 < bytes && bytes < 400_000, "{bytes}");
}
