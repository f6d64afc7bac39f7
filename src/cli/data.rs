//! `plateau data`.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::CliError;
use super::out::{self, note, say};
use crate::data::{Dataset, Loaded, Normalisation, built_in, read_path};
use crate::numbers::thousands;
use crate::visible::visible;

/// Subcommands of `plateau data`.
#[derive(Subcommand)]
pub enum DataCommand {
    /// Say what a data set holds: format, parts, classes, size, means, a few images
    Info(InfoArgs),
}

/// Arguments of `plateau data info`.
#[derive(Args)]
pub struct InfoArgs {
    /// digits, mnist5k, fashion, or a file or folder, as --dataset takes it; options follow behind #, as in photos#size=32,grey
    path: String,
    /// Write a sheet of ten images of each class as PNG
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// Images of a class on a sheet.
const SHEET_COLUMNS: usize = 10;
/// Columns of the terminal that pictures may fill.
const TERMINAL_COLUMNS: usize = 96;

/// Runs a subcommand.
pub fn run(command: &DataCommand) -> Result<(), CliError> {
    let DataCommand::Info(args) = command;
    let loaded = load(&args.path)?;
    let dataset = &loaded.dataset;
    if let Some(file) = &args.sheet {
        write_sheet(dataset, file)?;
    }
    // Statistics are those of what a search may see.
    let seen: Vec<u32> = (0..dataset.test_from.unwrap_or(dataset.len()) as u32).collect();
    let normalisation = Normalisation::new(dataset, &seen).map_err(CliError::new)?;
    if args.json {
        return out::json(&json_report(&loaded, &normalisation).to_string());
    }
    out::lines(&text_report(&loaded, &normalisation))?;
    out::raw(&picture(dataset, std::io::stdout().is_terminal()))?;
    if let Some(file) = &args.sheet {
        say!("sheet      {}", file.display())?;
    }
    for note in &dataset.notes {
        note!("note: {note}");
    }
    Ok(())
}

/// A built-in set, or one from files with a bar for what takes long.
fn load(path: &str) -> Result<Loaded, CliError> {
    if built_in(path).is_some() {
        let dataset = Dataset::load(path).map_err(CliError::new)?;
        return Ok(Loaded {
            parts: [dataset.len(), 0, 0],
            format: "built in".to_owned(),
            dataset,
        });
    }
    let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
    // The template is a constant of this file; a mistake in it falls back to the default bar.
    if let Ok(style) = ProgressStyle::with_template("reading  {wide_bar} {percent} %  {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    let loaded = read_path(path, &mut |done, total| {
        bar.set_position(done.saturating_mul(100) / total.max(1));
    });
    bar.finish_and_clear();
    loaded.map_err(CliError::new)
}

fn json_report(loaded: &Loaded, normalisation: &Normalisation) -> serde_json::Value {
    let Loaded {
        dataset,
        format,
        parts: [training, validation, test],
    } = loaded;
    let classes: Vec<_> = dataset
        .classes
        .iter()
        .zip(dataset.class_counts())
        .map(|(name, images)| json!({"name": name, "images": images}))
        .collect();
    json!({
        "name": dataset.name,
        "format": format,
        "images": dataset.len(),
        "training": training,
        "validation": validation,
        "test": test,
        "test_from": dataset.test_from,
        "channels": dataset.channels,
        "height": dataset.height,
        "width": dataset.width,
        "flip": dataset.flip,
        "mean": normalisation.mean,
        "deviation": normalisation.deviation,
        "classes": classes,
        "hash": dataset.hash(),
        "notes": dataset.notes,
    })
}

fn text_report(loaded: &Loaded, normalisation: &Normalisation) -> String {
    let Loaded {
        dataset,
        format,
        parts: [training, validation, test],
    } = loaded;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "{name:10} {}", visible(&value));
    };
    let counts = dataset.class_counts();
    line("name", dataset.name.clone());
    line("format", format.clone());
    line(
        "images",
        format!(
            "{} of {}×{}, {}",
            thousands(dataset.len() as u64),
            dataset.height,
            dataset.width,
            if dataset.channels == 1 {
                "grey"
            } else {
                "red, green and blue"
            }
        ),
    );
    line(
        "parts",
        format!(
            "{} training, {} validation, {} test{}",
            thousands(*training as u64),
            thousands(*validation as u64),
            thousands(*test as u64),
            match dataset.test_from {
                None => "; the test part of a run is drawn by its seed",
                Some(_) if *test == 0 => "; the validation part is kept for the test",
                Some(_) => "",
            }
        ),
    );
    let list = |values: &[f32]| {
        let values: Vec<String> = values.iter().map(|value| format!("{value:.2}")).collect();
        values.join(", ")
    };
    line("mean", list(&normalisation.mean));
    line("deviation", list(&normalisation.deviation));
    line(
        "mirrored",
        if dataset.flip {
            "yes, unless --no-flip is given"
        } else {
            "never"
        }
        .to_owned(),
    );
    line("classes", thousands(dataset.classes.len() as u64));
    for (name, count) in dataset.classes.iter().zip(&counts) {
        line("", format!("{:>9}  {name}", thousands(*count as u64)));
    }
    text
}

