//! Genotypes as people paste them: any of the text forms, alone or within a log, a Python file or what a benchmark prints. What is not
//! taken as it stands is said.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::compact::LETTERS;
use super::encoding::{from_utf16, without_mark};
use super::find::{Form, Place, first_part, is_name, line_before, places, unwrapped};
use super::genotype::{Genotype, GenotypeError, LONGEST_TEXT};
use super::python::{Written, call, dictionary, parts, structure};
use super::syntax::{AFTER, check_length, syntax};
use super::text::{json, nb201};

/// The most lines that a note lists.
const MOST_LINES: usize = 6;
/// The most names that stand for each other, `DARTS = DARTS_V2`.
const MOST_ALIASES: usize = 8;

/// A genotype that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// What was read.
    pub genotype: Genotype,
    /// What was not taken as it stands, a sentence each without a full stop: which of several, what was missing, what was left out.
    pub notes: Vec<String>,
}

impl Genotype {
    /// Reads a text of this program, at most 64 KiB, in any of the forms that [`Genotype::read`] knows; its notes are dropped.
    pub fn parse(text: &str) -> Result<Self, GenotypeError> {
        check_length(text)?;
        match read_text(text, None) {
            Ok(reading) => Ok(reading.genotype),
            Err(GenotypeError::InLine { error, .. }) => Err(*error),
            Err(error) => Err(error),
        }
    }

    /// Reads what a person brings, at most [`LONGEST_TEXT`] bytes of UTF-8 or UTF-16: the forms of [`Genotype::to_text`],
    /// [`Genotype::to_json`] and [`Genotype::to_compact`], and what Python programs print, whatever stands around it. The last of
    /// several is taken, unless each has a name of its own (`NAME = Genotype(…)`): then `name` must pick one.
    ///
    /// # Errors
    /// What is wrong, with line and column; the names of several.
    pub fn read(bytes: &[u8], name: Option<&str>) -> Result<Reading, GenotypeError> {
        if bytes.len() > LONGEST_TEXT {
            return Err(GenotypeError::TooLarge);
        }
        let text = decoded(bytes);
        if text.contains('\0') {
            return Err(GenotypeError::NotText);
        }
        read_text(&text, name)
    }
}

fn read_text(text: &str, name: Option<&str>) -> Result<Reading, GenotypeError> {
    let text = &plain(text);
    let places = places(text);
    let Some((place, mut notes)) = choose(text, &places, name)? else {
        return alone(text);
    };
    let mut written = read_place(text, place).map_err(|error| match error {
        GenotypeError::Syntax { .. } => error,
        _ => GenotypeError::InLine {
            line: place.line,
            error: Box::new(error),
        },
    })?;
    check_after(text, place, written.end)?;
    notes.append(&mut written.notes);
    if places.len() == 1 && name.is_none() && stands_within(text, place, written.end) {
        let line = place.line;
        let what = match place.name {
            Some(name) => format!("{name} in line {line} is"),
            None => {
                let column = position(text, place.at).1;
                format!("the genotype in line {line}, column {column}, is")
            }
        };
        notes.push(format!("{what} read and nothing else of the text"));
    }
    Ok(Reading {
        genotype: written.genotype,
        notes,
    })
}

/// The place that is read, and why this one.
fn choose<'p, 'a>(
    text: &str,
    places: &'p [Place<'a>],
    name: Option<&str>,
) -> Result<Option<(&'p Place<'a>, Vec<String>)>, GenotypeError> {
    let code = places.iter().any(|place| !place.comment);
    let counted: Vec<&Place> = places
        .iter()
        .filter(|place| place.comment != code)
        .collect();
    let mut names: Vec<&str> = counted.iter().filter_map(|place| place.name).collect();
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(*name));

    let mut chosen = counted;
    if let Some(asked) = name {
        let meant = resolve(text, asked, &names);
        chosen.retain(|place| place.name == Some(meant));
        if chosen.is_empty() {
            return Err(GenotypeError::NoSuchName {
                name: asked.chars().take(40).collect(),
                names: names.into_iter().map(str::to_owned).collect(),
            });
        }
    } else if names.len() > 1 {
        // The last of a name counts, as in Python.
        let last = chosen
            .iter()
            .filter_map(|place| Some((place.name?, place.line)));
        let last: HashMap<&str, usize> = last.collect();
        let names = names
            .iter()
            .filter_map(|name| Some((name.to_string(), *last.get(name)?)));
        return Err(GenotypeError::Several(names.collect()));
    }
    let Some(last) = chosen.last() else {
        return Ok(None);
    };
    let mut notes = Vec::new();
    if chosen.len() > 1 {
        let lines = lines(&chosen);
        notes.push(format!(
            "{} genotypes are in it, in {lines}; the last is read",
            chosen.len()
        ));
    }
    let comments: Vec<&Place> = places
        .iter()
        .filter(|place| place.comment && code)
        .collect();
    if !comments.is_empty() && name.is_none() {
        let lines = lines(&comments);
        notes.push(format!("what is commented out in {lines} is not read"));
    }
    Ok(Some((last, notes)))
}

