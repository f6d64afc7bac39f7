//! Who keeps runs on the desktop: the folders below `runs/`, and the tape that records the session's events into them.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_channel::{Receiver, Sender};
use eframe::egui;

use super::context::Notice;
use super::kept_runs::{Answer, Ask, KeptRun, Shelf};
use super::labels::in_labels;
use super::link::Link;
use crate::record::{Recorder, saved};
use crate::session::{Clock, Command, Event, Start, Timed};

/// Bytes at the end of `events.jsonl` in which its last line is looked for.
const TAIL: u64 = 4096;

/// The session that runs are gone on with: its commands, and the recorder that its tape takes up.
type Current = Arc<Mutex<Option<(Sender<Command>, Sender<Adopted>)>>>;

/// An answer, and the command that follows it, with the session that it is for.
type Answered = Result<(Answer, Option<(Sender<Command>, Command)>), String>;

/// A run folder that a session goes on with.
struct Adopted {
    recorder: Recorder,
    /// Seconds that the run had taken before.
    seconds: f64,
}

/// Keeps the runs of one window.
#[derive(Clone)]
pub struct Keeper {
    runs: PathBuf,
    current: Current,
}

impl Keeper {
    /// Keeps them below a folder.
    pub fn new(runs: &Path) -> Self {
        Self {
            runs: runs.to_path_buf(),
            current: Current::default(),
        }
    }

    /// A session whose runs are recorded into `runs/` on its own thread, so that a slow disk never holds the window.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn session(&self, context: &egui::Context) -> std::io::Result<Link> {
        let (notices, inbox) = async_channel::unbounded();
        let (adopt, adopted) = async_channel::unbounded();
        let mut tape = Tape {
            notices,
            adopted,
            runs: self.runs.clone(),
            recorder: None,
            clock: Clock::at(0.0),
        };
        let context = context.clone();
        let link = Link::spawn_with(move |event| {
            tape.record(event);
            context.request_repaint();
        })?;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // A session that trains beside the one that searches is not gone on with.
        let alive = |(commands, _): &(Sender<Command>, _)| !commands.is_closed();
        if !current.as_ref().is_some_and(alive) {
            *current = Some((link.commands(), adopt));
        }
        Ok(link.with_notices(inbox))
    }

    /// The line to this keeper. Without a thread it keeps nothing.
    pub fn shelf(&self, context: &egui::Context) -> Shelf {
        let (asks, inbox) = async_channel::unbounded();
        let (outbox, answers) = async_channel::unbounded();
        let (keeper, context) = (self.clone(), context.clone());
        let thread = std::thread::Builder::new().name("plateau-shelf".into());
        let spawned = thread.spawn(move || {
            while let Ok(ask) = inbox.recv_blocking() {
                let (answer, start) = match keeper.answer(ask) {
                    Ok(answered) => answered,
                    Err(message) => (Answer::Failed(message), None),
                };
                if outbox.send_blocking(answer).is_err() {
                    return;
                }
                // The window must know of the run before its session speaks of it.
                if let Some((commands, start)) = start {
                    let _gone = commands.try_send(start);
                }
                context.request_repaint();
            }
        });
        match spawned {
            Ok(_) => Shelf::new(asks, answers),
            Err(_) => Shelf::default(),
        }
    }

    fn answer(&self, ask: Ask) -> Answered {
        match ask {
            Ask::List => Ok((Answer::Listed(list(&self.runs)?), None)),
            Ask::Open(name) => {
                let folder = self.folder(&name);
                let path = folder.join("events.jsonl");
                let events = std::fs::read_to_string(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                let can_go_on = can_go_on(&folder);
                let run = KeptRun { name, can_go_on };
                Ok((Answer::Opened { run, events }, None))
            }
            Ask::GoOn(name) => self.go_on(name),
            Ask::Keep(name, _) => Err(format!("{name} stays where it was opened from")),
        }
    }

    /// Where a run of the list is; a path that was given on the command line stands for itself.
    fn folder(&self, name: &str) -> PathBuf {
        let path = Path::new(name);
        if path.components().count() > 1 {
            path.to_path_buf()
        } else {
            self.runs.join(name)
        }
    }

    fn go_on(&self, name: String) -> Answered {
        let mut interrupted = Recorder::interrupted(&self.folder(&name))
            .map_err(|error| in_labels(&error.to_string()))?;
        let from = interrupted.from.take();
        let recorder = interrupted.tail.cut().map_err(|error| error.to_string())?;
        // An event always serializes, as it did when it was written.
        let lines = interrupted.events.iter().flat_map(serde_json::to_string);
        let events = lines.map(|line| line + "\n").collect();
        let seconds = interrupted.events.last().map_or(0.0, |timed| timed.seconds);
        let start = Start {
            from,
            ..Start::kept(interrupted.config)
        };
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || "there is no session to go on with it; restart the session".to_owned();
        let (commands, adopt) = current.as_ref().ok_or_else(gone)?;
        let adopted = Adopted { recorder, seconds };
        adopt.try_send(adopted).map_err(|_| gone())?;
        let start = Command::Start(Box::new(start));
        Ok((
            Answer::GoesOn { name, events },
            Some((commands.clone(), start)),
        ))
    }
}

