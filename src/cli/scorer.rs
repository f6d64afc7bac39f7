//! What scores architectures on the command line: a table, the supernet of a run, or training from scratch.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use super::genotype::read_genotype;
use super::judge::{Worth, folder_of as judge_folder};
use super::out::note;
use super::settings::{find_data, fit_to_images, supernet_of};
use super::table::{Column, OpenedTable, TableArgs};
use crate::data::short_name;
use crate::landscape::{
    Evaluator, EvaluatorError, MatchedFlatness, Score, SupernetEvaluator, Table,
};
use crate::record::SUPERNET_FILE;
use crate::session::{
    self, Checkpoint, DeviceChoice, Preset, RunConfig, RunKind, ScratchEvaluator, TEST_SHARE,
    TrainConfig,
};
use crate::space::{Allowed, Candidates, Genotype, Space};

/// What scores the architectures.
#[derive(Args)]
pub struct SourceArgs {
    #[command(flatten)]
    table: TableArgs,
    /// Folder of a search, or of a judge: score with the judge of the same data set and space that lies beside it (see plateau judge), else
    /// with the shared weights of the search, on the images of its architecture half
    #[arg(long, value_name = "DIR", conflicts_with_all = ["table", "metric", "train"])]
    run: Option<PathBuf>,
    /// With --run: score with the weights of the search itself, also where a judge lies beside it
    #[arg(long, requires = "run")]
    own_weights: bool,
    /// With --run: score on so many batches instead of all images
    #[arg(long, value_name = "N", requires = "run")]
    batches: Option<usize>,
    /// Train every architecture from scratch on one half of the images outside the test part and score it on the other half
    #[arg(long, conflicts_with_all = ["table", "metric"])]
    train: bool,
}

/// What scores the architectures, and where it computes.
#[derive(Args)]
pub struct ScorerArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// With --train: data set [default: digits]; with --run: where the images of the run are now
    #[arg(long)]
    dataset: Option<String>,
    /// With --train: starting point of the training settings
    #[arg(long, default_value = "quick")]
    preset: Preset,
    /// With --train: passes over the training images (default: the preset's)
    #[arg(long, value_name = "N", requires = "train")]
    epochs: Option<usize>,
    /// With --run or --train: where to compute: auto, gpu, gpu:N or cpu
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Where a run's supernet computes, and what --train trains on.
pub struct Compute<'a> {
    /// Where.
    pub device: DeviceChoice,
    /// A data set by its name.
    pub dataset: &'a str,
    /// Whether it was given: of a run, where its images are now.
    pub moved: bool,
    /// Share of the images that no evaluator sees.
    pub test_share: f64,
    /// How a network is trained, without auxiliary head.
    pub train: TrainConfig,
    /// Its space.
    pub space: Space,
    /// Of the split and of every training.
    pub seed: u64,
}

impl SourceArgs {
    /// Whether any of them was given.
    pub fn given(&self) -> bool {
        self.table.given()
            || self.run.is_some()
            || self.own_weights
            || self.batches.is_some()
            || self.train
    }

    /// Whether a table scores, which costs nothing.
    pub fn is_table(&self) -> bool {
        self.run.is_none() && !self.train
    }

    /// The file of the table that was named.
    pub fn table_file(&self) -> Option<&Path> {
        self.table.table.as_deref()
    }

    /// The table's arguments.
    pub fn table(&self) -> &TableArgs {
        &self.table
    }

    /// Whether networks are trained from scratch.
    pub fn trains(&self) -> bool {
        self.train
    }

    /// The table that was asked for, with the metrics of `others`.
    pub fn read_table(&self, others: &[&str]) -> Result<OpenedTable, CliError> {
        if self.table.named() {
            return self.table.read(others);
        }
        Err(CliError(
            "nothing to score architectures with: give --table FILE, a benchmark table, --table builtin, --run DIR, the folder of a \
             search, or --train"
                .into(),
        ))
    }

    /// The column of `--metric`.
    pub fn column<'a>(&'a self, table: &'a Table) -> Result<Column<'a>, CliError> {
        self.table.column(table)
    }

