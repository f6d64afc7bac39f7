//! `plateau train`.

use clap::Args;

use super::CliError;
use super::genotype::read_genotype;
use super::search::report;
use super::settings::{Given, RunArgs, TrainOverrides, fit_to_images, leave_head_away};
use crate::data::{absolute, file_name};
use crate::session::RunConfig;

/// Arguments of `plateau train`.
#[derive(Args)]
pub struct TrainArgs {
    /// A file (FILE:NAME of several), - (standard input), a preset (darts-v1, darts-v2, …) or the text of a genotype
    #[arg(required_unless_present = "resume")]
    genotype: Option<String>,
    #[command(flatten)]
    run: RunArgs,
    /// Never mirror images (grey ones never are)
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
            let (space, preset) = (genotype.space(), args.run.preset);
            let mut train = preset.train(space);
            let name = absolute(&args.run.dataset);
            let image = fit_to_images(&name, preset, space, None, &mut train)?;
            args.train.apply(&mut train, args.no_flip);
            leave_head_away(image, &mut train);
            let config = args.run.config(None, Some(genotype), train);
            let dataset = file_name(&args.run.dataset);
            let name = format!("{dataset}-train-{}", args.run.seed);
            args.run.start(config, &name)?
        }
        (None, None) => return Err(CliError("give a genotype, or --resume DIR".into())),
    };
    report(&outcome, None, args.run.json)
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
            let (space, preset) = (genotype.space(), self.run.preset);
            config.train = preset.train(space);
            fit_to_images(&config.dataset, preset, space, None, &mut config.train)?;
        }
        self.train.apply(&mut config.train, self.no_flip);
        Ok(())
    }
}
