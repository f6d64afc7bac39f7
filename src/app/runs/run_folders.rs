//! Who keeps runs on the desktop: the folders below `runs/`, and the recording of what the session says into them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_channel::{Receiver, Sender, WeakSender};
use eframe::egui;

use super::kept_run::{Answer, Ask, FoundSupernet, KeptRun, Wanted, beside, described, name_of};
use super::labels::in_labels;
use super::link::{Aside, Link, Seat};
use super::notice::Notice;
use super::shelf::Shelf;
use super::supernet::{JudgeOf, shipped, shipped_name};
use crate::data::{Dataset, hand_over, handed_with_hash, path_of, short_name};
use crate::record::{
    self, EVENTS, LOCK, Lines, RecordError, Recorder, SUPERNET_FILE, StoreError, lock, read_files,
    read_lines, read_log, read_rival, saved, write_files, write_rival,
};
use crate::session::{Command, Event, Position, RunConfig, Start, Timed, judge_name};

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
        let (asks, inbox) = async_channel::unbounded::<Ask>();
        let (outbox, answers) = async_channel::unbounded();
        let (keeper, context) = (self.clone(), context.clone());
        let thread = std::thread::Builder::new().name("plateau-shelf".into());
        let spawned = thread.spawn(move || {
            while let Ok(ask) = inbox.recv_blocking() {
                let refusal = ask.refusal();
                let answered = keeper.answer(ask);
                let (answer, start) = answered.unwrap_or_else(|why| (Some(refusal(why)), None));
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
                let run = opened(name, &folder, &events);
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
                    Wanted::Run(name) => with_images(supernet_of(&self.folder(name))),
                    Wanted::Judge(of) => self.judge(of),
                };
                Answer::Supernet { wanted, found }
            }
            Ask::Network(name) => {
                let found = match record::load_network(&self.folder(&name)) {
                    Ok((_, network)) => Ok(Some(Box::new(network))),
                    Err(StoreError::NoNetwork(_)) => Ok(None),
                    Err(error) => Err(error.to_string()),
                };
                Answer::Network { name, found }
            }
            Ask::Keep(file, files) => {
                let name = file.trim_end_matches(".zip");
                let kept = write_files(&files, &self.runs, name)
                    .map_err(|error| in_labels(&error.to_string()))?;
                let run = in_folder(name_of(&kept), &kept, None);
                Answer::Kept(file, run)
            }
        };
        Ok((Some(answer), None))
    }

    /// A run's events.
    fn events(&self, name: &str) -> Result<Vec<u8>, String> {
        read_log(&self.folder(name)).map_err(|error| error.to_string())
    }

    /// Where a run of the list is; a path that was given on the command line stands for itself.
    fn folder(&self, name: &str) -> PathBuf {
        let path = Path::new(name);
        if path.components().count() > 1 {
            return path.to_path_buf();
        }
        let plain = self.runs.join(name);
        if plain.symlink_metadata().is_ok() {
            return plain;
        }
        let entries = self.runs.read_dir().into_iter().flatten().flatten();
        let mut named = entries.filter(|entry| listed_name(&entry.file_name()) == name);
        named.next().map_or(plain, |entry| entry.path())
    }

    /// The newest finished judge of its kind.
    fn judge(&self, of: &JudgeOf) -> FoundSupernet {
        let name = judge_name(&of.dataset, of.space);
        let mut found = Vec::new();
        for run in list(&self.runs)? {
            let folder = self.folder(&run.name);
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
            if let Ok((Some(judge), note)) = supernet_of(&folder)
                && of.is_trained_by(&judge.position.config)
            {
                return Ok((Some(judge), note));
            }
        }
        let shipped = shipped_name(of).map(|_| shipped(SHIPPED)).transpose();
        Ok((shipped?, None))
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
    fn rival(&self, of: &str) -> Result<Option<(KeptRun, Vec<u8>)>, String> {
        let Some(rival) = read_rival(&self.folder(of))? else {
            return Ok(None);
        };
        let name = name_beside(of, &rival);
        let folder = self.folder(&name);
        if !folder.join(EVENTS).exists() {
            return Err(format!("{rival} is not kept here any more"));
        }
        let events = self.events(&name)?;
        Ok(Some((opened(name, &folder, &events), events)))
    }

    fn go_on(&self, name: String, seat: Seat) -> Answered {
        let mut interrupted = Recorder::interrupted(&self.folder(&name))
            .map_err(|error| in_labels(&error.to_string()))?;
        let config = &interrupted.config;
        find_images(&config.dataset, &interrupted.hash, "press Go on again")
            .map_err(|why| format!("{name} cannot go on: {why}"))?;
        let notes = interrupted.notes();
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
        let answer = Answer::GoesOn {
            seat,
            name,
            events,
            notes,
        };
        Ok((Some(answer), Some((commands, start))))
    }
}

