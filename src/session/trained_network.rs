//! What a run has trained, in one file: `network.safetensors`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::as_base64;
use super::tensor_file::{self, HostTensor, Limits, TensorFile, TensorFileError, UNSEALED};
use crate::data::{Input, Normalisation};
use crate::space::{Genotype, Macro, Space};

/// The version of the file.
pub const NETWORK_VERSION: u32 = 1;
/// The largest file that is read, bytes.
pub const MAX_NETWORK_BYTES: u64 = 1 << 30;
/// A network of 256 cells has some thirty thousand tensors.
const LIMITS: Limits = Limits {
    bytes: MAX_NETWORK_BYTES,
    header: 16 << 20,
    tensors: 1 << 16,
};
/// The key of the metadata.
const KEY: &str = "plateau-network";
/// How the names of the running variances end.
const VARIANCE: &str = ".norm.variance";

/// What a trained network is, apart from its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkDescription {
    /// Version of Plateau that trained it.
    pub plateau: String,
    /// Its search space.
    pub space: Space,
    /// Its cells.
    pub genotype: Genotype,
    /// Channels of the first cells.
    pub channels: usize,
    /// Cells (DARTS) or cells a stage (NAS-Bench-201).
    pub layers: usize,
    /// What it takes: `[channels, height, width]`.
    pub input: [usize; 3],
    /// Whether it starts with the ImageNet stem (DARTS).
    pub imagenet_stem: bool,
    /// Whether it was trained with an auxiliary head, which the file leaves out.
    pub auxiliary_head_left_out: bool,
    /// The input for a pixel is `(pixel − mean) / deviation`, by its channel.
    pub normalisation: Normalisation,
    /// The pixel of white: 255, or 16 on the built-in digits; see [`Dataset::white`](crate::data::Dataset::white).
    pub white: u8,
    /// Names of the classes, in the order of the logits.
    pub classes: Vec<String>,
    /// The data set that it was trained on, by its short name.
    pub dataset: String,
}

/// A network that a run has trained.
///
/// The file is a sealed safetensors file (`tensor_file`), whose metadata say what the network is ([`NetworkDescription`]). The auxiliary
/// head, which only helps training, is left out. The names of the tensors say where they are:
///
/// | name | shape | what it is |
/// |---|---|---|
/// | `stem` | `[c, image channels, 3, 3]` | the convolution at the beginning; c is three times the channels (DARTS) or the channels (NAS-Bench-201) |
/// | `stem0`, `stem1`, `stem2` | `[c, c, 3, 3]` | the three of the ImageNet stem instead (DARTS) |
/// | `cells.I.preprocess0`, `…1` | `[c, from, 1, 1]` | brings input 0 (two cells back) or 1 (one cell back) to the channels of the cell (DARTS) |
/// | `cells.I.preprocess0.first`, `….second` | `[c / 2, from, 1, 1]` | the two paths of its factorized reduction, where the cell before was a reduction |
/// | `cells.I.nodes.J.inputK.OPERATION` | | the operation of input K of node J, both counted from 0 as in the genotype; one of those below |
/// | `cells.I.first`, `….second` | `[2c, c, 3, 3]`, `[2c, 2c, 3, 3]` | the two convolutions of a residual block (NAS-Bench-201), which is counted among the cells |
/// | `cells.I.shortcut` | `[2c, c, 1, 1]` | that beside them, without a normalisation |
/// | `last` | | the normalisation before the classifier (NAS-Bench-201), without a convolution |
/// | `classifier` | `[classes, features]` | the linear layer at the end: `.weight`, and `.bias` with `[classes]` |
///
/// | operation | its parts |
/// |---|---|
/// | `sep_conv_3x3`, `sep_conv_5x5` | `.first` and `.second`, each with `.depthwise` `[c, 1, k, k]` and `.pointwise` `[c, c, 1, 1]`; a normalisation each, not one a convolution |
/// | `dil_conv_3x3`, `dil_conv_5x5` | `.only`, as above |
/// | `nor_conv_1x1`, `nor_conv_3x3` | the convolution itself `[c, c, k, k]` |
/// | `skip_connect` | where the cell halves the resolution and the input is one of the cell's: `.first` and `.second` `[c / 2, c, 1, 1]`, with one normalisation; else nothing |
/// | `max_pool_3x3`, `avg_pool_3x3`, `none` | nothing |
///
/// A convolution's values are called `.weight`. What is normalised has its normalisation behind it, `.norm.scale`, `.norm.shift`,
/// `.norm.mean` and `.norm.variance` with a value a channel: `cells.3.nodes.1.input0.sep_conv_3x3.first.norm.mean`. Means and variances
/// are the running ones of training, the variance unbiased; a test adds `nn::EPSILON` (1e-5) to it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedNetwork {
    /// What it is.
    pub description: NetworkDescription,
    /// Weights and running statistics by name.
    pub tensors: BTreeMap<String, HostTensor>,
}

/// Why a trained network cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NetworkError {
    /// The bytes are none.
    #[error("not a trained network: {0}")]
    Format(String),
    /// It was written whole and is not any more.
    #[error("the trained network is damaged: its checksum does not match")]
    Damaged,
    /// Another version wrote it.
    #[error(
        "the trained network is of format {found}, this Plateau reads format {NETWORK_VERSION}; use the version that wrote it"
    )]
    Version {
        /// In the file.
        found: u32,
    },
    /// Its parts disagree.
    #[error("the trained network does not fit what it says of itself: {0}")]
    Fit(String),
    /// What it says of an image is not a number.
    #[error("the answer of the trained network is not a number: its weights are too large")]
    Answer,
    /// A weight or statistic is not a number.
    #[error("the trained network holds values in {0} that are not numbers")]
    NotFinite(String),
    /// A running variance is below zero.
    #[error("the trained network holds negative values in {0}, which no variance has")]
    NegativeVariance(String),
}

