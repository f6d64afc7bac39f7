//! `plateau predict`.

use std::path::PathBuf;

use clap::Args;

use super::CliError;
use super::export::network;
use super::out::{self, note, say};
use crate::data::Unlabelled;
use crate::session::{DeviceChoice, Predictor, device, likeliest, probabilities};

/// Arguments of `plateau predict`.
#[derive(Args)]
#[command(
    after_help = "Images are read as --dataset reads them (plateau data info --help), brought to the size and the colours that the network was trained on; \
what was scaled, turned or left out is said. A file of many images (NPZ, NPY, IDX, CIFAR, an archive, a folder) gives an answer for each.\n\n\
JSON: network, dataset, classes, images (file, image (its place in a file of several, from 0), answers (class, probability), logits (of all classes)), notes"
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
        images.append(Unlabelled::read_path(path, input).map_err(CliError::new)?);
    }
    let wrong = |error: &dyn std::fmt::Display| CliError(format!("{}: {error}", file.display()));
    let logits = pollster::block_on(async {
        let opened = device::open(args.device).await.map_err(CliError::new)?;
        let predictor = Predictor::new(&network, &opened.device);
        let predictor = predictor.map_err(|error| wrong(&error))?;
        let logits = predictor.logits(&images.pixels).await;
        logits.map_err(|error| wrong(&error))
    })?;
    let classes = &network.description.classes;
    let top = usize::from(args.top);
    if args.json {
        let answers = images.names.iter().zip(&logits).map(|(name, logits)| {
            let answers = likeliest(&probabilities(logits), top);
            let answers = answers.into_iter().map(|(class, probability)| {
                serde_json::json!({"class": classes[class], "probability": probability})
            });
            let mut answer = serde_json::json!({
                "file": name.file, "answers": answers.collect::<Vec<_>>(), "logits": logits,
            });
            if let Some(image) = name.image {
                answer["image"] = image.into();
            }
            answer
        });
        let report = serde_json::json!({
            "network": file.display().to_string(), "dataset": network.description.dataset, "classes": classes,
            "images": answers.collect::<Vec<_>>(), "notes": images.notes,
        });
        return out::json(&report.to_string());
    }
    for (name, logits) in images.names.iter().zip(&logits) {
        let answers = likeliest(&probabilities(logits), top).into_iter();
        let answers = answers
            .map(|(class, probability)| format!("{} {:.2} %", classes[class], 100.0 * probability));
        say!("{name}  {}", answers.collect::<Vec<_>>().join(", "))?;
    }
    for text in &images.notes {
        note!("note: {text}");
    }
    Ok(())
}