/// Lets a run find its images: where they were, or among those that the window has opened since. `then`: what to do where they are found.
fn find_images(name: &str, hash: &str, then: &str) -> Result<(), String> {
    let Some(path) = path_of(name).filter(|path| !path.exists()) else {
        return Ok(());
    };
    let Some(found) = handed_with_hash(hash) else {
        return Err(format!(
            "its images are not at {} any more; put them back, or open them where they are now, and {then}",
            path.display()
        ));
    };
    let dataset = Dataset {
        name: short_name(name),
        ..Dataset::clone(&found)
    };
    hand_over(name, Arc::new(dataset));
    Ok(())
}

/// A supernet that finds its images.
fn with_images(found: FoundSupernet) -> FoundSupernet {
    let (state, note) = found?;
    if let Some(Position {
        config, dataset, ..
    }) = state.as_ref().map(|state| &state.position)
    {
        find_images(&config.dataset, dataset, "open the run again")?;
    }
    Ok((state, note))
}

/// What a folder is called in the list: what is no text in a name is written out, so that no two are alike.
fn listed_name(name: &OsStr) -> String {
    match name.to_str() {
        Some(name) => name.to_owned(),
        None => format!("{name:?}").trim_matches('"').to_owned(),
    }
}

/// The run folders of a folder, by name. One that cannot be looked into is among them: who opens it is told why.
fn list(runs: &Path) -> Result<Vec<KeptRun>, String> {
    let entries = match std::fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(format!(
                "{} is a file, where the folder of the runs should be; give it another name",
                runs.display()
            ));
        }
        Err(error) => return Err(format!("{}: {error}", runs.display())),
    };
    let mut found: Vec<KeptRun> = entries
        .flatten()
        .filter(|entry| may_be_run(&entry.path()))
        .map(|entry| in_folder(listed_name(&entry.file_name()), &entry.path(), None))
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Whether there are events at a path, or nobody can tell.
fn may_be_run(path: &Path) -> bool {
    match path.join(EVENTS).symlink_metadata() {
        Ok(_) => true,
        Err(error) => match error.kind() {
            ErrorKind::NotADirectory => false,
            // A link that leads nowhere may have led to a run.
            ErrorKind::NotFound => !path.exists(),
            _ => true,
        },
    }
}

/// The supernet of a run folder, where its run had one.
fn supernet_of(folder: &Path) -> FoundSupernet {
    let own = folder.join(SUPERNET_FILE).symlink_metadata();
    if own.is_err() && saved(folder).is_ok_and(|found| found.is_empty()) {
        return Ok((None, None));
    }
    let found = record::load_supernet(folder).map_err(|error| error.to_string())?;
    let note = found.note();
    Ok((Some(Box::new(found.checkpoint)), note))
}

/// A run folder that is anywhere, by its whole path; none: it cannot be found. `events`: what was read of them, where that is damaged.
pub fn kept_run(folder: &Path, events: Option<&[u8]>) -> Option<KeptRun> {
    let path = folder.canonicalize().ok()?;
    let name = path.to_str()?.to_owned();
    Some(match events {
        Some(events) => opened(name, &path, events),
        None => in_folder(name, &path, None),
    })
}

/// A run whose events were read.
fn opened(name: String, folder: &Path, events: &[u8]) -> KeptRun {
    // From memory, nothing fails.
    let lines = read_lines(events).unwrap_or_default();
    in_folder(name, folder, Some(&lines))
}

/// The run of a folder, under the name that its keeper has for it.
fn in_folder(name: String, folder: &Path, read: Option<&Lines>) -> KeptRun {
    let events = folder.join(EVENTS).metadata();
    let (can_go_on, stuck) = match record::can_go_on(folder, read) {
        // Who records into it now goes on with it already.
        Ok(can) => (can && !is_held(folder), None),
        Err(why) => (false, Some(in_labels(&why))),
    };
    // Whoever opens the run hears of a file that is damaged.
    let rival = read_rival(folder).ok().flatten();
    KeptRun {
        can_go_on,
        stuck,
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
