//! `plateau compare`.

mod one_run;
mod worker;

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use super::CliError;
use super::drive::in_shell;
use super::jobs;
use super::looked_up::LookedUp;
use super::moved::Recorded;
use super::out::{self, note, say};
use super::settings::{RunArgs, SearchOverrides, TrainOverrides, trained_with};
use super::stop;
use super::table::TableArgs;
use crate::data::file_name;
use crate::record::{CLAIM, Claim, RecordError};
use crate::search::Strategy;
use crate::space::Space;
use crate::study::compare::{
    Arm, Comparison, ComparisonError, JUDGE_EPOCHS, JudgedBy, RESULTS, ResultsError, Shard,
    result_files, search_halves,
};
use worker::{Worker, forget_claims};

/// What goes on with what was stopped or has failed.
const COMMAND: &str = "plateau compare: it keeps the finished runs, and an unfinished one goes on from its last checkpoint";
/// What a stop says.
const STOPPED: &str = "stopped; go on with the same plateau compare: it keeps the finished runs, and an unfinished one goes on from its last checkpoint";

/// Arguments of `plateau compare`.
#[derive(Args)]
#[command(
    after_help = "Every strategy searches with the seeds SEED, SEED + 1, …, on the same split of the images (--split-seed). What it finds is trained from \
scratch with the same settings and seed, and tested; a judge, a supernet trained on single paths with images that choose and test nothing (plateau judge), \
scores it and all its neighbors (one operation changed). With --table nothing is trained: the table says how good what is found and its \
neighbors are. STRATEGY:replica is a strategy with other random numbers for α: with the strategy itself it is a null pair, which shows \
how often a comparison finds differences that are not there. STRATEGY:SETTING=VALUE is a strategy with a setting that the others do not \
have. STRATEGY:cost=OTHER spends as many multiply-adds as OTHER: darts and sdarts-rs \
with more images in a step of α, rsps with more epochs (what rsps spends on choosing among its candidates comes on top). Writes compare.json (everything, all seeds), compare.md and compare.svg, and \
a run folder for every run, into --run-dir (by default runs/compare-DATASET). Runs that are finished are not done again: the \
same command goes on where it was interrupted, and other --seeds or --strategies add to it. Any number of processes, on any number of \
machines, can work in one --run-dir at once: each takes a run that nobody does. With --shard each writes a file of its own, \
compare-I-of-N.json, and --merge joins them. With --primary only these differences are \
tested together by Holm's method.\n\n\
JSON: that of compare.json: settings, judged_by, declared, strategies, seeds, entries (strategy, seed, run_dir, genotype, accuracy, trained, \
neighborhood, residual, skips, curve, sharpness, multiply_adds, search_seconds), summaries (metrics with count, mean, std), pairs (metrics \
with mean, low, high, inside_noise), primary (pairs with paired, adjusted_p, seeds_needed, interval; redrawn), judge_tau. \
A deviation of one seed, and an interval of one seed or of equal differences, is null"
)]
pub struct CompareArgs {
    /// Strategies to compare, any that plateau search --help has for a data set; one with α also as STRATEGY:replica; with settings of its own, as in na-darts:radius=3:aggregation=max (flags of this command without --); darts,
    /// sdarts-rs and rsps also with the cost of another, as in darts:cost=na-darts
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "random,darts,na-darts,a2m"
    )]
    strategies: Vec<Arm>,
    /// Differences FIRST/SECOND that are declared primary, several with commas; by default those of every two strategies
    #[arg(long, value_name = "FIRST/SECOND", value_delimiter = ',')]
    primary: Vec<Pair>,
    /// How many seeds each strategy is run with; the first one is --seed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Share the images out anew for every seed; intervals are then widened for the images that seeds share
    #[arg(long, conflicts_with = "split_seed")]
    redraw_split: bool,
    /// Epochs that the judge is trained for [default: 10 times those of a search]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    judge_epochs: Option<u64>,
    #[command(flatten)]
    table: TableArgs,
    /// Processes that work on it at once on this machine: each takes the next GPU of the first one's model, or its share of the threads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// One of N processes that share the runs in one --run-dir: does every N-th, beginning with the I-th, then what is left of the others'
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Leave what is left of the other shards' runs
    #[arg(long, requires = "shard")]
    only_own: bool,
    /// Print a command for every run that is missing, one a line, instead of running any
    #[arg(long, conflicts_with_all = ["shard", "json"])]
    list: bool,
    /// Join the results of all shards in a --run-dir, and say what is missing, instead of running anything
    #[arg(long, value_name = "DIR", exclusive = true)]
    merge: Option<PathBuf>,
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

