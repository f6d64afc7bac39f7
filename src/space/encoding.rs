//! Byte order marks, which text from Windows and from spreadsheets begins with.

use std::borrow::Cow;

/// Bytes of a text without their byte order mark; UTF-16 with a mark becomes UTF-8. All other bytes stay as they are.
pub fn without_mark(bytes: &[u8]) -> Cow<'_, [u8]> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return Cow::Borrowed(rest);
    }
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Cow::Borrowed(bytes),
    };
    let pairs = bytes[2..].chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Cow::Borrowed(bytes);
    }
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    match char::decode_utf16(units).collect::<Result<String, _>>() {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(bytes),
    }
}
