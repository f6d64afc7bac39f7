//! `plateau predict`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::CliError;
use super::export::network;
use super::out::{self, note, say};
use crate::data::{ImageName, Unlabelled};
use crate::session::{
    DeviceChoice, Predictor, RunError, TrainedNetwork, device, likeliest, probabilities,
};

/// Arguments of `plateau predict`.
#[derive(Args)]
#[command(
    after_help = "Images are read as --dataset reads them (plateau data info --help), brought to the size and the colours that the network was trained on; \
what was scaled, turned or left out is said. A file of many images (NPZ, NPY, IDX, CIFAR, an archive, a folder) gives an answer for each. \
One that cannot be read is a line on stderr, and exit code 1 after the answers to the others.\n\n\
JSON: network, dataset, classes, images (file, image (its place in a file of several, from 0), answers (class, probability), logits (of all classes); or error), notes"
)]
pub struct PredictArgs {
    /// A run folder, a run that was saved as zip, or the file network.safetensors
    run: PathBuf,
    /// Pictures, or files, archives or folders of images
    #[arg(required = true)]
    images: Vec<String>,
    /// How many classes are named for each image, the likeliest first
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,
    /// Where to compute: auto, gpu, gpu:N or cpu, as plateau search --help says it
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Print exactly one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// Says what the images show.
pub fn run(args: &PredictArgs) -> Result<(), CliError> {
    let (file, network) = network(&args.run)?;
    let input = network.description.takes();
    let mut images = Unlabelled::default();
    for path in &args.images {
        match Unlabelled::read_path(path, input) {
            Ok(read) => images.append(read),
            Err(why) => images.refuse(path.clone(), why),
        }
    }
    let logits = match images.names.is_empty() {
        true => Vec::new(),
        false => pollster::block_on(logits(args, &network, &images.pixels))
            .map_err(|error| CliError(format!("{}: {error}", file.display())))?,
    };
    if args.json {
        let report = json!({
            "network": file.display().to_string(), "dataset": network.description.dataset,
            "classes": network.description.classes,
            "images": answers(&images, &logits, &network, args.top), "notes": images.notes,
        });
        out::json(&report.to_string())?;
    } else {
        for (name, logits) in images.names.iter().zip(&logits) {
            let answers = named(logits, &network, args.top);
            let answers =
                answers.map(|(class, probability)| format!("{class} {:.2} %", 100.0 * probability));
            say!("{name}  {}", answers.collect::<Vec<_>>().join(", "))?;
        }
        for text in &images.notes {
            note!("note: {text}");
        }
    }
    // A line each; the last one is that of the failure.
    let Some((last, others)) = images.refused.split_last() else {
        return Ok(());
    };
    for refused in others {
        note!("plateau: {}", refused.why);
    }
    Err(CliError::new(&last.why))
}

/// What the network of a run says of images.
async fn logits(
    args: &PredictArgs,
    network: &TrainedNetwork,
    pixels: &[u8],
) -> Result<Vec<Vec<f32>>, RunError> {
    let opened = device::open(args.device).await?;
    Predictor::new(network, &opened.device)?
        .logits(pixels)
        .await
}

/// The likeliest classes with their probabilities.
fn named<'a>(
    logits: &[f32],
    network: &'a TrainedNetwork,
    top: u16,
) -> impl Iterator<Item = (&'a str, f64)> {
    let answers = likeliest(&probabilities(logits), usize::from(top));
    let classes = &network.description.classes;
    let named = move |(class, probability): (usize, _)| (classes[class].as_str(), probability);
    answers.into_iter().map(named)
}

/// What JSON says of every image, in their order.
fn answers(
    images: &Unlabelled,
    logits: &[Vec<f32>],
    network: &TrainedNetwork,
    top: u16,
) -> Vec<Value> {
    let of_image = |(name, logits): (&ImageName, &Vec<f32>)| {
        let answers = named(logits, network, top)
            .map(|(class, probability)| json!({"class": class, "probability": probability}));
        let answers: Vec<Value> = answers.collect();
        let mut answer = json!({"file": name.file, "answers": answers, "logits": logits});
        if let Some(image) = name.image {
            answer["image"] = image.into();
        }
        answer
    };
    let mut refused = images.refused.iter().peekable();
    let mut all = Vec::new();
    for (place, one) in images.names.iter().zip(logits).enumerate() {
        while let Some(refused) = refused.next_if(|refused| refused.before <= place) {
            all.push(json!({"file": refused.file, "error": refused.why.to_string()}));
        }
        all.push(of_image(one));
    }
    all.extend(
        refused.map(|refused| json!({"file": refused.file, "error": refused.why.to_string()})),
    );
    all
}
