//! Flags shared by `search` and `train`, and how they change a preset.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::CliError;
use super::drive::{GoesOn, Outcome, drive, go_on};
use super::out::note;
use super::stop;
use crate::data::{Dataset, absolute, hand_over_once, path_of, short_name};
use crate::record::{Recorder, StoreError, load_supernet};
use crate::search::Strategy;
use crate::session::settings::{SEARCH, Setting, TRAIN, Value};
use crate::session::{
    Checkpoint, CheckpointEvery, DeviceChoice, KernelChoice, MemoryChoice, Preset, RUN_VERSION,
    RunConfig, RunKind, SearchConfig, Start, TEST_SHARE, TrainConfig, differences,
    has_room_for_head,
};
use crate::space::{Aggregation, Candidates, Genotype, Space};

/// What every run needs.
#[derive(Args)]
pub struct RunArgs {
    /// digits (8×8, 1,797 images), mnist5k (28×28, 5,000 images), fashion (28×28, 3,000 images), or a file or folder of your own: see
    /// plateau data info. Options follow behind #: mnist5k#size=14 scales images to 14×14, #grey takes colours away, #size=24x32,grey does both. With
    /// --resume, and where a comparison or a judge goes on: where the images of the run are now
    #[arg(long, default_value = "digits")]
    pub dataset: String,
    /// Starting point of all settings: quick (two CPU cores, minutes), teach (a lesson) or paper (DARTS as published, hours on a
    /// strong GPU)
    #[arg(long, default_value = "quick")]
    pub preset: Preset,
    /// Seed of everything random; the same seed, device and version give the same run
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Seed that shares the images out, where it is not --seed: runs with the same one are tested on the same images
    #[arg(long, value_name = "SEED")]
    pub split_seed: Option<u64>,
    /// Where to compute: auto (a hardware GPU, else the CPU), gpu (any adapter, software ones too), gpu:N (the adapter of that number
    /// in plateau devices) or cpu
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// How the supernet computes its mixed operations: fused (Plateau's kernels) or stock (Burn's own operations, the baseline)
    #[arg(long, default_value = "fused")]
    pub kernels: KernelChoice,
    /// What the fused kernels keep for the backward pass: keep (faster), recompute (less memory) or auto (by the forecast)
    #[arg(long, default_value = "auto")]
    pub memory: MemoryChoice,
    /// Share of the images kept for the one test at the end
    #[arg(long, default_value_t = TEST_SHARE)]
    pub test_share: f64,
    /// Folder for this run; by default runs/DATASET-STRATEGY-SEED with a number added where that exists
    #[arg(long)]
    pub run_dir: Option<PathBuf>,
    /// Go on with the run in this folder where its last checkpoint stands, bit for bit; its settings are taken from there
    #[arg(long, value_name = "DIR", conflicts_with = "run_dir")]
    pub resume: Option<PathBuf>,
    /// Save a checkpoint every so many steps (default: every 30 seconds), besides at the end of every epoch and at a stop
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    pub checkpoint_every: Option<u32>,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    pub json: bool,
}

/// Whether a flag was given on the command line, by its name in Rust.
pub type Given<'a> = &'a dyn Fn(&str) -> bool;

impl RunArgs {
    /// Runs a configuration in a fresh folder: the one that was asked for, or `runs/name` with a number added where that exists.
    pub fn start(&self, config: RunConfig, name: &str) -> Result<Outcome, CliError> {
        config.check().map_err(CliError::new)?;
        if let Some(folder) = &self.run_dir {
            Recorder::check_free(folder).map_err(CliError::new)?;
        }
        let start = Start {
            checkpoints: Some(self.checkpoints()),
            ..Start::new(config)
        };
        let open = || match &self.run_dir {
            Some(folder) => Recorder::create(folder),
            None => Recorder::create_free(Path::new("runs"), name),
        };
        drive(start, open, Vec::new(), GoesOn::Itself(None))
    }

    /// Goes on with a run. `asked` puts what was given on the command line over the settings of the run, which must stay what
    /// they are.
    pub fn resume(
        &self,
        folder: &Path,
        given: Given,
        asked: impl FnOnce(&mut RunConfig) -> Result<(), CliError>,
    ) -> Result<Outcome, CliError> {
        let found = Recorder::interrupted(folder).map_err(CliError::new)?;
        let now = given("dataset").then_some(self.dataset.as_str());
        stop::goes_on(format!("stopped; {}", go_on(&found.config, folder, now)));
        find_data(folder, &found.config.dataset, &found.hash, now)?;
        let mut config = found.config.clone();
        self.apply(&mut config, given);
        asked(&mut config)?;
        let other = differences(&found.config, &config);
        if !other.is_empty() {
            return Err(CliError(format!(
                "{} cannot go on with other settings: {}; leave these flags away, or start a new run",
                folder.display(),
                other.join(", ")
            )));
        }
        for text in found.notes() {
            note!("note: {text}");
        }
        if let Some(from) = &found.from {
            note!(
                "resuming {} after {} step {} of {}",
                folder.display(),
                from.position.phase,
                from.position.step,
                from.position.steps
            );
        }
        let start = Start {
            checkpoints: Some(self.checkpoints()),
            from: found.from,
            ..Start::new(config)
        };
        drive(
            start,
            || found.tail.cut(),
            found.events,
            GoesOn::Itself(now),
        )
    }