    /// Opens what scores where it is no table.
    fn open(&self, compute: Compute) -> Result<Scorer<'static>, CliError> {
        if let Some(folder) = &self.run {
            let own = supernet_of(folder).map_err(CliError::new)?;
            let searched = own.position.config.search.as_ref();
            let searched = searched.map(|search| search.candidates.clone());
            let (folder, checkpoint, note) = match self.own_weights {
                true => (folder.clone(), own, None),
                false => judge_beside(folder, own),
            };
            let position = &checkpoint.position;
            let now = compute.moved.then_some(compute.dataset);
            find_data(&folder, &position.config.dataset, &position.dataset, now)?;
            let supernet = session::open_supernet(&checkpoint, compute.device, self.batches);
            let supernet = pollster::block_on(supernet).map_err(CliError::new)?;
            let images = supernet.images();
            let metric = match position.config.kind {
                RunKind::Judge => {
                    let worth =
                        Worth::of(&folder).map_or("not measured".into(), |worth| worth.sentence());
                    format!(
                        "judge {}, {images} images, Kendall's τ {worth}",
                        folder.display()
                    )
                }
                RunKind::Full | RunKind::SearchOnly => format!(
                    "supernet of {}, {images} images of the architecture half",
                    folder.display()
                ),
            };
            let scorer = Scorer::new(&metric, Kind::Supernet(Box::new(supernet)));
            let mut scorer = Scorer { note, ..scorer };
            scorer.restrict(searched.as_ref())?;
            return Ok(scorer);
        }
        let Compute {
            dataset,
            test_share,
            mut train,
            space,
            seed,
            ..
        } = compute;
        train.auxiliary_weight = 0.0;
        let device = pollster::block_on(session::device::open(compute.device));
        let device = device.map_err(CliError::new)?.device;
        let evaluator = ScratchEvaluator::new(space, dataset, test_share, &train, seed, &device);
        let evaluator = evaluator.map_err(CliError::new)?;
        let metric = format!(
            "trained on {dataset} for {} epochs, validated on {} images",
            train.epochs,
            evaluator.split()[1]
        );
        Ok(Scorer::new(&metric, Kind::Scratch(Box::new(evaluator))))
    }

    /// Opens what scores where it is no table, for a search that draws architectures of `space`; of the run's where none is named.
    pub fn open_for(
        &self,
        space: Option<Space>,
        compute: Compute,
    ) -> Result<Scorer<'static>, CliError> {
        let scorer = self.open(compute)?;
        match space {
            Some(space) if space != scorer.space() => Err(CliError(format!(
                "the run has a supernet of {}, not of {space}; leave --space away",
                scorer.space()
            ))),
            _ => Ok(scorer),
        }
    }
}

impl ScorerArgs {
    /// Where it computes, for genotypes of a space.
    pub fn compute(&self, space: Space, seed: u64) -> Result<Compute<'_>, CliError> {
        let mut train = self.preset.train(space);
        let dataset = self.dataset.as_deref().unwrap_or("digits");
        if self.source.train {
            train.auxiliary_weight = 0.0;
            fit_to_images(dataset, self.preset, space, None, &mut train)?;
        }
        if let Some(epochs) = self.epochs {
            train.epochs = epochs;
        }
        Ok(Compute {
            device: self.device,
            dataset,
            moved: self.dataset.is_some(),
            test_share: TEST_SHARE,
            train,
            space,
            seed,
        })
    }

    /// Opens what scores, for the architectures of these arguments (`best`: the table's best), and gives it to `report`.
    pub fn with<R>(
        &self,
        arguments: &[&str],
        seed: u64,
        report: impl FnOnce(&mut Scorer, Vec<Genotype>) -> Result<R, CliError>,
    ) -> Result<R, CliError> {
        if self.source.is_table() {
            let opened = self.source.read_table(&[])?;
            let column = self.source.column(&opened.table)?;
            let mut scorer = Scorer::new(column.metric, Kind::Table(column));
            let genotypes = read_all(arguments, Some((&opened.table, &column)))?;
            check_spaces(&genotypes, &scorer)?;
            let reported = report(&mut scorer, genotypes)?;
            opened.say();
            return Ok(reported);
        }
        // Each is read once: the standard input cannot be read again.
        let genotypes = read_all(arguments, None)?;
        let first = genotypes.first().filter(|_| self.source.train);
        let space = first.map_or(Space::Darts, Genotype::space);
        let mut scorer = self.source.open(self.compute(space, seed)?)?;
        check_spaces(&genotypes, &scorer)?;
        let reported = report(&mut scorer, genotypes)?;
        scorer.say();
        Ok(reported)
    }
}

/// The judge of a run's data set and space that lies beside its folder; the run itself where there is none or where it is one. And a sentence
/// that says which.
fn judge_beside(folder: &Path, own: Checkpoint) -> (PathBuf, Checkpoint, Option<String>) {
    let config = &own.position.config;
    let space = config.search.as_ref().map(|search| search.space);
    let (Some(space), false) = (space, config.kind == RunKind::Judge) else {
        return (folder.to_path_buf(), own, None);
    };
    let runs = folder.parent().unwrap_or(Path::new("."));
    let judge = judge_folder(runs, &config.dataset, space);
    match supernet_of(&judge) {
        Ok(checkpoint) => {
            let mut note = format!("scored by the judge in {}", judge.display());
            if !judge.join(SUPERNET_FILE).exists() {
                note += ", whose training is not finished";
            }
            let split = |config: &RunConfig| config.split_seed.unwrap_or(config.seed);
            if split(&checkpoint.position.config) != split(config) {
                note += ", which shares the images out otherwise: it may know those that chose or test the architecture";
            }
            note += &format!("; --own-weights takes those of {}", folder.display());
            (judge, checkpoint, Some(note))
        }
        Err(error) if judge.exists() => {
            let note = format!(
                "the judge in {} cannot be read, and the weights of {} score: {error}",
                judge.display(),
                folder.display()
            );
            (folder.to_path_buf(), own, Some(note))
        }
        Err(_) => {
            let note = format!(
                "the weights of a search order single architectures badly; plateau judge --space {space} --dataset {} makes a judge, \
                 which is then used",
                short_name(&config.dataset)
            );
            (folder.to_path_buf(), own, Some(note))
        }
    }
}

