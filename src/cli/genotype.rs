//! `plateau genotype show|convert|count`.

use std::io::Read;
use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};

use super::CliError;
use super::out::{self, say};
use super::progress::thousands;
use crate::nearest::guess;
use crate::space::{Genotype, Macro, PRESETS, Space, count_genotype};

/// What can be done with a genotype.
#[derive(Subcommand)]
pub enum GenotypeCommand {
    /// Draw the cells in text
    Show(ShowArgs),
    /// Print it in another text form
    Convert(ConvertArgs),
    /// Count weights and multiply-adds of its network, exactly
    Count(CountArgs),
}

/// Arguments of `show`.
#[derive(Args)]
pub struct ShowArgs {
    /// A file, a preset (darts-v1, darts-v2, pc-darts-cifar, …) or the text of a genotype
    genotype: String,
}

/// Arguments of `convert`.
#[derive(Args)]
pub struct ConvertArgs {
    /// A file, a preset (darts-v1, darts-v2, pc-darts-cifar, …) or the text of a genotype
    genotype: String,
    /// The form to print: json; python (DARTS repositories); string (NAS-Bench-201)
    #[arg(long, default_value = "json")]
    to: Form,
}

/// A text form.
#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Json,
    Python,
    String,
}

/// Arguments of `count`.
#[derive(Args)]
pub struct CountArgs {
    /// A file, a preset (darts-v1, darts-v2, pc-darts-cifar, …) or the text of a genotype
    genotype: String,
    /// The space it must belong to; by default its own
    #[arg(long)]
    space: Option<Space>,
    /// Channels of the first cells
    #[arg(long, default_value_t = 36)]
    channels: usize,
    /// Cells (DARTS) or cells a stage (NAS-Bench-201)
    #[arg(long, default_value_t = 20)]
    layers: usize,
    /// Classes
    #[arg(long, default_value_t = 10)]
    classes: usize,
    /// Height and width of the images, pixels
    #[arg(long, default_value_t = 32)]
    image: usize,
    /// Channels of the images
    #[arg(long, default_value_t = 3)]
    image_channels: usize,
    /// Count the auxiliary head's weights too
    #[arg(long)]
    auxiliary: bool,
    /// Use the ImageNet stem
    #[arg(long)]
    imagenet: bool,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// Longest genotype text that is read from a file or the standard input, bytes.
const MOST_TEXT: u64 = 64 * 1024;

/// A genotype from a file, `-` (standard input), a preset's name or its text.
pub fn read_genotype(argument: &str) -> Result<Genotype, CliError> {
    if argument == "-" {
        let mut text = String::new();
        std::io::stdin()
            .take(MOST_TEXT + 1)
            .read_to_string(&mut text)
            .map_err(|error| CliError(format!("standard input: {error}")))?;
        return Genotype::parse(&text)
            .map_err(|error| CliError(format!("standard input: {error}")));
    }
    if let Some(preset) = Genotype::preset(argument) {
        return Ok(preset);
    }
    let path = Path::new(argument);
    if argument.len() < 4096 && path.is_file() {
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MOST_TEXT + 1).read_to_string(&mut text))
            .map_err(|error| CliError(format!("{argument}: {error}")))?;
        return Genotype::parse(&text).map_err(|error| CliError(format!("{argument}: {error}")));
    }
    let looks_like_text = argument.contains(['|', '(', '{', '[']);
    if !looks_like_text {
        return Err(CliError(format!(
            "'{argument}' is neither a file nor a preset{}; presets are {}",
            guess(argument, PRESETS),
            PRESETS.join(", ")
        )));
    }
    Genotype::parse(argument).map_err(CliError::new)
}

/// Carries out a subcommand.
pub fn run(command: &GenotypeCommand) -> Result<(), CliError> {
    match command {
        GenotypeCommand::Show(args) => {
            let genotype = read_genotype(&args.genotype)?;
            out::lines(&(genotype.draw() + "\n"))
        }
        GenotypeCommand::Convert(args) => {
            let genotype = read_genotype(&args.genotype)?;
            let text = match args.to {
                Form::Json => genotype.to_json(),
                Form::Python => genotype.to_python().map_err(CliError::new)?,
                Form::String => genotype.to_nb201_string().map_err(CliError::new)?,
            };
            match args.to {
                Form::Json => out::json(&text),
                Form::Python | Form::String => out::lines(&(text + "\n")),
            }
        }
        GenotypeCommand::Count(args) => count(args),
    }
}

fn count(args: &CountArgs) -> Result<(), CliError> {
    let genotype = read_genotype(&args.genotype)?;
    if let Some(space) = args.space
        && space != genotype.space()
    {
        return Err(CliError(format!(
            "the genotype belongs to {}, not to {space}",
            genotype.space()
        )));
    }
    let size = Macro {
        channels: args.channels,
        layers: args.layers,
        classes: args.classes,
        image_channels: args.image_channels,
        height: args.image,
        width: args.image,
        auxiliary: args.auxiliary,
        imagenet_stem: args.imagenet,
    };
    let count = count_genotype(&genotype, &size).map_err(CliError::new)?;
    if args.json {
        let counts = serde_json::json!({"parameters": count.parameters, "multiply_adds": count.multiply_adds});
        out::json(&counts.to_string())
    } else {
        say!("parameters     {}", thousands(count.parameters))?;
        say!("multiply-adds  {} an image", thousands(count.multiply_adds))
    }
}