/// A difference that is declared primary.
#[derive(Clone, Debug)]
struct Pair([Arm; 2]);

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((first, second)) = text.split_once('/') else {
            return Err("a difference is FIRST/SECOND, such as na-darts/darts".to_owned());
        };
        Ok(Self([first.parse()?, second.parse()?]))
    }
}

/// Does what nobody else does, then prints the tables.
pub fn run(args: &CompareArgs) -> Result<(), CliError> {
    if let Some(folder) = &args.merge {
        return merge(folder);
    }
    if args.run.resume.is_some() {
        return Err(CliError(
            "a comparison goes on by itself in its --run-dir; leave --resume away".into(),
        ));
    }
    // Whatever a signal finds, the same command goes on.
    stop::goes_on(STOPPED.into());
    let looked_up = match args.table.given() {
        true => Some(LookedUp::new(&args.table, None, args.space)?),
        false => None,
    };
    let mut comparison = args.comparison(looked_up.as_ref())?;
    let folder = args.folder();
    find_images(&mut comparison, &folder)?;
    // What cannot be run is known before anything is there.
    let halves = search_halves(&comparison.settings).map_err(CliError::new)?;
    comparison.check(halves).map_err(CliError::new)?;
    let of_other = |error: ResultsError| match &error {
        ResultsError::File {
            source: ComparisonError::Format(_),
            ..
        } => CliError(format!(
            "{error}; remove it: the same plateau compare reads its runs again"
        )),
        _ => CliError(format!("{error}; choose another --run-dir")),
    };
    comparison.gather(&folder).map_err(of_other)?;
    if args.list {
        return list(&comparison);
    }
    forget_claims(&comparison, &folder);
    let command = format!("plateau {}", flags());
    // Going on is the same command, and so is every shard.
    if !comparison.commands.contains(&command) {
        comparison.commands.push(command);
    }
    let jobs = usize::from(args.jobs).min(args.left(&comparison).len());
    if jobs > 1 {
        let done = jobs::run(jobs, args.run.device, STOPPED);
        if stop::exit_code() == 1 {
            stop::goes_on(STOPPED.into());
            comparison.gather(&folder).map_err(CliError::new)?;
        }
        match done {
            // The others did what it left.
            Err(error) if stop::exit_code() == 1 && args.left(&comparison).is_empty() => {
                note!("note: {error}; the others have done its runs");
            }
            done => done?,
        }
    }
    if !args.left(&comparison).is_empty() {
        fs::create_dir_all(&folder)
            .map_err(|error| CliError(format!("{}: {error}", folder.display())))?;
        let mut worker = Worker::new(args, &folder, halves, looked_up.as_ref());
        worker.work(&mut comparison)?;
        save(&mut comparison, &folder, args.shard, &worker.done)?;
    } else if args.shard.is_none() && is_old(&folder)? {
        // A finished comparison is shown where nothing can be written, too.
        if let Err(error) = save(&mut comparison, &folder, None, &[]) {
            note!("note: {error}");
        }
    }
    show(&comparison, &folder, args)
}

