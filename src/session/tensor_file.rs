//! Tensors and what they are, sealed in one file.
//!
//! It is a safetensors file: any reader of that format gets the tensors. Its metadata holds one JSON text, which begins with the
//! SHA-256 of the whole file, taken with the digits of the sum itself as zeros: a file that was cut or changed anywhere is refused.
//! The same content gives the same bytes.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, View};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::json::problem;

/// What stands in the metadata where the digits of the sum will be.
pub const UNSEALED: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The most that is read of a kind of files.
pub struct Limits {
    /// Of the file.
    pub bytes: u64,
    /// Of its header, bytes.
    pub header: u64,
    /// How many.
    pub tensors: usize,
}

/// A tensor of 32-bit floats on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its values in row-major order.
    pub values: Vec<f32>,
}

/// Why a file cannot be read or written.
#[derive(Debug)]
pub enum TensorFileError {
    /// It is none.
    Format(String),
    /// It was written whole and is not any more.
    Damaged,
}

/// A file that was taken apart and not yet checked.
pub struct TensorFile<'a> {
    bytes: &'a [u8],
    /// The header's text.
    text: &'a [u8],
    header: Header,
}

/// The header of a safetensors file.
#[derive(Deserialize)]
struct Header {
    // Other programs may write none.
    #[serde(rename = "__metadata__", default)]
    metadata: BTreeMap<String, String>,
    #[serde(flatten)]
    tensors: BTreeMap<String, Place>,
}

#[derive(Deserialize)]
struct Place {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// The file. `text`, the metadata of that key, has [`UNSEALED`] once, before any such digits.
///
/// # Errors
/// [`TensorFileError::Format`] where a tensor's values do not fill its shape, or the file exceeds what is read.
pub fn to_bytes(
    key: &str,
    text: String,
    tensors: &BTreeMap<String, HostTensor>,
    limits: &Limits,
) -> Result<Vec<u8>, TensorFileError> {
    // One key only: the crate writes a hash map, whose order would differ from run to run.
    let metadata = HashMap::from([(key.to_owned(), text)]);
    let bytes = safetensors::serialize(tensors, Some(metadata));
    let mut bytes = bytes.map_err(|error| TensorFileError::Format(error.to_string()))?;
    let place = find(&bytes, UNSEALED.as_bytes())
        .ok_or(TensorFileError::Format("no room for the sum".into()))?;
    let sum = format!("{:x}", Sha256::digest(&bytes));
    bytes[place..place + UNSEALED.len()].copy_from_slice(sum.as_bytes());
    if cut_header(&bytes, limits).is_err()
        || tensors.len() > limits.tensors
        || bytes.len() as u64 > limits.bytes
    {
        return Err(TensorFileError::Format("too large".into()));
    }
    Ok(bytes)
}

impl<'a> TensorFile<'a> {
    /// Takes a file apart, or its beginning up to its data.
    ///
    /// # Errors
    /// [`TensorFileError::Format`].
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, TensorFileError> {
        let text = cut_header(bytes, limits)?;
        let header = serde_json::from_slice(text).map_err(header_error)?;
        Ok(Self {
            bytes,
            text,
            header,
        })
    }

    /// The metadata of that key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.header.metadata.get(key).map(String::as_str)
    }

    /// Bytes of the whole file, by its header.
    pub fn size(&self) -> u64 {
        let places = self.header.tensors.values();
        let data = places.map(|place| place.data_offsets[1] as u64).max();
        8 + self.text.len() as u64 + data.unwrap_or(0)
    }

    /// Checks every byte against the sum that the metadata hold.
    ///
    /// # Errors
    /// [`TensorFileError::Damaged`].
    pub fn check_sum(&self, digits: &str) -> Result<(), TensorFileError> {
        let place = find(self.text, digits.as_bytes());
        let place = place.filter(|_| digits.len() == UNSEALED.len());
        let start = 8 + place.ok_or(TensorFileError::Damaged)?;
        let mut hash = Sha256::new();
        hash.update(&self.bytes[..start]);
        hash.update(UNSEALED);
        hash.update(&self.bytes[start + digits.len()..]);
        match format!("{:x}", hash.finalize()) == digits {
            true => Ok(()),
            false => Err(TensorFileError::Damaged),
        }
    }

    /// The tensors.
    ///
    /// # Errors
    /// [`TensorFileError::Format`]: too many, or one that is not of 32-bit floats within the data.
    pub fn tensors(self, limits: &Limits) -> Result<BTreeMap<String, HostTensor>, TensorFileError> {
        if self.header.tensors.len() > limits.tensors {
            return Err(TensorFileError::Format("too many tensors".into()));
        }
        let data = &self.bytes[8 + self.text.len()..];
        let tensors = self.header.tensors.into_iter().map(|(name, place)| {
            let tensor = place
                .read(data)
                .ok_or_else(|| TensorFileError::Format(format!("tensor {name}")))?;
            Ok((name, tensor))
        });
        tensors.collect()
    }
}

/// What is said of a header, or of the metadata in it, that cannot be read.
pub fn header_error(error: serde_json::Error) -> TensorFileError {
    TensorFileError::Format(format!("its header is damaged ({})", problem(&error)))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    // No text is found anywhere.
    if wanted.is_empty() {
        return None;
    }
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// The header of a file, behind its length.
fn cut_header<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a [u8], TensorFileError> {
    let cut = || TensorFileError::Format("it ends within its header".into());
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = u64::from_le_bytes(*length);
    if length > limits.header {
        return Err(TensorFileError::Format(
            "no safetensors file begins like that".into(),
        ));
    }
    rest.get(..length as usize).ok_or_else(cut)
}

impl Place {
    /// None where the place is not one of 32-bit floats within the data.
    fn read(&self, data: &[u8]) -> Option<HostTensor> {
        let [start, end] = self.data_offsets;
        let bytes = data.get(start..end)?;
        let values = self
            .shape
            .iter()
            .try_fold(1_usize, |product, &size| product.checked_mul(size))?;
        if self.dtype != "F32" || values.checked_mul(4)? != bytes.len() {
            return None;
        }
        let (words, _) = bytes.as_chunks::<4>();
        Some(HostTensor {
            shape: self.shape.clone(),
            values: words.iter().map(|word| f32::from_le_bytes(*word)).collect(),
        })
    }
}

impl View for &HostTensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect()
    }

    fn data_len(&self) -> usize {
        4 * self.values.len()
    }
}
