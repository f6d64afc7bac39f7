//! The command line. Results go to stdout, progress and messages to stderr.

mod app;
mod bench;
mod compare;
mod data;
mod devices;
mod drive;
mod export;
mod genotype;
mod jobs;
mod judge;
mod landscape;
mod looked_up;
mod moved;
mod out;
mod predict;
mod relax;
mod report;
mod sampling;
mod scorer;
mod search;
mod settings;
mod stop;
mod table;
mod tabulate;
mod train;
mod usage;

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use out::note;

/// What `--help` says of the end of a command.
const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed or refused, the last line on stderr says why; 2 wrong usage; 75 stopped, and it can go on: the last \
line says with which command; 128 + the signal's number, ended at once. Ctrl-C, SIGTERM, SIGHUP and SIGUSR1 stop a run after its step, with everything saved; a \
second one ends it at once.";

/// Searches neural architectures for flat optima: architectures whose accuracy survives small changes.
#[derive(Parser)]
#[command(name = "plateau", version, max_term_width = 110, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Option<CliCommand>,
}

#[derive(Subcommand)]
enum CliCommand {
    /// Open the window, with a run folder or any other file where one is given
    App(app::AppArgs),
    /// Search an architecture, train it from scratch and test it once
    Search(Box<search::SearchArgs>),
    /// Train a given genotype from scratch and test it once
    Train(Box<train::TrainArgs>),
    /// Say what images show, by the network that a run has trained
    Predict(predict::PredictArgs),
    /// Look at a data set of your own
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Show, convert or count a genotype
    #[command(subcommand)]
    Genotype(genotype::GenotypeCommand),
    /// Show how good an architecture's neighbors are: those that differ in one, two or three edges
    Neighborhood(landscape::NeighborhoodArgs),
    /// Show how much accuracy is lost on the shortest ways from one architecture to another
    Barrier(landscape::BarrierArgs),
    /// Show how much of a table's landscape comes from interactions of how many edges
    Spectrum(landscape::SpectrumArgs),
    /// Compare random search and neighborhood-aware random search on a table
    Sample(sampling::SampleArgs),
    /// Ascend a table as gradient searches do, without any noise, and show where that leads
    Relax(relax::RelaxArgs),
    /// Train every architecture of a small space from scratch and write their accuracies as a benchmark table
    Tabulate(tabulate::TabulateArgs),
    /// Train a supernet that scores architectures, and say how well it ranks them
    Judge(Box<judge::JudgeArgs>),
    /// Run strategies with the same seeds and say how far they differ
    Compare(Box<compare::CompareArgs>),
    /// Write a run for other programs: what it measured as CSV and for TensorBoard, its trained network as ONNX and for PyTorch
    Export(export::ExportArgs),
    /// Time whole steps of a search or of training, stock operations against fused kernels and PyTorch
    Bench(bench::BenchArgs),
    /// List the devices that can compute
    Devices(devices::DevicesArgs),
}

impl CliCommand {
    /// Whether it computes for long, so that it says how it was stopped.
    fn computes(&self) -> bool {
        matches!(
            self,
            CliCommand::Search(_)
                | CliCommand::Train(_)
                | CliCommand::Neighborhood(_)
                | CliCommand::Barrier(_)
                | CliCommand::Sample(_)
                | CliCommand::Relax(_)
                | CliCommand::Tabulate(_)
                | CliCommand::Judge(_)
                | CliCommand::Compare(_)
        )
    }
}

/// A failure at the edge: one line for a person.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CliError(String);

impl CliError {
    /// From anything that can be shown.
    fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Runs the program. Exit code 0: done, or nobody reads any more; 1: failed, with one line on stderr; 2: wrong usage; 75: stopped, and it
/// can go on.
pub fn main() -> ExitCode {
    let parsed = usage::with_negative_numbers(Cli::command())
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, matches)));
    match parsed {
        Ok((cli, matches)) => finish(run(cli, &matches)),
        Err(error) => usage::answer(&error),
    }
}

/// Says how it ended.
fn finish(result: Result<(), CliError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if out::closed() => ExitCode::SUCCESS,
        Err(error) => {
            note!("plateau: {error}");
            ExitCode::from(stop::exit_code())
        }
    }
}

fn run(cli: Cli, matches: &ArgMatches) -> Result<(), CliError> {
    // A run that goes on must tell a flag that was given from a default.
    let given = |name: &str| {
        matches
            .subcommand()
            .is_some_and(|(_, flags)| flags.value_source(name) == Some(ValueSource::CommandLine))
    };
    let command = cli
        .command
        .unwrap_or(CliCommand::App(app::AppArgs::default()));
    let listens = match command.computes() {
        true => stop::listen(),
        false => Ok(()),
    };
    listens.and_then(|()| match command {
        CliCommand::App(args) => app::run(&args),
        CliCommand::Search(args) => search::run(&args, &given),
        CliCommand::Train(args) => train::run(&args, &given),
        CliCommand::Predict(args) => predict::run(&args),
        CliCommand::Data(command) => data::run(&command),
        CliCommand::Genotype(command) => genotype::run(&command),
        CliCommand::Neighborhood(args) => landscape::neighborhood(&args),
        CliCommand::Barrier(args) => landscape::barrier(&args),
        CliCommand::Spectrum(args) => landscape::spectrum(&args),
        CliCommand::Sample(args) => sampling::run(&args),
        CliCommand::Relax(args) => relax::run(&args),
        CliCommand::Tabulate(args) => tabulate::run(&args),
        CliCommand::Judge(args) => judge::run(&args),
        CliCommand::Compare(args) => compare::run(&args),
        CliCommand::Export(args) => export::run(&args),
        CliCommand::Bench(args) => bench::run(&args),
        CliCommand::Devices(args) => devices::run(&args),
    })
}