/// Prints what is known now.
fn show(comparison: &Comparison, folder: &Path, args: &CompareArgs) -> Result<(), CliError> {
    if args.run.json {
        return out::json(&serde_json::to_string(comparison).map_err(CliError::new)?);
    }
    let shown = folder.display();
    let Some(shard) = args.shard else {
        out::lines(&(comparison.tables() + "\n"))?;
        return say!("files  {shown}/compare.json, compare.md, compare.svg");
    };
    let (all, missing) = (comparison.runs().len(), comparison.missing().len());
    let here = in_shell(folder);
    say!(
        "shard {shard}: {} of {all} runs are finished, by all shards in {shown}; plateau compare --merge {here} joins them",
        all - missing
    )
}

/// Has a comparison load its images by the name that is recorded in its folder, where they have moved.
fn find_images(comparison: &mut Comparison, folder: &Path) -> Result<(), CliError> {
    let in_results = Comparison::images_in(folder);
    let in_results = in_results.map(|(name, hash)| Recorded { name, hash });
    let in_runs = || {
        let entries = fs::read_dir(folder).ok()?.flatten();
        let mut runs = entries.map(|entry| entry.path());
        runs.find_map(|run| Recorded::of_run(&run))
    };
    if let Some(recorded) = in_results.or_else(in_runs) {
        let hash = recorded.hash.clone();
        let now = comparison.settings.dataset.clone();
        comparison.settings.dataset = recorded.name_of(&now)?;
        if comparison.settings.dataset != now {
            comparison.images = Some(hash);
        }
    }
    Ok(())
}

/// Joins the results of all shards of a folder.
fn merge(folder: &Path) -> Result<(), CliError> {
    Comparison::merged(folder).map_err(CliError::new)?;
    let claim = Claim::wait(&claim_of_results(folder, RESULTS));
    let _claim = claim.map_err(|error| match error {
        RecordError::Create { source, .. } => CliError(format!(
            "{} cannot be written ({source}): get the permission to write there, or copy its compare*.json into a folder of yours and merge that",
            folder.display()
        )),
        error => CliError::new(error),
    })?;
    // As they are while nobody else writes.
    let comparison = Comparison::merged(folder).map_err(CliError::new)?;
    write(&comparison, folder)?;
    forget_claims(&comparison, folder);
    out::lines(&(comparison.tables() + "\n"))?;
    for (seed, strategy) in comparison.missing() {
        say!("missing  {strategy}, seed {seed}")?;
    }
    let shown = folder.display();
    say!("files  {shown}/compare.json, compare.md, compare.svg")
}

/// A command for every run that is missing.
fn list(comparison: &Comparison) -> Result<(), CliError> {
    let program = std::env::args_os().next().unwrap_or("plateau".into());
    let program = in_shell(Path::new(&program));
    let (runs, missing) = (comparison.runs(), comparison.missing());
    let count = runs.len();
    for (place, run) in runs.iter().enumerate() {
        if missing.contains(run) {
            let number = place + 1;
            say!("{program} {} --shard {number}/{count} --only-own", flags())?;
        }
    }
    Ok(())
}

impl CompareArgs {
    /// Where its files lie.
    fn folder(&self) -> PathBuf {
        match &self.run.run_dir {
            Some(folder) => folder.clone(),
            None => PathBuf::from(format!("runs/compare-{}", file_name(&self.run.dataset))),
        }
    }

