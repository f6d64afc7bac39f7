//! `plateau compare`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::CliError;
use super::out::{self, note, say};
use super::progress::drive;
use super::search::settings;
use super::settings::{RunArgs, SearchOverrides, TrainOverrides};
use super::stop;
use crate::data::file_name;
use crate::search::Strategy;
use crate::session::compare::{Comparison, Entry, Judge, Judged, search_steps};
use crate::session::{Recorder, Start, write_whole};
use crate::space::{Space, without_mark};

/// Arguments of `plateau compare`.
#[derive(Args)]
#[command(
    after_help = "Every strategy searches with the seeds SEED, SEED + 1, …; what it finds is trained from scratch with the same settings and \
seed, and tested. A judge scores each found genotype and all its neighbors (one operation changed): one supernet a seed, trained on \
uniformly drawn architectures, the same for all strategies. Writes compare.json (everything, all seeds), compare.md and compare.svg, and \
a run folder for every run, into --run-dir (by default runs/compare-DATASET). Runs that are in compare.json are not done again: the \
same command goes on where it was interrupted, and more --seeds or --strategies add to it.\n\n\
JSON: that of compare.json: settings, strategies, seeds, entries (strategy, seed, run_dir, genotype, test_accuracy, neighborhood, \
sharpness, search_seconds, train_seconds), summaries (metrics with count, mean, std), pairs (metrics with mean, low, high, inside_noise). \
A deviation of one seed, and an interval of one seed or of equal differences, is null"
)]
pub struct CompareArgs {
    /// Strategies to compare: random, darts, darts-2nd, na-darts, na-darts-2nd, a2m, sdarts-rs
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "random,darts,na-darts,a2m"
    )]
    strategies: Vec<Strategy>,
    /// How many seeds each strategy is run with; the first one is --seed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Epochs that the judge of each seed is trained for
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    judge_epochs: u64,
    #[command(flatten)]
    run: RunArgs,
    /// darts, nas-bench-201 or nas-bench-201-small
    #[arg(long, default_value = "darts")]
    space: Space,
    #[command(flatten)]
    search: SearchOverrides,
    #[command(flatten)]
    train: TrainOverrides,
}

/// Runs what is missing, then prints the tables.
pub fn run(args: &CompareArgs) -> Result<(), CliError> {
    if args.run.resume.is_some() {
        return Err(CliError(
            "a comparison goes on by itself in its --run-dir; leave --resume away".into(),
        ));
    }
    let mut comparison = args.comparison()?;
    let folder = match &args.run.run_dir {
        Some(folder) => folder.clone(),
        None => PathBuf::from(format!("runs/compare-{}", file_name(&args.run.dataset))),
    };
    let path = folder.join("compare.json");
    if path.exists() {
        let resumed = fs::read(&path)
            .map_err(|error| error.to_string())
            .and_then(|bytes| {
                let json = String::from_utf8_lossy(&without_mark(&bytes)).into_owned();
                comparison.resume(&json).map_err(|error| error.to_string())
            });
        resumed.map_err(|error| {
            let file = path.display();
            CliError(format!("{file}: {error}; choose another --run-dir"))
        })?;
    }
    run_missing(&mut comparison, &folder, args)?;
    save(&comparison, &folder)?;
    if args.run.json {
        out::json(&serde_json::to_string(&comparison).map_err(CliError::new)?)
    } else {
        out::lines(&(comparison.tables() + "\n"))?;
        say!(
            "files  {}/compare.json, compare.md, compare.svg",
            folder.display()
        )
    }
}

impl CompareArgs {
    fn comparison(&self) -> Result<Comparison, CliError> {
        let first = self.strategies.first().copied().unwrap_or(Strategy::Darts);
        let (search, train) = settings(&self.run, self.space, first, &self.search, &self.train)?;
        let settings = self.run.config(Some(search), None, train);
        settings.check().map_err(CliError::new)?;
        let seeds: Vec<u64> = (0..self.seeds)
            .map(|number| self.run.seed.wrapping_add(number))
            .collect();
        let mut strategies = Vec::new();
        for &strategy in &self.strategies {
            if !strategies.contains(&strategy) {
                strategies.push(strategy);
            }
        }
        let judge_epochs = self.judge_epochs as usize;
        Comparison::new(settings, judge_epochs, &strategies, &seeds).map_err(CliError::new)
    }
}

