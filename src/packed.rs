//! Files that may be gzip, read with a cap: a small archive can unpack to anything.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

/// The most that is read of a report of Plateau, unpacked.
pub const MOST_OF_A_REPORT: u64 = 64 << 20;

/// A file that is not read.
#[derive(Debug, PartialEq, Eq)]
pub enum PackedError {
    /// It is damaged, as the decoder says.
    Gzip(String),
    /// It has more bytes than allowed, unpacked.
    TooLarge,
}

/// The bytes as they stand, or unpacked where they are gzip; at most so many.
///
/// # Errors
/// More bytes than that; damage.
pub fn unpacked(bytes: &[u8], most: u64) -> Result<Cow<'_, [u8]>, PackedError> {
    if bytes.len() as u64 > most {
        return Err(PackedError::TooLarge);
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(most + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| PackedError::Gzip(error.to_string()))?;
    match unpacked.len() as u64 > most {
        true => Err(PackedError::TooLarge),
        false => Ok(Cow::Owned(unpacked)),
    }
}
