//! The window of the desktop: opens it, records its runs, reads what it is given on the command line.

use std::path::{Path, PathBuf};

use async_channel::Sender;
use eframe::egui;
use web_time::Instant;

use super::context::Notice;
use super::files::read_path;
use super::fragment::Fragment;
use super::link::Link;
use super::shell::App;
use super::view::run_name;
use crate::session::{Event, Recorder, Timed};

/// The folder for runs, as on the command line.
const RUNS: &str = "runs";

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No display, or no adapter that can draw.
    #[error(
        "no window could be opened ({0}); it needs a display and a graphics driver; the command line works without: plateau search --help"
    )]
    Open(String),
    /// A file that was named on the command line.
    #[error("{}: {message}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A link that says something else than a link does.
    #[error("{0}")]
    Link(String),
}

/// Opens the window and returns when it is closed. `path`: a run folder, or any file that can be dropped on the window.
/// `link`: the part of a shared address after `#`.
///
/// # Errors
/// [`WindowError`], one line each.
pub fn open_window(path: Option<&Path>, link: Option<&str>) -> Result<(), WindowError> {
    let fragment = Fragment::parse(link.unwrap_or_default()).map_err(WindowError::Link)?;
    let file = path.map(read_run_or_file).transpose()?;
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Plateau")
            .with_app_id("plateau")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([900.0, 560.0])
            .with_drag_and_drop(true),
        ..Default::default()
    };
    eframe::run_native(
        "plateau",
        options,
        Box::new(move |creation| {
            let connect = Box::new(|context: &egui::Context| {
                recorded_session(context)
                    .map_err(|error| format!("the session could not be started: {error}"))
            });
            let mut app = App::new(creation, connect, Ok(fragment));
            if let Some((name, bytes)) = &file {
                app.open(name, bytes);
            }
            Ok(Box::new(app))
        }),
    )
    .map_err(|error| WindowError::Open(error.to_string()))
}

/// Name and content of a file; of a run folder, those of its events.
fn read_run_or_file(path: &Path) -> Result<(String, Vec<u8>), WindowError> {
    let bytes = read_path(path).map_err(|message| WindowError::Read {
        path: path.to_path_buf(),
        message,
    })?;
    let name = path
        .file_name()
        .map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    Ok((name, bytes))
}

/// A session whose runs are recorded into `runs/` on its own thread, so that a slow disk never holds the window.
fn recorded_session(context: &egui::Context) -> std::io::Result<Link> {
    let (notices, inbox) = async_channel::unbounded();
    let mut tape = Tape {
        notices,
        recorder: None,
        start: Instant::now(),
    };
    let context = context.clone();
    let link = Link::spawn_with(move |event| {
        tape.record(event);
        context.request_repaint();
    })?;
    Ok(link.with_notices(inbox))
}

struct Tape {
    notices: Sender<Notice>,
    recorder: Option<Recorder>,
    start: Instant,
}

impl Tape {
    fn record(&mut self, event: &Event) {
        if let Event::Started { config, .. } = event {
            self.start = Instant::now();
            let folder = Recorder::free_folder(Path::new(RUNS), &run_name(config));
            match Recorder::create(&folder) {
                Ok(recorder) => {
                    self.say(Notice::info(format!("recording into {}", folder.display())));
                    self.recorder = Some(recorder);
                }
                Err(error) => self.stop(&error),
            }
        }
        // Scores and refusals answer the window; they are no part of the run.
        if matches!(event, Event::Scored { .. } | Event::Refused { .. }) {
            return;
        }
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let timed = Timed {
            seconds: self.start.elapsed().as_secs_f64(),
            event: event.clone(),
        };
        if let Err(error) = recorder.record(&timed) {
            self.stop(&error);
        }
    }

    fn stop(&mut self, error: &impl std::fmt::Display) {
        self.recorder = None;
        self.say(Notice::error(format!(
            "the run goes on, but it is no longer recorded: {error}"
        )));
    }

    fn say(&self, notice: Notice) {
        // A window that has gone reads nothing any more.
        let _gone = self.notices.try_send(notice);
    }
}
