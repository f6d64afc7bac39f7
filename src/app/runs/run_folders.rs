//! Who keeps runs on the desktop: the folders below `runs/`, and the recording of what the session says into them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_channel::{Receiver, Sender, WeakSender};
use eframe::egui;

use super::kept_run::{Answer, Ask, KeptRun, Wanted, beside, described, name_of};
use super::labels::in_labels;
use super::link::{Aside, Link, Seat};
use super::notice::Notice;
use super::shelf::Shelf;
use super::supernet::{JudgeOf, shipped, shipped_name};
use crate::record::{
    self, EVENTS, LOCK, RecordError, Recorder, SUPERNET_FILE, StoreError, lock, read_files,
    read_rival, saved, write_files, write_rival,
};
use crate::session::{Checkpoint, Command, Event, RunConfig, Start, Timed, judge_name};

/// Bytes at the end of `events.jsonl` in which its last line is looked for.
const TAIL: u64 = 4096;

/// The sessions of the seats: where each takes commands as long as the window wants it, and the folder that its recording takes up.
type Seats = Arc<Mutex<BTreeMap<Seat, (WeakSender<Command>, Sender<Recorder>)>>>;

/// An answer, where there is one, and the command that follows it, with the session that it is for.
type Answered = Result<(Option<Answer>, Option<(Sender<Command>, Command)>), String>;

/// The one judge that comes with the program.
const SHIPPED: &[u8] = include_bytes!("judge-digits-darts.gz");

/// Keeps the runs of one window.
#[derive(Clone)]
pub struct Keeper {
    runs: PathBuf,
    seats: Seats,
}

impl Keeper {
    /// Keeps them below a folder.
    pub fn new(runs: &Path) -> Self {
        Self {
            runs: runs.to_path_buf(),
            seats: Seats::default(),
        }
    }