/// The name that a name stands for, `NAME = OTHER`.
fn resolve<'a>(text: &'a str, asked: &'a str, names: &[&str]) -> &'a str {
    let mut name = asked;
    for _ in 0..MOST_ALIASES {
        if names.contains(&name) {
            break;
        }
        let other = text.lines().rev().find_map(|line| {
            let (left, right) = line.split_once('=')?;
            let right = right.split('#').next().unwrap_or_default().trim();
            (left.trim() == name && is_name(right)).then_some(right)
        });
        match other {
            Some(other) => name = other,
            None => break,
        }
    }
    name
}

/// `lines 2, 5 and 8`
fn lines(places: &[&Place]) -> String {
    let line = |place: &&Place| place.line.to_string();
    match places {
        [one] => format!("line {}", line(one)),
        [first, .., last] if places.len() > MOST_LINES => {
            format!("lines {} to {}", line(first), line(last))
        }
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(line).collect();
            format!("lines {} and {}", first.join(", "), line(last))
        }
        [] => String::new(),
    }
}

/// Line and column of a byte, both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let column = line_before(text, at).chars().count() + 1;
    (text[..at].matches('\n').count() + 1, column)
}

fn read_place(text: &str, place: &Place) -> Result<Written, GenotypeError> {
    match place.form {
        Form::Call => call(text, place.at),
        Form::Structure => structure(text, place.at),
        Form::Dictionary => dictionary(text, place.at),
        Form::Json => read_json(text, place.at),
        Form::String(end) => read_string(text, place.at, end),
    }
}

/// The JSON form, also as Python prints it: no string in it has a quote.
fn read_json(text: &str, at: usize) -> Result<Written, GenotypeError> {
    let python = text[at + 1..].trim_start().starts_with('\'');
    let text: Cow<str> = if python {
        text.replace('\'', "\"").into()
    } else {
        text.into()
    };
    let (genotype, end) = json(&text, at)?;
    Ok(Written {
        genotype,
        end,
        notes: Vec::new(),
    })
}

fn read_string(text: &str, at: usize, end: usize) -> Result<Written, GenotypeError> {
    let genotype = nb201(text, at..end, true)?;
    let string = &text[at..end];
    let mut notes = Vec::new();
    if !string.starts_with('|') || !string.ends_with('|') {
        let (line, column) = position(text, at);
        notes.push(format!(
            "an outer bar of the string in line {line}, column {column}, is missing; it is read as if it stood there"
        ));
    }
    Ok(Written {
        genotype,
        end,
        notes,
    })
}

/// Refuses what changes a genotype or belongs to none where it ends: `._replace(…)`, a bracket that was never opened.
fn check_after(text: &str, place: &Place, end: usize) -> Result<(), GenotypeError> {
    let rest = &text[end..];
    let goes_on = match place.form {
        Form::String(_) => false,
        _ => {
            let attribute = rest.strip_prefix('.').unwrap_or_default();
            rest.starts_with(['(', '['])
                || attribute.starts_with(|c: char| c.is_alphabetic() || c == '_')
        }
    };
    if goes_on {
        return Err(syntax(text, end, AFTER));
    }
    let line = rest.split('\n').next().unwrap_or_default();
    let blanks = line.len() - line.trim_start().len();
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
        let opened = text[..place.at].matches(open).count();
        if line.trim_start().starts_with(close) && opened <= text[..place.at].matches(close).count()
        {
            return Err(syntax(text, end + blanks, AFTER));
        }
    }
    Ok(())
}

/// Whether more than comments, quotes, brackets and the like stands around a genotype.
fn stands_within(text: &str, place: &Place, end: usize) -> bool {
    let before = unwrapped(&text[..place.start]);
    let nothing = |line: &str| {
        let line = line.trim();
        let mark = |c: char| c.is_whitespace() || "'\"`()[]{},;|".contains(c);
        line.starts_with('#') || line.starts_with("```") || line.chars().all(mark)
    };
    !(before.split('\n').all(nothing) && text[end..].split('\n').all(nothing))
}

