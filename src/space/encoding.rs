//! Byte order marks, which text from Windows and from spreadsheets begins with.

use std::borrow::Cow;

/// Bytes of a text without their byte order mark; UTF-16 with a mark becomes UTF-8. All other bytes stay as they are.
pub fn without_mark(bytes: &[u8]) -> Cow<'_, [u8]> {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => return Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => from_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => from_utf16(rest, u16::from_be_bytes),
        _ => return Cow::Borrowed(bytes),
    };
    match text.contains(char::REPLACEMENT_CHARACTER) {
        // Damaged, or no text at all.
        true => Cow::Borrowed(bytes),
        false => Cow::Owned(text.into_bytes()),
    }
}

/// The text of units of two bytes; what is damaged becomes U+FFFD.
pub(super) fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let pairs = bytes.chunks_exact(2);
    let half = (!pairs.remainder().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
    let letters = char::decode_utf16(pairs.map(|pair| unit([pair[0], pair[1]])));
    letters
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .chain(half)
        .collect()
}
