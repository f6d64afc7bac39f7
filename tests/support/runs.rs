//! The run that tests of the session vary.

use std::fs;
use std::path::Path;

use plateau::search::Strategy;
use plateau::session::{
    DeviceChoice, KernelChoice, MemoryChoice, Preset, RUN_VERSION, RunConfig, RunKind,
    SearchConfig, TrainConfig,
};
use plateau::space::Space;

/// A run on digits, on the CPU, with fused kernels that keep every branch.
pub fn on_digits(search: Option<SearchConfig>, train: TrainConfig) -> RunConfig {
    RunConfig {
        version: RUN_VERSION,
        dataset: "digits".into(),
        test_share: 0.3,
        seed: 3,
        split_seed: None,
        kind: RunKind::Full,
        device: DeviceChoice::Cpu,
        kernels: KernelChoice::Fused,
        memory: MemoryChoice::Keep,
        search,
        genotype: None,
        train,
    }
}

/// A search in the 3-edge space, in batches of that size, and a training, both over in seconds.
pub fn over_in_seconds(batch: usize) -> (SearchConfig, TrainConfig) {
    let space = Space::NasBench201Small;
    let mut search = Preset::Quick.search(space, Strategy::NaDarts);
    (search.channels, search.batch) = (2, batch);
    (search.epochs, search.neighbors) = (1, 2);
    let mut train = Preset::Quick.train(space);
    (train.channels, train.epochs) = (2, 1);
    (search, train)
}

/// Makes a folder of a run that was interrupted: 30 lines of a small search on the digits, and the checkpoint behind them.
pub fn interrupted(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for entry in fs::read_dir("tests/fixtures/before/interrupted").unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}

/// Replaces the first place of a text in a file of a run folder.
pub fn replace(folder: &Path, file: &str, old: &str, new: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{old} in {file}");
    fs::write(&path, text.replacen(old, new, 1)).unwrap();
}

/// Puts another line in the place of one of its events, counted from 1.
pub fn replace_line(folder: &Path, number: usize, new: &str) {
    let path = folder.join("events.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[number - 1] = new;
    fs::write(&path, lines.join("\n") + "\n").unwrap();
}
