//! What the window calls the settings that messages name by their flags.

use crate::session::settings::{SEARCH, TRAIN};

/// What is no setting of a search or of training: a flag and its label.
const OTHERS: [(&str, &str); 3] = [
    ("--dataset", "Data set"),
    ("--device", "Device"),
    ("--test-share", "Test share"),
];

/// The label of a flag; those of training from scratch say that where a search has the same.
fn label(flag: &str) -> Option<String> {
    let of_search = SEARCH.iter().find(|setting| setting.flag == flag);
    let of_training = TRAIN.iter().find(|setting| setting.flag == flag);
    let other = OTHERS.iter().find(|(other, _)| *other == flag);
    let of_search = of_search.map(|setting| setting.label.to_owned());
    let of_training = of_training.map(|setting| match flag.starts_with("--train-") {
        true => format!("{} (training from scratch)", setting.label),
        false => setting.label.to_owned(),
    });
    of_search
        .or(of_training)
        .or(other.map(|(_, label)| (*label).to_owned()))
}

/// What the window says in the place of advice about flags that it has no settings for.
const ADVICE: [(&str, &str); 2] = [
    (
        "go on with it by --resume, or choose another --run-dir",
        "go on with it from the list of kept runs",
    ),
    (
        "choose another folder with --run-dir",
        "start the window in another folder",
    ),
];

/// A message with the labels of settings in the place of their flags.
pub fn in_labels(message: &str) -> String {
    let message = ADVICE
        .iter()
        .fold(message.to_owned(), |message, (flags, words)| {
            message.replace(flags, words)
        });
    let message = message.as_str();
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("--") {
        let (before, flag) = rest.split_at(at);
        let name = &flag[2..];
        let end = name.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-'));
        let (name, after) = name.split_at(end.unwrap_or(name.len()));
        let flag = format!("--{name}");
        text.push_str(before);
        text.push_str(&label(&flag).unwrap_or(flag));
        rest = after;
    }
    text + rest
}
