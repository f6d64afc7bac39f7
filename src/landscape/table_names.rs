//! What the name of a column says: accuracies or something else, one run of several, a standard error.

/// The column of the genotypes in the program's own layout.
pub(super) const ARCHITECTURE: &str = "ArchitectureString";
/// The column of the function, which is computed rather than read.
pub(super) const UNIQUE: &str = "UniqueString";
/// What the program calls the standard error of a metric, behind the metric's name.
pub(super) const STANDARD_ERROR: &str = "StandardError";

/// What others call the column of the genotypes; letters and digits only, in small letters.
const ARCHITECTURE_NAMES: [&str; 16] = [
    "architecturestring",
    "architecture",
    "architecturestr",
    "arch",
    "archstr",
    "archstring",
    "genotype",
    "genotypestring",
    "cell",
    "cellstr",
    "cellstring",
    "net",
    "network",
    "model",
    "structure",
    "config",
];

/// Words of names of columns that are no accuracies, whatever else the name says.
const OTHER: [&str; 54] = [
    "flop",
    "flops",
    "mflops",
    "gflops",
    "kflops",
    "mac",
    "macs",
    "mmacs",
    "gmacs",
    "madd",
    "madds",
    "param",
    "params",
    "parameter",
    "parameters",
    "latency",
    "latencies",
    "time",
    "times",
    "second",
    "seconds",
    "sec",
    "secs",
    "minute",
    "minutes",
    "hour",
    "hours",
    "ms",
    "duration",
    "loss",
    "losses",
    "nll",
    "perplexity",
    "error",
    "errors",
    "err",
    "std",
    "stdev",
    "stddev",
    "deviation",
    "sd",
    "sem",
    "stderr",
    "var",
    "variance",
    "size",
    "memory",
    "mem",
    "bytes",
    "energy",
    "cost",
    "rank",
    "ranks",
    "ranking",
];

/// Words of names of columns that are no accuracies unless the name has a word for one.
const COUNTER: [&str; 38] = [
    "epoch",
    "epochs",
    "seed",
    "seeds",
    "id",
    "ids",
    "index",
    "idx",
    "number",
    "no",
    "nr",
    "run",
    "runs",
    "trial",
    "trials",
    "count",
    "counts",
    "step",
    "steps",
    "iter",
    "iters",
    "iteration",
    "iterations",
    "layer",
    "layers",
    "depth",
    "width",
    "channel",
    "channels",
    "node",
    "nodes",
    "edge",
    "edges",
    "batch",
    "lr",
    "rate",
    "date",
    "fold",
];

/// Words for accuracies, and for the parts of the images that they are measured on.
const ACCURACY: [&str; 15] = [
    "acc",
    "accs",
    "accuracy",
    "accuracies",
    "top",
    "precision",
    "correct",
    "genauigkeit",
    "val",
    "valid",
    "validation",
    "test",
    "eval",
    "evaluation",
    "dev",
];

/// Words before the number of a run.
const RUN: [&str; 11] = [
    "run",
    "seed",
    "trial",
    "rep",
    "repeat",
    "repetition",
    "replicate",
    "fold",
    "try",
    "attempt",
    "repetitions",
];

/// What columns called `run1`, `run2` and so on are runs of.
const UNNAMED_RUNS: &str = "Accuracy";

/// Words whose number is no run's even where it stands alone.
const NUMBERED: [&str; 8] = [
    "top", "epoch", "epochs", "cifar", "imagenet", "node", "nodes", "layer",
];

/// The seeds of NAS-Bench-201, which its tables put behind a name.
const BENCHMARK_SEEDS: [u64; 3] = [777, 888, 999];

/// A word of a name: small letters or digits, and where it stands.
struct Word {
    text: String,
    start: usize,
    end: usize,
}

impl Word {
    fn number(&self) -> Option<u64> {
        self.text.parse().ok()
    }
}

/// The words of a name, which end at everything that is no letter, between letters and digits, and before a capital letter.
fn words(name: &str) -> Vec<Word> {
    let characters: Vec<(usize, char)> = name.char_indices().collect();
    let small = |place: usize| characters.get(place).is_some_and(|(_, c)| c.is_lowercase());
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for (place, &(start, character)) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            open = false;
            continue;
        }
        let before = place.checked_sub(1).map(|place| characters[place].1);
        let begins = before.is_none_or(|before| {
            before.is_ascii_digit() != character.is_ascii_digit()
                || (character.is_uppercase()
                    // "FLOPs" is one word, "GPULatency" is two.
                    && (!before.is_uppercase() || (small(place + 1) && small(place + 2))))
        });
        if begins {
            open = false;
        }
        let end = start + character.len_utf8();
        match words.last_mut() {
            Some(word) if open => {
                word.text.extend(character.to_lowercase());
                word.end = end;
            }
            _ => words.push(Word {
                text: character.to_lowercase().collect(),
                start,
                end,
            }),
        }
        open = true;
    }
    words
}

