//! What the window calls the settings that messages name by their flags.

/// A flag and its label; those of training from scratch have the label of the search's and say that.
const LABELS: [(&str, &str); 34] = [
    ("alpha-after", "Weights alone"),
    ("alpha-batch", "α batch"),
    ("alpha-decay", "α decay"),
    ("alpha-rate", "α rate"),
    ("auxiliary-weight", "Auxiliary head"),
    ("batch", "Batch"),
    ("channels", "Channels"),
    ("clip", "Longest gradient"),
    ("crop-padding", "Shift"),
    ("cutout", "Cutout"),
    ("dataset", "Data set"),
    ("device", "Device"),
    ("draw", "Drawn"),
    ("drop-path", "Drop path"),
    ("epochs", "Epochs"),
    ("exclude-self", "Leave itself out"),
    ("label-smoothing", "Label smoothing"),
    ("last-batch", "Last batch"),
    ("layers", "Cells"),
    ("memory-limit", "Memory limit"),
    ("momentum", "Momentum"),
    ("neighbors", "Neighbors"),
    ("order", "First step"),
    ("perturbation", "Perturbation"),
    ("radius", "Radius"),
    ("rate", "Rate"),
    ("rho", "Ascent ρ"),
    ("select", "Ends with"),
    ("sharpness-batches", "Of batches"),
    ("temperature", "Temperature"),
    ("test-share", "Test share"),
    ("weight-decay", "Weight decay"),
    ("weight-rate", "Weight rate"),
    ("weight-rate-min", "Lowest rate"),
];

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
        let (own, training) = match name.strip_prefix("train-") {
            Some(own) => (own, " (training from scratch)"),
            None => (name, ""),
        };
        text.push_str(before);
        match LABELS.iter().find(|(flag, _)| *flag == own) {
            Some((_, label)) => {
                text.push_str(label);
                text.push_str(training);
            }
            None => {
                text.push_str("--");
                text.push_str(name);
            }
        }
        rest = after;
    }
    text + rest
}
