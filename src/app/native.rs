//! The window of the desktop: opens it, records its runs, reads what it is given on the command line.

use std::path::{Path, PathBuf};

use eframe::egui;

use super::files::{name_of, read_path};
use super::fragment::Fragment;
use super::keeper::{Keeper, can_go_on};
use super::shell::App;

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
    let unfinished = path
        .filter(|path| can_go_on(path))
        .and_then(|path| path.canonicalize().ok());
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
            let keeper = Keeper::new(Path::new(RUNS));
            let shelf = keeper.shelf(&creation.egui_ctx);
            let connect = Box::new(move |context: &egui::Context| {
                keeper
                    .session(context)
                    .map_err(|error| format!("the session could not be started: {error}"))
            });
            let mut app = App::new(creation, connect, Ok(fragment)).with_shelf(shelf);
            if let Some((name, bytes)) = &file {
                app.open(name, bytes);
            }
            if let Some(folder) = &unfinished {
                app.offer_to_go_on(&folder.to_string_lossy());
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
    Ok((name_of(path), bytes))
}
