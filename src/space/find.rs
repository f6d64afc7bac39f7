//! Where genotypes stand in a text: in a log, in a Python file, in what a benchmark prints.

use std::ops::Range;

use super::cell::Space;
use super::operation::Operation;
use super::python::FIELDS;

/// As much as is looked at to know how a text goes on, bytes.
const HEAD: usize = 256;
/// As much as is looked at for a name before a genotype, bytes.
const NAME: usize = 256;

/// A place in a text where a genotype begins.
pub(super) struct Place<'a> {
    /// Its first byte, that of `NAME =` where it has one.
    pub start: usize,
    /// The line of that byte, from 1.
    pub line: usize,
    /// The first byte of the genotype.
    pub at: usize,
    /// How it is written.
    pub form: Form,
    /// The name that its line gives it, `NAME = …`.
    pub name: Option<&'a str>,
    /// Whether its line is a comment of Python.
    pub comment: bool,
}

/// How a genotype is written.
pub(super) enum Form {
    /// `Genotype(normal=[…`
    Call,
    /// `Structure([…`
    Structure,
    /// `{'normal': […`
    Dictionary,
    /// `{"version":1,"space":…`
    Json,
    /// `|op~0|+…` up to this byte.
    String(usize),
}

/// All places, in order.
pub(super) fn places(text: &str) -> Vec<Place<'_>> {
    let mut found: Vec<(usize, Form)> = Vec::new();
    found.extend(calls(text, "Genotype", opens_parts).map(|at| (at, Form::Call)));
    found.extend(calls(text, "Structure", opens_list).map(|at| (at, Form::Structure)));
    for (at, _) in text.match_indices('{') {
        if opens_dictionary(&text[at + 1..]) {
            found.push((at, Form::Dictionary));
        } else if opens_json(&text[at + 1..]) {
            found.push((at, Form::Json));
        }
    }
    found.extend(strings(text).map(|part| (part.start, Form::String(part.end))));
    found.sort_by_key(|(at, _)| *at);
    let (mut line, mut comment, mut counted) = (1, opens_comment(text), 0);
    let place = |(at, form)| {
        let named = assigned(text, at);
        let start = named.map_or(at, |(start, _)| start).max(counted);
        let passed = &text[counted..start];
        if let Some(newline) = passed.rfind('\n') {
            comment = opens_comment(&passed[newline + 1..]);
        }
        line += passed.matches('\n').count();
        counted = start;
        Place {
            start,
            line,
            at,
            form,
            name: named.map(|(_, name)| name),
            comment,
        }
    };
    found.into_iter().map(place).collect()
}

/// What stands before a byte in its line.
pub(super) fn line_before(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    &text[line..at]
}

/// The name in `NAME =` before a genotype, and where it starts. What opens around the genotype does not matter.
fn assigned(text: &str, at: usize) -> Option<(usize, &str)> {
    let opens = |c: char| c.is_whitespace() || "'\"([".contains(c);
    let left = unwrapped(&text[..at]).trim_end_matches(opens);
    let near = left.floor_char_boundary(left.len().saturating_sub(NAME));
    let line = line_before(&left[near..], left.len() - near).strip_suffix('=')?;
    let start = left.len() - 1 - line.trim_start().len();
    is_name(line.trim()).then_some((start, line.trim()))
}

/// What stands before a string, without the `Structure(4 nodes with ` that the benchmark's code prints in front of it.
pub(super) fn unwrapped(before: &str) -> &str {
    let wrapper = before.trim_end().strip_suffix("nodes with");
    let head = wrapper.map(|left| left.trim_end_matches([' ', '2', '3', '4']));
    head.and_then(|head| head.strip_suffix("Structure("))
        .unwrap_or(before)
}

/// Whether a line is a comment of Python.
fn opens_comment(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).starts_with('#')
}

pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_numeric())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Calls of a name, with the modules in front of it, whose first argument `accepts` knows.
fn calls<'a>(
    text: &'a str,
    name: &'a str,
    accepts: fn(&str) -> bool,
) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(name).filter_map(move |(at, _)| {
        if text[..at].ends_with(letter) {
            return None;
        }
        let open = text[at + name.len()..].trim_start_matches([' ', '\t']);
        let inside = open.strip_prefix('(')?;
        accepts(past_blanks(inside)).then(|| {
            let before = text[..at].trim_end_matches(|c| letter(c) || c == '.').len();
            let named = text[before..].starts_with(|c: char| c.is_alphabetic() || c == '_');
            if named { before } else { at }
        })
    })
}

/// What follows white space and comments.
fn past_blanks(text: &str) -> &str {
    let mut text = head(text).trim_start();
    while text.starts_with('#') {
        let end = text.find('\n').unwrap_or(text.len());
        text = text[end..].trim_start();
    }
    text
}

fn opens_list(text: &str) -> bool {
    text.starts_with(['[', '('])
}

fn opens_parts(text: &str) -> bool {
    opens_list(text) || field(text).is_some()
}

/// What follows `normal =` or another part's name.
fn field(text: &str) -> Option<&str> {
    let name = &text[..text.find(|c| !letter(c)).unwrap_or(text.len())];
    let after = text[name.len()..].trim_start().strip_prefix('=')?;
    FIELDS.contains(&name).then(|| after.trim_start())
}

