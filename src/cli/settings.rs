//! Flags shared by `search` and `train`, and how they change a preset.

use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use super::drive::{Outcome, drive, go_on};
use super::out::note;
use super::sampling::NeighborhoodSettings;
use super::stop;
use crate::data::{
    Augmentation, Dataset, LastBatch, absolute, hand_over_once, path_of, short_name,
};
use crate::search::a2m::HessianPoint;
use crate::search::na_darts::Representation;
use crate::search::{Draw, Order, Select, Temperature};
use crate::session::{
    CheckpointEvery, DeviceChoice, KernelChoice, MemoryChoice, Preset, RUN_VERSION, Recorder,
    RunConfig, RunKind, SearchConfig, Start, TEST_SHARE, TrainConfig, differences,
};
use crate::space::{Aggregation, Genotype};

/// What every run needs.
#[derive(Args)]
pub struct RunArgs {
    /// digits (8×8, 1,797 images), mnist5k (28×28, 5,000 images), fashion (28×28, 3,000 images), or a file or folder of your own: see
    /// plateau data info. Options follow behind #: mnist5k#size=14 scales images to 14×14, #grey takes colours away, #size=24x32,grey does both. With
    /// --resume: where the images of the run are now
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
    /// Where to compute: auto (a hardware GPU, else the CPU), gpu (any adapter, software ones too) or cpu
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
        drive(start, open, Vec::new(), None)
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
        for error in &found.refused {
            note!("note: {error}; the checkpoint before it is used");
        }
        match &found.from {
            Some(from) => note!(
                "resuming {} after {} step {} of {}",
                folder.display(),
                from.position.phase,
                from.position.step,
                from.position.steps
            ),
            None => note!(
                "note: {} has no checkpoint; its run starts again",
                folder.display()
            ),
        }
        let start = Start {
            config,
            checkpoints: Some(self.checkpoints()),
            from: found.from,
        };
        drive(start, || found.tail.cut(), found.events, now)
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

/// Overrides of the search settings; each defaults to the preset's.
#[derive(Args)]
#[command(next_help_heading = "Search settings (default: the preset's)")]
pub struct SearchOverrides {
    /// Channels of the supernet's first cells (even)
    #[arg(long)]
    channels: Option<usize>,
    /// Cells of the supernet (DARTS) or cells a stage (NAS-Bench-201)
    #[arg(long)]
    layers: Option<usize>,
    /// Passes over the half of the training images that trains the weights
    #[arg(long)]
    epochs: Option<usize>,
    /// Images a search step
    #[arg(long)]
    batch: Option<usize>,
    /// Images of its step of α, at most all that choose architectures; 0 for as many as --batch
    #[arg(long, value_name = "IMAGES")]
    alpha_batch: Option<usize>,
    /// What becomes of an epoch's incomplete last batch of the search: drop (its images come in other epochs) or keep (a smaller batch,
    /// as in DARTS' program, unless it is a single image)
    #[arg(long, value_name = "drop|keep")]
    last_batch: Option<LastBatch>,
    /// Highest learning rate of the supernet's weights (cosine schedule)
    #[arg(long)]
    weight_rate: Option<f64>,
    /// Lowest learning rate of the supernet's weights
    #[arg(long)]
    weight_rate_min: Option<f64>,
    /// Momentum of the supernet's weights
    #[arg(long)]
    momentum: Option<f64>,
    /// L2 penalty of the supernet's weights
    #[arg(long)]
    weight_decay: Option<f64>,
    /// Longest gradient of the supernet's weights; 0 for any length
    #[arg(long)]
    clip: Option<f64>,
    /// Adam's learning rate for the architecture α
    #[arg(long)]
    alpha_rate: Option<f64>,
    /// L2 penalty of the architecture α
    #[arg(long)]
    alpha_decay: Option<f64>,
    /// Temperature T of the operations' weights softmax(α/T), or FROM:TO over the search
    #[arg(long, value_name = "T|FROM:TO")]
    temperature: Option<Temperature>,
    /// NA-DARTS: how many edges a neighbor may change (0 to 3); 0 is plain DARTS. na-rs: 1 to 6
    #[arg(long)]
    radius: Option<usize>,
    /// NA-DARTS: neighbors drawn a step; 0 is plain DARTS. na-rs: neighbors of a draw; 0 is all of them
    #[arg(long)]
    neighbors: Option<usize>,
    /// NA-DARTS, na-rs: how the neighbors' losses are joined: mean, median, max, min, mean+std:λ, quantile:q,
    /// logsumexp:τ or own:W (W times the own loss, the rest the mean of the others)
    #[arg(long)]
    aggregation: Option<Aggregation>,
    /// NA-DARTS: how a neighbor is made differentiable: permutation, mass-transfer:SHARE or hard-replacement
    #[arg(long)]
    representation: Option<Representation>,
    /// NA-DARTS: how a step's neighbors are drawn: ball (uniformly), antithetic (in pairs with opposite shifts) or edge (all
    /// changes of one edge, then of another)
    #[arg(long)]
    draw: Option<Draw>,
    /// Epochs at the start in which only the weights are trained
    #[arg(long, value_name = "EPOCHS")]
    alpha_after: Option<usize>,
    /// Which step comes first: alpha-first (as DARTS) or weights-first (as NAS-Bench-201's program)
    #[arg(long)]
    order: Option<Order>,
    /// Which epoch's architecture the search ends with: last, or best-validation (of the best mean accuracy on the architecture half)
    #[arg(long)]
    select: Option<Select>,
    /// NA-DARTS, na-rs: leave the architecture itself out of its neighborhood
    #[arg(long)]
    exclude_self: bool,
    /// A2M: how far α is moved along its gradient before the gradient is taken; 0 is plain DARTS
    #[arg(long)]
    rho: Option<f64>,
    /// A2M: where the Hessian is taken: ascended (after that move, as the authors' program does) or alpha (as the objective has it)
    #[arg(long)]
    hessian_point: Option<HessianPoint>,
    /// SDARTS-RS: largest perturbation of an operation's weight, reached linearly from its tenth; 0 is plain DARTS
    #[arg(long)]
    perturbation: Option<f64>,
    /// Measure the sharpness (largest eigenvalue of the Hessian of the validation loss in α) every so many steps, and
    /// what one changed operation does to the loss; each measurement takes up to 40 gradient passes a batch, and a forward pass of every
    /// neighbor of the derived architecture
    #[arg(long, value_name = "STEPS")]
    sharpness: Option<usize>,
    /// Batches of the architecture half: a measurement of the sharpness is the mean over them of that on one, with its standard error
    /// [default: 1]
    #[arg(long, value_name = "N")]
    sharpness_batches: Option<usize>,
    /// End the search when its sharpness rises (RobustDARTS) and keep the earlier architecture: when the mean of five
    /// measurements is 1.3 times that of four measurements before, at the earliest that after a fifth of the search. Without
    /// --sharpness it is measured 25 times
    #[arg(long)]
    early_stop: bool,
    /// Most memory a search step may take, MB (default: half of the machine's, or of what the container or job may use)
    #[arg(long)]
    memory_limit: Option<u64>,
    /// Random shift of the search images, pixels
    #[arg(long)]
    crop_padding: Option<usize>,
    /// Never mirror images (grey ones never are)
    #[arg(long)]
    no_flip: bool,
    /// Side of the square cut out of the search images, pixels
    #[arg(long)]
    cutout: Option<usize>,
}

/// Overrides of the settings of training from scratch; each defaults to the preset's.
#[derive(Args)]
#[command(next_help_heading = "Settings of training from scratch (default: the preset's)")]
pub struct TrainOverrides {
    /// Channels of the derived network's first cells (even)
    #[arg(long)]
    train_channels: Option<usize>,
    /// Cells of the derived network (DARTS) or cells a stage (NAS-Bench-201)
    #[arg(long)]
    train_layers: Option<usize>,
    /// Passes over all training images
    #[arg(long)]
    train_epochs: Option<usize>,
    /// Images a step
    #[arg(long)]
    train_batch: Option<usize>,
    /// What becomes of an epoch's incomplete last batch: drop or keep
    #[arg(long, value_name = "drop|keep")]
    train_last_batch: Option<LastBatch>,
    /// Highest learning rate (cosine schedule to 0)
    #[arg(long)]
    train_rate: Option<f64>,
    /// Momentum
    #[arg(long)]
    train_momentum: Option<f64>,
    /// L2 penalty
    #[arg(long)]
    train_weight_decay: Option<f64>,
    /// Longest gradient; 0 for any length, as NAS-Bench-201 trained
    #[arg(long)]
    train_clip: Option<f64>,
    /// Weight of the auxiliary head's loss; 0 leaves the head away (it needs images of 32×32 or more)
    #[arg(long)]
    auxiliary_weight: Option<f64>,
    /// Probability of drop path at the last epoch
    #[arg(long)]
    drop_path: Option<f64>,
    /// Share of the target spread over all classes
    #[arg(long)]
    label_smoothing: Option<f64>,
    /// Random shift of the training images, pixels
    #[arg(long)]
    train_crop_padding: Option<usize>,
    /// Side of the square cut out of the training images, pixels
    #[arg(long)]
    train_cutout: Option<usize>,
}

fn set<T: Copy>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

impl SearchOverrides {
    /// Whether the number of epochs was given.
    pub fn epochs_given(&self) -> bool {
        self.epochs.is_some()
    }

