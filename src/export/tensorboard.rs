//! The event file of TensorBoard: a run's curves, α as histograms, its settings and its cells.
//!
//! Its format is that of `tensorboard/compat/proto/{event,summary,tensor,histogram}.proto`. The crates that write it are not kept up and bring
//! a compiler of protocol buffers along; this is all that is needed of it.

use serde_json::Value;

use super::curves::{Curve, curves};
use super::protobuf::Message;
use super::tfrecord;
use crate::session::{Event, SearchStep, Timed};
use crate::space::{NO_CANDIDATE, Space};
use crate::visible::visible;

/// The name of an event file; TensorBoard takes any that begins with it.
pub const EVENT_FILE: &str = "events.out.tfevents";
/// Steps of a search that have histograms, at most: TensorBoard shows fewer.
pub const HISTOGRAMS: usize = 200;
/// Buckets of a histogram, as wide as each other.
const BUCKETS: usize = 20;

/// A picture of a cell that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What it shows.
    pub name: String,
    /// As PNG.
    pub png: Vec<u8>,
}

/// The numbers of the fields, by message.
mod field {
    pub mod event {
        pub const WALL_TIME: u32 = 1;
        pub const STEP: u32 = 2;
        pub const FILE_VERSION: u32 = 3;
        pub const SUMMARY: u32 = 5;
    }
    pub mod summary {
        pub const VALUE: u32 = 1;
    }
    pub mod value {
        pub const TAG: u32 = 1;
        pub const SIMPLE_VALUE: u32 = 2;
        pub const IMAGE: u32 = 4;
        pub const HISTOGRAM: u32 = 5;
        pub const TENSOR: u32 = 8;
        pub const METADATA: u32 = 9;
    }
    pub mod image {
        pub const HEIGHT: u32 = 1;
        pub const WIDTH: u32 = 2;
        pub const COLOUR_SPACE: u32 = 3;
        pub const ENCODED: u32 = 4;
    }
    pub mod histogram {
        pub const MIN: u32 = 1;
        pub const MAX: u32 = 2;
        pub const COUNT: u32 = 3;
        pub const SUM: u32 = 4;
        pub const SUM_OF_SQUARES: u32 = 5;
        pub const BUCKET_LIMIT: u32 = 6;
        pub const BUCKET: u32 = 7;
    }
    pub mod tensor {
        pub const TYPE: u32 = 1;
        pub const SHAPE: u32 = 2;
        pub const STRING: u32 = 8;
    }
    pub mod metadata {
        pub const PLUGIN: u32 = 1;
        pub const PLUGIN_NAME: u32 = 1;
    }
}

/// The number of strings among the types of tensors.
const STRING_TYPE: i64 = 7;
/// The number of images with red, green, blue and opacity.
const RGBA: i64 = 4;

/// The run as an event file. `started`: when it started, seconds since 1970. `pictures`: the cells of what it found.
pub fn event_file(events: &[Timed], started: f64, pictures: &[Picture]) -> Vec<u8> {
    let mut file = EventFile::new(started);
    for row in curves(events) {
        let values = Curve::ALL.map(|curve| Some((curve, row.value(curve)?)));
        let values = values.into_iter().flatten().map(|(curve, value)| {
            let mut summary = tagged(&format!("{}/{}", row.phase, curve.name()));
            summary.float(field::value::SIMPLE_VALUE, value as f32);
            summary
        });
        file.push(row.seconds, row.step, values);
    }
    let is_step = |timed: &&Timed| matches!(timed.event, Event::SearchStep(_));
    let steps = events.iter().filter(is_step).count();
    let (mut space, mut place, mut found) = (None, 0, None);
    for Timed { seconds, event } in events {
        match event {
            Event::Started { config, .. } => {
                let search = config.search.as_ref();
                let search = search.filter(|search| search.strategy.by_gradient());
                space = search.map(|search| search.space);
                file.push(*seconds, 0, [text("settings", &settings(event))]);
            }
            Event::SearchStep(step) => {
                place += 1;
                let due = (place - 1) % steps.div_ceil(HISTOGRAMS) == 0 || place == steps;
                if let Some(space) = space.filter(|_| due) {
                    file.push(*seconds, step.step, alphas(space, step));
                }
            }
            Event::Derived { genotype } | Event::TrainStarted { genotype, .. } => {
                found.get_or_insert((*seconds, genotype));
            }
            _ => {}
        }
    }
    if let Some((seconds, genotype)) = found {
        let genotype = text("genotype", &format!("`{}`", genotype.to_text()));
        let pictures = pictures.iter().filter_map(picture);
        file.push(seconds, steps, std::iter::once(genotype).chain(pictures));
    }
    file.bytes
}

/// An event file that is being written.
struct EventFile {
    started: f64,
    bytes: Vec<u8>,
}

impl EventFile {
    fn new(started: f64) -> Self {
        let mut version = Message::default();
        version.double(field::event::WALL_TIME, started);
        version.bytes(field::event::FILE_VERSION, "brain.Event:2");
        let mut bytes = Vec::new();
        tfrecord::append(&mut bytes, &version.into_bytes());
        Self { started, bytes }
    }

    /// Writes what is to be seen of a step.
    fn push(&mut self, seconds: f64, step: usize, values: impl IntoIterator<Item = Message>) {
        let mut summary = Message::default();
        for value in values {
            summary.message(field::summary::VALUE, &value);
        }
        if summary == Message::default() {
            return;
        }
        let mut event = Message::default();
        event.double(field::event::WALL_TIME, self.started + seconds);
        event.int(field::event::STEP, step as i64);
        event.message(field::event::SUMMARY, &summary);
        tfrecord::append(&mut self.bytes, &event.into_bytes());
    }
}

