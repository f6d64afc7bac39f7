//! In which settings two configurations differ.

use serde_json::Value;

use super::config::RunConfig;
use super::settings::{SEARCH, Setting, TRAIN};

/// Every setting that differs, each as `--epochs is 6 there, 12 here`; empty for equal configurations.
pub fn differences(there: &RunConfig, here: &RunConfig) -> Vec<String> {
    let mut found = Vec::new();
    if there.genotype != here.genotype {
        found.push("the genotype is another".into());
    }
    let mut there = there.clone();
    if let (Some(there), Some(here)) = (&mut there.search, &here.search) {
        of_table(SEARCH, there, here, &mut found);
    }
    of_table(TRAIN, &mut there.train, &here.train, &mut found);
    // What no table has. Plain data always becomes JSON.
    let [there, here] =
        [&there, here].map(|config| serde_json::to_value(config).unwrap_or_default());
    compare("", &there, &here, &mut found);
    found
}

/// The settings of a table that differ; afterwards they are equal.
fn of_table<C: Clone>(table: &[Setting<C>], there: &mut C, here: &C, found: &mut Vec<String>) {
    for setting in table {
        let [old, new] = [&*there, here].map(|config| setting.text(config));
        // What is written is what it reads; where it were not, it would be told once more below.
        if old != new && setting.set(there, &new).is_ok() {
            found.push(format!("{} is {old} there, {new} here", setting.flag));
        }
    }
}

fn compare(path: &str, there: &Value, here: &Value, found: &mut Vec<String>) {
    match (there, here) {
        (a, b) if a == b || path == "genotype" => {}
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for ((key, a), b) in a.iter().zip(b.values()) {
                let dot = if path.is_empty() { "" } else { "." };
                compare(&format!("{path}{dot}{key}"), a, b, found);
            }
        }
        (Value::Object(_), Value::Null) => {
            found.push(format!("there is a {path} there, none here"))
        }
        (Value::Null, Value::Object(_)) => {
            found.push(format!("there is no {path} there, one here"))
        }
        (a, b) => found.push(format!("{path} is {a} there, {b} here")),
    }
}
