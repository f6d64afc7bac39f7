//! Text from outside, safe to print.

/// A text whose control characters, and those that turn the direction of writing, are written out, as `\n` or `\u{1b}`: it can
/// neither move the cursor nor recolour a terminal nor show its letters in another order.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// [`visible`] line by line: the ends of the lines stay.
pub fn visible_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(visible).collect();
    lines.join("\n")
}

/// JSON of the same value: serde escapes some of these characters, and here the others are, too.
///
/// All of them are inside strings, since JSON has none outside but the ends of its lines.
pub fn visible_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter != '\n' && is_hidden(letter) {
            // Every one of them is below U+10000, so that one escape is enough.
            shown.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// C0, DEL and C1; the marks, embeddings, overrides and isolates of the direction of writing; the separators of lines and paragraphs.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
