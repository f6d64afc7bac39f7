//! One process among those that work on a comparison.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::super::CliError;
use super::super::judge::{Untrained, trained};
use super::super::looked_up::LookedUp;
use super::super::out::note;
use super::super::stop;
use super::one_run::{entry_of, is_of, outcome};
use super::{COMMAND, CompareArgs, STOPPED, save};
use crate::data::short_name;
use crate::landscape::SupernetEvaluator;
use crate::record::{CLAIM, Claim, Recorder, read_events};
use crate::session::{Checkpoint, Event, RunConfig, open_supernet};
use crate::study::compare::{Arm, Comparison, JudgedBy, judge_of};

/// Between two looks at what others do.
const LOOK: Duration = Duration::from_millis(500);
/// When a run that another process records without a claim is looked at again.
const AGAIN: Duration = Duration::from_secs(5);

/// What it works with.
pub struct Worker<'a> {
    args: &'a CompareArgs,
    folder: &'a Path,
    halves: [usize; 2],
    looked_up: Option<&'a LookedUp>,
    /// One judge for all, or that of the split of the last run.
    judge: Option<(u64, SupernetEvaluator)>,
    /// Runs that it has done.
    pub done: Vec<(u64, Arm)>,
    /// Runs that another process records although this one could claim them, and when that was seen.
    passed: Vec<(u64, Arm, Instant)>,
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
            done: Vec::new(),
            passed: Vec::new(),
        }
    }

    /// Does what is missing and nobody else does, each run written down before the next one begins. It waits for what others do of its own, and takes
    /// over what they leave: a shard for its runs, whoever is none for all.
    pub fn work(&mut self, comparison: &mut Comparison) -> Result<(), CliError> {
        let mut told = false;
        loop {
            if let Some((seed, strategy, claim)) = self.claimed(comparison)? {
                self.run(comparison, seed, strategy, &claim)?;
                continue;
            }
            comparison.gather(self.folder).map_err(CliError::new)?;
            let runs = self.args.left(comparison);
            let left = runs.len();
            if left == 0 {
                return Ok(());
            }
            if let Some(shard) = self.args.shard {
                let own = shard.own(comparison);
                if !runs.iter().any(|run| own.contains(run)) {
                    note!(
                        "compare  what is left, {left} of the runs, is done by other processes now"
                    );
                    return Ok(());
                }
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
            let mut passed = self.passed.iter();
            if passed.any(|(of, by, at)| (*of, by) == (seed, &strategy) && at.elapsed() < AGAIN) {
                continue;
            }
            let path = claim_path(self.folder, &strategy, seed);
            let claim = Claim::take(&path).map_err(CliError::new)?;
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

    /// Does one run and writes it down, unless another process does it.
    fn run(
        &mut self,
        comparison: &mut Comparison,
        seed: u64,
        strategy: Arm,
        claim: &Claim,
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
        let is_this = |(of, by, _): &(u64, Arm, Instant)| (*of, by) == (seed, &strategy);
        let seen = self.passed.iter().any(is_this);
        if !seen {
            note!(
                "compare  run {} of {}: {strategy}, seed {seed}",
                self.done.len() + 1,
                self.done.len() + self.args.left(comparison).len()
            );
        }
        let name = run_name(&strategy, seed);
        let checkpoints = self.args.run.checkpoints();
        let outcome = outcome(self.folder, &name, &config, checkpoints, claim);
        let outcome = outcome.map_err(|error| match stop::exit_code() {
            1 => error,
            _ => CliError(STOPPED.into()),
        })?;
        stop::goes_on(STOPPED.into());
        let Some(outcome) = outcome else {
            if !seen {
                note!("compare  another process does {strategy}, seed {seed}");
            }
            self.passed.retain(|one| !is_this(one));
            self.passed.push((seed, strategy, Instant::now()));
            return Ok(());
        };
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
        let entry = entry_of(strategy.clone(), &outcome, self.looked_up, judge)?;
        note!(
            "result   {}, seed {seed}: {:.2} %, its {} neighbors {:.2} % (worst {:.2} %)",
            entry.strategy,
            entry.accuracy,
            entry.neighborhood.count,
            entry.neighborhood.mean,
            entry.neighborhood.worst
        );
        comparison.add(entry);
        self.done.push((seed, strategy));
        save(comparison, self.folder, self.args.shard, &self.done)
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
        let path = self.folder.join(format!("{name}.{CLAIM}"));
        let mut told = false;
        let checkpoint = loop {
            let claim = Claim::take(&path).map_err(CliError::new)?;
            let found = claim.map(|claim| self.judge_in(&name, &config, &claim));
            if let Some(checkpoint) = found.transpose()?.flatten() {
                break checkpoint;
            }
            if !told {
                note!("judge    waiting for another process, which trains it");
                told = true;
            }
            stop::goes_on(STOPPED.into());
            thread::sleep(LOOK);
        };
        let supernet = open_supernet(&checkpoint, self.args.run.device, None);
        pollster::block_on(supernet).map_err(CliError::new)
    }

    /// The trained judge of the first of its folders where it is finished, else trained in the first where it can be; nothing where another
    /// process trains it.
    fn judge_in(
        &self,
        name: &str,
        config: &RunConfig,
        claim: &Claim,
    ) -> Result<Option<Checkpoint>, CliError> {
        let folders = || Recorder::folders(self.folder, name);
        let is_finished = |folder: &PathBuf| {
            let events = read_events(folder).unwrap_or_default();
            let last = events.last().map(|timed| &timed.event);
            last == Some(&Event::Finished) && is_of(&events, config)
        };
        let mut there = folders().take_while(|folder| folder.exists());
        for folder in there.find(is_finished).into_iter().chain(folders()) {
            if folder.is_file() {
                note!(
                    "note: {} is a file, where a run folder belongs; another folder takes the judge",
                    folder.display()
                );
                continue;
            }
            let checkpoints = self.args.run.checkpoints();
            match trained(config.clone(), &folder, checkpoints, COMMAND, Some(claim)) {
                Ok(checkpoint) => return Ok(Some(checkpoint)),
                Err(Untrained::Busy(_)) => return Ok(None),
                Err(Untrained::Elsewhere(error)) => note!(
                    "note: {}: {error}; another folder takes the judge",
                    folder.display()
                ),
                Err(Untrained::Failed(error)) => return Err(error),
            }
        }
        Err(CliError(format!(
            "{} has no free folder",
            self.folder.display()
        )))
    }
}

/// Removes the claims on finished runs that processes have left which were killed before they could.
pub fn forget_claims(comparison: &Comparison, folder: &Path) {
    for entry in &comparison.entries {
        let path = claim_path(folder, &entry.strategy, entry.seed);
        // Taken over where nobody holds it any more, and given up. What stays is in nobody's way.
        if path.exists() {
            drop(Claim::take(&path));
        }
    }
}

/// The file of a claim on a run.
fn claim_path(folder: &Path, strategy: &Arm, seed: u64) -> PathBuf {
    folder.join(format!("{}.{CLAIM}", run_name(strategy, seed)))
}

/// The name of a run's folder and claim.
fn run_name(strategy: &Arm, seed: u64) -> String {
    format!("{}-{seed}", strategy.folder_name())
}
