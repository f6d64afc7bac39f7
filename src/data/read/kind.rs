//! What a file is, by its first bytes.

use image::ImageFormat;

use super::names::extension;
use super::source::{File, Kind};
use super::{cifar, idx, outline, tar};
use crate::data::DataError;

/// Looks at the first 512 bytes, unpacked from zip and gzip.
///
/// # Errors
/// [`DataError::File`] if they cannot be read or unpacked.
pub fn kind(file: &File) -> Result<Kind, DataError> {
    if file.size() == 0 {
        return Ok(Kind::Nothing);
    }
    let mut head = [0; 512];
    let mut stream = file.open()?;
    let count = stream.up_to(&mut head)?;
    let head = &head[..count];
    Ok(match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Kind::Zip,
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Kind::Npy,
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
        _ => picture(head)
            .or_else(|| instead(head).filter(|_| promises_data(&file.name)))
            .or_else(|| unread(head, &file.name))
            .unwrap_or(Kind::Other),
    })
}

/// Whether a file with these bytes is a picture that is read.
pub fn is_picture(bytes: &[u8]) -> bool {
    picture(bytes.get(..512).unwrap_or(bytes)).is_some()
}

/// A picture that is read.
fn picture(head: &[u8]) -> Option<Kind> {
    let format = match head {
        [0x89, b'P', b'N', b'G', ..] => ImageFormat::Png,
        [0xff, 0xd8, 0xff, ..] => ImageFormat::Jpeg,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => ImageFormat::Gif,
        // The size of the second header tells it from a text that begins with BM.
        [b'B', b'M', ..]
            if matches!(
                head.get(14..18),
                Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
            ) =>
        {
            ImageFormat::Bmp
        }
        // A text may begin with P1.
        [b'P', b'1'..=b'6', blank, ..]
            if (blank.is_ascii_whitespace() || *blank == b'#')
                && matches!(outline::pnm(head), [Some(_), Some(_), _]) =>
        {
            ImageFormat::Pnm
        }
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => ImageFormat::WebP,
        _ => return None,
    };
    Some(Kind::Image(format))
}

/// A download that went wrong.
fn instead(head: &[u8]) -> Option<Kind> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
    let starts = |mark: &str| {
        text.get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark))
    };
    let what = if ["<!doctype", "<html", "<head", "<script", "<body"]
        .iter()
        .any(|mark| starts(mark))
    {
        "a web page (HTML) was saved in its place: download it again"
    } else if (starts("<?xml") && text.contains("Error"))
        || (starts("{") && text.to_lowercase().contains("\"error"))
    {
        "a server's error message was saved in its place: download it again"
    } else if starts("version https://git-lfs") {
        "only Git LFS' pointer to it is here: run git lfs pull"
    } else {
        return None;
    };
    Some(Kind::Instead(what))
}

/// Whether a name is that of data, so that a text is not what was meant.
fn promises_data(name: &str) -> bool {
    let endings = [
        "bin", "bmp", "gif", "gz", "jpeg", "jpg", "npy", "npz", "pgm", "png", "ppm", "tar", "tgz",
        "webp", "zip",
    ];
    endings.contains(&extension(name).as_str())
        || extension(name).contains("ubyte")
        || name.ends_with("ubyte")
}

/// A format that is known and not read, by its mark or its ending.
fn unread(head: &[u8], name: &str) -> Option<Kind> {
    let brand = head
        .get(4..12)
        .filter(|box_| box_.starts_with(b"ftyp"))
        .map(|box_| &box_[4..]);
    let by_mark = match (head, brand) {
        (_, Some(b"avif" | b"avis")) => Some("AVIF"),
        (
            _,
            Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1"),
        ) => Some("HEIC"),
        (
            [b'I', b'I', b'*', 0, ..]
            | [b'M', b'M', 0, b'*', ..]
            | [b'I', b'I', b'+', 0, ..]
            | [b'M', b'M', 0, b'+', ..],
            _,
        ) => Some("TIFF"),
        ([0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..], _) => Some("JPEG 2000"),
        ([0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', ..], _) => Some("JPEG XL"),
        ([b'8', b'B', b'P', b'S', ..], _) => Some("Photoshop"),
        ([b'%', b'P', b'D', b'F', ..], _) => Some("PDF"),
        _ => None,
    };
    let by_ending = || {
        Some(match extension(name).as_str() {
            "heic" | "heif" | "hif" => "HEIC",
            "avif" => "AVIF",
            "tif" | "tiff" => "TIFF",
            "jp2" | "j2k" | "jpx" => "JPEG 2000",
            "jxl" => "JPEG XL",
            "psd" => "Photoshop",
            "svg" | "svgz" => "SVG",
            "ico" | "cur" => "ICO",
            "tga" => "TGA",
            "exr" => "OpenEXR",
            "hdr" => "Radiance HDR",
            "dcm" | "dicom" => "DICOM",
            "nii" => "NIfTI",
            "pam" => "PAM",
            "pfm" => "PFM",
            "qoi" => "QOI",
            "dds" => "DDS",
            "arw" | "cr2" | "cr3" | "dng" | "nef" | "orf" | "raf" | "rw2" => "camera raw",
            "mat" => "MATLAB",
            "h5" | "hdf5" => "HDF5",
            "tfrecord" | "tfrecords" => "TFRecord",
            "parquet" => "Parquet",
            "pcx" => "PCX",
            "rar" => "RAR",
            "7z" => "7-Zip",
            "bz2" => "bzip2",
            "xz" => "xz",
            "zst" => "Zstandard",
            _ => return None,
        })
    };
    by_mark.or_else(by_ending).map(Kind::Unread)
}
