//! The central directory of a zip (PKWARE's APPNOTE 6.3.10, §4.3). Members are read where they lie; nothing is extracted.

use std::io::BufRead;

use super::limits::{MOST_FILES, check_growth};
use super::names::{RawName, foreign, shorten};
use super::source::{Listed, Packing, Place};
use super::stream::Stream;
use crate::data::DataError;

/// Bytes of the end record without its comment.
const END: u64 = 22;
/// Bytes of a directory entry without its names.
const ENTRY: u64 = 46;

/// The files and folders in a zip.
///
/// # Errors
/// [`DataError::File`] for a damaged directory, encryption, unknown compression, links and bombs.
pub fn members(zip: &Place, shown: &str) -> Result<Vec<Listed>, DataError> {
    let Directory {
        start,
        length,
        entries,
    } = directory(zip, shown)?;
    let bytes = part(zip, shown, start, length)?;
    let mut stream = Stream::starting_at(shown.to_owned(), bytes, start);
    let mut listed = Vec::new();
    let mut unpacked = 0u64;
    for _ in 0..entries {
        let Entry {
            name,
            backslashes,
            bytes,
            packed,
        } = read_entry(&mut stream)?;
        let at = stream.offset() - bytes;
        let refuse = |message: String| DataError::File {
            file: shown.to_owned(),
            offset: at,
            message,
        };
        let packed = packed.map(|member| {
            // All together, so that many members cannot share the same packed bytes.
            unpacked = unpacked.saturating_add(member.size);
            check_growth(zip.length, unpacked).map_err(refuse)?;
            let place = (start.checked_sub(member.local))
                .and_then(|room| zip.part(member.local, room))
                .filter(|place| member.packed <= place.length)
                .ok_or_else(|| {
                    refuse(format!("'{}' lies outside the archive", shown_name(&name)))
                })?;
            let packing = Packing::Member {
                deflate: member.deflate,
                packed: member.packed,
                size: member.size,
                crc: member.crc,
            };
            Ok((place, packing))
        });
        listed.push(Listed {
            bytes: packed.transpose()?,
            name,
            backslashes,
            offset: at,
        });
    }
    Ok(listed)
}

fn shown_name(name: &RawName) -> String {
    shorten(&String::from_utf8_lossy(&name.bytes))
}

struct Directory {
    start: u64,
    length: u64,
    entries: u64,
}

/// Finds the directory by the end record, which only a comment may follow.
fn directory(zip: &Place, shown: &str) -> Result<Directory, DataError> {
    let tail_start = zip.length.saturating_sub(END + u64::from(u16::MAX));
    let bytes = part(zip, shown, tail_start, zip.length - tail_start)?;
    let tail = Stream::starting_at(shown.to_owned(), bytes, tail_start).all(zip.length)?;
    let refuse = |offset: u64, message: &str| DataError::File {
        file: shown.to_owned(),
        offset,
        message: message.to_owned(),
    };
    let marks = || {
        let places = (0..=tail.len().saturating_sub(END as usize)).rev();
        places.filter_map(|at| {
            Some((at, tail.get(at..)?)).filter(|(_, end)| end.starts_with(b"PK\x05\x06"))
        })
    };
    let comment = |end: &[u8]| END + u64::from(u16_at(end, 20));
    // Some programs leave bytes behind the end; then what only looks like one points behind itself.
    let fits = |at: usize, end: &[u8]| {
        let directory = u64::from(u32_at(end, 16)) + u64::from(u32_at(end, 12));
        u32_at(end, 16) == u32::MAX || directory <= tail_start + at as u64
    };
    let (at, _) = marks()
        .find(|(_, end)| end.len() as u64 == comment(end))
        .or_else(|| marks().find(|&(at, end)| end.len() as u64 > comment(end) && fits(at, end)))
        .ok_or_else(|| refuse(zip.length, "the zip has no end record: it is cut short"))?;
    let end = &tail[at..];
    let position = tail_start + at as u64;
    let mut found = Directory {
        entries: u64::from(u16_at(end, 10)),
        length: u64::from(u32_at(end, 12)),
        start: u64::from(u32_at(end, 16)),
    };
    let mut limit = position;
    // Zip64: a locator directly before the end record points to the record with wide numbers.
    if let Some(locator) = at.checked_sub(20).map(|at| &tail[at..])
        && locator.starts_with(b"PK\x06\x07")
    {
        limit = u64_at(locator, 8);
        let bytes = part(zip, shown, limit, 56)?;
        let wide: [u8; 56] =
            Stream::starting_at(shown.to_owned(), bytes, limit).array("the zip64 end record")?;
        if !wide.starts_with(b"PK\x06\x06") {
            return Err(refuse(
                limit,
                "the zip64 end record is not where it should be",
            ));
        }
        found = Directory {
            entries: u64_at(&wide, 32),
            length: u64_at(&wide, 40),
            start: u64_at(&wide, 48),
        };
    }
    if found
        .start
        .checked_add(found.length)
        .is_none_or(|end| end > limit)
    {
        return Err(refuse(
            position,
            "the zip's directory lies outside the file",
        ));
    }
    if found.entries > MOST_FILES as u64 {
        return Err(refuse(
            position,
            &format!("more than {MOST_FILES} files in the zip"),
        ));
    }
    Ok(found)
}

