//! What a run leaves behind, event by event: the same in a folder, in the browser's storage and in a zip.

use super::rival::RIVAL_FILE;
use crate::session::{Checkpoint, Event, Timed, TrainedNetwork};
use crate::space::Genotype;

/// The lines of a run.
pub const EVENTS: &str = "events.jsonl";
/// The final state of a search, which stays with the run: the supernet that scores its neighbors.
pub const SUPERNET_FILE: &str = "supernet.safetensors";
/// What the run has trained.
pub const NETWORK_FILE: &str = "network.safetensors";
/// How many checkpoints a run keeps, the newest.
pub const KEPT: usize = 2;

/// The names under which a state is kept: as a checkpoint, and at the end of a search as [`SUPERNET_FILE`] before that.
pub fn names_of(state: &Checkpoint) -> impl Iterator<Item = String> {
    let supernet = state.search_is_done().then(|| SUPERNET_FILE.to_owned());
    supernet
        .into_iter()
        .chain([checkpoint_file(state.position.events)])
}

/// The name of a checkpoint, after the lines of [`EVENTS`] before it.
pub fn checkpoint_file(events: u64) -> String {
    format!("checkpoint-{events:06}.safetensors")
}

/// The lines before a checkpoint of that name; none: it is another file.
pub fn checkpoint_number(name: &str) -> Option<u64> {
    let digits = name
        .strip_prefix("checkpoint-")?
        .strip_suffix(".safetensors")?;
    digits.parse().ok()
}

/// A change to the files of a run.
#[derive(Debug, PartialEq)]
pub enum Write<'a> {
    /// A line at the end of [`EVENTS`], with its end.
    Line(String),
    /// A small file, in the place of an earlier one of that name.
    File(&'static str, String),
    /// A state to go on from, which must not be kept before the lines that it follows.
    Checkpoint(&'a Checkpoint),
    /// [`NETWORK_FILE`].
    Network(&'a TrainedNetwork),
    /// The run says no more.
    Close,
}

/// What an event changes, in this order.
pub fn writes(timed: &Timed) -> Vec<Write<'_>> {
    match &timed.event {
        Event::Checkpoint { state } => return vec![Write::Checkpoint(state)],
        Event::Network { network } => return vec![Write::Network(network)],
        _ => {}
    }
    if !timed.event.is_line() {
        return Vec::new();
    }
    // An event always serializes: its maps have names as keys.
    let line = serde_json::to_string(timed).unwrap_or_default();
    let mut writes = vec![Write::Line(line + "\n")];
    writes.extend(follows(&timed.event));
    writes
}

/// What else than its line an event leaves.
pub fn follows(event: &Event) -> Vec<Write<'static>> {
    match event {
        Event::Started {
            config,
            plateau,
            device,
            dataset,
        } => vec![json(
            "config.json",
            &serde_json::json!({
                "config": config, "plateau": plateau, "device": device, "dataset": dataset,
            }),
        )],
        // The genotype of now, so that a run which fails later leaves its last good one.
        Event::SearchEpoch { genotype, .. }
        | Event::Derived { genotype }
        | Event::TrainStarted { genotype, .. } => texts(genotype).into(),
        Event::Tested {
            loss,
            accuracy,
            images,
        } => vec![json(
            "result.json",
            &serde_json::json!({
                "test_accuracy": accuracy, "test_loss": loss, "test_images": images,
            }),
        )],
        Event::Finished | Event::Stopped | Event::Failed { .. } => vec![Write::Close],
        _ => Vec::new(),
    }
}

/// Whether a name is that of a file that a run leaves beside its lines, or that a table's verdict on it or its rival has.
pub fn is_of_run(name: &str) -> bool {
    let fixed = [
        "config.json",
        "genotype.json",
        "genotype.txt",
        "result.json",
        "table.json",
        NETWORK_FILE,
        RIVAL_FILE,
        SUPERNET_FILE,
    ];
    fixed.contains(&name) || checkpoint_number(name).is_some()
}

fn json(name: &'static str, value: &serde_json::Value) -> Write<'static> {
    Write::File(name, format!("{value:#}\n"))
}

fn texts(genotype: &Genotype) -> [Write<'static>; 2] {
    [
        Write::File("genotype.json", genotype.to_json() + "\n"),
        Write::File("genotype.txt", genotype.to_text() + "\n"),
    ]
}
