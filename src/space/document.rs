//! The fields of the JSON form.

use serde::{Deserialize, Serialize};

use super::cell::Space;
use super::wiring::Cell;

/// The version of the JSON form.
pub(super) const VERSION: u64 = 1;

/// The JSON form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub version: u64,
    pub space: Space,
    pub cells: DocumentCells,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentCells {
    pub normal: Cell,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduction: Option<Cell>,
}
