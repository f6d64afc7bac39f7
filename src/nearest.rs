//! What somebody probably meant who typed a name that there is not.

/// The name that is nearest to what was wanted, if one is near: at most a third of its letters are wrong, missing, too many or
/// exchanged with their neighbors. Capitals, blanks, hyphens and underscores do not count.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = letters(wanted);
    // Longer than any name: comparing it would only take time.
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    names
        .into_iter()
        .map(|name| {
            let letters = letters(name);
            let longer = letters.chars().count().max(wanted.chars().count());
            (name, strsim::damerau_levenshtein(&wanted, &letters), longer)
        })
        .filter(|(_, wrong, longer)| 3 * wrong <= *longer)
        .min_by_key(|(_, wrong, _)| *wrong)
        .map(|(name, ..)| name)
}

/// The sentence for a name that there is not: `'dart' is not a strategy (did you mean darts?): use random, darts or na-darts`.
pub fn unknown(wanted: &str, what: &str, names: &[&str]) -> String {
    let list = match names {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    };
    format!(
        "'{wanted}' is not {what}{}: use {list}",
        guess(wanted, names.iter().copied())
    )
}

/// The one of these values that has that name, or the sentence for a name that there is not. So a name stands in one place, where its value
/// says it.
pub fn named<T: Copy>(
    wanted: &str,
    what: &str,
    values: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    let names: Vec<&str> = values.iter().map(|&value| name(value)).collect();
    match names.iter().position(|&name| name == wanted) {
        Some(place) => Ok(values[place]),
        None => Err(unknown(wanted, what, &names)),
    }
}

/// ` (did you mean darts?)`, or nothing where no name is near.
pub fn guess<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(wanted, names) {
        Some(name) => format!(" (did you mean {name}?)"),
        None => String::new(),
    }
}

/// Most bytes of a name that are compared.
const LONGEST: usize = 64;

fn letters(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}