    /// What this process may do of the runs that are missing: its own ones, then those of the other shards.
    fn left(&self, comparison: &Comparison) -> Vec<(u64, Arm)> {
        let missing = comparison.missing();
        let Some(shard) = self.shard else {
            return missing;
        };
        let own = shard.own(comparison);
        let (mut left, others): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|run| own.contains(run));
        if !self.only_own {
            left.extend(others);
        }
        left
    }

    fn comparison(&self, looked_up: Option<&LookedUp>) -> Result<Comparison, CliError> {
        let first = self.strategies.first();
        let first = first.map_or(Strategy::Darts, |arm| arm.strategy);
        let (search, train) =
            trained_with(&self.run, self.space, first, &self.search, &self.train)?;
        let mut settings = self.run.config(Some(search), None, train);
        if !self.redraw_split {
            settings.split_seed = Some(self.run.split_seed.unwrap_or(self.run.seed));
        }
        settings.check().map_err(CliError::new)?;
        let epochs = settings.search.as_ref().map_or(1, |search| search.epochs);
        let seeds: Vec<u64> = (0..self.seeds)
            .map(|number| self.run.seed.wrapping_add(number))
            .collect();
        let mut strategies = Vec::new();
        for strategy in &self.strategies {
            if !strategies.contains(strategy) {
                strategies.push(strategy.clone());
            }
        }
        let judged_by = match looked_up {
            Some(looked_up) => JudgedBy::Table {
                metric: looked_up.metric().to_owned(),
                hash: looked_up.hash()?,
            },
            None => JudgedBy::Judge {
                epochs: match self.judge_epochs {
                    Some(epochs) => epochs as usize,
                    None => epochs.saturating_mul(JUDGE_EPOCHS),
                },
            },
        };
        let mut comparison =
            Comparison::new(settings, judged_by, &strategies, &seeds).map_err(CliError::new)?;
        let declared = self.primary.iter().map(|Pair(pair)| pair.clone()).collect();
        comparison.declare(declared).map_err(CliError::new)?;
        Ok(comparison)
    }
}

/// The flags of this call that say what is compared, and not who does which part of it, as a shell takes them; a name that is no Unicode is
/// shown as far as it goes.
fn flags() -> String {
    let mut arguments = jobs::arguments().into_iter();
    let mut kept = Vec::new();
    while let Some(one) = arguments.next() {
        match one.to_str() {
            Some("--list" | "--only-own") => {}
            Some("--shard") => drop(arguments.next()),
            Some(flag) if flag.starts_with("--shard=") => {}
            _ => kept.push(in_shell(Path::new(&one))),
        }
    }
    kept.join(" ")
}

/// Whether a folder lacks a file of the whole comparison, or has one that is older than a result.
fn is_old(folder: &Path) -> Result<bool, CliError> {
    let written = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    let results = result_files(folder).map_err(CliError::new)?;
    let newest = results.into_iter().filter_map(written).max();
    let files = [RESULTS, "compare.md", "compare.svg"];
    Ok(files.iter().any(|name| written(folder.join(name)) < newest))
}

/// Keeps other processes from writing a result file meanwhile.
fn claim_results(folder: &Path, name: &str) -> Result<Claim, CliError> {
    Claim::wait(&claim_of_results(folder, name)).map_err(CliError::new)
}

fn claim_of_results(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension(CLAIM)
}

/// Writes down what is known, with what others have written meanwhile: into the files of the whole comparison all, into that of a shard what
/// it had and what it has `done` since.
fn save(
    comparison: &mut Comparison,
    folder: &Path,
    shard: Option<Shard>,
    done: &[(u64, Arm)],
) -> Result<(), CliError> {
    let name = shard.map_or(RESULTS.to_owned(), Shard::file);
    let _claim = claim_results(folder, &name)?;
    comparison.gather(folder).map_err(CliError::new)?;
    let Some(shard) = shard else {
        return write(comparison, folder);
    };
    let own = comparison.of_shard(shard, folder, done);
    let json = own.map_err(CliError::new)?.to_json();
    let json = json.map_err(CliError::new)? + "\n";
    out::file(&folder.join(shard.file()), json.as_bytes())
}

fn write(comparison: &Comparison, folder: &Path) -> Result<(), CliError> {
    let json = comparison.to_json().map_err(CliError::new)? + "\n";
    for (name, text) in [
        (RESULTS, json),
        ("compare.md", comparison.markdown()),
        ("compare.svg", comparison.svg()),
    ] {
        out::file(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}
