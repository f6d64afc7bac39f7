//! The data sets inside the program. `embedded/ATTRIBUTION.md` says where they come from, `embedded/pack.py` writes them.

use std::io::Read;

use flate2::read::GzDecoder;

use super::dataset::Dataset;
use super::error::{DataError, EMBEDDED};

/// The classes of Fashion-MNIST, as its authors name them.
const CLOTHES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// The larger sets, packed.
#[cfg(not(target_arch = "wasm32"))]
fn packed(name: &str) -> Option<&'static [u8]> {
    match name {
        "mnist5k" => Some(include_bytes!("embedded/mnist5k.gz")),
        "fashion" => Some(include_bytes!("embedded/fashion.gz")),
        _ => None,
    }
}

/// What has come, in the order of [`EMBEDDED`].
#[cfg(target_arch = "wasm32")]
static PROVIDED: [std::sync::OnceLock<Vec<u8>>; EMBEDDED.len()] =
    [const { std::sync::OnceLock::new() }; EMBEDDED.len()];

#[cfg(target_arch = "wasm32")]
fn place(name: &str) -> Option<usize> {
    EMBEDDED.iter().position(|&known| known == name)
}

/// What becomes of a set that is fetched.
#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy)]
pub enum Arrival {
    /// Nobody has asked for it yet.
    Due,
    /// So many bytes have come, of so many, where that is known.
    Coming(usize, Option<usize>),
    /// It could not be fetched.
    Failed,
}

/// That of each, in the order of [`EMBEDDED`].
#[cfg(target_arch = "wasm32")]
static ARRIVALS: std::sync::Mutex<[Arrival; EMBEDDED.len()]> =
    std::sync::Mutex::new([Arrival::Due; EMBEDDED.len()]);

/// Notes what becomes of a set.
#[cfg(target_arch = "wasm32")]
pub fn arrives(name: &str, arrival: Arrival) {
    if let (Some(place), Ok(mut arrivals)) = (place(name), ARRIVALS.lock()) {
        arrivals[place] = arrival;
    }
}

/// Why a set that is not here cannot be used.
#[cfg(target_arch = "wasm32")]
fn absent(name: &str) -> DataError {
    let arrivals = ARRIVALS.lock().map(|arrivals| *arrivals);
    let arrival = place(name).zip(arrivals.ok());
    let megabytes = |bytes: usize| format!("{:.1}", bytes as f64 / 1e6);
    let so_far = match arrival.map(|(place, arrivals)| arrivals[place]) {
        Some(Arrival::Failed) => return DataError::Unreachable(name.to_owned()),
        Some(Arrival::Coming(come, Some(all))) => {
            format!(": {} of {} MB", megabytes(come), megabytes(all))
        }
        Some(Arrival::Coming(come, None)) => format!(": {} MB so far", megabytes(come)),
        Some(Arrival::Due) | None => String::new(),
    };
    DataError::Awaited(name.to_owned(), so_far)
}

/// Whether the set of a name, perhaps with options behind it, is on its way.
#[cfg(target_arch = "wasm32")]
pub fn is_coming(name: &str) -> bool {
    awaited(name).is_some_and(|set| matches!(absent(set), DataError::Awaited(..)))
}

/// Whether the set of a name is on its way: all are here.
#[cfg(not(target_arch = "wasm32"))]
pub fn is_coming(_name: &str) -> bool {
    false
}

/// Why a set that is not here cannot be used: all are.
#[cfg(not(target_arch = "wasm32"))]
fn absent(name: &str) -> DataError {
    DataError::Damaged(name.to_owned())
}

#[cfg(target_arch = "wasm32")]
fn packed(name: &str) -> Option<&'static [u8]> {
    PROVIDED[place(name)?].get().map(Vec::as_slice)
}

/// Takes the bytes of `embedded/NAME.gz` for a set that the programs of the page do not carry.
#[cfg(target_arch = "wasm32")]
pub fn provide(name: &str, packed: Vec<u8>) {
    if let Some(place) = place(name) {
        // Bytes that come twice are the same.
        let _known = PROVIDED[place].set(packed);
    }
}

/// The set of a name, perhaps with options behind it, that must be provided before it can be loaded.
#[cfg(target_arch = "wasm32")]
pub fn awaited(name: &str) -> Option<&'static str> {
    built_in(name).filter(|&set| set != EMBEDDED[0] && packed(set).is_none())
}

/// The embedded set that a name is of, perhaps with options behind it; none for a name of another kind.
pub fn built_in(name: &str) -> Option<&'static str> {
    let set = name.split_once('#').map_or(name, |(set, _)| set);
    EMBEDDED.into_iter().find(|&known| known == set)
}

/// Unpacks the embedded set of that name. All are grey images of ten classes, which are never mirrored.
pub(super) fn load(name: &str) -> Result<Dataset, DataError> {
    let (count, side): (usize, usize) = match name {
        "digits" => (1797, 8),
        "mnist5k" => (5000, 28),
        "fashion" => (3000, 28),
        _ => return Err(DataError::Unknown(name.to_owned())),
    };
    let packed: &[u8] = match name {
        "digits" => include_bytes!("embedded/digits.gz"),
        _ => packed(name).ok_or_else(|| absent(name))?,
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
    let classes = match name {
        "fashion" => CLOTHES.map(str::to_owned).into(),
        _ => (0..10).map(|digit: u8| digit.to_string()).collect(),
    };
    Ok(Dataset {
        name: name.to_owned(),
        images,
        labels: labels.into_iter().map(u16::from).collect(),
        classes,
        channels: 1,
        height: side,
        width: side,
        flip: false,
        test_from: None,
        notes: Vec::new(),
    })
}
