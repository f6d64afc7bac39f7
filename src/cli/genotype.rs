//! `plateau genotype show|convert|count`.

use std::io::Read;

use clap::{Args, Subcommand, ValueEnum};

use super::CliError;
use super::out::{self, note, say};
use crate::nearest::guess;
use crate::numbers::thousands;
use crate::space::{Genotype, GenotypeError, LONGEST_TEXT, Macro, PRESETS, Space, count_genotype};

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
    /// A file (FILE:NAME of several), - (standard input), a preset (darts-v1, darts-v2, …) or the text of a genotype
    genotype: String,
}

/// Arguments of `convert`.
#[derive(Args)]
pub struct ConvertArgs {
    /// A file (FILE:NAME of several), - (standard input), a preset (darts-v1, darts-v2, …) or the text of a genotype
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
    /// A file (FILE:NAME of several), - (standard input), a preset (darts-v1, darts-v2, …) or the text of a genotype
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

/// A genotype from a file, `FILE:NAME` where it holds several, `-` (standard input), a preset's name or its text. What was not taken
/// as it stands is said on stderr.
pub fn read_genotype(argument: &str) -> Result<Genotype, CliError> {
    if let Some(preset) = Genotype::preset(argument) {
        return Ok(preset);
    }
    let source = Source::of(argument);
    let (bytes, name) = match &source {
        Source::Input => (all(std::io::stdin().lock()), None),
        Source::File(path, name) => (std::fs::File::open(path).and_then(all), *name),
        Source::Text => (Ok(argument.as_bytes().to_vec()), None),
        Source::Folder => {
            return Err(CliError(format!(
                "{argument} is a folder; give the file in it that holds the genotype, such as genotype.json"
            )));
        }
        Source::Unknown => return Err(unknown(argument)),
    };
    let called = match &source {
        Source::Input => "standard input: ".into(),
        Source::File(path, _) => format!("{path}: "),
        _ => String::new(),
    };
    let bytes = bytes.map_err(|error| CliError(format!("{called}{error}")))?;
    if bytes.trim_ascii().is_empty() {
        return Err(CliError(format!("{called}it is empty")));
    }
    let reading = Genotype::read(&bytes, name).map_err(|error| {
        let pick = match (&error, &source) {
            (GenotypeError::Several(names), Source::File(path, _)) => {
                let first = names.first().map_or("NAME", |(name, _)| name);
                format!("; {path}:{first} picks the first")
            }
            (GenotypeError::Several(_), _) => {
                "; give only one of them, or a file and a name in it, FILE:NAME".into()
            }
            _ => String::new(),
        };
        CliError(format!("{called}{error}{pick}"))
    })?;
    for note in reading.notes {
        note!("note: {called}{note}");
    }
    Ok(reading.genotype)
}

/// Where the genotype of an argument is.
enum Source<'a> {
    /// On the standard input.
    Input,
    /// In a file, or in anything else that can be read, by a name where one is given.
    File(&'a str, Option<&'a str>),
    Folder,
    Text,
    Unknown,
}

impl<'a> Source<'a> {
    fn of(argument: &'a str) -> Self {
        if argument == "-" {
            return Self::Input;
        }
        let at = |path: &'a str, name| {
            // A text is no path, however long it is.
            let known = std::fs::metadata(path).ok().filter(|_| !path.is_empty())?;
            Some(match known.is_dir() {
                true => Self::Folder,
                false => Self::File(path, name),
            })
        };
        let named = || {
            let (path, name) = argument.rsplit_once(':')?;
            let word = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            at(path, Some(name)).filter(|_| word && !name.is_empty())
        };
        at(argument, None).or_else(named).unwrap_or_else(|| {
            let text = argument.contains(['|', '~', '(', '{', '[', '=', '\n'])
                || Genotype::from_compact(argument).is_ok();
            if text { Self::Text } else { Self::Unknown }
        })
    }
}

/// Everything that can be read, up to one byte more than a text may have.
fn all(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source
        .take(LONGEST_TEXT as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unknown(argument: &str) -> CliError {
    let shown: String = argument.chars().take(200).collect();
    CliError(format!(
        "'{shown}' is neither a file nor a preset{}; presets are {}",
        guess(argument, PRESETS),
        PRESETS.join(", ")
    ))
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