/// A value that has only its name.
fn tagged(tag: &str) -> Message {
    let mut value = Message::default();
    value.bytes(field::value::TAG, tag);
    value
}

/// A text in Markdown.
fn text(tag: &str, markdown: &str) -> Message {
    let mut plugin = Message::default();
    plugin.bytes(field::metadata::PLUGIN_NAME, "text");
    let mut metadata = Message::default();
    metadata.message(field::metadata::PLUGIN, &plugin);
    let mut tensor = Message::default();
    tensor.int(field::tensor::TYPE, STRING_TYPE);
    tensor.message(field::tensor::SHAPE, &Message::default());
    tensor.bytes(field::tensor::STRING, markdown);
    let mut value = tagged(tag);
    value.message(field::value::TENSOR, &tensor);
    value.message(field::value::METADATA, &metadata);
    value
}

/// What a run was started with, a row a setting.
fn settings(started: &Event) -> String {
    let Event::Started {
        config,
        plateau,
        device,
        dataset,
    } = started
    else {
        return String::new();
    };
    let mut rows = vec![
        ("plateau".to_owned(), plateau.clone()),
        ("device".to_owned(), device.name.clone()),
        ("dataset.hash".to_owned(), dataset.hash.clone()),
    ];
    // Settings always serialize: they have no maps but those with names.
    let config = serde_json::to_value(config).unwrap_or_default();
    flatten(String::new(), &config, &mut rows);
    let rows = rows.iter().map(|(name, value)| {
        // A table knows neither lines nor, in code, its mark.
        let value = visible(value).replace('`', "'");
        format!("| {name} | `{value}` |\n")
    });
    format!(
        "| setting | value |\n|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// Settings below others by their paths; those that are not set are left out.
fn flatten(path: String, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = match path.is_empty() {
                    true => name.clone(),
                    false => format!("{path}.{name}"),
                };
                flatten(path, value, rows);
            }
        }
        Value::String(text) => rows.push((path, text.clone())),
        value => rows.push((path, value.to_string())),
    }
}

/// α of a step: of each edge over its operations, and of each operation over the edges.
fn alphas(space: Space, step: &SearchStep) -> Vec<Message> {
    let mut values = Vec::new();
    for (kind, alpha) in space.cell_kinds().iter().zip(&step.alpha) {
        for (edge, row) in space.edges().iter().zip(alpha) {
            let tag = format!("alpha_{kind}/edge_{}-{}", edge.from, edge.to);
            values.push(histogram(&tag, &candidates(row.iter())));
        }
        for (place, operation) in space.operations().iter().enumerate() {
            let column = candidates(alpha.iter().filter_map(|row| row.get(place)));
            values.push(histogram(&format!("alpha_{kind}/{operation}"), &column));
        }
    }
    values.into_iter().flatten().collect()
}

/// α of what is a candidate.
fn candidates<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<f32> {
    values
        .copied()
        .filter(|&alpha| alpha != NO_CANDIDATE)
        .collect()
}

/// How often values lie where; none without values.
fn histogram(tag: &str, values: &[f32]) -> Option<Message> {
    let values: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    let low = values.iter().copied().reduce(f64::min)?;
    let high = values.iter().copied().reduce(f64::max)?;
    // Values that are all alike have one bucket, without a width.
    let buckets = if low < high { BUCKETS } else { 1 };
    let width = (high - low) / buckets as f64;
    let mut limits: Vec<f64> = (1..buckets)
        .map(|bucket| low + width * bucket as f64)
        .collect();
    limits.push(high);
    let mut counts = vec![0.0; buckets];
    for value in &values {
        let bucket = ((value - low) / width) as usize;
        counts[bucket.min(buckets - 1)] += 1.0;
    }
    let mut histogram = Message::default();
    histogram.double(field::histogram::MIN, low);
    histogram.double(field::histogram::MAX, high);
    histogram.double(field::histogram::COUNT, values.len() as f64);
    histogram.double(field::histogram::SUM, values.iter().sum());
    let squares = values.iter().map(|value| value * value);
    histogram.double(field::histogram::SUM_OF_SQUARES, squares.sum());
    histogram.doubles(field::histogram::BUCKET_LIMIT, &limits);
    histogram.doubles(field::histogram::BUCKET, &counts);
    let mut value = tagged(tag);
    value.message(field::value::HISTOGRAM, &histogram);
    Some(value)
}

/// A picture of a cell; none: it is no PNG.
fn picture(picture: &Picture) -> Option<Message> {
    let [width, height] = png_size(&picture.png)?;
    let mut image = Message::default();
    image.int(field::image::HEIGHT, height.into());
    image.int(field::image::WIDTH, width.into());
    image.int(field::image::COLOUR_SPACE, RGBA);
    image.bytes(field::image::ENCODED, &picture.png);
    let mut value = tagged(&format!("cells/{}", picture.name));
    value.message(field::value::IMAGE, &image);
    Some(value)
}

/// Width and height, which the first chunk of a PNG begins with.
fn png_size(png: &[u8]) -> Option<[u32; 2]> {
    let size = png.get(16..24).filter(|_| png.starts_with(b"\x89PNG"))?;
    let (width, height) = size.split_at(4);
    let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.try_into().ok()?));
    Some([number(width)?, number(height)?])
}