    /// Whether batches were given for a sharpness that was not asked for.
    pub fn batches_of_no_sharpness(&self) -> bool {
        self.sharpness_batches.is_some() && self.sharpness.is_none() && !self.early_stop
    }

    /// What sampling searches use of them.
    pub fn neighborhood(&self) -> NeighborhoodSettings {
        NeighborhoodSettings {
            radius: self.radius,
            neighbors: self.neighbors,
            aggregation: self.aggregation,
            exclude_self: self.exclude_self,
        }
    }

    /// Puts what was given over the preset's values.
    pub fn apply(&self, config: &mut SearchConfig) {
        set(&mut config.channels, self.channels);
        set(&mut config.layers, self.layers);
        set(&mut config.epochs, self.epochs);
        set(&mut config.batch, self.batch);
        set(&mut config.alpha_batch, self.alpha_batch);
        set(&mut config.last_batch, self.last_batch);
        set(&mut config.weight_rate, self.weight_rate);
        set(&mut config.weight_rate_min, self.weight_rate_min);
        set(&mut config.momentum, self.momentum);
        set(&mut config.weight_decay, self.weight_decay);
        set(&mut config.clip, self.clip);
        set(&mut config.alpha_rate, self.alpha_rate);
        set(&mut config.alpha_decay, self.alpha_decay);
        set(&mut config.temperature, self.temperature);
        set(&mut config.radius, self.radius);
        set(&mut config.neighbors, self.neighbors);
        set(&mut config.aggregation, self.aggregation);
        set(&mut config.representation, self.representation);
        config.exclude_self |= self.exclude_self;
        set(&mut config.draw, self.draw);
        set(&mut config.alpha_after, self.alpha_after);
        set(&mut config.order, self.order);
        set(&mut config.select, self.select);
        set(&mut config.rho, self.rho);
        set(&mut config.hessian_point, self.hessian_point);
        set(&mut config.perturbation, self.perturbation);
        set(&mut config.sharpness, self.sharpness);
        set(&mut config.sharpness_batches, self.sharpness_batches);
        config.early_stop |= self.early_stop;
        set(&mut config.memory_limit, self.memory_limit);
        augment(
            &mut config.augmentation,
            self.crop_padding,
            self.cutout,
            self.no_flip,
        );
    }

