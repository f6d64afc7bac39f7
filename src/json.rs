//! What is wrong with JSON from outside, in words for a person: its reader speaks of the types of this program.

use serde_json::Error;
use serde_json::error::Category;

use crate::nearest::guess;

/// Most letters that are shown of what was found.
const SHOWN: usize = 60;

/// What is wrong, without the place.
pub fn problem(error: &Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = text.strip_suffix(&place).unwrap_or(&text);
    match error.classify() {
        Category::Eof => "it ends too early".to_owned(),
        Category::Data => of_data(message),
        Category::Syntax | Category::Io => short(message),
    }
}

/// What is wrong with well-formed JSON.
fn of_data(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (name, known) = quoted.split_first().unwrap_or((&"", &[]));
    let unknown = |what| {
        let meant = guess(name, known.iter().copied());
        format!("unknown {what} '{}'{meant}", short(name))
    };
    if message.starts_with("unknown variant ") {
        return unknown("word");
    }
    if message.starts_with("unknown field ") {
        return unknown("field");
    }
    if message.starts_with("missing field ") {
        return format!("the field '{name}' is missing");
    }
    if message.starts_with("duplicate field ") {
        return format!("the field '{name}' is there twice");
    }
    let invalid = ["invalid type: ", "invalid value: "].map(|start| message.strip_prefix(start));
    let invalid = invalid.into_iter().flatten().next();
    if let Some((found, wanted)) = invalid.and_then(|rest| rest.rsplit_once(", expected ")) {
        return format!("{} stands where {} belongs", value(found), kind(wanted));
    }
    if message.starts_with("invalid length ") {
        return "a list is too long or too short".to_owned();
    }
    if message.starts_with("data did not match any variant") {
        return "a value has an unknown form".to_owned();
    }
    // Our own words.
    short(message)
}

/// A value as the reader names it.
fn value(found: &str) -> String {
    let named = [
        ("string ", "the text "),
        ("integer ", "the number "),
        ("floating point ", "the number "),
        ("boolean ", ""),
    ];
    let of = |(start, word): (&str, &str)| {
        let rest = found.strip_prefix(start)?;
        Some(format!("{word}{}", short(rest.trim_matches('`'))))
    };
    let other = || match found {
        "null" | "unit value" => "null".to_owned(),
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        _ => "something else".to_owned(),
    };
    named.into_iter().find_map(of).unwrap_or_else(other)
}

/// What the reader wants, by its name of that.
fn kind(wanted: &str) -> &'static str {
    let begins = |starts: &[&str]| starts.iter().any(|start| wanted.starts_with(start));
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "variant identifier" => "a text",
        _ if begins(&["a sequence", "a tuple", "tuple", "an array"]) => "a list",
        _ if begins(&["struct", "a map", "map", "internally tagged"]) => "an object",
        _ => "another kind of value",
    }
}

/// The beginning of a text in one line.
fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.replace(char::is_control, " ")
}
