//! What a file is, by its first bytes.

use image::ImageFormat;

use super::source::{File, hidden};
use super::{cifar, idx, tar};
use crate::data::DataError;

/// What the first bytes say. CIFAR's records have no mark: they are [`Kind::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A zip, which an NPZ is too.
    Zip,
    /// A tar, plain or in gzip.
    Tar,
    /// An IDX array, plain or in gzip.
    Idx,
    /// A NumPy array.
    Npy,
    /// A picture.
    Image(ImageFormat),
    /// Pickled Python objects, never read.
    Pickle,
    /// Nothing in it, or a file that is hidden.
    Nothing,
    /// Anything else.
    Other,
}

/// Looks at the first 512 bytes, unpacked from zip and gzip.
///
/// # Errors
/// [`DataError::File`] if they cannot be read or unpacked.
pub fn kind(file: &File) -> Result<Kind, DataError> {
    if hidden(&file.name) || file.size() == 0 {
        return Ok(Kind::Nothing);
    }
    let mut head = [0; 512];
    let mut stream = file.open()?;
    let count = stream.up_to(&mut head)?;
    let head = &head[..count];
    Ok(match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Kind::Zip,
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Kind::Npy,
        [0x89, b'P', b'N', b'G', ..] => Kind::Image(ImageFormat::Png),
        [0xff, 0xd8, 0xff, ..] => Kind::Image(ImageFormat::Jpeg),
        [0x80, 2..=5, ..] => Kind::Pickle,
        // A CIFAR record may start like this too; then its size is right for CIFAR and wrong for IDX.
        [0, 0, 8 | 9 | 0x0b..=0x0e, 1..=4, ..]
            if !cifar::is_whole(file.size())
                || file.is_gzip()?
                || idx::stated_size(head) == Some(file.size()) =>
        {
            Kind::Idx
        }
        _ if tar::is_header(head) => Kind::Tar,
        _ => Kind::Other,
    })
}
