//! The browser's two entry points: the page draws the window, the worker computes.
//!
//! They are two small programs (`src/bin/page.rs`, `src/bin/worker.rs`) so that the page, which comes first, carries no tensors.
//! What crosses between them is JSON text in `postMessage` ([`ToWorker`], [`FromWorker`]). Each has its own memory: no shared
//! buffers, so the files need no special headers. Runs are kept in IndexedDB ([`store`]), which both can open: the worker writes
//! what it computes, the page lists and reads.

mod fetched;
#[cfg(feature = "window")]
mod kept;
#[cfg(feature = "window")]
mod keyboard;
#[cfg(feature = "window")]
mod look;
#[cfg(feature = "window")]
mod mirror;
#[cfg(feature = "window")]
mod page;
#[cfg(feature = "window")]
mod script;
#[allow(dead_code, reason = "each of the two programs uses a part")]
mod store;
#[cfg(feature = "window")]
mod tree;
#[cfg(feature = "engine")]
mod worker;

use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};

use crate::session::{Command, Timed};

#[cfg(feature = "window")]
pub use page::page;
#[cfg(feature = "engine")]
pub use worker::worker;

/// What the page says to the worker.
#[derive(Serialize, Deserialize)]
enum ToWorker {
    /// For the session.
    Command(Command),
    /// Go on with a run that the browser keeps, from its checkpoint.
    GoOn(String),
}

/// What the worker says to the page.
#[derive(Serialize, Deserialize)]
enum FromWorker {
    /// What it does before it listens; `web/worker.js` says that.
    Loading(String),
    /// Its files are of another version than the page, so that it has ended; `web/worker.js` says that, too.
    OtherVersion,
    /// It listens; while it lives it holds the browser's lock of its name.
    Ready,
    /// From the session.
    Event(Timed),
    /// It goes on with a kept run of that name, which had these events before.
    GoesOn(String, String),
    /// The run is kept under that name; none: no more.
    Kept(Option<String>),
    /// For the person: what, and whether something failed.
    Notice(String, bool),
}

/// What follows the name of a file of the page that is asked for: its version, which the page's and the worker's own scripts know, so that
/// nobody sends one of another version.
fn version() -> String {
    let version = js_sys::Reflect::get(&js_sys::global(), &"plateauVersion".into());
    version
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

/// Runs the constructors of statics, which nothing else does in a program that `web/build.sh` linked. Once, first of all.
fn construct() {
    let constructors = js_sys::Reflect::get(&wasm_bindgen::exports(), &"__wasm_call_ctors".into());
    if let Some(constructors) = constructors
        .ok()
        .and_then(|found| found.dyn_into::<js_sys::Function>().ok())
    {
        // It takes nothing, gives nothing and cannot fail.
        let _nothing = constructors.call0(&JsValue::NULL);
    }
}

/// The text of an error of JavaScript.
#[cfg(feature = "window")]
fn describe(error: &JsValue) -> String {
    error
        .as_string()
        .or_else(|| {
            error
                .dyn_ref::<js_sys::Error>()
                .map(|error| String::from(error.message()))
        })
        .unwrap_or_else(|| format!("{error:?}"))
}
