//! The formats byte by byte, without any library but deflate's.

use std::io::Write;

/// Pixel of image n, channel c, row y, column x of all test data, as in tests/fixtures/readers/make.py.
pub fn pixel(n: usize, c: usize, y: usize, x: usize) -> u8 {
    (31 * n + 77 * c + 13 * y + 7 * x) as u8
}

/// `[channels, height, width]` of image `n`.
pub fn image(n: usize, [channels, height, width]: [usize; 3]) -> Vec<u8> {
    let mut pixels = Vec::new();
    for c in 0..channels {
        for y in 0..height {
            pixels.extend((0..width).map(|x| pixel(n, c, y, x)));
        }
    }
    pixels
}

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// CIFAR records: label bytes and pixels of images 0, 1, …
pub fn cifar(labels: &[&[u8]], first: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (n, label) in labels.iter().enumerate() {
        bytes.extend_from_slice(label);
        bytes.extend(image(first + n, [3, 32, 32]));
    }
    bytes
}

pub fn idx(code: u8, sizes: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, sizes.len() as u8];
    for size in sizes {
        bytes.extend(size.to_be_bytes());
    }
    bytes.extend_from_slice(values);
    bytes
}

/// `shape` as Python prints it, such as `(2, 3)` or `(2,)`.
pub fn npy(version: u8, dtype: &str, fortran: bool, shape: &str, values: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let header = format!("{{'descr': {dtype}, 'fortran_order': {order}, 'shape': {shape}, }}");
    let before = if version == 1 { 10 } else { 12 };
    let padded = (before + header.len() + 1).next_multiple_of(64) - before;
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    if version == 1 {
        bytes.extend((padded as u16).to_le_bytes());
    } else {
        bytes.extend((padded as u32).to_le_bytes());
    }
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(before + padded - 1, b' ');
    bytes.push(b'\n');
    bytes.extend_from_slice(values);
    bytes
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A member of a zip and what its two headers say of it; changed by tests that lie.
#[derive(Clone)]
pub struct Member {
    pub name: String,
    /// The bytes of the name where it is no UTF-8.
    pub raw: Option<Vec<u8>>,
    /// The system that packed it: 0 DOS and Windows, 3 Unix.
    pub host: u8,
    pub method: u16,
    pub flags: u16,
    pub packed: Vec<u8>,
    pub size: u32,
    pub crc: u32,
    /// Upper half of the external attributes.
    pub mode: u32,
}

impl Member {
    pub fn stored(name: &str, bytes: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        Self {
            name: name.to_owned(),
            raw: None,
            host: 3,
            method: 0,
            flags: 0,
            packed: bytes.to_vec(),
            size: bytes.len() as u32,
            crc: crc.sum(),
            mode: 0o100_644,
        }
    }

    pub fn deflated(name: &str, bytes: &[u8]) -> Self {
        Self {
            method: 8,
            packed: deflate(bytes),
            ..Self::stored(name, bytes)
        }
    }

    fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.name.as_bytes())
    }

    /// What both headers have: version, flags, method, time, date, checksum, sizes, length of the name and of extra fields.
    fn common(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(20u16.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend((self.packed.len() as u32).to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        bytes.extend((self.bytes().len() as u16).to_le_bytes());
        bytes.extend(0u16.to_le_bytes());
        bytes
    }
}

pub fn zip(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for member in members {
        let local = bytes.len() as u32;
        bytes.extend(b"PK\x03\x04");
        bytes.extend(member.common());
        bytes.extend_from_slice(member.bytes());
        bytes.extend_from_slice(&member.packed);
        directory.extend(b"PK\x01\x02");
        directory.extend([20, member.host]);
        directory.extend(member.common());
        // Comment, disk, internal attributes.
        directory.extend([0; 6]);
        directory.extend((member.mode << 16).to_le_bytes());
        directory.extend(local.to_le_bytes());
        directory.extend_from_slice(member.bytes());
    }
    let start = bytes.len() as u32;
    let length = directory.len() as u32;
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 4]);
    for _ in 0..2 {
        bytes.extend((members.len() as u16).to_le_bytes());
    }
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend(0u16.to_le_bytes());
    bytes
}

/// A header and its content of a tar; `kind` is `0` for a file.
pub fn tar_entry(kind: u8, name: &str, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes: Vec<u8> = files
        .iter()
        .flat_map(|(name, content)| tar_entry(b'0', name, "", content))
        .collect();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// An 8-bit PNG; `channels` 1 or 3, pixels interleaved.
pub fn png(height: usize, width: usize, channels: usize, interleaved: &[u8]) -> Vec<u8> {
    png_as(
        8,
        if channels == 1 { 0 } else { 2 },
        height,
        width,
        interleaved,
    )
}

/// A PNG of `bits` a value and a colour type (0 grey, 2 colours, 4 and 6 these with opacity), one deflate stream, no filters.
pub fn png_as(bits: u8, kind: u8, height: usize, width: usize, interleaved: &[u8]) -> Vec<u8> {
    let mut rows = Vec::new();
    for row in interleaved.chunks_exact(interleaved.len() / height) {
        rows.push(0);
        rows.extend_from_slice(row);
    }
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&rows).unwrap();
    let mut head = Vec::new();
    head.extend((width as u32).to_be_bytes());
    head.extend((height as u32).to_be_bytes());
    head.extend([bits, kind, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [
        (b"IHDR", head),
        (b"IDAT", encoder.finish().unwrap()),
        (b"IEND", Vec::new()),
    ] {
        chunk(&mut bytes, kind, &data);
    }
    bytes
}

pub fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend((data.len() as u32).to_be_bytes());
    let start = png.len();
    png.extend_from_slice(kind);
    png.extend_from_slice(data);
    let mut crc = flate2::Crc::new();
    crc.update(&png[start..]);
    png.extend(crc.sum().to_be_bytes());
}

/// A PNG of image `n`.
pub fn png_image(n: usize, channels: usize, height: usize, width: usize) -> Vec<u8> {
    let mut interleaved = Vec::new();
    for y in 0..height {
        for x in 0..width {
            interleaved.extend((0..channels).map(|c| pixel(n, c, y, x)));
        }
    }
    png(height, width, channels, &interleaved)
}