    pub fn checkpoints(&self) -> CheckpointEvery {
        match self.checkpoint_every {
            Some(steps) => CheckpointEvery::Steps(steps),
            None => CheckpointEvery::default(),
        }
    }

    /// Puts what was given over a configuration.
    fn apply(&self, config: &mut RunConfig, given: Given) {
        let mut put = |name, change: &dyn Fn(&mut RunConfig)| {
            if given(name) {
                change(config);
            }
        };
        put("test_share", &|config| config.test_share = self.test_share);
        put("seed", &|config| config.seed = self.seed);
        put("split_seed", &|config| config.split_seed = self.split_seed);
        put("device", &|config| config.device = self.device);
        put("kernels", &|config| config.kernels = self.kernels);
        put("memory", &|config| config.memory = self.memory);
    }

    /// The configuration of a search, or of training a given genotype.
    pub fn config(
        &self,
        search: Option<SearchConfig>,
        genotype: Option<Genotype>,
        train: TrainConfig,
    ) -> RunConfig {
        RunConfig {
            version: RUN_VERSION,
            dataset: absolute(&self.dataset),
            test_share: self.test_share,
            seed: self.seed,
            split_seed: self.split_seed,
            kind: RunKind::Full,
            device: self.device,
            kernels: self.kernels,
            memory: self.memory,
            search,
            genotype,
            train,
        }
    }
}

/// Lets the run of a folder find its images: where they were, or where `now` says. Their hash proves that they are the same.
pub fn find_data(folder: &Path, name: &str, hash: &str, now: Option<&str>) -> Result<(), CliError> {
    let Some(now) = now.map(absolute).filter(|now| now != name) else {
        return match path_of(name) {
            Some(path) if !path.exists() => Err(CliError(format!(
                "the images of {} are not at {} any more: say with --dataset PATH where they are",
                folder.display(),
                path.display()
            ))),
            _ => Ok(()),
        };
    };
    let mut dataset = Dataset::load(&now).map_err(CliError::new)?;
    let found = dataset.hash();
    if found != hash {
        return Err(CliError(format!(
            "{now} is not what {} was run on: its images have the SHA-256 {found}, those of the run {hash}",
            folder.display()
        )));
    }
    dataset.name = short_name(name);
    hand_over_once(name, dataset);
    Ok(())
}

/// The supernet of a run folder. Where its own file cannot be used and another is, that is said.
pub fn supernet_of(folder: &Path) -> Result<Checkpoint, StoreError> {
    let found = load_supernet(folder)?;
    if let Some(text) = found.note() {
        note!("note: {text}");
    }
    Ok(found.checkpoint)
}

/// What was given of the settings of `C`; all others are the preset's.
struct Overrides<C: 'static>(Vec<(&'static Setting<C>, String)>);

impl<C: Clone + Send + Sync> Overrides<C> {
    /// A flag for every setting, below a heading. `sample` is a configuration that texts are tried on.
    fn flags(
        command: Command,
        heading: &'static str,
        settings: &'static [Setting<C>],
        sample: fn() -> C,
    ) -> Command {
        let command = command.next_help_heading(heading);
        settings.iter().fold(command, |command, setting| {
            let flag = Arg::new(setting.key())
                .long(setting.key())
                .help(setting.sentence());
            command.arg(match setting.value {
                Value::Switch(..) => flag.action(ArgAction::SetTrue),
                _ => flag
                    .value_name(value_name(setting))
                    .value_parser(move |text: &str| {
                        setting.set(&mut sample(), text).map(|()| text.to_owned())
                    }),
            })
        })
    }

    fn read(matches: &ArgMatches, settings: &'static [Setting<C>]) -> Self {
        let given = settings.iter().filter_map(|setting| {
            let text = match setting.value {
                Value::Switch(..) => matches.get_flag(setting.key()).then(|| true.to_string()),
                _ => matches.get_one::<String>(setting.key()).cloned(),
            };
            text.map(|text| (setting, text))
        });
        Self(given.collect())
    }

    /// What was given behind a flag.
    fn text(&self, key: &str) -> Option<&str> {
        let mut given = self.0.iter();
        let found = given.find(|(setting, _)| setting.key() == key);
        found.map(|(_, text)| text.as_str())
    }

    fn parsed<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    /// Puts what was given over the preset's values.
    fn apply(&self, config: &mut C) {
        for (setting, text) in &self.0 {
            // It was tried when it was read.
            let _set = setting.set(config, text);
        }
    }
}