impl From<TensorFileError> for NetworkError {
    fn from(error: TensorFileError) -> Self {
        match error {
            TensorFileError::Format(reason) => NetworkError::Format(reason),
            TensorFileError::Damaged => NetworkError::Damaged,
        }
    }
}

/// What the metadata hold; the sum comes first, so that its digits are the first such text of the file.
#[derive(Serialize, Deserialize)]
struct Metadata<N> {
    sha256: String,
    version: u32,
    network: N,
}

impl NetworkDescription {
    /// The sizes of the network, without its auxiliary head.
    pub fn size(&self) -> Macro {
        let [image_channels, height, width] = self.input;
        Macro {
            channels: self.channels,
            layers: self.layers,
            classes: self.classes.len(),
            image_channels,
            height,
            width,
            auxiliary: false,
            imagenet_stem: self.imagenet_stem,
        }
    }

    /// What it takes.
    pub fn takes(&self) -> Input {
        Input {
            shape: self.input,
            white: self.white,
        }
    }

    /// Whether its parts agree and such a network exists.
    fn check(&self) -> Result<(), NetworkError> {
        let wrong = |what: String| Err(NetworkError::Fit(what));
        if self.space != self.genotype.space() {
            let [own, genotype] = [self.space, self.genotype.space()];
            return wrong(format!("its space is {own}, its genotype of {genotype}"));
        }
        if let Err(error) = self.size().check(self.space) {
            return wrong(error.to_string());
        }
        let Normalisation { mean, deviation } = &self.normalisation;
        let channels = self.input[0];
        if [mean.len(), deviation.len()] != [channels; 2] {
            return wrong(format!("its normalisation is not of {channels} channels"));
        }
        let numbers = mean.iter().chain(deviation).all(|value| value.is_finite());
        match numbers && deviation.iter().all(|&value| value > 0.0) && self.white > 0 {
            true => Ok(()),
            false => wrong("its normalisation is none".into()),
        }
    }
}

impl TrainedNetwork {
    /// A weight or statistic, in row-major order.
    ///
    /// # Errors
    /// [`NetworkError::Fit`] where it is missing or has another shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<&[f32], NetworkError> {
        let wrong = |what: String| NetworkError::Fit(format!("{name} {what}"));
        let tensor = self.tensors.get(name);
        let tensor = tensor.ok_or_else(|| wrong("is missing".into()))?;
        match tensor.shape == shape {
            true => Ok(&tensor.values),
            false => Err(wrong(format!(
                "has shape {:?}, the genotype needs {shape:?}",
                tensor.shape
            ))),
        }
    }

    /// Whether every value is a number, and no variance below zero.
    ///
    /// # Errors
    /// [`NetworkError::NotFinite`] or [`NetworkError::NegativeVariance`] names the first tensor with another.
    pub fn check_values(&self) -> Result<(), NetworkError> {
        for (name, tensor) in &self.tensors {
            let mut values = tensor.values.iter();
            if values.any(|value| !value.is_finite()) {
                return Err(NetworkError::NotFinite(name.clone()));
            }
            let mut values = tensor.values.iter();
            if name.ends_with(VARIANCE) && values.any(|&value| value < 0.0) {
                return Err(NetworkError::NegativeVariance(name.clone()));
            }
        }
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// [`NetworkError::Format`] where a tensor's values do not fill its shape, or the network exceeds what
    /// [`TrainedNetwork::from_bytes`] reads.
    pub fn to_bytes(&self) -> Result<Vec<u8>, NetworkError> {
        let metadata = Metadata {
            sha256: UNSEALED.to_owned(),
            version: NETWORK_VERSION,
            network: &self.description,
        };
        let text = serde_json::to_string(&metadata)
            .map_err(|error| NetworkError::Format(error.to_string()))?;
        Ok(tensor_file::to_bytes(KEY, text, &self.tensors, &LIMITS)?)
    }

    /// Reads a file and checks every byte of it, and that what it says of itself is a network. Whether the tensors are those of the
    /// genotype shows when they are asked for.
    ///
    /// # Errors
    /// [`NetworkError`] says what is wrong; nothing that was cut or changed is read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NetworkError> {
        if bytes.len() as u64 > MAX_NETWORK_BYTES {
            return Err(NetworkError::Format("the file is too large".into()));
        }
        let file = TensorFile::open(bytes, &LIMITS)?;
        let text = file
            .text(KEY)
            .ok_or(NetworkError::Format("no network of Plateau in it".into()))?;
        let sealed: Metadata<serde_json::Value> =
            serde_json::from_str(text).map_err(tensor_file::header_error)?;
        file.check_sum(&sealed.sha256)?;
        let found = sealed.version;
        if found != NETWORK_VERSION {
            return Err(NetworkError::Version { found });
        }
        // From the text again: a JSON value would not keep every number as it was written.
        let read = serde_json::from_str::<Metadata<NetworkDescription>>(text);
        let description = read.map_err(tensor_file::header_error)?.network;
        description.check()?;
        let network = Self {
            description,
            tensors: file.tensors(&LIMITS)?,
        };
        network.check_values()?;
        Ok(network)
    }
}

/// As text: the file in Base64.
impl Serialize for TrainedNetwork {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.to_bytes().map_err(serde::ser::Error::custom)?;
        as_base64::serialize(&bytes, serializer)
    }
}

impl<'de> Deserialize<'de> for TrainedNetwork {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = as_base64::deserialize(deserializer)?;
        Self::from_bytes(&bytes).map_err(serde::de::Error::custom)
    }
}
