//! One run of a comparison, whatever is there of it, and what is kept of it.

use std::path::Path;

use super::super::CliError;
use super::super::drive::{GoesOn, Outcome, drive};
use super::super::looked_up::LookedUp;
use super::super::out::note;
use super::super::stop;
use super::COMMAND;
use crate::landscape::{SupernetEvaluator, skips};
use crate::record::{Claim, RecordError, Recorder, read_events};
use crate::session::{CheckpointEvery, Event, RunConfig, Start, Timed, differences};
use crate::study::compare::{Arm, Entry, Judged, TrainedRun};

/// What goes on with it.
const GOES_ON: GoesOn<'_> = GoesOn::Same(COMMAND);

/// What a run came to: read from its folder where it is finished, gone on with where it was interrupted, else run from its beginning. `name`:
/// that of its folder, with a number behind it where that holds another run. Nothing where another process does it, whatever the claim says.
pub fn outcome(
    base: &Path,
    name: &str,
    config: &RunConfig,
    checkpoints: CheckpointEvery,
    claim: &Claim,
) -> Result<Option<Outcome>, CliError> {
    let start = |from| Start {
        checkpoints: Some(checkpoints),
        from,
        ..Start::new(config.clone())
    };
    for folder in Recorder::folders(base, name) {
        if folder.is_file() {
            note!(
                "note: {} is a file, where a run folder belongs; another folder takes its run",
                folder.display()
            );
            continue;
        }
        if Recorder::check_free(&folder).is_ok() {
            let mut faster = false;
            let open = || {
                let made = claim
                    .check(&folder)
                    .and_then(|()| Recorder::create(&folder));
                faster = matches!(made, Err(RecordError::Locked(_) | RecordError::Taken(_)));
                made.map(|recorder| recorder.under(claim.watch()))
            };
            let driven = drive(start(None), open, Vec::new(), GOES_ON);
            return unless_of_another(driven, faster || !claim.stands());
        }
        // What is damaged may still go on.
        let events = read_events(&folder).unwrap_or_default();
        if matches!(events.last(), Some(last) if last.event == Event::Finished) {
            match is_of(&events, config) {
                true => return Outcome::recorded(&events, &folder).map(Some),
                false => continue,
            }
        }
        let found = match Recorder::interrupted(&folder) {
            Ok(found) if differences(&found.config, config).is_empty() => found,
            Ok(_) => continue,
            Err(RecordError::Locked(_)) => return Ok(None),
            Err(error) => {
                note!("note: {error}; another folder takes its run");
                continue;
            }
        };
        for text in found.notes() {
            note!("note: {text}");
        }
        if let Some(from) = &found.from {
            let (phase, step, steps) =
                (from.position.phase, from.position.step, from.position.steps);
            note!(
                "resuming {} after {phase} step {step} of {steps}",
                folder.display()
            );
        }
        let mut begun = false;
        let open = || {
            begun = true;
            claim.check(&folder)?;
            found
                .tail
                .cut()
                .map(|recorder| recorder.under(claim.watch()))
        };
        match drive(start(found.from), open, found.events, GOES_ON) {
            // Of another version, or begun on another device.
            Err(error) if !begun && stop::exit_code() == 1 => {
                note!(
                    "note: {}: {error}; another folder takes its run",
                    folder.display()
                );
            }
            driven => return unless_of_another(driven, !claim.stands()),
        }
    }
    Err(CliError(format!("{} has no free folder", base.display())))
}

/// What a run came to, unless it failed because another process does it. A stop comes first.
fn unless_of_another(
    driven: Result<Outcome, CliError>,
    another: bool,
) -> Result<Option<Outcome>, CliError> {
    match driven {
        Err(_) if another && stop::exit_code() == 1 => Ok(None),
        driven => driven.map(Some),
    }
}

/// Whether events are those of a run with these settings by this version.
pub fn is_of(events: &[Timed], config: &RunConfig) -> bool {
    match events.first().map(|timed| &timed.event) {
        Some(Event::Started {
            config: there,
            plateau,
            ..
        }) => plateau == env!("CARGO_PKG_VERSION") && differences(there, config).is_empty(),
        _ => false,
    }
}

/// What is kept of a run: its outcome, and what the table or the judge says of it.
pub fn entry_of(
    strategy: Arm,
    outcome: &Outcome,
    looked_up: Option<&LookedUp>,
    judge: Option<&mut SupernetEvaluator>,
) -> Result<Entry, CliError> {
    let name = outcome.folder.file_name().unwrap_or_default();
    let work = outcome.config.search.as_ref().map_or(0, |search| {
        let [weights, architecture, _] = outcome.dataset.split;
        let pass = outcome
            .run
            .search
            .as_ref()
            .map_or(0, |one| one.multiply_adds);
        let steps = outcome.run.steps.last().map_or(0, |step| step.step);
        search.multiply_adds(pass, steps, [weights, architecture])
    });
    let mut entry = Entry {
        strategy,
        seed: outcome.config.seed,
        run_dir: name.to_string_lossy().into_owned(),
        genotype: outcome.genotype.clone(),
        accuracy: 0.0,
        trained: None,
        neighborhood: Judged::default(),
        residual: None,
        skips: skips(&outcome.genotype),
        curve: Vec::new(),
        sharpness: outcome.run.sharpness.last().map(|one| one.eigenvalue),
        multiply_adds: work,
        search_seconds: outcome.run.step_seconds(),
    };
    match (looked_up, judge, outcome.run.tested()) {
        (Some(looked_up), ..) => {
            let verdict = looked_up.verdict(outcome)?;
            entry.accuracy = verdict.accuracy;
            entry.neighborhood = Judged {
                own: verdict.accuracy,
                count: verdict.count,
                mean: verdict.mean,
                worst: verdict.worst,
                best: verdict.best,
            };
            entry.curve = verdict.curve;
            let matched = looked_up.matched(&outcome.genotype);
            entry.residual = matched.map(|matched| matched.residual);
        }
        (None, Some(judge), Some(tested)) => {
            let judged = Judged::by(judge, &outcome.genotype);
            entry.neighborhood = pollster::block_on(judged).map_err(CliError::new)?;
            entry.accuracy = 100.0 * tested.accuracy;
            entry.trained = Some(TrainedRun {
                test_images: tested.images,
                train_images: outcome.dataset.split[0] + outcome.dataset.split[1],
                seconds: tested.seconds,
            });
        }
        _ => return Err(CliError::new("a run that nothing has judged")),
    }
    Ok(entry)
}
