//! What a panel sees and what it can ask for.

use std::sync::Arc;

use crate::data::{Dataset, Unlabelled};
use crate::landscape::{BUILTIN_METRIC, Table, builtin_table};
use crate::session::{Command, DataFile, Start};
use crate::space::{Genotype, Space};

use super::pane::Pane;
use super::runs::kept_run::Ask;
use super::runs::link::SessionState;
use super::runs::notice::Notice;
use super::runs::run_network::RunNetwork;
use super::runs::supernet::{Judge, JudgeOf, SupernetState};
use crate::record::RunView;

/// What every panel may read in one frame, and where it asks for what it wants done.
pub struct Context<'a> {
    /// The run that is shown: a recorded one at first, then the one that was started or opened.
    pub run: &'a RunView,
    /// Whether that is among the person's kept runs.
    pub kept: bool,
    /// The run that races with it: the same seed and images, another strategy.
    pub rival: Option<&'a RunView>,
    /// The last training from scratch that [`Action::Train`] asked for, in a session of its own.
    pub trained: Option<&'a RunView>,
    /// The table that is open: the built-in landscape at first.
    pub table: Option<&'a OpenTable>,
    /// Whether the session can score with the weights of the shown run.
    pub supernet: &'a SupernetState,
    /// The judge that scores cells by hand.
    pub judge: &'a Judge,
    /// The architecture in the editor.
    pub edited: &'a Genotype,
    /// What the session does.
    pub session: SessionState,
    /// Taken up after the frame, in order.
    pub actions: &'a mut Vec<Action>,
}

/// A benchmark table and the metric that is looked at.
#[derive(Clone)]
pub struct OpenTable {
    /// What it is called in the window.
    pub name: String,
    /// The table.
    pub table: Arc<Table>,
    /// One of the table's metrics.
    pub metric: String,
}

/// The table that has the cells of a space, and its metric: the open one, or the built-in one.
pub fn table_of(space: Space, open: Option<&OpenTable>) -> Option<(&Table, &str)> {
    let open = open.map(|open| (&*open.table, open.metric.as_str()));
    let tables = open.into_iter().chain([(builtin_table(), BUILTIN_METRIC)]);
    tables.into_iter().find(|(table, _)| table.space() == space)
}

/// What a panel asks the app to do.
pub enum Action {
    /// Sends a command to the session.
    Send(Command),
    /// Moves the shown run's cursor to a step by its place in [`RunView::steps`]; none: it follows the newest.
    Seek(Option<usize>),
    /// Has the session take up the weights of the shown run.
    OpenSupernet,
    /// Looks for a judge that is kept.
    FindJudge(JudgeOf),
    /// Trains the judge that was looked for.
    TrainJudge,
    /// Sends a command to the judge's session.
    ToJudge(Command),
    /// Shows an architecture in the editor, as one undoable edit.
    Edit(Genotype),
    /// Opens another table.
    OpenTable(OpenTable),
    /// Starts a run in a session of its own, beside the one that is started by [`Action::Send`].
    Race(Box<Start>),
    /// Trains an architecture from scratch in a session of its own.
    Train(Genotype),
    /// Brings a panel to the front.
    Show(Pane),
    /// Asks the person for a file to open.
    ChooseFile,
    /// Asks the person for an image that the trained network is asked about.
    ChooseImage,
    /// Asks the trained network about the images in files.
    AskNetwork(Vec<OpenedFile>),
    /// Images were read for a trained network, or why they were not.
    ImagesRead(RunNetwork, Result<Unlabelled, String>),
    /// Asks the person for a folder to open.
    #[cfg(not(target_arch = "wasm32"))]
    ChooseFolder,
    /// Opens files that were chosen or dropped together: a run folder's or zip's events, a table, a genotype or a data set, by content.
    OpenFiles(Vec<OpenedFile>),
    /// What the field for a path shall do.
    #[cfg(not(target_arch = "wasm32"))]
    Path(PathField),
    /// What was open on another day has been read again.
    #[cfg(not(target_arch = "wasm32"))]
    Again(Again),
    /// A data set was read: the name that runs give it, or what is wrong with it.
    DataRead(Result<ReadData, String>),
    /// Asks the person where to, and writes a file there.
    SaveFile {
        /// The name that is offered.
        name: String,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// Draws an SVG picture as a PNG file, light on white and twice as large, and downloads it.
    #[cfg(target_arch = "wasm32")]
    SavePicture {
        /// The name of the file.
        name: String,
        /// The picture.
        svg: String,
    },
    /// Saves a run as a zip.
    SaveRun(Racer),
    /// Saves what every step of a run measured, as CSV.
    SaveCurves(Racer),
    /// Saves a run as an event file of TensorBoard.
    SaveEventFile(Racer),
    /// Saves what a run has trained.
    SaveNetwork(Racer, NetworkForm),
    /// Saves what [`Action::Train`] has trained.
    SaveTrained(NetworkForm),
    /// Lists the kept runs.
    ListRuns,
    /// Asks the keeper of runs.
    Shelf(Ask),
    /// Starts a new session in the place of one that has ended.
    Restart,
    /// Tells the person something.
    Notify(Notice),
}

/// A run that the window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Racer {
    /// [`Context::run`].
    Shown,
    /// [`Context::rival`].
    Rival,
}

/// A form of a trained network for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkForm {
    /// One file.
    Onnx,
    /// A zip of weights and a program.
    Pytorch,
}

/// What a path is asked for, where the desktop has no dialogs.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone)]
pub enum PathFor {
    /// A file or folder to open.
    Open,
    /// An image for the trained network.
    Image,
    /// A place to write to.
    Save {
        /// The name that is offered.
        name: String,
        /// What is written.
        bytes: Arc<Vec<u8>>,
    },
}

/// What the field for a path shall do.
#[cfg(not(target_arch = "wasm32"))]
pub enum PathField {
    /// Asks for a path.
    Ask(PathFor),
    /// Goes: it was opened or written.
    Done,
    /// Says why not.
    Failed(String),
}

/// What was open on another day, by its path, or why it cannot be read any more.
#[cfg(not(target_arch = "wasm32"))]
pub enum Again {
    /// The table.
    Table(String, Result<OpenTable, String>),
    /// The data of the settings.
    Data(String, Result<Arc<Dataset>, String>),
}

/// A file that was chosen or dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedFile {
    /// Its name.
    pub name: String,
    /// Where it is; a page does not know.
    pub path: Option<String>,
    /// Its content; of a folder without a run, nothing.
    pub bytes: Vec<u8>,
}

/// A data set that was read from files.
pub struct ReadData {
    /// What runs call it.
    pub name: String,
    /// Its images.
    pub dataset: Arc<Dataset>,
    /// Whether images of different sizes were scaled without being asked for it.
    pub scaled: bool,
    /// Its files, where the session is in another memory and must read them, too.
    pub files: Vec<DataFile>,
}