/// Reads a text in which no genotype begins as the usual forms do.
fn alone(text: &str) -> Result<Reading, GenotypeError> {
    let reading = |written: Written| Reading {
        genotype: written.genotype,
        notes: written.notes,
    };
    if let Some((at, name)) = named(text) {
        let open = text[at + name.len()..].trim_start().starts_with('(');
        if name == "Genotype" && open {
            return call(text, at).map(reading);
        }
        return Err(syntax(text, at, "expected Genotype(normal=[…], …)"));
    }
    if let Some(at) = first_part(text) {
        let written = parts(text, at)?;
        if let Some(again) = first_part(&text[written.end..]) {
            return Err(syntax(text, written.end + again, AFTER));
        }
        return Ok(reading(written));
    }
    let marks = |c: char| c.is_whitespace() || "'\"`".contains(c);
    let word = text.trim_matches(marks);
    let at = text.len() - text.trim_start_matches(marks).len();
    let link = word.find("cell=").map(|key| key + "cell=".len());
    let (at, word) = match link {
        Some(start) if !word.contains(char::is_whitespace) => {
            let cell = word[start..].split(['&', '#']).next();
            (at + start, cell.unwrap_or_default())
        }
        _ => (at, word),
    };
    let mut letters = word.chars();
    if letters.next().is_some_and(|c| LETTERS.contains(c))
        && letters.next().is_some_and(|c| c.is_ascii_digit())
        && !word.contains(char::is_whitespace)
    {
        let read = Genotype::from_compact(word).map_err(|error| match error {
            GenotypeError::Syntax {
                column, message, ..
            } => {
                let inside = word.char_indices().nth(column - 1);
                let inside = inside.map_or(word.len(), |(inside, _)| inside);
                syntax(text, at + inside, &message)
            }
            other => other,
        });
        return read.map(|genotype| Reading {
            genotype,
            notes: Vec::new(),
        });
    }
    let start = text.trim_start();
    let read = if start.starts_with('{') {
        Genotype::from_json(text)
    } else if start.starts_with('|') {
        Genotype::from_nb201_string(text)
    } else {
        Err(GenotypeError::UnknownForm)
    };
    read.map(|genotype| Reading {
        genotype,
        notes: Vec::new(),
    })
}

/// The first word that has "Genotype" in it, and where it starts; rather one that is called.
fn named(text: &str) -> Option<(usize, &str)> {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    let mut from = 0;
    let mut words = std::iter::from_fn(|| {
        let at = from + text[from..].find("Genotype")?;
        let start = from + text[from..at].trim_end_matches(letter).len();
        let end = text[at..].find(|c| !letter(c));
        from = end.map_or(text.len(), |end| at + end);
        Some((start, &text[start..from]))
    });
    let first = words.next()?;
    let called = |(at, word): &(usize, &str)| text[at + word.len()..].trim_start().starts_with('(');
    if called(&first) {
        return Some(first);
    }
    Some(words.find(called).unwrap_or(first))
}

/// The text of a file. Other encodings than UTF-8 and UTF-16 may stand around a genotype, but not in it.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    // Without the mark, the first letter of a Western text tells.
    match bytes {
        [1..=0x7f, 0, ..] => return from_utf16(bytes, u16::from_le_bytes).into(),
        [0, 1..=0x7f, ..] => return from_utf16(bytes, u16::from_be_bytes).into(),
        _ => {}
    }
    match without_mark(bytes) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
    }
}

/// The text with every letter that stands for another replaced by it, letter for letter, so that lines and columns stay: quotes of
/// word processors, bars and brackets of other scripts, prompts and quote marks at the start of a line, colors of a terminal.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    // A byte order mark takes no column.
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    let old_lines = !text.contains('\n');
    let mut fresh = true;
    while let Some(letter) = letters.next() {
        let replaced = match letter {
            '>' if fresh => ' ',
            '‘' | '’' | '‚' | '‛' | '′' => '\'',
            '“' | '”' | '„' | '‟' | '″' => '"',
            '｜' | '∣' => '|',
            '～' | '∼' | '˜' => '~',
            '（' => '(',
            '）' => ')',
            '［' => '[',
            '］' => ']',
            '，' => ',',
            '＝' => '=',
            '＋' => '+',
            '\r' if old_lines => '\n',
            '\n' | '\r' | '\t' => letter,
            '\x1b' => {
                plain.push(' ');
                while letters.next_if(|c| "[?;0123456789".contains(*c)).is_some() {
                    plain.push(' ');
                }
                // The letter that ends the sequence.
                if letters.next_if(char::is_ascii_alphabetic).is_none() {
                    continue;
                }
                ' '
            }
            // Texts within other texts escape their quotes, bars and line ends.
            '\\' => match letters.peek() {
                Some('\'' | '"' | '|' | '~') => ' ',
                Some('n' | 'r' | 't') => {
                    letters.next();
                    plain.push(' ');
                    ' '
                }
                _ => letter,
            },
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => ' ',
            c if c.is_control() || c.is_whitespace() => ' ',
            other => other,
        };
        fresh = replaced == '\n' || fresh && replaced.is_whitespace();
        plain.push(replaced);
    }
    plain
}
