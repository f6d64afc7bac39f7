//! `plateau train`.

use clap::Args;

use super::CliError;
use super::genotype::read_genotype;
use super::search::{fit_to_images, report};
use super::settings::{Given, RunArgs, TrainOverrides};
use crate::data::short_name;
use crate::session::RunConfig;

/// Arguments of `plateau train`.
#[derive(Args)]
pub struct TrainArgs {
    /// A file (FILE:NAME of several), - (standard input), a preset (darts-v1, darts-v2, …) or the text of a genotype
    #[arg(required_unless_present = "resume")]
    genotype: Option<String>,
    #[command(flatten)]
    run: RunArgs,
    /// Never mirror images (digits and mnist5k never are)
    #[arg(long)]
    no_flip: bool,
    #[command(flatten)]
    train: TrainOverrides,
}

/// Trains and tests.
pub fn run(args: &TrainArgs, given: Given) -> Result<(), CliError> {
    let outcome = match (&args.run.resume, &args.genotype) {
        (Some(folder), _) => args
            .run
            .resume(folder, given, |config| args.apply(config, given))?,
        (None, Some(genotype)) => {
            let genotype = read_genotype(genotype)?;
            let mut train = args.run.preset.train(genotype.space());
            args.train.apply(&mut train, args.no_flip);
            fit_to_images(&args.run.dataset, &mut train)?;
            let config = args.run.config(None, Some(genotype), train);
            let dataset = short_name(&args.run.dataset);
            let name = format!("{dataset}-train-{}", args.run.seed);
            args.run.start(config, &name)?
        }
        (None, None) => return Err(CliError("give a genotype, or --resume DIR".into())),
    };
    report(&outcome, args.run.json);
    Ok(())
}

impl TrainArgs {
    /// Puts what was given over the configuration of a training.
    fn apply(&self, config: &mut RunConfig, given: Given) -> Result<(), CliError> {
        let Some(genotype) = &mut config.genotype else {
            return Err(CliError(
                "this run is a search; use plateau search --resume".into(),
            ));
        };
        if let Some(asked) = &self.genotype {
            *genotype = read_genotype(asked)?;
        }
        if given("preset") {
            config.train = self.run.preset.train(genotype.space());
            fit_to_images(&config.dataset, &mut config.train)?;
        }
        self.train.apply(&mut config.train, self.no_flip);
        Ok(())
    }
}
