//! One process among those that work on a comparison.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::super::CliError;
use super::super::judge::trained;
use super::super::looked_up::LookedUp;
use super::super::out::note;
use super::super::stop;
use super::one_run::{entry_of, outcome};
use super::{CompareArgs, STOPPED, save};
use crate::data::short_name;
use crate::landscape::SupernetEvaluator;
use crate::record::{CLAIM, Claim};
use crate::session::{RunConfig, open_supernet};
use crate::study::compare::{Arm, Comparison, JudgedBy, judge_of};

/// Between two looks at what others do.
const LOOK: Duration = Duration::from_millis(500);

/// What it works with.
pub struct Worker<'a> {
    args: &'a CompareArgs,
    folder: &'a Path,
    halves: [usize; 2],
    looked_up: Option<&'a LookedUp>,
    /// One judge for all, or that of the split of the last run.
    judge: Option<(u64, SupernetEvaluator)>,
    /// Runs that it has done.
    done: usize,
}

impl<'a> Worker<'a> {
    pub fn new(
        args: &'a CompareArgs,
        folder: &'a Path,
        halves: [usize; 2],
        looked_up: Option<&'a LookedUp>,
    ) -> Self {
        Self {
            args,
            folder,
            halves,
            looked_up,
            judge: None,
            done: 0,
        }
    }

    /// Does what is missing and nobody else does, each run written down before the next one begins. A shard ends when others do the rest; whoever
    /// is none waits for them, and takes over what they leave.
    pub fn work(&mut self, comparison: &mut Comparison) -> Result<(), CliError> {
        let mut told = false;
        loop {
            if let Some((seed, strategy, _claim)) = self.claimed(comparison)? {
                self.run(comparison, seed, strategy)?;
                continue;
            }
            comparison.gather(self.folder).map_err(CliError::new)?;
            let left = self.args.left(comparison).len();
            if left == 0 {
                return Ok(());
            }
            if self.args.shard.is_some() {
                note!("compare  what is left, {left} of the runs, is done by other processes now");
                return Ok(());
            }
            if !told {
                note!("compare  waiting for {left} of the runs, which other processes do");
                told = true;
            }
            thread::sleep(LOOK);
        }
    }

    /// The first run that is left and that nobody does.
    fn claimed(&self, comparison: &mut Comparison) -> Result<Option<(u64, Arm, Claim)>, CliError> {
        for (seed, strategy) in self.args.left(comparison) {
            let name = format!("{}.{CLAIM}", run_name(&strategy, seed));
            let claim = Claim::take(&self.folder.join(name)).map_err(CliError::new)?;
            let Some(claim) = claim else {
                continue;
            };
            // Who had it before may have finished it.
            comparison.gather(self.folder).map_err(CliError::new)?;
            if comparison.missing().contains(&(seed, strategy.clone())) {
                return Ok(Some((seed, strategy, claim)));
            }
        }
        Ok(None)
    }

    /// Does one run and writes it down.
    fn run(
        &mut self,
        comparison: &mut Comparison,
        seed: u64,
        strategy: Arm,
    ) -> Result<(), CliError> {
        let config = comparison.run(&strategy, seed, self.halves);
        let config = config.map_err(CliError::new)?;
        let split = config.split_seed.unwrap_or(seed);
        if let JudgedBy::Judge { epochs } = comparison.judged_by
            && self.judge.as_ref().is_none_or(|(of, _)| *of != split)
        {
            let opened = self.judge_of_split(comparison, &config, epochs)?;
            self.judge = Some((split, opened));
        }
        stop::goes_on(STOPPED.into());
        note!(
            "compare  run {} of {}: {strategy}, seed {seed}",
            self.done + 1,
            self.done + self.args.left(comparison).len()
        );
        let name = run_name(&strategy, seed);
        let outcome = outcome(self.folder, &name, &config, self.args.run.checkpoints());
        let outcome = outcome.map_err(|error| match stop::exit_code() {
            1 => CliError(format!(
                "{error} (in a comparison the same plateau compare goes on with such a run, and keeps the finished ones)"
            )),
            _ => CliError(STOPPED.into()),
        })?;
        stop::goes_on(STOPPED.into());
        let images = comparison
            .images
            .get_or_insert(outcome.dataset.hash.clone());
        if *images != outcome.dataset.hash {
            return Err(CliError(format!(
                "the images of {} have changed since this comparison began; choose another --run-dir",
                short_name(&self.args.run.dataset)
            )));
        }
        comparison.ran_on(&outcome.device.name);
        let judge = self.judge.as_mut().map(|(_, judge)| judge);
        let entry = entry_of(strategy, &outcome, self.looked_up, judge)?;
        note!(
            "result   {}, seed {seed}: {:.2} %, its {} neighbors {:.2} % (worst {:.2} %)",
            entry.strategy,
            entry.accuracy,
            entry.neighborhood.count,
            entry.neighborhood.mean,
            entry.neighborhood.worst
        );
        comparison.add(entry);
        self.done += 1;
        save(comparison, self.folder, self.args.shard)
    }

    /// The supernet that scores what is found on the split of a run, trained now as far as it is not.
    fn judge_of_split(
        &self,
        comparison: &Comparison,
        run: &RunConfig,
        epochs: usize,
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
        let folder = self.folder.join(name);
        let claim = folder.with_extension(CLAIM);
        let claimed = match Claim::take(&claim) {
            Ok(None) => {
                note!("judge    waiting for another process, which trains it");
                Claim::wait(&claim)
            }
            Ok(Some(claim)) => Ok(claim),
            Err(error) => Err(error),
        };
        let _claim = claimed.map_err(CliError::new)?;
        let checkpoint = trained(config, &folder, self.args.run.checkpoints(), STOPPED)?;
        let supernet = open_supernet(&checkpoint, self.args.run.device, None);
        pollster::block_on(supernet).map_err(CliError::new)
    }
}

/// The name of a run's folder and claim.
fn run_name(strategy: &Arm, seed: u64) -> String {
    format!("{}-{seed}", strategy.folder_name())
}
