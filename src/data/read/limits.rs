//! What a file from outside may ask for. Everything that a file states is checked against these before memory is reserved.

/// Most pixel values of a data set; as many as a device tensor can index.
pub const MOST_PIXELS: u64 = 1 << 30;
/// Most rows or columns of an image of a data set.
pub const MOST_SIDE: usize = 1024;
/// Most classes, and the largest label.
pub const MOST_CLASSES: usize = 10_000;
/// Most files in a folder or archive.
pub const MOST_FILES: usize = 350_000;
/// Longest name of a file in an archive, bytes.
pub const LONGEST_NAME: usize = 1024;
/// Most folders.
pub const MOST_FOLDERS: usize = 100_000;
/// Most folders inside each other.
pub const DEEPEST: usize = 32;
/// Most archives inside each other: an NPZ, which is a zip, in a tar.gz in a folder.
pub const MOST_NESTED: usize = 3;
/// Largest image file, bytes.
pub const LARGEST_IMAGE_FILE: u64 = 160 << 20;
/// Most rows or columns of an image file.
pub const LONGEST_IMAGE_SIDE: u32 = 16_384;
/// Most pixels of an image file, in millions: what the largest cameras make. Only one is decoded at a time.
pub const MEGAPIXELS: u64 = 50;
/// Most bytes that it may decode to.
pub const LARGEST_DECODED_IMAGE: u64 = MEGAPIXELS * 4_000_000;
/// Most pixels of a progressive JPEG, in millions; its decoder keeps all coefficients.
pub const LARGEST_PROGRESSIVE: u64 = 25;
/// Compressed data may always unpack to this many bytes …
const ALLOWANCE: u64 = 24 << 20;
/// … and beyond that to this many times its own size.
const RATIO: u64 = 64;

/// Refuses compressed data that grow too much: a bomb, not images. Gives the reason.
pub fn check_growth(packed: u64, unpacked: u64) -> Result<(), String> {
    if unpacked > ALLOWANCE.max(packed.saturating_mul(RATIO)) {
        return Err(format!(
            "unpacks to more than {RATIO} times its size: refused as a decompression bomb"
        ));
    }
    if unpacked > 2 * MOST_PIXELS {
        return Err(format!(
            "unpacks to more than {} MB: unpack it to a folder and use that",
            (2 * MOST_PIXELS) >> 20
        ));
    }
    Ok(())
}

/// The product of sizes that a file states.
///
/// # Errors
/// A reason where it exceeds [`MOST_PIXELS`].
pub fn volume(sizes: &[u64]) -> Result<usize, String> {
    sizes
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size))
        .filter(|&product| product <= MOST_PIXELS)
        .and_then(|product| usize::try_from(product).ok())
        .ok_or_else(|| {
            format!(
                "{} values are more than the {MOST_PIXELS} that a data set may have: use fewer or smaller images",
                sizes
                    .iter()
                    .map(u64::to_string)
                    .collect::<Vec<_>>()
                    .join("×")
            )
        })
}

/// Makes room, and says so where there is none instead of ending the program.
pub fn reserve(buffer: &mut Vec<u8>, more: usize) -> Result<(), String> {
    buffer.try_reserve_exact(more).map_err(|_| {
        format!(
            "no memory for {} MB: use fewer or smaller images",
            more >> 20
        )
    })
}
