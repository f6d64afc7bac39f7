//! The known name that a mistyped one most likely means.

/// The most characters of a name that is compared.
const LONGEST: usize = 40;

/// The known name with the fewest changed letters, if at most a third of the typed ones differ. Capitals, `-` and `_` do not count.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = letters(typed);
    if typed.is_empty() || typed.len() > LONGEST {
        return None;
    }
    known
        .into_iter()
        .map(|name| (distance(&typed, &letters(name)), name))
        .filter(|(changed, _)| 3 * changed <= typed.len())
        .min_by_key(|(changed, _)| *changed)
        .map(|(_, name)| name)
}

fn letters(name: &str) -> Vec<char> {
    let same = |c| if c == '-' { '_' } else { c };
    name.chars()
        .flat_map(char::to_lowercase)
        .map(same)
        .take(LONGEST + 1)
        .collect()
}

/// Letters to insert, remove or replace (Levenshtein).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut before = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
