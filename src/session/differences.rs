//! In which settings two configurations differ.

use serde_json::Value;

use super::config::RunConfig;

/// Every setting that differs, each as `search.epochs is 6 there, 12 here`; empty for equal configurations.
pub fn differences(there: &RunConfig, here: &RunConfig) -> Vec<String> {
    let mut found = Vec::new();
    if there.genotype != here.genotype {
        found.push("the genotype is another".into());
    }
    // Plain data always becomes JSON.
    let [there, here] =
        [there, here].map(|config| serde_json::to_value(config).unwrap_or_default());
    compare("", &there, &here, &mut found);
    found
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