    /// A session whose runs are recorded into `runs/` on its own thread, so that a slow disk never holds the window.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn session(&self, context: &egui::Context) -> std::io::Result<Link> {
        let (asides, inbox) = async_channel::unbounded();
        let (adopt, adopted) = async_channel::unbounded();
        let mut recording = Recording {
            asides,
            adopted,
            runs: self.runs.clone(),
            recorder: None,
        };
        let context = context.clone();
        let link = Link::spawn_with(move |timed| {
            recording.record(timed);
            context.request_repaint();
        })?;
        let (seats, commands) = (self.seats.clone(), link.commands().downgrade());
        let claim = move |seat| {
            let mut seats = seats.lock().unwrap_or_else(PoisonError::into_inner);
            seats.insert(seat, (commands.clone(), adopt.clone()));
        };
        Ok(link.with_asides(inbox).with_claim(claim))
    }

    /// The line to this keeper. Without a thread it keeps nothing.
    pub fn shelf(&self, context: &egui::Context) -> Shelf {
        let (asks, inbox) = async_channel::unbounded();
        let (outbox, answers) = async_channel::unbounded();
        let (keeper, context) = (self.clone(), context.clone());
        let thread = std::thread::Builder::new().name("plateau-shelf".into());
        let spawned = thread.spawn(move || {
            while let Ok(ask) = inbox.recv_blocking() {
                let goes_on = match &ask {
                    Ask::GoOn(_, seat) => Some(*seat),
                    _ => None,
                };
                let (answer, start) = match (keeper.answer(ask), goes_on) {
                    (Ok(answered), _) => answered,
                    (Err(message), Some(seat)) => (Some(Answer::CannotGoOn(seat, message)), None),
                    (Err(message), None) => (Some(Answer::Failed(message)), None),
                };
                if answer.is_some_and(|answer| outbox.send_blocking(answer).is_err()) {
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
        let answer = match ask {
            Ask::List => Answer::Listed(list(&self.runs)),
            Ask::Open(name) => {
                let events = self.events(&name)?;
                let folder = self.folder(&name);
                let run = in_folder(name, &folder);
                Answer::Opened { run, events }
            }
            Ask::GoOn(name, seat) => return self.go_on(name, seat),
            Ask::Interrupted(config) => {
                let name = self.interrupted(&config);
                Answer::Interrupted(config, name)
            }
            Ask::Rival(of) => {
                let rival = self.rival(&of);
                Answer::Rival { of, rival }
            }
            Ask::Pair([one, other]) => {
                write_rival(&self.folder(&one), &other)?;
                write_rival(&self.folder(&other), &one)?;
                return Ok((None, None));
            }
            Ask::Files(name) => {
                let files = read_files(&self.folder(&name)).map_err(|error| error.to_string());
                Answer::Files { name, files }
            }
            Ask::Describe(name) => {
                let events = self.events(&name);
                described(name, events)
            }
            Ask::Beside(name) => beside(&name, &self.events(&name)?)?,
            Ask::Supernet(wanted) => {
                let found = match &wanted {
                    Wanted::Run(name) => supernet_of(&self.folder(name)),
                    Wanted::Judge(of) => self.judge(of),
                };
                Answer::Supernet { wanted, found }
            }
            Ask::Keep(file, files) => {
                let name = file.trim_end_matches(".zip");
                let kept = write_files(&files, &self.runs, name)
                    .map_err(|error| in_labels(&error.to_string()))?;
                let run = in_folder(name_of(&kept), &kept);
                Answer::Kept(file, run)
            }
        };
        Ok((Some(answer), None))
    }

    /// The text of a run's events.
    fn events(&self, name: &str) -> Result<String, String> {
        let path = self.folder(name).join(EVENTS);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
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

    /// The newest finished judge of its kind.
    fn judge(&self, of: &JudgeOf) -> Result<Option<Box<Checkpoint>>, String> {
        let name = judge_name(&of.dataset, of.space);
        let mut found = Vec::new();
        for run in list(&self.runs)? {
            let folder = self.runs.join(&run.name);
            let file = folder.join(SUPERNET_FILE);
            if run.name.starts_with(&name)
                && let Ok(written) = file.metadata().and_then(|file| file.modified())
            {
                found.push((written, folder));
            }
        }
        found.sort();
        for (_, folder) in found.into_iter().rev() {
            // A damaged one must not hide an older one.
            if let Ok(Some(judge)) = supernet_of(&folder)
                && of.is_trained_by(&judge.position.config)
            {
                return Ok(Some(judge));
            }
        }
        shipped_name(of).map(|_| shipped(SHIPPED)).transpose()
    }

    /// The newest run of just these settings that can go on. What cannot be read is none.
    fn interrupted(&self, config: &RunConfig) -> Option<String> {
        let mut runs = list(&self.runs).unwrap_or_default();
        let name = config.name();
        runs.retain(|run| run.can_go_on && run.name.starts_with(&name));
        runs.sort_by_key(|run| Reverse(run.changed));
        let found = runs.into_iter().find(|run| {
            let found = Recorder::interrupted(&self.runs.join(&run.name));
            found.is_ok_and(|found| found.config == *config && found.from.is_some())
        });
        found.map(|run| run.name)
    }

    /// The run that raced with one, and its events; none: it raced with nobody.
    fn rival(&self, of: &str) -> Result<Option<(KeptRun, String)>, String> {
        let Some(rival) = read_rival(&self.folder(of))? else {
            return Ok(None);
        };
        let name = name_beside(of, &rival);
        let folder = self.folder(&name);
        if !folder.join(EVENTS).exists() {
            return Err(format!("{rival} is not kept here any more"));
        }
        let events = self.events(&name)?;
        Ok(Some((in_folder(name, &folder), events)))
    }

    fn go_on(&self, name: String, seat: Seat) -> Answered {
        let mut interrupted = Recorder::interrupted(&self.folder(&name))
            .map_err(|error| in_labels(&error.to_string()))?;
        let from = interrupted.from.take();
        let recorder = interrupted.tail.cut().map_err(|error| error.to_string())?;
        // An event always serializes, as it did when it was written.
        let lines = interrupted.events.iter().flat_map(serde_json::to_string);
        let events = lines.map(|line| line + "\n").collect();
        let start = Start {
            from,
            seconds: interrupted.events.last().map_or(0.0, |timed| timed.seconds),
            ..Start::kept(interrupted.config)
        };
        let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || "there is no session to go on with it; restart the session".to_owned();
        let (commands, adopt) = seats.get(&seat).ok_or_else(gone)?;
        let commands = commands.upgrade().ok_or_else(gone)?;
        adopt.try_send(recorder).map_err(|_| gone())?;
        let start = Command::Start(Box::new(start));
        let answer = Answer::GoesOn { seat, name, events };
        Ok((Some(answer), Some((commands, start))))
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
        .filter(|entry| entry.path().join(EVENTS).is_file())
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            in_folder(name, &entry.path())
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The supernet of a run folder, where its run had one.
fn supernet_of(folder: &Path) -> Result<Option<Box<Checkpoint>>, String> {
    if !folder.join(SUPERNET_FILE).exists() && saved(folder).is_ok_and(|found| found.is_empty()) {
        return Ok(None);
    }
    let found = record::load_supernet(folder).map_err(|error: StoreError| error.to_string())?;
    Ok(Some(Box::new(found)))
}

/// A run folder that is anywhere, by its whole path; none: it cannot be found.
pub fn kept_run(folder: &Path) -> Option<KeptRun> {
    let path = folder.canonicalize().ok()?;
    Some(in_folder(path.to_string_lossy().into_owned(), &path))
}

/// The run of a folder, under the name that its keeper has for it.
fn in_folder(name: String, folder: &Path) -> KeptRun {
    let events = folder.join(EVENTS).metadata();
    // Whoever opens the run hears of a file that is damaged.
    let rival = read_rival(folder).ok().flatten();
    KeptRun {
        can_go_on: can_go_on(folder),
        changed: events.and_then(|events| events.modified()).ok(),
        rival: rival.map(|rival| name_beside(&name, &rival)),
        name,
    }
}

/// The name that its keeper has for the run of a folder beside that of another.
fn name_beside(name: &str, other: &str) -> String {
    let path = Path::new(name).with_file_name(other);
    path.to_string_lossy().into_owned()
}

/// Whether somebody records into a run folder now.
fn is_held(folder: &Path) -> bool {
    // Where nobody ever did, no file is made for the question.
    folder.join(LOCK).exists() && matches!(lock(folder), Err(RecordError::Locked(_)))
}

/// Whether a run folder has a checkpoint, nobody records into it and its last event is not the last of a run. What is damaged is found when it is opened.
fn can_go_on(folder: &Path) -> bool {
    let last = || -> std::io::Result<String> {
        let mut file = std::fs::File::open(folder.join(EVENTS))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.take(TAIL).read_to_end(&mut tail)?;
        let tail = String::from_utf8_lossy(&tail);
        Ok(tail.lines().next_back().unwrap_or_default().to_owned())
    };
    let finished = |line: String| line.contains("\"event\":\"finished\"");
    last().is_ok_and(|line| !finished(line))
        && saved(folder).is_ok_and(|found| !found.is_empty())
        && !is_held(folder)
}

/// Writes what a session says into the folder of its run.
struct Recording {
    asides: Sender<Aside>,
    adopted: Receiver<Recorder>,
    runs: PathBuf,
    recorder: Option<Recorder>,
}

impl Recording {
    fn record(&mut self, timed: &Timed) {
        while let Ok(adopted) = self.adopted.try_recv() {
            self.recorder = Some(adopted);
        }
        // A run that is resumed from its very beginning has its folder.
        if let Event::Started { config, .. } = &timed.event
            && !self.recorder.as_ref().is_some_and(Recorder::is_empty)
        {
            self.recorder = self.begin(&config.name());
        }
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        match recorder.record(timed) {
            Ok(true) => {}
            // The folder is free for whoever goes on with the run.
            Ok(false) => self.recorder = None,
            Err(error) => self.recorder = self.stop(&error),
        }
    }

    /// Makes the folder of a run of that name.
    fn begin(&self, name: &str) -> Option<Recorder> {
        let recorder = match Recorder::create_free(&self.runs, name) {
            Ok(recorder) => recorder,
            Err(error) => return self.stop(&error),
        };
        let folder = recorder.folder();
        self.say(Aside::Kept(Some(name_of(folder))));
        let text = format!("recording into {}", folder.display());
        self.say(Aside::Tell(Notice::info(text)));
        if !recorder.is_locked() {
            let text = "its file system has no locks, so nothing keeps a second process from recording there";
            self.say(Aside::Tell(Notice::info(text)));
        }
        Some(recorder)
    }

    fn stop(&self, error: &RecordError) -> Option<Recorder> {
        self.say(Aside::Kept(None));
        self.say(Aside::Tell(Notice::error(format!(
            "the run goes on, but it is no longer recorded: {}",
            in_labels(&error.to_string())
        ))));
        None
    }

    fn say(&self, aside: Aside) {
        // A window that has gone hears nothing any more.
        let _gone = self.asides.try_send(aside);
    }
}