/// The first `most` images of each class.
fn examples(dataset: &Dataset, most: usize) -> Vec<Vec<u32>> {
    let mut examples = vec![Vec::new(); dataset.classes.len()];
    for (index, &label) in (0u32..).zip(&dataset.labels) {
        // `Dataset::check` has seen that every label is a class.
        let class = &mut examples[usize::from(label)];
        if class.len() < most {
            class.push(index);
        }
    }
    examples
}

/// A pixel as red, green and blue, stretched so that `white` is white.
fn colour(dataset: &Dataset, image: &[u8], y: usize, x: usize, white: u8) -> [u8; 3] {
    let area = dataset.height * dataset.width;
    let at = y * dataset.width + x;
    [0, 1, 2].map(|channel| {
        let raw = image[channel.min(dataset.channels - 1) * area + at];
        (u32::from(raw) * 255 / u32::from(white.max(1))).min(255) as u8
    })
}

/// The value shown as white: 255, or the largest where all are small, as the digits' 16.
fn white(dataset: &Dataset) -> u8 {
    match dataset.images.iter().max() {
        Some(&most) if most < 64 => most,
        _ => 255,
    }
}

/// The first image of the first classes side by side, two rows of pixels a line. Without colours, shades of characters.
fn picture(dataset: &Dataset, colours: bool) -> String {
    let scale = dataset.height.max(dataset.width).div_ceil(32);
    let (height, width) = (dataset.height / scale, dataset.width / scale);
    let images: Vec<&[u8]> = examples(dataset, 1)
        .iter()
        .filter_map(|class| dataset.image(*class.first()?))
        .take((TERMINAL_COLUMNS / (width + 1)).max(1))
        .collect();
    let white = white(dataset);
    let mut text = String::new();
    for y in (0..height).step_by(2) {
        for image in &images {
            for x in 0..width {
                let pixel = |y: usize| {
                    if y < height {
                        colour(dataset, image, y * scale, x * scale, white)
                    } else {
                        [0; 3]
                    }
                };
                let ([r, g, b], [s, h, c]) = (pixel(y), pixel(y + 1));
                // Writing to a string cannot fail.
                let _written = if colours {
                    write!(text, "\x1b[38;2;{r};{g};{b}m\x1b[48;2;{s};{h};{c}m▀")
                } else {
                    let sum: u32 = [r, g, b, s, h, c].into_iter().map(u32::from).sum();
                    write!(
                        text,
                        "{}",
                        [' ', '░', '▒', '▓', '█'][(sum * 5 / (6 * 256)) as usize]
                    )
                };
            }
            text.push_str(if colours { "\x1b[0m " } else { " " });
        }
        let end = text.trim_end_matches(' ').len();
        text.truncate(end);
        text.push('\n');
    }
    text
}

/// Ten images of each class, a row a class.
fn write_sheet(dataset: &Dataset, file: &Path) -> Result<(), CliError> {
    let rows = examples(dataset, SHEET_COLUMNS);
    // Small images are enlarged to about 48 pixels; one pixel lies between images.
    let zoom = (48 / dataset.height.max(dataset.width)).max(1);
    let (height, width) = (dataset.height * zoom + 1, dataset.width * zoom + 1);
    // At most 100 classes, so that the sheet stays a picture one can open.
    let rows = &rows[..rows.len().min(100)];
    let white = white(dataset);
    let mut sheet =
        image::RgbImage::new((SHEET_COLUMNS * width) as u32, (rows.len() * height) as u32);
    for (row, class) in rows.iter().enumerate() {
        for (column, &index) in class.iter().enumerate() {
            let Some(image) = dataset.image(index) else {
                continue;
            };
            for y in 0..height - 1 {
                for x in 0..width - 1 {
                    let pixel = colour(dataset, image, y / zoom, x / zoom, white);
                    sheet.put_pixel(
                        (column * width + x) as u32,
                        (row * height + y) as u32,
                        image::Rgb(pixel),
                    );
                }
            }
        }
    }
    let mut png = std::io::Cursor::new(Vec::new());
    sheet
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|error| CliError(format!("{}: {error}", file.display())))?;
    out::file(file, png.get_ref())
}