/// What stands for a value behind its flag.
fn value_name<C>(setting: &Setting<C>) -> String {
    let key = setting.flag.trim_start_matches('-');
    let word = match &setting.value {
        Value::Word(words @ ([_, _] | [_, _, _]), ..)
            if words.iter().all(|word| !word.text.contains(':')) =>
        {
            let words: Vec<&str> = words.iter().map(|word| word.text).collect();
            return words.join("|");
        }
        _ => match setting.unit.trim_start() {
            "" => key,
            unit if unit.contains(' ') => key,
            unit => unit,
        },
    };
    word.to_uppercase().replace('-', "_")
}

/// Overrides of the search settings; each defaults to the preset's.
pub struct SearchOverrides(Overrides<SearchConfig>);

/// Overrides of the settings of training from scratch; each defaults to the preset's.
pub struct TrainOverrides(Overrides<TrainConfig>);

macro_rules! arguments {
    ($overrides:ty, $settings:expr, $heading:literal, $sample:expr) => {
        impl Args for $overrides {
            fn augment_args(command: Command) -> Command {
                Overrides::flags(command, $heading, $settings, $sample)
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }

        impl FromArgMatches for $overrides {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(Overrides::read(matches, $settings)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }
    };
}

arguments!(
    SearchOverrides,
    SEARCH,
    "Search settings (default: the preset's)",
    || Preset::Quick.search(Space::Darts, Strategy::Darts)
);
arguments!(
    TrainOverrides,
    TRAIN,
    "Settings of training from scratch (default: the preset's)",
    || Preset::Quick.train(Space::Darts)
);

impl SearchOverrides {
    /// Whether the number of epochs was given.
    pub fn epochs_given(&self) -> bool {
        self.0.text("epochs").is_some()
    }

    /// Whether batches were given for a sharpness that was not asked for.
    pub fn batches_of_no_sharpness(&self) -> bool {
        let given = |key| self.0.text(key).is_some();
        given("sharpness-batches") && !given("sharpness") && !given("early-stop")
    }

    /// The candidates that were given.
    pub fn candidates(&self) -> Option<Candidates> {
        self.0.parsed("candidates")
    }

    /// What sampling searches use of them.
    pub fn neighborhood(&self) -> NeighborhoodSettings {
        NeighborhoodSettings {
            radius: self.0.parsed("radius"),
            neighbors: self.0.parsed("neighbors"),
            aggregation: self.0.parsed("aggregation"),
            exclude_self: self.0.text("exclude-self").is_some(),
        }
    }

    /// Puts what was given over the preset's values.
    pub fn apply(&self, config: &mut SearchConfig) {
        self.0.apply(config);
    }

    /// Whether flips are switched off altogether.
    pub fn no_flip(&self) -> bool {
        self.0.text("no-flip").is_some()
    }
}

impl TrainOverrides {
    /// Puts what was given over the preset's values.
    pub fn apply(&self, config: &mut TrainConfig, no_flip: bool) {
        self.0.apply(config);
        config.augmentation.flip &= !no_flip;
    }
}

/// Settings that sampling searches share with gradient searches; each may be left out.
pub struct NeighborhoodSettings {
    /// Edges that a neighbor may change.
    pub radius: Option<usize>,
    /// Neighbors of a draw that are evaluated.
    pub neighbors: Option<usize>,
    /// How their losses are joined.
    pub aggregation: Option<Aggregation>,
    /// Whether a draw itself is left out of its neighborhood.
    pub exclude_self: bool,
}

/// The settings of a search and of the training after it: what was given over the preset, which fits the images.
pub fn trained_with(
    run: &RunArgs,
    space: Space,
    strategy: Strategy,
    given: &SearchOverrides,
    given_train: &TrainOverrides,
) -> Result<(SearchConfig, TrainConfig), CliError> {
    let mut search = run.preset.search(space, strategy);
    let mut train = run.preset.train(space);
    let name = absolute(&run.dataset);
    let image = fit_to_images(&name, run.preset, space, Some(&mut search), &mut train)?;
    given.apply(&mut search);
    given_train.apply(&mut train, given.no_flip());
    leave_head_away(image, &mut train);
    Ok((search, train))
}

/// Fits the settings of a preset to the images of a data set, which the next load of that name gets, and says what that changed.
/// Rows and columns of the images.
pub fn fit_to_images(
    name: &str,
    preset: Preset,
    space: Space,
    search: Option<&mut SearchConfig>,
    train: &mut TrainConfig,
) -> Result<[usize; 2], CliError> {
    let dataset = Dataset::load(name).map_err(CliError::new)?;
    let image = [dataset.height, dataset.width];
    for note in preset.fit(space, search, train, image) {
        note!("note: {note}");
    }
    leave_head_away(image, train);
    hand_over_once(name, dataset);
    Ok(image)
}

/// The auxiliary head of the `paper` preset needs larger images than some sets have.
pub fn leave_head_away(image: [usize; 2], train: &mut TrainConfig) {
    if train.auxiliary_weight > 0.0 && !has_room_for_head(image) {
        let [rows, columns] = image;
        note!("note: no auxiliary head on {rows}×{columns} images (it needs 32×32)");
        train.auxiliary_weight = 0.0;
    }
}
