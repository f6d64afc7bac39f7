//! `plateau compare`.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use super::CliError;
use super::drive::{Outcome, drive, in_shell};
use super::jobs;
use super::judge::trained;
use super::looked_up::LookedUp;
use super::out::{self, note, say};
use super::settings::{RunArgs, SearchOverrides, TrainOverrides, trained_with};
use super::stop;
use super::table::TableArgs;
use crate::data::{file_name, short_name};
use crate::landscape::{SupernetEvaluator, skips};
use crate::record::{Recorder, lock};
use crate::search::Strategy;
use crate::session::{RunConfig, Start, open_supernet};
use crate::space::{Space, without_mark};
use crate::study::compare::{
    Arm, Comparison, Entry, JUDGE_EPOCHS, Judged, JudgedBy, TrainedRun, judge_of, search_halves,
};

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
a run folder for every run, into --run-dir (by default runs/compare-DATASET). Runs that are in compare.json are not done again: the \
same command goes on where it was interrupted, and other --seeds or --strategies add to it. With --primary only these differences are \
tested together by Holm's method.\n\n\
JSON: that of compare.json: settings, judged_by, declared, strategies, seeds, entries (strategy, seed, run_dir, genotype, accuracy, trained, \
neighborhood, residual, skips, curve, sharpness, multiply_adds, search_seconds), summaries (metrics with count, mean, std), pairs (metrics \
with mean, low, high, inside_noise), primary (pairs with paired, adjusted_p, seeds_needed, interval; redrawn), judge_tau. \
A deviation of one seed, and an interval of one seed or of equal differences, is null"
)]
pub struct CompareArgs {
    /// Strategies to compare: random, rsps, darts, darts-2nd, na-darts, na-darts-2nd, a2m, sdarts-rs, or one of those with α as
    /// STRATEGY:replica; with settings of its own, as in na-darts:radius=3:aggregation=max (flags of this command without --); darts,
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
    /// Processes that work on it at once on this machine: each takes the next GPU of the first one's model, or its share of the threads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    #[command(flatten)]
    table: TableArgs,
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

/// Runs what is missing, then prints the tables.
pub fn run(args: &CompareArgs) -> Result<(), CliError> {
    if args.run.resume.is_some() {
        return Err(CliError(
            "a comparison goes on by itself in its --run-dir; leave --resume away".into(),
        ));
    }
    let looked_up = match args.table.given() {
        true => Some(LookedUp::new(&args.table, None, args.space)?),
        false => None,
    };
    let mut comparison = args.comparison(looked_up.as_ref())?;
    let folder = match &args.run.run_dir {
        Some(folder) => folder.clone(),
        None => PathBuf::from(format!("runs/compare-{}", file_name(&args.run.dataset))),
    };
    let path = folder.join("compare.json");
    // What cannot be run is known before anything is there.
    let halves = search_halves(&comparison.settings).map_err(CliError::new)?;
    comparison.check(halves).map_err(CliError::new)?;
    if args.jobs > 1 {
        jobs::run(args.jobs.into(), args.run.device, STOPPED)?;
    }
    let held = fs::create_dir_all(&folder)
        .map_err(|error| CliError(format!("{}: {error}", folder.display())))
        .and_then(|()| lock(&folder).map_err(CliError::new));
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
    let command = command();
    // Going on is the same command.
    if comparison.commands.last() != Some(&command) {
        comparison.commands.push(command);
    }
    // A finished comparison is shown where nothing can be written, too; a file that a full disk has kept back is written now.
    if comparison.missing().is_empty() && path.exists() {
        let missing = ["compare.md", "compare.svg"].map(|name| folder.join(name));
        let old = |file: &PathBuf| match (fs::metadata(file), fs::metadata(&path)) {
            (Ok(file), Ok(json)) => file.modified().ok() < json.modified().ok(),
            _ => true,
        };
        if missing.iter().any(old) {
            let saved = held.and_then(|_held| save(&comparison, &folder));
            if let Err(error) = saved {
                note!("note: {error}");
            }
        }
    } else {
        let _held = held?;
        run_missing(&mut comparison, &folder, halves, looked_up.as_ref(), args)?;
        save(&comparison, &folder)?;
    }
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

/// What a stop says.
const STOPPED: &str = "stopped; the finished runs are kept: go on with the same plateau compare, which does this one again";

/// All missing runs, each written down before the next one begins.
fn run_missing(
    comparison: &mut Comparison,
    folder: &Path,
    halves: [usize; 2],
    looked_up: Option<&LookedUp>,
    args: &CompareArgs,
) -> Result<(), CliError> {
    let missing = comparison.missing();
    let count = missing.len();
    // One judge for all, or one for each split.
    let mut judge: Option<(u64, SupernetEvaluator)> = None;
    let goes_on = || stop::goes_on(STOPPED.into());
    for (number, (seed, strategy)) in missing.into_iter().enumerate() {
        let config = comparison.run(&strategy, seed, halves);
        let config = config.map_err(CliError::new)?;
        let split = config.split_seed.unwrap_or(seed);
        if let JudgedBy::Judge { epochs } = comparison.judged_by
            && judge.as_ref().is_none_or(|(of, _)| *of != split)
        {
            let opened = judge_of_split(comparison, &config, epochs, folder, args)?;
            judge = Some((split, opened));
        }
        goes_on();
        note!(
            "compare  run {} of {count}: {strategy}, seed {seed}",
            number + 1
        );
        let start = Start {
            checkpoints: Some(args.run.checkpoints()),
            ..Start::new(config)
        };
        let name = format!("{}-{seed}", strategy.folder_name());
        let open = || Recorder::create_free(folder, &name);
        let outcome = drive(start, open, Vec::new(), None).map_err(|error| match stop::exit_code() {
            1 => CliError(format!(
                "{error} (a comparison does such a run again: call the same plateau compare, which keeps the finished ones)"
            )),
            _ => CliError(STOPPED.into()),
        })?;
        goes_on();
        let images = comparison
            .images
            .get_or_insert(outcome.dataset.hash.clone());
        if *images != outcome.dataset.hash {
            return Err(CliError(format!(
                "the images of {} have changed since this comparison began; choose another --run-dir",
                short_name(&args.run.dataset)
            )));
        }
        comparison.device.clone_from(&outcome.device.name);
        let judge = judge.as_mut().map(|(_, judge)| judge);
        let entry = entry_of(strategy, &outcome, looked_up, judge)?;
        note!(
            "result   {}, seed {seed}: {:.2} %, its {} neighbors {:.2} % (worst {:.2} %)",
            entry.strategy,
            entry.accuracy,
            entry.neighborhood.count,
            entry.neighborhood.mean,
            entry.neighborhood.worst
        );
        comparison.add(entry);
        save(comparison, folder)?;
    }
    Ok(())
}

/// The supernet that scores what is found on the split of a run, trained now as far as it is not.
fn judge_of_split(
    comparison: &Comparison,
    run: &RunConfig,
    epochs: usize,
    folder: &Path,
    args: &CompareArgs,
) -> Result<SupernetEvaluator, CliError> {
    note!("judge    the supernet that scores what is found");
    let name = match run.split_seed {
        Some(_) => "judge".to_owned(),
        None => format!("judge-{}", run.seed),
    };
    // What is common to all, whichever is the first.
    let common = RunConfig {
        seed: run.seed,
        ..comparison.settings.clone()
    };
    let config = judge_of(&common, epochs);
    let checkpoint = trained(config, &folder.join(name), args.run.checkpoints(), STOPPED)?;
    let supernet = open_supernet(&checkpoint, args.run.device, None);
    pollster::block_on(supernet).map_err(CliError::new)
}

/// What is kept of a run: its outcome, and what the table or the judge says of it.
fn entry_of(
    strategy: Arm,
    outcome: &Outcome,
    looked_up: Option<&LookedUp>,
    judge: Option<&mut SupernetEvaluator>,
) -> Result<Entry, CliError> {
    let name = outcome.folder.file_name().unwrap_or_default();
    let work = outcome.config.search.as_ref().map_or(0, |search| {
        let [weights, architecture, _] = outcome.dataset.split;
        let pass = outcome
            .run
            .search
            .as_ref()
            .map_or(0, |one| one.multiply_adds);
        let steps = outcome.run.steps.last().map_or(0, |step| step.step);
        search.multiply_adds(pass, steps, [weights, architecture])
    });
    let mut entry = Entry {
        strategy,
        seed: outcome.config.seed,
        run_dir: name.to_string_lossy().into_owned(),
        genotype: outcome.genotype.clone(),
        accuracy: 0.0,
        trained: None,
        neighborhood: Judged::default(),
        residual: None,
        skips: skips(&outcome.genotype),
        curve: Vec::new(),
        sharpness: outcome.run.sharpness.last().map(|one| one.eigenvalue),
        multiply_adds: work,
        search_seconds: outcome.run.step_seconds(),
    };
    match (looked_up, judge, outcome.run.tested()) {
        (Some(looked_up), ..) => {
            let verdict = looked_up.verdict(outcome)?;
            entry.accuracy = verdict.accuracy;
            entry.neighborhood = Judged {
                own: verdict.accuracy,
                count: verdict.count,
                mean: verdict.mean,
                worst: verdict.worst,
                best: verdict.best,
            };
            entry.curve = verdict.curve;
            let matched = looked_up.matched(&outcome.genotype);
            entry.residual = matched.map(|matched| matched.residual);
        }
        (None, Some(judge), Some(tested)) => {
            let judged = Judged::by(judge, &outcome.genotype);
            entry.neighborhood = pollster::block_on(judged).map_err(CliError::new)?;
            entry.accuracy = 100.0 * tested.accuracy;
            entry.trained = Some(TrainedRun {
                test_images: tested.images,
                train_images: outcome.dataset.split[0] + outcome.dataset.split[1],
                seconds: tested.seconds,
            });
        }
        _ => return Err(CliError::new("a run that nothing has judged")),
    }
    Ok(entry)
}

/// This call as a shell takes it; a name that is no Unicode is shown as far as it goes.
fn command() -> String {
    let arguments = jobs::arguments();
    let arguments: Vec<String> = arguments
        .iter()
        .map(|one| in_shell(Path::new(one)))
        .collect();
    format!("plateau {}", arguments.join(" "))
}

/// Writes the three files.
fn save(comparison: &Comparison, folder: &Path) -> Result<(), CliError> {
    fs::create_dir_all(folder)
        .map_err(|error| CliError(format!("{}: {error}", folder.display())))?;
    let json = comparison.to_json().map_err(CliError::new)?;
    for (name, text) in [
        ("compare.json", json + "\n"),
        ("compare.md", comparison.markdown()),
        ("compare.svg", comparison.svg()),
    ] {
        out::file(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}
