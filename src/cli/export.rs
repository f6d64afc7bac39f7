//! `plateau export`: a run as files of other programs.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::{Args, ValueEnum};

use super::CliError;
use super::drive::in_shell;
use super::out::{self, note};
use crate::app::cell_pictures;
use crate::export::{EVENT_FILE, curves, curves_csv, event_file, onnx, pytorch};
use crate::numbers::thousands;
use crate::record::{
    EVENTS, NETWORK_FILE, RIVAL_FILE, RunFiles, RunView, SUPERNET_FILE, load_network, read_log,
};
use crate::session::{DeviceChoice, Predictor, Timed, TrainedNetwork, device};

/// Arguments of `plateau export`.
#[derive(Args)]
pub struct ExportArgs {
    /// Run folder, or a run that was saved as zip
    run: PathBuf,
    /// What to write
    #[arg(long, value_name = "FORMAT")]
    to: Format,
    /// Where to, a file or a folder that is there; by default the run folder
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Write in the place of a file that is there
    #[arg(long)]
    replace: bool,
    /// Leave the normalisation of the pixels out of the ONNX file: whoever runs it does that
    #[arg(long)]
    raw: bool,
}

/// A format of other programs.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// What every step measured as a table, a row a step: curves.csv
    Csv,
    /// The same with α as histograms, the settings and the cells as an event file, for tensorboard --logdir runs
    Tensorboard,
    /// The trained network for other runtimes: network.onnx
    Onnx,
    /// Its weights by the names of the original code, and a program that builds it and loads them: a folder pytorch
    Pytorch,
}

/// Writes the run in the format that was asked for.
pub fn run(args: &ExportArgs) -> Result<(), CliError> {
    if args.raw && !matches!(args.to, Format::Onnx) {
        return Err(CliError("--raw is only for --to onnx".into()));
    }
    if args.out.as_deref() == Some(Path::new("-")) {
        return Err(CliError(
            "--out -: nothing is written to standard output; name a file".into(),
        ));
    }
    match args.to {
        Format::Csv => {
            let rows = curves(&events(&args.run)?);
            let place = args.place("curves.csv")?;
            let what = format!("{} steps", thousands(rows.len() as u64));
            args.write(&[(place, curves_csv(&rows).into_bytes())], &what)
        }
        Format::Tensorboard => {
            let events = events(&args.run)?;
            let place = args.place(&format!("{EVENT_FILE}.plateau"))?;
            let name = place.file_name().unwrap_or_default().to_string_lossy();
            if !name.contains("tfevents") {
                return Err(CliError(format!(
                    "--out {}: TensorBoard reads only files whose names contain tfevents",
                    place.display()
                )));
            }
            let view = RunView::recorded("", &events);
            let pictures = view.genotype().map(cell_pictures).transpose();
            let pictures = pictures.map_err(CliError)?.unwrap_or_default();
            let started = last_written(&args.run)? - view.seconds;
            let file = event_file(&events, started, &pictures);
            let steps = thousands(curves(&events).len() as u64);
            args.write(&[(place, file)], &format!("{steps} steps"))
        }
        Format::Onnx => {
            let network = fitting(&args.run)?;
            let place = args.place("network.onnx")?;
            let file = onnx(&network, args.raw).map_err(CliError::new)?;
            args.write(&[(place, file)], &in_short(&network))
        }
        Format::Pytorch => {
            let network = fitting(&args.run)?;
            let folder = match &args.out {
                Some(folder) => folder.clone(),
                None => args.place("pytorch")?,
            };
            let files = pytorch(&network).map_err(CliError::new)?;
            std::fs::create_dir_all(&folder)
                .map_err(|error| CliError(format!("{}: {error}", folder.display())))?;
            let files = files.map(|(name, bytes)| (folder.join(name), bytes));
            args.write(&files, &in_short(&network))
        }
    }
}

/// What a network is, in a few words.
fn in_short(network: &TrainedNetwork) -> String {
    let [channels, height, width] = network.description.input;
    let classes = network.description.classes.len();
    format!("images of {channels}×{height}×{width}, {classes} classes")
}

impl ExportArgs {
    /// Where to write: what was asked for, or that name in the folder that was asked for or in the run folder.
    fn place(&self, name: &str) -> Result<PathBuf, CliError> {
        match &self.out {
            Some(path) if path.is_dir() => Ok(path.join(name)),
            Some(path) => Ok(path.clone()),
            None if self.run.is_dir() => Ok(self.run.join(name)),
            None => Err(CliError(format!(
                "{} is no folder that could take the result; give --out PATH",
                self.run.display()
            ))),
        }
    }

