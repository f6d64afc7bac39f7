//! `plateau judge`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::CliError;
use super::drive::{GoesOn, drive};
use super::moved::Recorded;
use super::out::{self, note, say};
use super::settings::{RunArgs, SearchOverrides, TrainOverrides, supernet_of, trained_with};
use super::stop;
use super::table::{OpenedTable, TableArgs};
use crate::csv::csv;
use crate::landscape::{Evaluator, KendallTau, architecture_count};
use crate::record::{Claim, EVENTS, RecordError, Recorder, read_events};
use crate::search::Strategy;
use crate::session::{
    self, Checkpoint, CheckpointEvery, Event, RunConfig, RunKind, ScratchEvaluator, Start,
    differences, judge_name,
};
use crate::space::{Genotype, Space};
use crate::study::compare::JUDGE_EPOCHS;

/// Arguments of `plateau judge`.
#[derive(Args)]
#[command(
    after_help = "Trains a supernet on single paths, every operation of an edge equally often (FairNAS, arXiv 1907.01845), on one half of the images that \
train weights, and scores architectures on the other half: for searches that share its split (--split-seed, or the same --seed) no \
image that chooses or tests an architecture is among them. Then measures it: \
Kendall's τ between its scores and the accuracies of a table (--table), or of networks trained from scratch. Its folder is that of a run \
(by default runs/judge-DATASET-SPACE): give it to --run of plateau neighborhood, barrier or sample, or open it in the window. The same \
command goes on where it was stopped, and trains nothing twice. How well it orders architectures depends on its training: in NAS-Bench-201 on CIFAR-10 at \
16×16, --epochs 150 --crop-padding 2 --cutout 4 came to τ 0.60, and 40 epochs without them to 0.37.\n\n\
JSON: folder, dataset, space, against, tau (of accuracies), tau_of_losses (count, tau, low, high: a 95 % interval), cells (genotype, judged, loss, accuracy)"
)]
pub struct JudgeArgs {
    #[command(flatten)]
    run: RunArgs,
    /// darts, nas-bench-201 or nas-bench-201-small
    #[arg(long, default_value = "darts")]
    space: Space,
    /// Architectures that it is measured on, drawn uniformly [default: 200 of a table, else 40, each trained from scratch]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=20_000))]
    cells: Option<u64>,
    /// Also write the scores of these architectures and what they are compared with into this file, a table for plateau sample; 15,625 or
    /// more --cells are all cells of NAS-Bench-201
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    search: SearchOverrides,
    #[command(flatten)]
    train: TrainOverrides,
}

/// What a judge was measured to be worth: what `judge.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    /// Its run folder, as far as that is Unicode.
    pub folder: String,
    /// The images that it was trained on.
    pub dataset: String,
    /// The space.
    pub space: Space,
    /// What its scores were compared with.
    pub against: String,
    /// Kendall's τ of the accuracies.
    pub tau: KendallTau,
    /// Of the losses.
    pub tau_of_losses: KendallTau,
    /// What it was measured on.
    pub cells: Vec<MeasuredCell>,
}

/// An architecture as judged and in truth. Accuracies are in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredCell {
    /// Which.
    pub genotype: Genotype,
    /// Its accuracy by the judge.
    pub judged: f64,
    /// Its loss by the judge, nats.
    pub loss: f64,
    /// Its accuracy in the table, or after training from scratch.
    pub accuracy: f64,
}

/// The file of a judge's folder that says what it is worth.
const FILE: &str = "judge.json";
/// The file with the architectures that were trained from scratch.
const TRAINED_FILE: &str = "trained.jsonl";

/// What a stop says.
const STOPPED: &str = "stopped; go on with the same plateau judge";
/// What goes on with what was stopped or has failed.
const COMMAND: &str = "plateau judge";