/// Whether a name has a word for accuracies.
pub(super) fn calls_accuracy(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| ACCURACY.contains(&word.text.as_str()))
}

/// Whether a name says that its column holds something else than accuracies.
pub(super) fn says_otherwise(name: &str) -> bool {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.text.as_str()));
    has(&OTHER) || (has(&COUNTER) && !has(&ACCURACY))
}

/// Whether a name is one of those of the column of genotypes.
pub(super) fn is_architecture(name: &str) -> bool {
    ARCHITECTURE_NAMES.contains(&letters(name).as_str())
}

/// Whether a column has no name of its own: none, or that of a data frame for none.
pub(super) fn is_nameless(name: &str) -> bool {
    let number = name.strip_prefix("Unnamed: ");
    name.is_empty() || number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// A name that can be written into a header: without separators, quotes, brackets and line breaks.
pub(super) fn cleaned(name: &str) -> String {
    let plain = name.replace(
        |c: char| c.is_control() || c.is_whitespace() || [',', ';', '"', '['].contains(&c),
        " ",
    );
    plain
        .split(' ')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// One run of several: what all are called, and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) stem: String,
    pub(super) number: u64,
    /// Whether a word says that this is a run.
    pub(super) said: bool,
}

/// The run that a name says to be one: `AccuracyRun2`, `acc_seed0`, `seed 1 acc`, `acc-777`.
pub(super) fn run(name: &str) -> Option<Run> {
    let words = words(name);
    let join = |from: usize, to: usize| {
        let separators: &[char] = &['-', '_', ' ', '.', ':', '=', '#', '/', '(', ')'];
        let [before, after] = [
            name[..from].trim_end_matches(separators),
            name[to..].trim_start_matches(separators),
        ];
        let between = match (before.is_empty(), after.is_empty()) {
            (false, false) => &name[before.len()..from],
            _ => "",
        };
        let stem = format!("{before}{between}{after}");
        (!stem.is_empty()).then_some(stem)
    };
    for pair in words.windows(2) {
        if RUN.contains(&pair[0].text.as_str())
            && let Some(number) = pair[1].number()
        {
            let stem = join(pair[0].start, pair[1].end).unwrap_or(UNNAMED_RUNS.to_owned());
            return Some(Run {
                stem,
                number,
                said: true,
            });
        }
    }
    let [.., before, last] = &words[..] else {
        return None;
    };
    let apart = before.end < last.start && last.end == name.len();
    let number = last
        .number()
        .filter(|_| apart && !NUMBERED.contains(&before.text.as_str()))?;
    let stem = join(last.start, last.end)?;
    Some(Run {
        stem,
        number,
        said: false,
    })
}

/// Whether these numbers behind a common name are those of runs: said so, counted from 0 or 1, or the seeds of the benchmark. Numbers
/// such as 12 and 200 are epochs, 10 and 100 data sets.
pub(super) fn are_runs(runs: &[&Run]) -> bool {
    let mut numbers: Vec<u64> = runs.iter().map(|run| run.number).collect();
    numbers.sort_unstable();
    let counted = numbers[0] <= 1 && numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    let distinct = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    let benchmark = numbers
        .iter()
        .all(|number| BENCHMARK_SEEDS.contains(number));
    runs.len() > 1 && distinct && (runs.iter().all(|run| run.said) || counted || benchmark)
}

/// The metric whose standard error a name says to be that of: `AccuracyStandardError`, `acc_stderr`, `acc sem`.
pub(super) fn standard_error_of(name: &str) -> Option<&str> {
    if let Some(metric) = name.strip_suffix(STANDARD_ERROR) {
        return (!metric.is_empty()).then_some(metric);
    }
    let words = words(name);
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let first = match texts[..] {
        [.., "standard" | "std", "error" | "err"] => words.len() - 2,
        [.., "stderr" | "sem"] => words.len() - 1,
        _ => return None,
    };
    let metric = name[..words[first].start].trim_end_matches(['-', '_', ' ', '.']);
    (!metric.is_empty()).then_some(metric)
}

/// Letters and digits in small letters.
fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a value can be an accuracy in percent.
pub(super) fn is_accuracy(value: f64) -> bool {
    (0.0..=100.0).contains(&value)
}

/// The beginning of a text from a file, for a message.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// What a metric's name must not be.
pub(super) fn name_problem(name: &str, earlier: &[String]) -> Option<String> {
    let short = short(name);
    if name.is_empty() || name.trim() != name || name.contains([',', '"', '\n', '\r', '[']) {
        Some(format!(
            "\"{short}\" cannot name a column: use words without commas, quotes or brackets"
        ))
    } else if name == ARCHITECTURE || name == UNIQUE || earlier.iter().any(|other| other == name) {
        Some(format!("two columns are named \"{short}\""))
    } else {
        None
    }
}