    /// Whether flips are switched off altogether.
    pub fn no_flip(&self) -> bool {
        self.no_flip
    }
}

impl TrainOverrides {
    /// Puts what was given over the preset's values.
    pub fn apply(&self, config: &mut TrainConfig, no_flip: bool) {
        set(&mut config.channels, self.train_channels);
        set(&mut config.layers, self.train_layers);
        set(&mut config.epochs, self.train_epochs);
        set(&mut config.batch, self.train_batch);
        set(&mut config.last_batch, self.train_last_batch);
        set(&mut config.rate, self.train_rate);
        set(&mut config.momentum, self.train_momentum);
        set(&mut config.weight_decay, self.train_weight_decay);
        set(&mut config.clip, self.train_clip);
        set(&mut config.auxiliary_weight, self.auxiliary_weight);
        set(&mut config.drop_path, self.drop_path);
        set(&mut config.label_smoothing, self.label_smoothing);
        augment(
            &mut config.augmentation,
            self.train_crop_padding,
            self.train_cutout,
            no_flip,
        );
    }
}

fn augment(
    augmentation: &mut Augmentation,
    crop_padding: Option<usize>,
    cutout: Option<usize>,
    no_flip: bool,
) {
    set(&mut augmentation.crop_padding, crop_padding);
    set(&mut augmentation.cutout, cutout);
    augmentation.flip &= !no_flip;
}
