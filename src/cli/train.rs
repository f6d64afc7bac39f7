//! `plateau train`.

use clap::Args;

use super::CliError;
use super::genotype::read_genotype;
use super::progress::drive;
use super::search::{fit_to_images, folder, report};
use super::settings::{RunArgs, TrainOverrides};

/// Arguments of `plateau train`.
#[derive(Args)]
pub struct TrainArgs {
    /// A file, a preset (darts-v1, darts-v2, pc-darts-cifar, …) or the text of a genotype in any of its three forms
    genotype: String,
    #[command(flatten)]
    run: RunArgs,
    /// Never mirror images (digits and mnist5k never are)
    #[arg(long)]
    no_flip: bool,
    #[command(flatten)]
    train: TrainOverrides,
}

/// Trains and tests.
pub fn run(args: &TrainArgs) -> Result<(), CliError> {
    let genotype = read_genotype(&args.genotype)?;
    let mut train = args.run.preset.train(genotype.space());
    args.train.apply(&mut train, args.no_flip);
    fit_to_images(&args.run, &mut train)?;
    let config = args.run.config(None, Some(genotype), train);
    let name = format!("{}-train-{}", args.run.dataset, args.run.seed);
    let outcome = drive(config, &folder(&args.run, &name))?;
    report(&outcome, &args.run, None);
    Ok(())
}
