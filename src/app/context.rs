//! What a panel sees and what it can ask for.

use std::sync::Arc;

use crate::landscape::Table;
use crate::session::Command;
use crate::space::Genotype;

use super::view::RunView;

/// What every panel may read in one frame, and where it asks for what it wants done.
pub struct Context<'a> {
    /// The run that is shown: a recorded one at first, then the one that was started or opened.
    pub run: &'a RunView,
    /// The table that is open: the built-in landscape at first.
    pub table: Option<&'a OpenTable>,
    /// The architecture in the editor.
    pub edited: &'a Genotype,
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

/// What a panel asks the app to do.
pub enum Action {
    /// Sends a command to the session.
    Send(Command),
    /// Shows an architecture in the editor, as one undoable edit.
    Edit(Genotype),
    /// Opens another table.
    OpenTable(OpenTable),
    /// Trains an architecture from scratch in a session of its own.
    Train(Genotype),
    /// Opens a file that was chosen or dropped: a run folder's or zip's events, a table, a genotype or a data set, by content.
    OpenFile {
        /// Its name.
        name: String,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// Ends the session and starts a fresh one.
    Restart,
    /// Tells the person something.
    Notify(Notice),
}

/// A message in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened and what to do.
    pub text: String,
    /// Whether something failed.
    pub error: bool,
}
