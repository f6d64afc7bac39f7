//! Names of files: which are data at all, how bytes become letters, and what may be printed.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::limits::{DEEPEST, LONGEST_NAME};
use crate::visible::visible;

/// The upper half of code page 437, which a zip's names are in where nothing else is said (PKWARE's APPNOTE 6.3.10, appendix D).
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// The byte of code page 437 from which on there are no letters of Western languages but ß.
const DRAWINGS: u8 = 0xa6;

/// A name as the place that it comes from has it.
pub struct RawName {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether that place says that they are UTF-8.
    pub marked: bool,
}

/// Names as text.
pub struct Decoded {
    /// One each.
    pub names: Vec<String>,
    /// How bytes were read that are not plainly UTF-8.
    pub encoding: Option<&'static str>,
}

/// The names as text, and how bytes without a mark were read where they are not plainly UTF-8.
///
/// All names are looked at together, since one alone fits many encodings. No two different names become one.
///
/// # Errors
/// The index of a name that no encoding fits, and the reason.
pub fn decode(names: &[RawName]) -> Result<Decoded, (usize, String)> {
    let utf8 = |name: &RawName| String::from_utf8(name.bytes.clone());
    if let Some(at) = names
        .iter()
        .position(|name| name.marked && std::str::from_utf8(&name.bytes).is_err())
    {
        return Err((
            at,
            "its name is marked as UTF-8 and is not: pack it anew".to_owned(),
        ));
    }
    let foreign = |name: &&RawName| std::str::from_utf8(&name.bytes).is_err();
    let foreign: Vec<&RawName> = names.iter().filter(foreign).collect();
    if foreign.is_empty() {
        return Ok(Decoded {
            names: names.iter().flat_map(utf8).collect(),
            encoding: None,
        });
    }
    // Where most names beyond ASCII are UTF-8, those are; a few short names of other encodings look so by chance.
    let wide = |name: &&RawName| !name.bytes.is_ascii() && std::str::from_utf8(&name.bytes).is_ok();
    let keep = names.iter().filter(wide).count() > foreign.len();
    let encoding = guess(&foreign);
    if encoding.is_none_or(encoding_rs::Encoding::is_single_byte)
        && let Some(at) = names.iter().position(|name| {
            !(name.marked || keep && wide(&name)) && has_letter_before_backslash(&name.bytes)
        })
    {
        let reason = "its name is in an encoding that is not known, and a backslash in it may be a piece of a letter: pack it with names in UTF-8";
        return Err((at, reason.to_owned()));
    }
    let decoded = |name: &RawName| {
        if name.marked || name.bytes.is_ascii() || (keep && wide(&name)) {
            return utf8(name).ok();
        }
        match encoding {
            None => Some(name.bytes.iter().map(|&byte| letter_of_437(byte)).collect()),
            Some(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(&name.bytes)
                .map(std::borrow::Cow::into_owned),
        }
    };
    let shown = encoding.map_or("code page 437", |encoding| encoding.name());
    let mut texts = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let text = decoded(name).ok_or_else(|| {
            let reason = format!(
                "its name is no UTF-8, and no {shown} as other names are: pack it with names in UTF-8"
            );
            (at, reason)
        })?;
        texts.push(text);
    }
    Ok(Decoded {
        names: texts,
        encoding: Some(shown),
    })
}

/// Whether a letter beyond ASCII stands before a backslash, which may be a piece of it.
fn has_letter_before_backslash(bytes: &[u8]) -> bool {
    bytes
        .windows(2)
        .any(|pair| !pair[0].is_ascii() && pair[1] == b'\\')
}

/// The encoding that names which are no UTF-8 are in; `None` for code page 437.
fn guess(names: &[&RawName]) -> Option<&'static encoding_rs::Encoding> {
    let western = |byte: u8| byte < DRAWINGS || byte == 0xe1;
    // A letter in a row of others, as accents are; two in a row are rather one letter of a language that needs two bytes each.
    let alone = |bytes: &[u8]| {
        !bytes
            .windows(2)
            .any(|two| !two[0].is_ascii() && !two[1].is_ascii())
    };
    let in_doubt = names
        .iter()
        .any(|name| has_letter_before_backslash(&name.bytes));
    if !in_doubt
        && names
            .iter()
            .all(|name| name.bytes.iter().all(|&byte| western(byte)) && alone(&name.bytes))
    {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    for name in names {
        detector.feed(&name.bytes, false);
        detector.feed(b"\n", false);
    }
    detector.feed(b"", true);
    let mut guess = detector.guess(None, Utf8Detection::Deny);
    // A few short names are too little for the detector; Western ones have no letters in pairs.
    if guess.is_single_byte() && (in_doubt || !CYRILLIC.contains(&guess.name())) {
        let fits = |is_pair| names.iter().all(|name| is_in_pairs(&name.bytes, is_pair));
        if fits(is_pair_of_gbk) {
            guess = encoding_rs::GBK;
        } else if fits(is_pair_of_shift_jis) {
            guess = encoding_rs::SHIFT_JIS;
        } else if fits(is_pair_of_big5) {
            guess = encoding_rs::BIG5;
        }
    }
    let fits = names.iter().all(|name| {
        guess
            .decode_without_bom_handling_and_without_replacement(&name.bytes)
            .is_some()
    });
    fits.then_some(guess)
}

