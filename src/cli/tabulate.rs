//! `plateau tabulate`: trains every architecture of a small space and writes a benchmark table.

mod kept;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use super::out::{self, note, say};
use super::stop;
use crate::data::{Augmentation, Dataset, hand_over_once};
use crate::session::{Preset, TrainConfig};
use crate::space::Space;
use crate::study::{TabulateConfig, tabulate};
use crate::whole::{check_writable, write_whole};
use kept::Kept;

/// What a stop says.
const STOPPED: &str = "stopped; go on with the same plateau tabulate";

/// Arguments of `plateau tabulate`.
#[derive(Args)]
#[command(
    after_help = "Every architecture is trained from scratch, on the CPU, on one half of the images outside the test part; those that \
NAS-Bench-201 counts as one function share their networks. Columns, in \
percent: ValidationAccuracy on the other half and TestAccuracy on the test part, means over the seeds with their standard errors, and both \
of every seed. The same \
flags give the same table. Until it is complete its networks are kept beside it, in FILE.networks.jsonl: the same command goes on after a stop.\n\n\
JSON: space, dataset, architectures, seeds, epochs, networks, best (genotype, validation, test), mean, worst, seconds, out"
)]
pub struct TabulateArgs {
    /// The table's file (CSV). One that is there stays as it is until the new table is complete
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Data set: digits, mnist5k, fashion, or a file or folder of your own; options follow behind #, as in mnist5k#size=14
    #[arg(long, default_value = "digits")]
    dataset: String,
    /// nas-bench-201-small (125 architectures) or nas-bench-201 (15,625: days)
    #[arg(long, default_value = "nas-bench-201-small")]
    space: Space,
    /// Passes over the training images
    #[arg(long, default_value_t = 8)]
    epochs: usize,
    /// Channels of the first cells (even)
    #[arg(long, default_value_t = 8)]
    channels: usize,
    /// Cells of each of the three stages
    #[arg(long, default_value_t = 1)]
    layers: usize,
    /// Images a step
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Highest learning rate (cosine schedule to 0)
    #[arg(long, default_value_t = 0.05)]
    rate: f64,
    /// How often every architecture is trained (1 to 31)
    #[arg(long, default_value_t = 3)]
    seeds: usize,
    /// First seed; it also splits the images
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Share of the images in the test part
    #[arg(long, default_value_t = 0.3)]
    test_share: f64,
    /// Networks trained at the same time (default: one a core)
    #[arg(long)]
    threads: Option<usize>,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// Trains all and writes the table.
pub fn run(args: &TabulateArgs) -> Result<(), CliError> {
    let config = args.config();
    let out = args.out.display();
    // An impossible file should be known before hours of training.
    check_writable(&args.out).map_err(|error| CliError(format!("cannot write {out}: {error}")))?;
    let dataset = Dataset::load(&config.dataset).map_err(CliError::new)?;
    let (mut kept, known) = Kept::open(&args.out, &config, &dataset.hash())?;
    hand_over_once(&config.dataset, dataset);
    if !known.is_empty() {
        stop::goes_on(STOPPED.into());
        note!("note: {} networks are trained already", known.len());
    }
    let started = Instant::now();
    let bar = ProgressBar::new(0);
    // The template is a constant of this file; a mistake in it falls back to the default bar.
    if let Ok(style) = ProgressStyle::with_template("networks {wide_bar} {pos}/{len}  {eta} left") {
        bar.set_style(style);
    }
    let mut networks = 0;
    let table = tabulate(&config, &known, &mut |done, total, trained| {
        networks = total;
        if let Some(trained) = trained {
            if kept.keeps() {
                stop::goes_on(STOPPED.into());
            }
            kept.add(&trained);
        }
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    // Its settings of training have no prefix here.
    let table = table.map_err(|error| CliError(error.to_string().replace("--train-", "--")))?;
    write_whole(&args.out, table.to_csv().as_bytes())
        .map_err(|error| CliError(format!("cannot write {out}: {error}")))?;
    kept.forget();

    let seconds = started.elapsed().as_secs_f64();
    let [validation, test] = [&table.values()[0], &table.values()[1]];
    let architectures = validation.len();
    let mean = validation.iter().sum::<f64>() / architectures as f64;
    let worst = validation.iter().copied().fold(f64::INFINITY, f64::min);
    let Some((best, accuracy)) = table.best(&table.metrics()[0]) else {
        return Err(CliError("the table has no best architecture".into()));
    };
    let test = table.index_of(&best).map(|index| test[index]);
    if args.json {
        let summary = serde_json::json!({
            "space": config.space,
            "dataset": config.dataset,
            "architectures": architectures,
            "seeds": config.seeds,
            "epochs": config.train.epochs,
            "networks": networks,
            "best": { "genotype": best.to_text(), "validation": accuracy, "test": test },
            "mean": mean,
            "worst": worst,
            "seconds": seconds,
            "out": args.out.display().to_string(),
        });
        return out::json(&summary.to_string());
    }
    say!(
        "{architectures} architectures of {}, {networks} networks trained in {seconds:.0} s",
        config.space
    )?;
    say!("validation accuracy  mean {mean:.2} %, worst {worst:.2} %, best {accuracy:.2} %")?;
    say!("best                 {}", best.to_text())?;
    say!("table                {out}")
}

impl TabulateArgs {
    fn config(&self) -> TabulateConfig {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        TabulateConfig {
            space: self.space,
            dataset: self.dataset.clone(),
            test_share: self.test_share,
            train: TrainConfig {
                channels: self.channels,
                layers: self.layers,
                epochs: self.epochs,
                batch: self.batch,
                rate: self.rate,
                augmentation: Augmentation::default(),
                ..Preset::Quick.train(self.space)
            },
            seed: self.seed,
            seeds: self.seeds,
            threads: self.threads.unwrap_or(cores),
        }
    }
}