/// Trains and measures a judge.
pub fn run(args: &JudgeArgs) -> Result<(), CliError> {
    if args.run.resume.is_some() {
        return Err(CliError(
            "a judge goes on by itself in its --run-dir; leave --resume away".into(),
        ));
    }
    let table = match args.table.given() {
        true => Some(args.table.read(&[])?),
        false => None,
    };
    if let Some(opened) = &table {
        args.table.column(&opened.table)?;
        opened.fits(args.space)?;
    }
    let mut config = args.config()?;
    let folder = match &args.run.run_dir {
        Some(folder) => folder.clone(),
        None => folder_of(Path::new("runs"), &config.dataset, args.space),
    };
    if let Some(file) = &args.scores {
        let own = [FILE, TRAINED_FILE].map(|name| folder.join(name));
        let [judged, trained] = &own;
        let read = [args.table.table.as_deref(), Some(judged), Some(trained)];
        out::check_file("--scores", file, &read)?;
    }
    if let Some(recorded) = Recorded::of_run(&folder) {
        config.dataset = recorded.name_of(&config.dataset)?;
    }
    let checkpoint = trained(config, &folder, args.run.checkpoints(), COMMAND, None)?;
    let (against, cells) = args.measured(table.as_ref(), &checkpoint, &folder)?;
    let tau = |judged: fn(&MeasuredCell) -> f64| {
        let judged: Vec<f64> = cells.iter().map(judged).collect();
        let truth: Vec<f64> = cells.iter().map(|cell| cell.accuracy).collect();
        KendallTau::of(&judged, &truth, args.run.seed).ok_or_else(|| {
            CliError(
                "the judge's scores or the accuracies are all equal, so nothing can be ranked"
                    .into(),
            )
        })
    };
    let worth = Worth {
        folder: folder.display().to_string(),
        dataset: checkpoint.position.config.dataset.clone(),
        space: args.space,
        against,
        tau: tau(|cell| cell.judged)?,
        tau_of_losses: tau(|cell| -cell.loss)?,
        cells,
    };
    let json = serde_json::to_string(&worth).map_err(CliError::new)?;
    let path = folder.join(FILE);
    out::file(&path, (json.clone() + "\n").as_bytes())?;
    let scored = match &args.scores {
        Some(path) => out::file(path, worth.scores().as_bytes()),
        None => Ok(()),
    };
    if let (Some(path), Ok(())) = (&args.scores, &scored) {
        note_incomplete(path, worth.cells.len(), args.space);
    }
    if let Some(opened) = &table {
        opened.say();
    }
    // A file that cannot be written takes nothing from what was computed.
    if args.run.json {
        out::json(&json)?;
    } else {
        say!("Kendall's τ    {}", worth.sentence())?;
        say!("by its losses  {}", with_interval(&worth.tau_of_losses))?;
        say!("run folder     {}", folder.display())?;
    }
    scored
}

/// Says so where a file with the scores of so many architectures is no table that plateau sample takes.
fn note_incomplete(file: &Path, known: usize, space: Space) {
    let file = file.display();
    match architecture_count(space) {
        Some(all) if known == all => {}
        Some(all) => note!(
            "note: {file} has {known} of {all} architectures; plateau sample takes tables of all, so --cells {all}"
        ),
        None => note!(
            "note: {file} is no table for plateau sample, which takes those of NAS-Bench-201 only"
        ),
    }
}

impl Worth {
    /// That of a folder; nothing where it was never measured.
    pub fn of(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// The table of its architectures: accuracies in percent by the judge and by what it was measured against.
    fn scores(&self) -> String {
        // What reads tables knows accuracies by their names; a column of the judge's own name is another judge's.
        let truth = match self.against.as_str() {
            "JudgeAccuracy" => "OtherJudgeAccuracy",
            metric if metric.starts_with("training from scratch") => "FromScratchAccuracy",
            metric => metric,
        };
        let header = ["Architecture", "JudgeAccuracy", truth].map(str::to_owned);
        let rows = self.cells.iter().map(|cell| {
            let [judged, accuracy] = [cell.judged, cell.accuracy].map(|value| value.to_string());
            vec![cell.genotype.to_text(), judged, accuracy]
        });
        csv(&std::iter::once(header.to_vec())
            .chain(rows)
            .collect::<Vec<_>>())
    }

    /// τ, its interval, and what it was measured against.
    pub fn sentence(&self) -> String {
        format!(
            "{} over {} architectures, against {}",
            with_interval(&self.tau),
            self.cells.len(),
            self.against
        )
    }
}

/// τ with its 95 % interval, where it has one.
fn with_interval(tau: &KendallTau) -> String {
    match (tau.low, tau.high) {
        (Some(low), Some(high)) => format!("{:.3} [{low:.3}, {high:.3}]", tau.tau),
        _ => format!("{:.3}", tau.tau),
    }
}

/// Where the judge of a data set and a space lies below a folder of runs.
pub fn folder_of(runs: &Path, dataset: &str, space: Space) -> PathBuf {
    runs.join(judge_name(dataset, space))
}

impl JudgeArgs {
    /// The run that trains it.
    fn config(&self) -> Result<RunConfig, CliError> {
        let (mut search, train) = trained_with(
            &self.run,
            self.space,
            Strategy::Rsps,
            &self.search,
            &self.train,
        )?;
        if !self.search.epochs_given() {
            search.epochs *= JUDGE_EPOCHS;
        }
        let config = RunConfig {
            kind: RunKind::Judge,
            ..self.run.config(Some(search), None, train)
        };
        config.check().map_err(CliError::new)?;
        Ok(config)
    }

