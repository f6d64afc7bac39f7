//! Drives a run from the terminal: records its events, shows a progress bar, collects what the summary needs.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::out::note;
use super::{CliError, stop};
use crate::landscape::has_live_path;
use crate::numbers::thousands;
use crate::record::{RecordError, Recorder, RunView};
use crate::search::Strategy;
use crate::session::{
    Command, DatasetInfo, DeviceInfo, Event, RunConfig, RunKind, SearchStep, SessionHandle, Start,
    Timed,
};
use crate::space::Genotype;
use crate::visible::visible;

/// A finished run, for its summary.
pub struct Outcome {
    /// What ran.
    pub config: RunConfig,
    /// Where it ran.
    pub device: DeviceInfo,
    /// On what.
    pub dataset: DatasetInfo,
    /// The genotype that was found or trained.
    pub genotype: Genotype,
    /// Everything that it said.
    pub run: RunView,
    /// The run folder.
    pub folder: PathBuf,
}

/// What goes on with a run.
#[derive(Clone, Copy)]
pub enum GoesOn<'a> {
    /// `--resume`, with the path of its images where they have moved.
    Itself(Option<&'a str>),
    /// The same command, which the run is a part of.
    Same(&'static str),
}

/// The command that goes on with a run, whose images may have been `moved`.
pub fn go_on(config: &RunConfig, folder: &Path, moved: Option<&str>) -> String {
    let command = match config.search {
        Some(_) => "search",
        None => "train",
    };
    let moved = moved.map(|path| format!(" --dataset {}", in_shell(Path::new(path))));
    // What is looked up is not in the run.
    let table = match config.kind {
        RunKind::SearchOnly => ", and with its --table if it had one",
        RunKind::Full | RunKind::Judge => "",
    };
    format!(
        "go on with plateau {command} --resume {}{}{table}",
        in_shell(folder),
        moved.unwrap_or_default()
    )
}

/// A path as a shell takes it.
pub fn in_shell(path: &Path) -> String {
    if path.to_str().is_none() {
        // What is no text is written out, between the quotes in which shells read that.
        let quoted = format!("{:?}", path.as_os_str());
        let written = quoted[1..quoted.len() - 1].replace('\'', r"\'");
        return format!("$'{written}'");
    }
    let path = path.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+@%:,=".contains(letter);
    match path.chars().all(plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

/// Runs to the end, after what was said `before`. A signal asks for a stop after the current step. A run that is refused leaves
/// nothing behind: its folder is opened when it has begun.
pub fn drive(
    mut start: Start,
    open: impl FnOnce() -> Result<Recorder, RecordError>,
    before: Vec<Timed>,
    goes_on: GoesOn<'_>,
) -> Result<Outcome, CliError> {
    let config = start.config.clone();
    start.seconds = before.last().map_or(0.0, |timed| timed.seconds);
    let session = SessionHandle::spawn().map_err(CliError::new)?;
    session
        .commands
        .try_send(Command::Start(Box::new(start)))
        .map_err(|_| CliError::new("the session thread ended before the run began"))?;

    let mut bar = Bar::new();
    let mut run = RunView::brief();
    for timed in before {
        bar.replay(&timed.event);
        run.apply_timed(&timed);
    }
    let mut events = session.events.iter();
    let mut first = Vec::new();
    for timed in events.by_ref() {
        if let Event::Failed { message } = &timed.event {
            bar.show(&timed.event);
            return Err(CliError(message.clone()));
        }
        let announced = matches!(timed.event, Event::Started { .. });
        first.push(timed);
        if !announced {
            break;
        }
    }
    stop::stops(session.commands.clone());
    let mut recorder = open().map_err(CliError::new)?;
    let folder = recorder.folder().to_path_buf();
    if !recorder.is_locked() {
        bar.line(&format!(
            "note: the file system of {} has no locks, so nothing keeps a second process from recording there",
            folder.display()
        ));
    }
    let again = match goes_on {
        GoesOn::Itself(moved) => go_on(&config, &folder, moved),
        GoesOn::Same(command) => format!("go on with the same {command}"),
    };
    // Of this process: what fails without having come further fails again.
    let mut saved = false;
    for timed in first.into_iter().chain(events) {
        let failed = |message| match saved {
            true => CliError(format!("{message}; {again}")),
            false => CliError(message),
        };
        recorder
            .record(&timed)
            .map_err(|error| failed(error.to_string()))?;
        bar.show(&timed.event);
        run.apply_timed(&timed);
        match timed.event {
            Event::Failed { message } => return Err(failed(message)),
            Event::Stopped => {
                stop::has_stopped();
                return Err(CliError(format!("stopped; {again}")));
            }
            Event::Finished => return Outcome::of(run, &folder),
            Event::Checkpoint { .. } => saved = true,
            _ => {}
        }
    }
    Err(CliError(format!(
        "the session thread died; please report this with {}",
        folder.display()
    )))
}

impl Outcome {
    /// That of a finished run, of which a folder holds these events.
    pub fn recorded(events: &[Timed], folder: &Path) -> Result<Self, CliError> {
        let mut run = RunView::brief();
        for timed in events {
            run.apply_timed(timed);
        }
        Self::of(run, folder)
    }

    fn of(run: RunView, folder: &Path) -> Result<Self, CliError> {
        let found = (&run.config, &run.device, &run.dataset, run.genotype());
        let (Some(config), Some(device), Some(dataset), Some(genotype)) = found else {
            return Err(CliError("the run ended without a result".into()));
        };
        Ok(Self {
            config: config.clone(),
            device: device.clone(),
            dataset: dataset.clone(),
            genotype: genotype.clone(),
            folder: folder.to_path_buf(),
            run,
        })
    }
}

/// One bar for the search, then one for training; plain lines where stderr is no terminal.
struct Bar {
    bar: ProgressBar,
    plain: bool,
    /// Whether α searches.
    by_gradient: bool,
    steps: u64,
}

impl Bar {
    fn new() -> Self {
        let plain = !std::io::stderr().is_terminal();
        let bar = ProgressBar::hidden();
        Self {
            bar,
            plain,
            by_gradient: true,
            steps: 0,
        }
    }

    fn start(&mut self, name: &'static str, steps: usize) {
        self.bar.finish_and_clear();
        self.steps = steps as u64;
        self.bar = ProgressBar::with_draw_target(Some(self.steps), ProgressDrawTarget::stderr());
        // The template is a constant of this file; a mistake in it falls back to the default bar.
        if let Ok(style) =
            ProgressStyle::with_template("{prefix:8} {wide_bar} {pos}/{len}  {msg}  {eta} left")
        {
            self.bar.set_style(style);
        }
        self.bar.set_prefix(name);
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn line(&self, text: &str) {
        // Before the first bar there is nothing that a line must stand above; a hidden bar would print none.
        if self.plain || self.bar.is_hidden() {
            note!("{text}");
        } else {
            self.bar.println(visible(text));
        }
    }

    /// Shows what was said before a run was resumed, without the steps' lines.
    fn replay(&mut self, event: &Event) {
        match event {
            Event::SearchStep(step) => self.bar.set_position(step.step as u64),
            Event::TrainEpoch { .. } => {}
            event => self.show(event),
        }
    }

    fn show(&mut self, event: &Event) {
        match event {
            Event::Started {
                config,
                device,
                dataset,
                ..
            } => self.started(config, device, dataset),
            Event::SearchStarted {
                parameters,
                steps,
                memory,
                lanes,
                memory_bytes,
                ..
            } => {
                self.line(&format!(
                    "search   supernet of {} weights, {steps} steps, {lanes} architecture{} a pass",
                    thousands(*parameters),
                    if *lanes == 1 { "" } else { "s" }
                ));
                self.line(&format!(
                    "memory   about {} MB a step ({memory})",
                    thousands(memory_bytes.div_ceil(1_000_000))
                ));
                self.start("search", *steps);
            }
            Event::SearchStep(step) => self.step(step),
            Event::Sharpness(sharpness) => {
                let step = sharpness.step;
                self.line(&format!("sharpness {sharpness} (after step {step})"));
            }
            Event::SkipCollapse { step, skips, edges } => self.line(&format!(
                "warning: {skips} of {edges} edges of the normal cell are skip connections after step {step}: the search may be collapsing"
            )),
            Event::StoppedEarly { step, kept_step } => self.line(&format!(
                "search   ended early after step {step}: the sharpness rose; the architecture of step {kept_step} is kept"
            )),
            Event::TrainStarted {
                genotype,
                parameters,
                multiply_adds,
                epochs,
                steps_per_epoch,
            } => {
                self.line(&format!(
                    "train    from scratch: {} weights, {} multiply-adds an image, {epochs} epochs",
                    thousands(*parameters),
                    thousands(*multiply_adds)
                ));
                if has_live_path(genotype) == Some(false) {
                    self.line("note: the cell has no path from its input to its output: the network answers every image alike");
                }
                self.start("train", epochs * steps_per_epoch);
            }
            Event::TrainStep { step, .. } => self.bar.set_position(*step as u64),
            Event::TrainEpoch {
                epoch,
                loss,
                accuracy,
            } => {
                let text = format!("loss {loss:.3}  accuracy {:.1} %", 100.0 * accuracy);
                self.bar.set_message(text.clone());
                if self.plain && epoch.is_multiple_of(5) {
                    note!("train    epoch {epoch}  {text}");
                }
            }
            Event::Finished | Event::Failed { .. } | Event::Stopped => {
                self.bar.finish_and_clear();
            }
            _ => {}
        }
    }

    /// Says where a run runs and on what, with what its reader of images has to say.
    fn started(&mut self, config: &RunConfig, device: &DeviceInfo, dataset: &DatasetInfo) {
        let strategy = config.search.as_ref().map(|search| search.strategy);
        self.by_gradient = strategy.is_some_and(Strategy::by_gradient);
        let [weights, architecture, test] = dataset.split;
        let choose = match config.kind {
            RunKind::Judge => "score architectures",
            RunKind::Full | RunKind::SearchOnly => "choose the architecture",
        };
        self.line(&format!(
            "device   {}{}",
            device.name,
            if device.software {
                " (a software adapter: slow, for tests only; --device cpu is faster)"
            } else {
                ""
            }
        ));
        self.line(&format!(
            "data     {}: {weights} images train weights, {architecture} {choose}, {test} are kept for the test",
            dataset.name
        ));
        for note in &dataset.notes {
            self.line(&format!("note     {note}"));
        }
        let search = config.search.as_ref();
        let part = search.filter(|search| !search.candidates.is_all());
        if let Some((search, Ok(allowed))) = part.map(|search| (search, search.allowed())) {
            let left = u64::try_from(allowed.genotypes()).unwrap_or(u64::MAX);
            let (space, candidates) = (search.space, &search.candidates);
            let left = thousands(left);
            self.line(&format!(
                "space    {space}, candidates {candidates}: {left} architectures"
            ));
        }
    }

    /// Shows a step of a search; where lines are plain, about ten of them at most.
    fn step(&self, step: &SearchStep) {
        self.bar.set_position(step.step as u64);
        let message = search_message(step, self.by_gradient);
        self.bar.set_message(message.clone());
        if self.plain && (step.step as u64).is_multiple_of(10.max(self.steps / 10)) {
            note!("search   {}/{}  {}", step.step, self.steps, message);
        }
    }
}

/// What is said of a step; of α only where it searches.
fn search_message(step: &SearchStep, by_gradient: bool) -> String {
    let entropy = match by_gradient {
        true => format!("  entropy of α {:.3}", step.entropy),
        false => String::new(),
    };
    format!(
        "loss {:.3}  accuracy {:.1} %{entropy}",
        step.validation_loss,
        100.0 * step.validation_accuracy
    )
}
