//! The pen for pictures as SVG: text that may stand in one, lines, round steps, and colours.

use std::fmt::Write;

/// The palette of Okabe and Ito, distinguishable with any colour vision, on white, as `0xrrggbb`.
pub const PALETTE: [u32; 7] = [
    0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000,
];

/// Text that may stand in an element or an attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            letter if letter < ' ' && !"\t\n\r".contains(letter) => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Appends one line. Writing to a string cannot fail.
pub fn line(svg: &mut String, text: std::fmt::Arguments) {
    let _infallible = writeln!(svg, "{text}");
}

/// 1, 2 or 5 times a power of ten, at least as large as a positive step.
pub fn nice_step(step: f64) -> f64 {
    if !(step.is_finite() && step > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|factor| factor * power >= step * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// The multiples of a step between two values, at most 100.
pub fn ticks([low, high]: [f64; 2], step: f64) -> impl Iterator<Item = f64> {
    let [first, last] = [(low / step).ceil(), (high / step).floor()].map(|count| count as i64);
    // Adding 0 makes −0 a plain 0.
    (first..=last)
        .take(100)
        .map(move |count| count as f64 * step + 0.0)
}