/// What matters of an entry.
struct Entry {
    name: RawName,
    /// Whether it was made where backslashes separate folders.
    backslashes: bool,
    /// Bytes of the entry itself.
    bytes: u64,
    /// `None` for a folder.
    packed: Option<Member>,
}

/// Where a member lies and how large it is.
struct Member {
    deflate: bool,
    crc: u32,
    packed: u64,
    size: u64,
    local: u64,
}

/// The next entry. Of what everybody leaves out, nothing is asked but its name.
fn read_entry(stream: &mut Stream) -> Result<Entry, DataError> {
    let what = "the zip's directory";
    let head: [u8; ENTRY as usize] = stream.array(what)?;
    if !head.starts_with(b"PK\x01\x02") {
        return Err(stream.error(ENTRY, "the zip's directory is damaged here"));
    }
    let lengths = [28, 30, 32].map(|at| usize::from(u16_at(&head, at)));
    let bytes = ENTRY + lengths.iter().sum::<usize>() as u64;
    let [mut name, mut extra, mut comment] = lengths.map(|length| vec![0; length]);
    stream.exact(&mut name, what)?;
    stream.exact(&mut extra, what)?;
    stream.exact(&mut comment, what)?;
    let refuse = |message: String| stream.error(bytes, message);
    let flags = u16_at(&head, 8);
    let unix = matches!(head[5], 3 | 19);
    let name = match unicode_path(&extra, &name) {
        Some(path) => RawName {
            bytes: path.to_vec(),
            marked: true,
        },
        None => RawName {
            bytes: name,
            marked: flags & 1 << 11 != 0,
        },
    };
    let shown = shown_name(&name);
    let backslashes = !unix;
    // The last byte of a letter of Shift JIS may be that of a backslash; a folder is empty.
    let ends_in_backslash = backslashes && u32_at(&head, 24) == 0 && name.bytes.ends_with(b"\\");
    let folder = name.bytes.ends_with(b"/") || ends_in_backslash;
    let mut entry = Entry {
        name,
        backslashes,
        bytes,
        packed: None,
    };
    // The upper half of the attributes is the Unix mode where Unix (3) or macOS (19) made the entry.
    let mode = u32_at(&head, 38) >> 16;
    if unix && !matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000) {
        return Err(refuse(format!(
            "'{shown}' is a link or no plain file: refused"
        )));
    }
    if folder || foreign(&String::from_utf8_lossy(&entry.name.bytes)).is_some() {
        return Ok(entry);
    }
    if flags & 1 != 0 {
        return Err(refuse(format!("'{shown}' is encrypted: decrypt it first")));
    }
    let deflate = match u16_at(&head, 10) {
        0 => false,
        8 => true,
        method => {
            return Err(refuse(format!(
                "'{shown}' is compressed by method {method}: use deflate or none"
            )));
        }
    };
    let mut wide = wide_numbers(&extra);
    let mut number = |at| match u32_at(&head, at) {
        u32::MAX => wide.next().unwrap_or(u64::from(u32::MAX)),
        number => u64::from(number),
    };
    let (size, packed, local) = (number(24), number(20), number(42));
    if !deflate && packed != size {
        return Err(refuse(format!(
            "'{shown}' is stored, but its two sizes differ: the zip is damaged"
        )));
    }
    entry.packed = Some(Member {
        deflate,
        crc: u32_at(&head, 16),
        packed,
        size,
        local,
    });
    Ok(entry)
}

/// The name in UTF-8 that some packers add beside one in another encoding, if it was added for this one (Info-ZIP's field 0x7075:
/// version 1, checksum of the other name, name).
fn unicode_path<'a>(extra: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let field = field(extra, 0x7075)?;
    let mut crc = flate2::Crc::new();
    crc.update(name);
    (field.first() == Some(&1) && field.len() > 5 && u32_at(field, 1) == crc.sum())
        .then(|| &field[5..])
}

/// An extra field by its number.
fn field(mut extra: &[u8], number: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let end = (4 + usize::from(u16_at(extra, 2))).min(extra.len());
        if u16_at(extra, 0) == number {
            return Some(&extra[4..end]);
        }
        extra = &extra[end..];
    }
    None
}

/// The numbers of the zip64 field among the extra fields.
fn wide_numbers(extra: &[u8]) -> impl Iterator<Item = u64> {
    let numbers = field(extra, 1).unwrap_or_default();
    numbers.chunks_exact(8).map(|number| u64_at(number, 0))
}

fn part(zip: &Place, shown: &str, start: u64, length: u64) -> Result<Box<dyn BufRead>, DataError> {
    let failed = |message: String| DataError::File {
        file: shown.to_owned(),
        offset: start,
        message,
    };
    let place = zip
        .part(start, length)
        .ok_or_else(|| failed("the zip's records point outside the file".to_owned()))?;
    place
        .read()
        .map_err(|error| failed(format!("cannot be read: {error}")))
}

// Little-endian numbers; callers pass slices that are long enough, and what is missing counts as zero.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u64_of(bytes, at, 2) as u16
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u64_of(bytes, at, 4) as u32
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64_of(bytes, at, 8)
}

fn u64_of(bytes: &[u8], at: usize, count: usize) -> u64 {
    bytes
        .iter()
        .skip(at)
        .take(count)
        .rev()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}