/// What a stop says.
const STOPPED: &str = "stopped; the finished runs are kept: go on with the same plateau compare, which does this one again";

/// All missing runs, each written down before the next one begins.
fn run_missing(
    comparison: &mut Comparison,
    folder: &Path,
    args: &CompareArgs,
) -> Result<(), CliError> {
    let missing = comparison.missing();
    let count = missing.len();
    let steps = search_steps(&comparison.settings).map_err(CliError::new)?;
    let mut judge: Option<(u64, Judge)> = None;
    // What a judge has learned and scored is not kept; a run is, once it is judged.
    let goes_on = || stop::goes_on(STOPPED.into());
    goes_on();
    for (number, (seed, strategy)) in missing.into_iter().enumerate() {
        note!(
            "compare  run {} of {count}: {strategy}, seed {seed}",
            number + 1
        );
        let config = comparison.run(strategy, seed, steps);
        let mut own = match judge.take() {
            Some((of, judge)) if of == seed => judge,
            _ => {
                note!(
                    "judge    training the supernet that scores the architectures of seed {seed}"
                );
                let started = Instant::now();
                let judge = pollster::block_on(Judge::new(&config, comparison.judge_epochs));
                note!(
                    "judge    trained in {:.0} s",
                    started.elapsed().as_secs_f64()
                );
                judge.map_err(CliError::new)?
            }
        };
        let start = Start {
            checkpoints: Some(args.run.checkpoints()),
            ..Start::new(config)
        };
        let open = || Recorder::create_free(folder, &format!("{strategy}-{seed}"));
        let outcome = drive(start, open, Vec::new(), None).map_err(|error| match stop::exit_code() {
            1 => CliError(format!(
                "{error}; plateau compare keeps the finished runs and does this one again when called again"
            )),
            _ => CliError(STOPPED.into()),
        })?;
        goes_on();
        let report = pollster::block_on(own.neighborhood(&outcome.genotype));
        let report = report.map_err(CliError::new)?;
        let neighborhood =
            Judged::of(&report).ok_or_else(|| CliError::new("a genotype without neighbors"))?;
        judge = Some((seed, own));
        note!(
            "result   {strategy}, seed {seed}: test accuracy {:.2} %, judged {:.2} %, its {} neighbors {:.2} % (worst {:.2} %)",
            100.0 * outcome.test_accuracy,
            neighborhood.own,
            neighborhood.count,
            neighborhood.mean,
            neighborhood.worst
        );
        comparison.device.clone_from(&outcome.device.name);
        let name = outcome.folder.file_name().unwrap_or_default();
        comparison.add(Entry {
            strategy,
            seed,
            run_dir: name.to_string_lossy().into_owned(),
            genotype: outcome.genotype,
            test_accuracy: 100.0 * outcome.test_accuracy,
            test_images: outcome.test_images,
            neighborhood,
            sharpness: outcome.sharpness,
            search_seconds: outcome.step_seconds,
            train_seconds: outcome.train_seconds,
        });
        save(comparison, folder)?;
    }
    Ok(())
}

/// Writes the three files.
fn save(comparison: &Comparison, folder: &Path) -> Result<(), CliError> {
    // A name that is no Unicode is shown as far as it goes.
    let command: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let command = format!("plateau {}", command.join(" "));
    let json = comparison.to_json().map_err(CliError::new)?;
    for (name, text) in [
        ("compare.json", json + "\n"),
        ("compare.md", comparison.markdown(&command)),
        ("compare.svg", comparison.svg()),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(folder)
            .and_then(|()| write_whole(&path, text.as_bytes()))
            .map_err(|error| CliError(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}