    /// Refuses to write in the place of what the run folder holds.
    fn check_no_file_of_a_run(&self, path: &Path) -> Result<(), CliError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let of_a_run = OF_A_RUN.contains(&&*name) || name.starts_with("checkpoint-");
        let folder = |path: &Path| std::fs::canonicalize(path).ok();
        // Of a name alone the parent is the empty path.
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if of_a_run && folder(parent).is_some() && folder(parent) == folder(&self.run) {
            return Err(CliError(format!(
                "--out {}: the run's own file would be overwritten",
                path.display()
            )));
        }
        Ok(())
    }

    /// Writes files and says so. Nothing is written where one of them is there already and was not to be replaced.
    fn write(&self, files: &[(PathBuf, Vec<u8>)], what: &str) -> Result<(), CliError> {
        let there = files.iter().find(|(path, _)| path.is_file());
        if let Some((path, _)) = there.filter(|_| !self.replace) {
            return Err(CliError(format!(
                "{} is there already; give --replace to write in its place, or another --out",
                path.display()
            )));
        }
        let inside = [EVENTS, NETWORK_FILE].map(|name| self.run.join(name));
        let read = [&self.run, &inside[0], &inside[1]].map(|path| Some(path.as_path()));
        for (path, _) in files {
            out::check_file("--out", path, &read)?;
            self.check_no_file_of_a_run(path)?;
        }
        for (path, bytes) in files {
            out::file(path, bytes)?;
            note!("wrote {} ({what})", in_shell(path));
        }
        Ok(())
    }
}

/// The names of what a run folder holds, but for checkpoints.
const OF_A_RUN: [&str; 8] = [
    EVENTS,
    NETWORK_FILE,
    SUPERNET_FILE,
    RIVAL_FILE,
    "config.json",
    "result.json",
    "genotype.json",
    "genotype.txt",
];

/// When the log was written last, seconds since 1970: its events have only the time since the run started.
fn last_written(run: &Path) -> Result<f64, CliError> {
    let log = match run.is_file() {
        true => run.to_path_buf(),
        false => run.join(EVENTS),
    };
    let written = std::fs::metadata(&log).and_then(|log| log.modified());
    let written = written.map_err(|error| CliError(format!("{}: {error}", log.display())))?;
    // No log is older.
    let since = written
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Ok(since.as_secs_f64())
}

/// What a run said, from its folder, its zip or its log. Of a damaged log what is before the damage, and a note.
fn events(run: &Path) -> Result<Vec<Timed>, CliError> {
    let bytes = read_log(run).map_err(CliError::new)?;
    let (files, events) = RunFiles::from_bytes(&bytes)
        .map_err(|error| CliError(format!("{}: {error}", run.display())))?;
    if let Some(warning) = files.warning {
        note!("note: {}: {warning}", run.display());
    }
    Ok(events)
}

/// What a run has trained, where `plateau predict` takes it.
fn fitting(run: &Path) -> Result<TrainedNetwork, CliError> {
    let (file, network) = network(run)?;
    let cpu = pollster::block_on(device::open(DeviceChoice::Cpu)).map_err(CliError::new)?;
    Predictor::new(&network, &cpu.device)
        .map_err(|error| CliError(format!("{}: {error}", file.display())))?;
    Ok(network)
}

/// What a run has trained, from its folder, its zip or the file of the network itself; and where that is.
pub fn network(run: &Path) -> Result<(PathBuf, TrainedNetwork), CliError> {
    if run.is_file() {
        let bytes = read_log(run).map_err(CliError::new)?;
        if RunFiles::recognises(&bytes) {
            let wrong = |why: &dyn std::fmt::Display| CliError(format!("{}: {why}", run.display()));
            let (files, _) = RunFiles::from_bytes(&bytes).map_err(|error| wrong(&error))?;
            let mut left_out = files.left_out.iter();
            return match left_out.find(|text| text.starts_with(NETWORK_FILE)) {
                Some(damaged) => Err(wrong(damaged)),
                None => files
                    .network()
                    .map(|network| (run.to_path_buf(), network))
                    .ok_or_else(|| wrong(&"the run has no trained network")),
            };
        }
    }
    load_network(run).map_err(CliError::new)
}
