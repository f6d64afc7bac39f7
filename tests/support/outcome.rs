//! What a run of the program left.

use std::process::Output;

use serde_json::Value;

/// What it printed.
pub fn text(output: &Output) -> String {
    let messages = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.status.success(), "{messages}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Everything on stdout is one JSON object.
pub fn object(output: &Output) -> Value {
    let value: Value = serde_json::from_str(&text(output)).unwrap();
    assert!(value.is_object(), "{value}");
    value
}

/// The one line of a failure.
pub fn failure(output: &Output) -> String {
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(output.stdout.is_empty());
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("plateau: "), "{line}");
    line
}
