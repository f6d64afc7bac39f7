//! The data sets inside the program. `embedded/ATTRIBUTION.md` says where they come from, `embedded/pack.py` writes them.

use std::io::Read;

use flate2::read::GzDecoder;

use super::{DataError, Dataset};

/// The larger set, packed.
#[cfg(not(target_arch = "wasm32"))]
fn mnist() -> Option<&'static [u8]> {
    Some(include_bytes!("embedded/mnist5k.gz"))
}

#[cfg(target_arch = "wasm32")]
static MNIST: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();

#[cfg(target_arch = "wasm32")]
fn mnist() -> Option<&'static [u8]> {
    MNIST.get().map(Vec::as_slice)
}

/// Takes the bytes of `embedded/mnist5k.gz`, which the programs of the page do not carry.
#[cfg(target_arch = "wasm32")]
pub fn provide_mnist(packed: Vec<u8>) {
    // Bytes that come twice are the same.
    let _known = MNIST.set(packed);
}

/// Whether the set of a name, perhaps with options behind it, must be provided before it can be loaded.
#[cfg(target_arch = "wasm32")]
pub fn is_awaited(name: &str) -> bool {
    built_in(name) == Some(EMBEDDED[1]) && mnist().is_none()
}

/// Names of the data sets that come with the program: UCI handwritten digits (1,797 of 8×8, values 0–16) and a balanced
/// subset of MNIST (5,000 of 28×28, values 0–255, sorted by label).
pub const EMBEDDED: [&str; 2] = ["digits", "mnist5k"];

/// The embedded set that a name is of, perhaps with options behind it; none for a name of another kind.
pub fn built_in(name: &str) -> Option<&'static str> {
    let set = name.split_once('#').map_or(name, |(set, _)| set);
    EMBEDDED.into_iter().find(|&known| known == set)
}

/// Unpacks the embedded set of that name. Both are grey images of the ten digits.
pub(super) fn load(name: &str) -> Result<Dataset, DataError> {
    let (packed, count, side): (&[u8], usize, usize) = match name {
        "digits" => (include_bytes!("embedded/digits.gz"), 1797, 8),
        "mnist5k" => {
            let packed = mnist().ok_or_else(|| DataError::Awaited(name.to_owned()))?;
            (packed, 5000, 28)
        }
        _ => return Err(DataError::Unknown(name.to_owned())),
    };
    let damaged = || DataError::Damaged(name.to_owned());
    let size = count * (1 + side * side);
    let mut labels = Vec::with_capacity(size);
    GzDecoder::new(packed)
        .take(size as u64 + 1)
        .read_to_end(&mut labels)
        .map_err(|_| damaged())?;
    if labels.len() != size {
        return Err(damaged());
    }
    let images = labels.split_off(count);
    Ok(Dataset {
        name: name.to_owned(),
        images,
        labels: labels.into_iter().map(u16::from).collect(),
        classes: (0..10).map(|digit: u8| digit.to_string()).collect(),
        channels: 1,
        height: side,
        width: side,
        flip: false,
        test_from: None,
        notes: Vec::new(),
    })
}