/// The run folders of a folder, by name.
fn list(runs: &Path) -> Result<Vec<KeptRun>, String> {
    let entries = match std::fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", runs.display())),
    };
    let mut found: Vec<KeptRun> = entries
        .flatten()
        .filter(|entry| entry.path().join("events.jsonl").exists())
        .map(|entry| KeptRun {
            name: entry.file_name().to_string_lossy().into_owned(),
            can_go_on: can_go_on(&entry.path()),
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Whether a run folder has a checkpoint and its last event is not the last of a run. What is damaged is found when it is opened.
pub fn can_go_on(folder: &Path) -> bool {
    let last = || -> std::io::Result<String> {
        let mut file = std::fs::File::open(folder.join("events.jsonl"))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.take(TAIL).read_to_end(&mut tail)?;
        let tail = String::from_utf8_lossy(&tail);
        Ok(tail.lines().next_back().unwrap_or_default().to_owned())
    };
    let finished = |line: String| line.contains("\"event\":\"finished\"");
    last().is_ok_and(|line| !finished(line)) && saved(folder).is_ok_and(|found| !found.is_empty())
}

/// Writes what a session says into the folder of its run.
struct Tape {
    notices: Sender<Notice>,
    adopted: Receiver<Adopted>,
    runs: PathBuf,
    recorder: Option<Recorder>,
    clock: Clock,
}

impl Tape {
    fn record(&mut self, event: &Event) {
        while let Ok(adopted) = self.adopted.try_recv() {
            self.recorder = Some(adopted.recorder);
            self.clock = Clock::at(adopted.seconds);
        }
        if let Event::Started { config, .. } = event {
            self.clock = Clock::at(0.0);
            // A run that is resumed from its very beginning has its folder.
            if !self.recorder.as_ref().is_some_and(Recorder::is_empty) {
                self.begin(&config.name());
            }
        }
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let timed = Timed {
            seconds: self.clock.seconds(),
            event: event.clone(),
        };
        if let Err(error) = recorder.record(&timed) {
            self.stop(&error);
        }
        // The folder is free for whoever goes on with the run.
        if matches!(
            event,
            Event::Finished | Event::Stopped | Event::Failed { .. }
        ) {
            self.recorder = None;
        }
    }

    /// Makes the folder of a run of that name.
    fn begin(&mut self, name: &str) {
        match Recorder::create_free(&self.runs, name) {
            Ok(recorder) => {
                let folder = recorder.folder().display();
                self.say(Notice::info(format!("recording into {folder}")));
                if !recorder.is_locked() {
                    self.say(Notice::info(
                        "its file system has no locks, so nothing keeps a second process from recording there",
                    ));
                }
                self.recorder = Some(recorder);
            }
            Err(error) => self.stop(&error),
        }
    }

    fn stop(&mut self, error: &impl std::fmt::Display) {
        self.recorder = None;
        self.say(Notice::error(format!(
            "the run goes on, but it is no longer recorded: {}",
            in_labels(&error.to_string())
        )));
    }

    fn say(&self, notice: Notice) {
        // A window that has gone reads nothing any more.
        let _gone = self.notices.try_send(notice);
    }
}
