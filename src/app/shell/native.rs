//! The window of the desktop: opens it, records its runs, reads what it is given on the command line.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eframe::egui;

use super::App;
use crate::app::runs::run_folders::Keeper;
use crate::app::share_link::Fragment;
use crate::session::{Quiet, panic_text};

/// The folder for runs, as on the command line.
const RUNS: &str = "runs";
/// Least width and height of the window, in points: with its frame and the system's bar it fits a screen of 1366×768 pixels at 200 %.
pub const LEAST_SIZE: [f32; 2] = [640.0, 320.0];

/// Libraries of the system that a window on Linux needs: what is said where one is missing, its name, and Debian's package.
const LIBRARIES: [(&str, &str, &str); 5] = [
    (
        "libxkbcommon-x11",
        "the library libxkbcommon-x11",
        "libxkbcommon-x11-0",
    ),
    ("XKBNotFound", "the library libxkbcommon", "libxkbcommon0"),
    (
        "libxkbcommon.so",
        "the library libxkbcommon",
        "libxkbcommon0",
    ),
    ("libxcb", "the library libxcb", "libxcb1"),
    (
        "xlib's shared libraries",
        "one of the libraries libX11, libX11-xcb, libXcursor and libXi",
        "libx11-6 libx11-xcb1 libxcursor1 libxi6",
    ),
];

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No display, or no adapter that can draw.
    #[error(
        "no window could be opened ({0}); it needs a display and a graphics driver; the command line works without: plateau search --help"
    )]
    Open(String),
    /// A library of the system is not there.
    #[error(
        "no window could be opened: {library} is missing; install it (on Debian and Ubuntu: apt install {package}); the command line works without: plateau search --help"
    )]
    Library {
        /// Its name.
        library: &'static str,
        /// What Debian calls the package.
        package: &'static str,
    },
    /// A file that was named on the command line.
    #[error("{}: {message}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A link that says something else than a link does.
    #[error("{0}")]
    Link(String),
}

/// Opens the window and returns when it is closed. `path`: what can be dropped on the window.
/// `link`: the part of a shared address after `#`.
///
/// # Errors
/// [`WindowError`], one line each.
pub fn open_window(path: Option<&Path>, link: Option<&str>) -> Result<(), WindowError> {
    let fragment = Fragment::parse(link.unwrap_or_default()).map_err(WindowError::Link)?;
    let path = path.map(found).transpose()?;
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Plateau")
            .with_app_id("plateau")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size(LEAST_SIZE)
            .with_drag_and_drop(true),
        window_builder: Some(Box::new(unplaced)),
        ..Default::default()
    };
    let opened = Arc::new(AtomicBool::new(false));
    say_nothing_until(&opened);
    let drawing = opened.clone();
    let quiet = Quiet::begin();
    let run = AssertUnwindSafe(|| {
        let create = Box::new(move |creation: &eframe::CreationContext<'_>| {
            drawing.store(true, Ordering::Relaxed);
            drop(quiet);
            let keeper = Keeper::new(Path::new(RUNS));
            let shelf = keeper.shelf(&creation.egui_ctx);
            let connect = Box::new(move |context: &egui::Context| {
                keeper
                    .session(context)
                    .map_err(|error| format!("the session could not be started: {error}"))
            });
            let app = App::new(creation, connect, Ok(fragment)).with_shelf(shelf);
            if let Some(path) = path {
                app.open_path(&creation.egui_ctx, path);
            }
            Ok(Box::new(app) as Box<dyn eframe::App>)
        });
        eframe::run_native("plateau", options, create)
    });
    match catch_unwind(run) {
        Ok(ended) => ended.map_err(|error| refused(&error.to_string())),
        // A mistake of ours, which the hook has told.
        Err(panic) if opened.load(Ordering::Relaxed) => resume_unwind(panic),
        Err(panic) => Err(refused(panic_text(&*panic))),
    }
}

/// Windowing libraries panic where a library of the system is missing. Until the window is there, that is an error like others.
fn say_nothing_until(opened: &Arc<AtomicBool>) {
    let opened = opened.clone();
    let told = take_hook();
    set_hook(Box::new(move |panic| {
        if opened.load(Ordering::Relaxed) {
            told(panic);
        }
    }));
}

/// What the windowing libraries say, in words.
fn refused(text: &str) -> WindowError {
    match LIBRARIES.iter().find(|(said, ..)| text.contains(said)) {
        Some(&(_, library, package)) => WindowError::Library { library, package },
        None => WindowError::Open(reason(text)),
    }
}

/// What a library says, in one line, without the place in its source.
fn reason(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    // `os error at /…/mod.rs:765: neither WAYLAND_DISPLAY nor …`
    let said = line
        .rsplit_once(".rs:")
        .and_then(|(_, rest)| rest.split_once(": "))
        .map_or(line.as_str(), |(_, said)| said);
    said.trim_end_matches('.').to_owned()
}

/// A path that was given on the command line, whole, since a data set is known by it.
fn found(path: &Path) -> Result<PathBuf, WindowError> {
    let whole = path.metadata().and_then(|_| std::path::absolute(path));
    whole.map_err(|error| WindowError::Read {
        path: path.to_path_buf(),
        message: match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                "there is no such file or folder".to_owned()
            }
            _ => error.to_string(),
        },
    })
}

/// A window that the system places: where it was last, it may lie outside of a smaller screen.
pub fn unplaced(window: egui::ViewportBuilder) -> egui::ViewportBuilder {
    egui::ViewportBuilder {
        position: None,
        ..window
    }
}