/// Names of encodings whose letters often stand in pairs by chance.
const CYRILLIC: [&str; 6] = [
    "IBM866",
    "ISO-8859-5",
    "KOI8-R",
    "KOI8-U",
    "windows-1251",
    "x-mac-cyrillic",
];

/// A letter of the first level of GB 2312, the frequent ones.
fn is_pair_of_gbk(lead: u8, trail: u8) -> bool {
    matches!((lead, trail), (0xb0..=0xd7, 0xa1..=0xfe))
}

/// The long vowel, hiragana, katakana, or a letter of the first level of JIS X 0208.
fn is_pair_of_shift_jis(lead: u8, trail: u8) -> bool {
    matches!(
        (lead, trail),
        (0x81, 0x5b) | (0x82, 0x9f..=0xf1) | (0x83, 0x40..=0x96) | (0x88..=0x97, 0x40..=0xfc)
    )
}

/// A letter of the first level of Big5.
fn is_pair_of_big5(lead: u8, trail: u8) -> bool {
    matches!((lead, trail), (0xa4..=0xc6, 0x40..=0x7e | 0xa1..=0xfe))
}

/// Whether all bytes beyond ASCII start a frequent pair.
fn is_in_pairs(bytes: &[u8], is_pair: fn(u8, u8) -> bool) -> bool {
    let mut bytes = bytes.iter();
    while let Some(&lead) = bytes.next() {
        if !lead.is_ascii() && !bytes.next().is_some_and(|&trail| is_pair(lead, trail)) {
            return false;
        }
    }
    true
}

fn letter_of_437(byte: u8) -> char {
    let upper = byte.checked_sub(128).map(usize::from);
    upper
        .and_then(|at| CODE_PAGE_437.chars().nth(at))
        .unwrap_or(char::from(byte))
}

/// A name inside a source: parts separated by `/`, without `.` parts, a drive or a root.
///
/// # Errors
/// A reason for `..`, overlong and empty names.
pub fn clean_name(name: &str) -> Result<String, String> {
    let refused = |why| Err(format!("the name '{}' {why}: refused", shorten(name)));
    if name.len() > LONGEST_NAME {
        return refused("is too long");
    }
    let bytes = name.as_bytes();
    let drive = bytes.get(1) == Some(&b':') && bytes[0].is_ascii_alphabetic();
    let inside = if drive { &name[2..] } else { name };
    let parts: Vec<&str> = inside
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    // Also where backslashes are letters: nobody means that.
    if inside.split(['/', '\\']).any(|part| part == "..") {
        return refused("leads outside");
    }
    if parts.is_empty() {
        return refused("is empty");
    }
    if parts.len() > DEEPEST + 1 {
        return refused("has too many folders inside each other");
    }
    Ok(parts.join("/"))
}

/// The folder or file on the way to a name that is hidden or that another program keeps for itself, if there is one.
pub fn foreign(name: &str) -> Option<&str> {
    let mut end = 0;
    for part in name.split('/') {
        end += part.len();
        if is_foreign(part) {
            return Some(&name[..end]);
        }
        end += 1;
    }
    None
}

/// Hidden names, a Mac's resource folder and folder icon, the thumbnails, lists and bins of network storage and of Windows.
pub fn is_foreign(part: &str) -> bool {
    const OTHERS: [&str; 13] = [
        "__macosx",
        "icon\r",
        "@eadir",
        "@recycle",
        "@recently-snapshot",
        "@__thumb",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "system volume information",
        "thumbs.db",
        "desktop.ini",
        "lost+found",
    ];
    let lower = part.to_lowercase();
    (part.starts_with('.') && !matches!(part, "." | ".."))
        || OTHERS.contains(&lower.as_str())
        || lower.starts_with("ehthumbs")
}

/// Whether everybody expects that a file or folder is left out and it holds no picture.
pub fn is_usual(foreign: &str) -> bool {
    const USUAL: [&str; 6] = [
        ".ds_store",
        ".git",
        "__macosx",
        "desktop.ini",
        "icon\r",
        "thumbs.db",
    ];
    let name = foreign.rsplit('/').next().unwrap_or(foreign).to_lowercase();
    name.starts_with("._") || name.starts_with("ehthumbs") || USUAL.contains(&name.as_str())
}

/// The ending of a name in lower case, without the dot; empty where there is none.
pub fn extension(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.')
        .map(|(_, extension)| extension.to_lowercase())
        .unwrap_or_default()
}

/// At most 80 characters of a name, safe to print.
pub fn shorten(name: &str) -> String {
    visible(&name.chars().take(80).collect::<String>())
}