/// The first of a genotype's parts that stand in a text without `Genotype(`.
pub(super) fn first_part(text: &str) -> Option<usize> {
    let begins = |name: &&str| {
        text.match_indices(*name).find_map(|(at, _)| {
            let whole = !text[..at].ends_with(|c| letter(c) || c == '.');
            (whole
                && field(&text[at..])
                    .is_some_and(|after| opens_list(after) || after.starts_with("range")))
            .then_some(at)
        })
    };
    FIELDS.iter().filter_map(begins).min()
}

/// The key that follows `{`, and what follows its colon.
fn key(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (name, after) = text[1..].split_once(quote)?;
    Some((name, after.trim_start().strip_prefix(':')?.trim_start()))
}

fn opens_dictionary(text: &str) -> bool {
    let part = key(head(text)).filter(|(name, _)| FIELDS.contains(name));
    part.is_some_and(|(_, value)| opens_list(value) || value.starts_with(char::is_alphabetic))
}

fn opens_json(text: &str) -> bool {
    match key(head(text)) {
        Some(("version", value)) => {
            let after = value.trim_start_matches(|c: char| c.is_ascii_digit());
            let next = after.trim_start().strip_prefix(',').and_then(key);
            next.is_some_and(|(name, _)| name == "space" || name == "cells")
        }
        Some(("space", value)) => {
            let named = |space: Space| value.get(1..).unwrap_or_default().starts_with(space.name());
            Space::ALL.into_iter().any(named)
        }
        Some(("cells", value)) => value
            .strip_prefix('{')
            .and_then(key)
            .is_some_and(|(name, _)| name == "normal"),
        _ => false,
    }
}

/// A text's first [`HEAD`] bytes.
fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(HEAD)]
}

/// Where the strings of NAS-Bench-201 stand.
fn strings(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(tilde) = text[from..].find('~').map(|at| from + at) {
            let around = around(text, from, tilde);
            from = around.end.max(tilde + 1);
            if let Some(part) = string(text, around) {
                return Some(part);
            }
        }
        None
    })
}

/// What stands around a byte between the marks that no such string has.
fn around(text: &str, from: usize, at: usize) -> Range<usize> {
    let ends = |(place, c): (usize, char)| match c {
        // A string may be broken at a plus.
        '\n' => {
            let (before, after) = (
                text[..place].trim_end_matches([' ', '\t', '\r']),
                &text[place + 1..],
            );
            let broken = before.ends_with('+')
                || before.ends_with('|') && after.trim_start_matches([' ', '\t']).starts_with('+');
            (!broken).then_some(place)
        }
        '\'' | '"' | '`' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' => Some(place),
        _ => None,
    };
    let mut before = text[from..at].char_indices().rev();
    let start = before.find_map(|(place, c)| ends((from + place, c)));
    let mut after = text[at..].char_indices();
    let end = after.find_map(|(place, c)| ends((at + place, c)));
    start.map_or(from, |start| start + 1)..end.unwrap_or(text.len())
}

/// The string in a part of a text, from its first `operation~state` to its last, with the bars and the pluses next to them: what
/// stands between and is no `operation~state` is an error that the reader of the string finds.
fn string(text: &str, part: Range<usize>) -> Option<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut from = part.start;
    for piece in text[part.clone()].split('|') {
        pieces.push(from..from + piece.len());
        from += piece.len() + 1;
    }
    let holds = |piece: &Range<usize>| text[piece.clone()].contains('~');
    let (first, last) = (
        pieces.iter().position(holds)?,
        pieces.iter().rposition(holds)?,
    );
    let likely = |index: usize| {
        let piece = &text[pieces[index].clone()];
        let Some((left, right)) = piece.split_once('~') else {
            return false;
        };
        let before = left.trim_end_matches(letter);
        let between = index > 0 && index + 1 < pieces.len() && before.trim().is_empty();
        let name = &left[before.len()..];
        Operation::from_name(name).is_ok()
            || between && is_name(name) && right.starts_with(|c: char| c.is_ascii_digit())
    };
    if !(first..=last).any(likely) {
        return None;
    }

    let piece = pieces[first].clone();
    let left = text[piece.clone()].split('~').next().unwrap_or_default();
    let before = left.trim_end_matches(letter);
    let mut start = piece.start + before.len();
    if before.trim().is_empty() && first > 0 {
        start = piece.start - 1;
        let earlier = &text[pieces[first - 1].clone()];
        if earlier.trim_end().ends_with('+') {
            start = pieces[first - 1].start + earlier.len() - earlier.trim_start().len();
        }
    } else if before.trim_end().ends_with('+') {
        start = piece.start + before.trim_end().len() - 1;
    }

    let piece = pieces[last].clone();
    let state = 1 + text[piece.clone()].rfind('~').unwrap_or_default();
    let right = &text[piece.start + state..piece.end];
    let rest = right.trim_start_matches(letter);
    let mut end = piece.end - rest.len();
    let mut next = rest.trim();
    if next.is_empty() && last + 1 < pieces.len() {
        end = piece.end + 1;
        next = text[pieces[last + 1].clone()].trim();
    }
    if next.starts_with(['+', '~', '…']) || next.starts_with("...") {
        end = part.start + text[part].trim_end().len();
    }
    Some(start..end)
}