/// The architectures of arguments.
fn read_all(
    arguments: &[&str],
    table: Option<(&Table, &Column)>,
) -> Result<Vec<Genotype>, CliError> {
    let read = |argument: &&str| {
        if *argument == "best"
            && let Some((table, column)) = table
            && let Some((genotype, _)) = table.best(column.metric)
        {
            return Ok(genotype);
        }
        read_genotype(argument)
    };
    arguments.iter().map(read).collect()
}

/// An error where the evaluator does not score one of them.
fn check_spaces(genotypes: &[Genotype], scorer: &Scorer) -> Result<(), CliError> {
    let expected = scorer.space();
    match genotypes.iter().find(|one| one.space() != expected) {
        None => Ok(()),
        Some(other) => Err(CliError(format!(
            "{expected} architectures are scored here, and this is a {} genotype",
            other.space()
        ))),
    }
}

/// An opened evaluator with its progress bar on stderr.
pub struct Scorer<'a> {
    /// What its scores are.
    pub metric: String,
    kind: Kind<'a>,
    allowed: Allowed,
    bar: ProgressBar,
    note: Option<String>,
}

enum Kind<'a> {
    Table(Column<'a>),
    Supernet(Box<SupernetEvaluator>),
    Scratch(Box<ScratchEvaluator>),
}

impl Kind<'_> {
    fn space(&self) -> Space {
        match self {
            Kind::Table(column) => column.evaluator().space(),
            Kind::Supernet(evaluator) => evaluator.space(),
            Kind::Scratch(evaluator) => evaluator.space(),
        }
    }
}

/// The mask of candidates that were named behind a flag.
pub fn mask(candidates: &Candidates, space: Space) -> Result<Allowed, CliError> {
    let allowed = candidates.allowed(space);
    allowed.map_err(|error| CliError(format!("--candidates {candidates}: {error}")))
}

impl<'a> Scorer<'a> {
    fn new(metric: &str, kind: Kind<'a>) -> Self {
        let bar = match kind {
            Kind::Table(_) => ProgressBar::hidden(),
            _ => ProgressBar::new(0),
        };
        // The template is a constant of this file; a mistake in it falls back to the default bar.
        if let Ok(style) =
            ProgressStyle::with_template("architectures {wide_bar} {pos}/{len}  {eta} left")
        {
            bar.set_style(style);
        }
        Self {
            metric: metric.to_owned(),
            allowed: Allowed::all(kind.space()),
            kind,
            bar,
            note: None,
        }
    }

    /// Lets edges have these candidates alone, where any are named. What scores says so.
    pub fn restrict(&mut self, candidates: Option<&Candidates>) -> Result<(), CliError> {
        if let Some(candidates) = candidates {
            self.allowed = mask(candidates, self.space())?;
        }
        Ok(())
    }

    /// What its scores are, and of which candidates if not of all.
    pub fn scored(&self) -> String {
        match self.allowed.is_all() {
            true => self.metric.clone(),
            false => format!(
                "{}; candidates {}",
                self.metric,
                Candidates::from(&self.allowed)
            ),
        }
    }

    /// Says on stderr what scored, once nothing can fail any more: a failure is one line.
    pub fn say(&self) {
        if let Some(note) = &self.note {
            note!("note: {note}");
        }
    }

    /// The standard error of an architecture's accuracy, where that is a mean of runs in a table.
    pub fn standard_error(&self, genotype: &Genotype) -> Option<f64> {
        match &self.kind {
            Kind::Table(column) => column.standard_error(genotype),
            Kind::Supernet(_) | Kind::Scratch(_) => None,
        }
    }

    /// How good an architecture's neighbors are beside those of architectures as good as it, where a table says so.
    pub fn matched(&self, genotype: &Genotype) -> Option<MatchedFlatness> {
        match &self.kind {
            // It is about all neighbors.
            Kind::Table(column) if self.allowed.is_all() => column.matched(genotype),
            Kind::Table(_) => None,
            Kind::Supernet(_) | Kind::Scratch(_) => None,
        }
    }
}

impl Evaluator for Scorer<'_> {
    fn space(&self) -> Space {
        self.kind.space()
    }

    fn allowed(&self) -> Allowed {
        self.allowed
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        let together = match &self.kind {
            Kind::Table(_) => genotypes.len(),
            Kind::Supernet(supernet) => supernet.lanes_a_pass,
            Kind::Scratch(_) => 1,
        };
        self.bar.inc_length(genotypes.len() as u64);
        let mut scores = Vec::with_capacity(genotypes.len());
        for chunk in genotypes.chunks(together.max(1)) {
            scores.extend(match &mut self.kind {
                Kind::Table(column) => column.evaluator().scores(chunk).await?,
                Kind::Supernet(evaluator) => evaluator.scores(chunk).await?,
                Kind::Scratch(evaluator) => evaluator.scores(chunk).await?,
            });
            self.bar.inc(chunk.len() as u64);
        }
        Ok(scores)
    }
}
