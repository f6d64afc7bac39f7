//! The outlines of picture files: whether they are there to the end, as decoders fill in what is missing without a word, and what else
//! decoders do not tell.

use std::ops::Range;

/// What an outline tells.
#[derive(Default)]
pub struct Outline {
    /// A progressive JPEG.
    pub progressive: bool,
    /// More than one picture.
    pub animated: bool,
    /// Where the EXIF data of a PNG lie; decoders do not see those behind the pixels.
    pub exif: Option<Range<usize>>,
}

/// Position and reason.
type Refused = (usize, &'static str);

/// Walks the chunks of a PNG (ISO/IEC 15948, §5.3): length, type, data, checksum, up to `IEND`.
pub fn png(bytes: &[u8]) -> Result<Outline, Refused> {
    let mut outline = Outline::default();
    let mut at = 8;
    loop {
        let cut = (
            at.min(bytes.len()),
            "the PNG ends inside a chunk: it is cut short",
        );
        let Some(&[a, b, c, d, ref kind @ ..]) = bytes.get(at..at.saturating_add(8)) else {
            return Err(cut);
        };
        let end = usize::try_from(u32::from_be_bytes([a, b, c, d]))
            .ok()
            .and_then(|length| at.checked_add(length)?.checked_add(12))
            .filter(|&end| end <= bytes.len())
            .ok_or(cut)?;
        match kind {
            b"IEND" => return Ok(outline),
            // Between the kind and the checksum.
            b"acTL" => outline.animated = true,
            b"eXIf" => outline.exif = Some(at + 8..end - 4),
            _ => {}
        }
        at = end;
    }
}

/// Walks the segments of a JPEG (ITU-T T.81, annex B): marker, length, data; behind a start of scan, data up to the next
/// marker; up to the end of the image.
pub fn jpeg(bytes: &[u8]) -> Result<Outline, Refused> {
    let mut outline = Outline::default();
    let mut at = 2;
    loop {
        let cut = (
            at.min(bytes.len()),
            "the JPEG ends inside a segment: it is cut short",
        );
        let &marker = bytes.get(at + 1).ok_or(cut)?;
        match (bytes[at], marker) {
            // The end.
            (0xff, 0xd9) => return Ok(outline),
            // Padding before a marker.
            (0xff, 0xff) => at += 1,
            // Markers without data.
            (0xff, 0x01 | 0xd0..=0xd7) => at += 2,
            (0xff, 1..) => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else {
                    return Err(cut);
                };
                let length = usize::from(u16::from_be_bytes([high, low]));
                if length < 2 {
                    return Err((at + 2, "a segment of the JPEG is damaged"));
                }
                outline.progressive |= marker == 0xc2;
                at += 2 + length;
                if marker == 0xda {
                    at = next_marker(bytes, at);
                }
            }
            _ => return Err((at, "a segment of the JPEG is damaged")),
        }
    }
}

/// Walks the blocks of a GIF (GIF89a specification, §§18 to 27) up to a second picture.
pub fn gif(bytes: &[u8]) -> Outline {
    let pictures = gif_pictures(bytes);
    Outline {
        animated: pictures > 1,
        ..Outline::default()
    }
}

/// How many pictures there are before the end or damage, at most 2.
fn gif_pictures(bytes: &[u8]) -> usize {
    // Bytes of a table of colours that a packed field announces.
    let colours = |packed: u8| match packed & 0x80 {
        0 => 0,
        _ => 3 << ((packed & 7) + 1),
    };
    // Behind the blocks of data from a place on.
    let behind = |mut at: usize| loop {
        match bytes.get(at) {
            Some(0) => return at + 1,
            Some(&length) => at += 1 + usize::from(length),
            None => return at,
        }
    };
    let mut at = 13 + bytes.get(10).map_or(0, |&packed| colours(packed));
    let mut pictures = 0;
    while pictures < 2 {
        match bytes.get(at) {
            Some(0x21) => at = behind(at + 2),
            Some(0x2c) => {
                pictures += 1;
                let table = bytes.get(at + 9).map_or(0, |&packed| colours(packed));
                at = behind(at + 11 + table);
            }
            _ => break,
        }
    }
    pictures
}

/// Reads of a WebP whether its extended header announces an animation (WebP container specification).
pub fn webp(bytes: &[u8]) -> Outline {
    let extended = bytes.get(12..16) == Some(b"VP8X");
    let flags = bytes.get(20).copied().unwrap_or_default();
    Outline {
        animated: extended && flags & 2 != 0,
        ..Outline::default()
    }
}

/// Columns, rows and the largest value that a PNM's header has, behind blanks and comments; `None` where there is no number.
pub fn pnm(head: &[u8]) -> [Option<u32>; 3] {
    let mut at = 2;
    [(); 3].map(|()| {
        loop {
            match head.get(at)? {
                b'#' => {
                    let line = head[at..].iter().position(|&byte| byte == b'\n')?;
                    at += line + 1;
                }
                byte if byte.is_ascii_whitespace() => at += 1,
                _ => break,
            }
        }
        let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit());
        let end = at + digits.count();
        let number = std::str::from_utf8(&head[at..end]).ok()?.parse().ok();
        at = end;
        number
    })
}

/// The next marker behind coded data, in which `ff 00` stands for `ff` and restart markers are part of the data.
fn next_marker(bytes: &[u8], from: usize) -> usize {
    bytes
        .get(from..)
        .and_then(|data| {
            data.windows(2)
                .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff))
        })
        .map_or(bytes.len(), |found| from + found)
}