    /// Drawn architectures by the judge of a checkpoint and in truth, and the name of that truth: the column of a table, or training.
    fn measured(
        &self,
        table: Option<&OpenedTable>,
        checkpoint: &Checkpoint,
        folder: &Path,
    ) -> Result<(String, Vec<MeasuredCell>), CliError> {
        let supernet = session::open_supernet(checkpoint, self.run.device, None);
        let mut supernet = pollster::block_on(supernet).map_err(CliError::new)?;
        let cells = self.cells.map(|cells| cells as usize);
        let (against, truth) = match table {
            Some(opened) => {
                let column = self.table.column(&opened.table)?;
                let genotypes = drawn(self.space, cells.unwrap_or(200), self.run.seed);
                let mut evaluator = column.evaluator();
                let scores = pollster::block_on(evaluator.scores(&genotypes));
                let scores = scores.map_err(CliError::new)?;
                let accuracies = scores.iter().map(|score| score.accuracy);
                let truth: Vec<_> = genotypes.into_iter().zip(accuracies).collect();
                (column.metric.to_owned(), truth)
            }
            None => {
                let config = &checkpoint.position.config;
                let genotypes = drawn(self.space, cells.unwrap_or(40), self.run.seed);
                let truth = from_scratch(config, self.space, genotypes, folder)?;
                let epochs = config.train.epochs;
                (format!("training from scratch for {epochs} epochs"), truth)
            }
        };
        let genotypes: Vec<Genotype> = truth.iter().map(|(genotype, _)| genotype.clone()).collect();
        let scores = pollster::block_on(supernet.scores(&genotypes)).map_err(CliError::new)?;
        let cells = truth
            .into_iter()
            .zip(scores)
            .map(|((genotype, accuracy), score)| MeasuredCell {
                genotype,
                judged: score.accuracy,
                loss: score.loss,
                accuracy,
            });
        Ok((against, cells.collect()))
    }
}

/// Why a folder has no trained supernet.
pub enum Untrained {
    /// Another process trains it.
    Busy(CliError),
    /// Its run is damaged, or cannot go on here: it was begun on another device.
    Elsewhere(CliError),
    /// It failed, or was stopped.
    Failed(CliError),
}

impl From<Untrained> for CliError {
    fn from(why: Untrained) -> Self {
        match why {
            Untrained::Busy(error) | Untrained::Elsewhere(error) | Untrained::Failed(error) => {
                error
            }
        }
    }
}

/// The supernet that a run of the folder trains, trained now as far as it is not, only while a claim stands. `command`: what goes
/// on with it where that ends.
pub fn trained(
    config: RunConfig,
    folder: &Path,
    checkpoints: CheckpointEvery,
    command: &'static str,
    claim: Option<&Claim>,
) -> Result<Checkpoint, Untrained> {
    let elsewhere = |error: RecordError| Untrained::Elsewhere(CliError::new(error));
    let before = match folder.join(EVENTS).exists() {
        true => read_events(folder).map_err(elsewhere)?,
        false => Vec::new(),
    };
    let there = before.first().and_then(|timed| match &timed.event {
        Event::Started { config, .. } => Some(config),
        _ => None,
    });
    if let Some(there) = there {
        let other = differences(there, &config);
        if !other.is_empty() {
            return Err(Untrained::Failed(CliError(format!(
                "{} holds a run with other settings ({}); choose another --run-dir",
                folder.display(),
                other.join("; ")
            ))));
        }
    }
    let finished = before
        .last()
        .is_some_and(|timed| timed.event == Event::Finished);
    let checkpoints = Some(checkpoints);
    let (mut opened, mut faster) = (false, false);
    let mut may_open = || {
        opened = true;
        claim.map_or(Ok(()), |claim| claim.check(folder))
    };
    let mut under = |recorder: Result<Recorder, RecordError>| {
        faster = matches!(
            recorder,
            Err(RecordError::Locked(_) | RecordError::Taken(_))
        );
        recorder.map(|recorder| match claim {
            Some(claim) => recorder.under(claim.watch()),
            None => recorder,
        })
    };
    let mut resumed = false;
    let mut driven = Ok(());
    if finished {
        note!("judge    {} is trained already", folder.display());
    } else if there.is_some() {
        let found = Recorder::interrupted(folder).map_err(|error| match error {
            RecordError::Locked(_) => Untrained::Busy(CliError::new(error)),
            error => elsewhere(error),
        })?;
        for text in found.notes() {
            note!("note: {text}");
        }
        let start = Start {
            checkpoints,
            from: found.from,
            ..Start::new(config)
        };
        resumed = true;
        driven = drive(
            start,
            || under(may_open().and_then(|()| found.tail.cut())),
            found.events,
            GoesOn::Same(command),
        )
        .map(drop);
    } else {
        let start = Start {
            checkpoints,
            ..Start::new(config)
        };
        driven = drive(
            start,
            || under(may_open().and_then(|()| Recorder::create(folder))),
            Vec::new(),
            GoesOn::Same(command),
        )
        .map(drop);
    }
    let taken_over = || claim.is_some_and(|claim| !claim.stands());
    match driven {
        Ok(()) => supernet_of(folder).map_err(|error| Untrained::Failed(CliError::new(error))),
        Err(_) if stop::exit_code() != 1 => Err(Untrained::Failed(CliError(format!(
            "stopped; go on with the same {command}"
        )))),
        Err(error) if faster || taken_over() => Err(Untrained::Busy(error)),
        Err(error) if resumed && !opened => Err(Untrained::Elsewhere(error)),
        Err(error) => Err(Untrained::Failed(error)),
    }
}

/// So many different architectures, drawn uniformly with a seed.
fn drawn(space: Space, count: usize, seed: u64) -> Vec<Genotype> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut found: Vec<Genotype> = Vec::new();
    let mut known = std::collections::HashSet::new();
    // A small space has fewer.
    for _ in 0..100 * count {
        let genotype = Genotype::random(space, &mut rng);
        if known.insert(genotype.canonical()) {
            found.push(genotype);
        }
        if found.len() == count {
            break;
        }
    }
    found
}

