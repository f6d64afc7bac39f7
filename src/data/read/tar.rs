//! The headers of a tar (POSIX ustar and pax, GNU long names). Members are read where they lie; nothing is extracted.

use super::limits::MOST_FILES;
use super::names::{RawName, shorten};
use super::source::{Listed, Packing, Place};
use super::stream::Stream;
use crate::data::DataError;

/// Headers and contents fill blocks of this size.
const BLOCK: u64 = 512;
/// Longest extended header or long name.
const LONGEST_EXTENSION: u64 = 1 << 16;

/// Whether 512 bytes are a header: its checksum says so.
pub fn is_header(block: &[u8]) -> bool {
    block.len() == BLOCK as usize
        && octal(&block[148..156]) == Some(checksum(block))
        && block.iter().any(|&byte| byte != 0)
}

/// The files and folders in a tar.
///
/// # Errors
/// [`DataError::File`] for damaged headers, links and other special files, and a missing end mark.
pub fn members(tar: &Place, shown: &str) -> Result<Vec<Listed>, DataError> {
    let mut listed = Vec::new();
    let mut long_name: Option<Vec<u8>> = None;
    let mut long_size: Option<u64> = None;
    let mut position = 0;
    loop {
        let at = position;
        let refuse = |message: String| DataError::File {
            file: shown.to_owned(),
            offset: at,
            message,
        };
        let header: [u8; BLOCK as usize] = bytes_at(tar, shown, at, BLOCK)?
            .try_into()
            .map_err(|_| refuse("the tar ends without its end mark: it is cut short".into()))?;
        if header.iter().all(|&byte| byte == 0) {
            return Ok(listed);
        }
        if !is_header(&header) {
            return Err(refuse(
                "a header's checksum is wrong: the tar is damaged".into(),
            ));
        }
        let kind = header[156];
        // A wide size belongs to the file, not to further extensions before it.
        let extension = matches!(kind, b'x' | b'g' | b'L');
        let size = match long_size.filter(|_| !extension) {
            Some(size) => size,
            None => number(&header[124..136])
                .ok_or_else(|| refuse("a size is not a number: the tar is damaged".into()))?,
        };
        let start = at + BLOCK;
        let place = tar
            .part(start, size)
            .ok_or_else(|| refuse("the tar ends inside a file: it is cut short".into()))?;
        // `size` is at most the length of the tar, so neither sum can overflow.
        position = start + size.div_ceil(BLOCK) * BLOCK;
        if extension {
            if size > LONGEST_EXTENSION {
                return Err(refuse("an extended header is too long".into()));
            }
            let text = bytes_at(tar, shown, start, size)?;
            match kind {
                b'x' => pax(&text, &mut long_name, &mut long_size).map_err(refuse)?,
                b'L' => long_name = Some(until_zero(&text).to_vec()),
                _ => {}
            }
            continue;
        }
        let name = match long_name.take() {
            Some(name) => name,
            None => header_name(&header),
        };
        long_size = None;
        let folder = match kind {
            b'0' | 0 | b'7' => name.ends_with(b"/"),
            b'5' => true,
            _ => {
                return Err(refuse(format!(
                    "'{}' is a link or no plain file: refused",
                    shorten(&text_of(&name))
                )));
            }
        };
        if listed.len() == MOST_FILES {
            return Err(refuse(format!("more than {MOST_FILES} files in the tar")));
        }
        listed.push(Listed {
            name: RawName {
                bytes: name,
                marked: false,
            },
            backslashes: false,
            offset: at,
            bytes: (!folder).then_some((place, Packing::Plain)),
        });
    }
}

/// Up to `count` bytes at a position; fewer only at the end.
fn bytes_at(tar: &Place, shown: &str, at: u64, count: u64) -> Result<Vec<u8>, DataError> {
    let count = count.min(tar.length.saturating_sub(at));
    let failed = |reason: String| DataError::File {
        file: shown.to_owned(),
        offset: at,
        message: format!("cannot be read: {reason}"),
    };
    let place = tar
        .part(at.min(tar.length), count)
        .ok_or_else(|| failed("it has changed".to_owned()))?;
    let bytes = place.read().map_err(|error| failed(error.to_string()))?;
    Stream::starting_at(shown.to_owned(), bytes, at).all(count)
}

/// `prefix/name` of a ustar header.
fn header_name(header: &[u8]) -> Vec<u8> {
    let name = until_zero(&header[..100]);
    let prefix = until_zero(&header[345..500]);
    if header[257..263] == *b"ustar\0" && !prefix.is_empty() {
        [prefix, name].join(&b'/')
    } else {
        name.to_vec()
    }
}

/// The records `LENGTH KEY=VALUE\n` of an extended header: name and size, the rest is of no use here.
fn pax(mut text: &[u8], name: &mut Option<Vec<u8>>, size: &mut Option<u64>) -> Result<(), String> {
    let damaged = || "an extended header is damaged".to_owned();
    while !text.is_empty() {
        let space = text
            .iter()
            .position(|&byte| byte == b' ')
            .ok_or_else(damaged)?;
        let length: usize = std::str::from_utf8(&text[..space])
            .ok()
            .and_then(|digits| digits.parse().ok())
            .filter(|&length| length > space + 1 && length <= text.len())
            .ok_or_else(damaged)?;
        let record = text[space + 1..length]
            .strip_suffix(b"\n")
            .ok_or_else(damaged)?;
        let equals = record
            .iter()
            .position(|&byte| byte == b'=')
            .ok_or_else(damaged)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        match key {
            b"path" => *name = Some(value.to_vec()),
            b"size" => *size = Some(text_of(value).parse().map_err(|_| damaged())?),
            key if key.starts_with(b"GNU.sparse") => {
                return Err("a sparse file: pack it without holes".to_owned());
            }
            _ => {}
        }
        text = &text[length..];
    }
    Ok(())
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}

/// Octal digits, or GNU's big-endian number behind a set first bit.
fn number(field: &[u8]) -> Option<u64> {
    match field {
        [0x80, rest @ ..] => rest.iter().try_fold(0u64, |number, &byte| {
            number.checked_mul(256)?.checked_add(u64::from(byte))
        }),
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(until_zero(field)).ok()?.trim();
    if text.is_empty() {
        return Some(0);
    }
    // `from_str_radix` would take a sign.
    text.bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| u64::from_str_radix(text, 8).ok())?
}

/// The sum of all bytes, those of the checksum itself taken as spaces.
fn checksum(header: &[u8]) -> u64 {
    header
        .iter()
        .enumerate()
        .map(|(at, &byte)| u64::from(if (148..156).contains(&at) { b' ' } else { byte }))
        .sum()
}