/// A line of [`TRAINED_FILE`].
#[derive(Serialize, Deserialize)]
struct TrainedCell {
    genotype: Genotype,
    /// On the images that choose architectures, which trained neither it nor the judge, in percent.
    accuracy: f64,
}

/// The accuracies of architectures after training from scratch with the settings of a run, on what it was not trained on. Those that the
/// folder knows are not trained again.
fn from_scratch(
    config: &RunConfig,
    space: Space,
    genotypes: Vec<Genotype>,
    folder: &Path,
) -> Result<Vec<(Genotype, f64)>, CliError> {
    let path = folder.join(TRAINED_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(CliError(format!("{}: {error}", path.display()))),
    };
    // A line that was cut short is trained again.
    let mut known: Vec<TrainedCell> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let mut train = config.train.clone();
    train.auxiliary_weight = 0.0;
    let device = pollster::block_on(session::device::open(config.device));
    let device = device.map_err(CliError::new)?.device;
    let split = config.split_seed.unwrap_or(config.seed);
    let evaluator = ScratchEvaluator::new(
        space,
        &config.dataset,
        config.test_share,
        &train,
        split,
        &device,
    )
    .map_err(CliError::new)?;
    let count = genotypes.len();
    let mut found = Vec::with_capacity(count);
    stop::goes_on(STOPPED.into());
    for (number, genotype) in genotypes.into_iter().enumerate() {
        if let Some(cell) = known.iter().find(|cell| cell.genotype == genotype) {
            found.push((genotype, cell.accuracy));
            continue;
        }
        let trained = pollster::block_on(evaluator.train(&genotype, split));
        let trained = trained.map_err(CliError::new)?;
        let accuracy = 100.0 * trained.validation.share;
        note!("trained  {} of {count}: {accuracy:.2} %", number + 1);
        known.push(TrainedCell {
            genotype: genotype.clone(),
            accuracy,
        });
        let lines = known.iter().map(serde_json::to_string);
        let lines: Result<Vec<String>, _> = lines.collect();
        let text = lines.map_err(CliError::new)?.join("\n") + "\n";
        out::file(&path, text.as_bytes())?;
        found.push((genotype, accuracy));
    }
    Ok(found)
}
