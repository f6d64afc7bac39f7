use std::fmt;

use super::limits::MOST_SIDE;
use super::names::shorten;
use crate::data::DataError;
use crate::nearest::guess;

/// What may follow the name of a data set behind `#`, separated by commas or further `#`.
///
/// | option | for | meaning |
/// |---|---|---|
/// | `size=32`, `size=24x32` | all | rows and columns to which images are scaled, cut at the longer side |
/// | `grey` | all | colours become grey |
/// | `coarse` | CIFAR-100 | the 20 coarse classes instead of the 100 fine ones |
/// | `set=WORD` | IDX | of several data sets, the one with this word in its name |
/// | `transpose` | IDX | images lie on their side, as EMNIST's do (which is seen from the name `emnist`) |
///
/// As text they follow a name in this order, so that the same options are one text however they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `[rows, columns]`
    pub size: Option<[u32; 2]>,
    /// Read images as grey.
    pub grey: bool,
    /// Coarse classes.
    pub coarse: bool,
    /// A word of the wanted data set's name.
    pub set: Option<String>,
    /// Mirror images at their main diagonal.
    pub transpose: bool,
}

/// The names of all of them.
const KNOWN: [&str; 5] = ["size", "grey", "coarse", "set", "transpose"];

impl Options {
    /// Splits `PATH#OPTIONS` at the first `#` behind which there are only options, as folders may have a `#` in their names.
    ///
    /// # Errors
    /// [`DataError::Option`] if there are others behind the last `#`.
    pub fn split(name: &str) -> Result<(&str, Options), DataError> {
        for (at, _) in name.match_indices('#') {
            if let Ok(options) = Self::parse(&name[at + 1..]) {
                return Ok((&name[..at], options));
            }
        }
        match name.rsplit_once('#') {
            Some((path, text)) => Ok((path, Self::parse(text)?)),
            None => Ok((name, Self::default())),
        }
    }

    /// Splits `PATH#OPTIONS` behind the longest path that is there, or as [`Options::split`] does.
    ///
    /// # Errors
    /// [`DataError::Option`] for what is no option.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn split_path(name: &str) -> Result<(&str, Options), DataError> {
        let is_there = |path: &str| std::path::Path::new(path).exists();
        if is_there(name) {
            return Ok((name, Self::default()));
        }
        let mut marks = name.rmatch_indices('#').map(|(at, _)| at);
        match marks.find(|&at| is_there(&name[..at])) {
            Some(at) => Ok((&name[..at], Self::parse(&name[at + 1..])?)),
            None => Self::split(name),
        }
    }

    /// Reads what follows a name and its `#`.
    ///
    /// # Errors
    /// [`DataError::Option`] for what is no option and for one that is there twice.
    pub fn parse(text: &str) -> Result<Options, DataError> {
        let mut options = Options::default();
        for option in text.split([',', '#']) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let again = match (name, value) {
                ("size", size) => {
                    let size = parse_size(size).ok_or_else(|| {
                        DataError::Option(format!(
                            "'{}' behind # is no size: use size=32 or size=24x32, each side from 1 to {MOST_SIDE}",
                            shorten(option)
                        ))
                    })?;
                    options.size.replace(size).is_some()
                }
                ("set", word) if !word.is_empty() => {
                    options.set.replace(word.to_lowercase()).is_some()
                }
                ("grey", "") => std::mem::replace(&mut options.grey, true),
                ("coarse", "") => std::mem::replace(&mut options.coarse, true),
                ("transpose", "") => std::mem::replace(&mut options.transpose, true),
                _ => {
                    return Err(DataError::Option(format!(
                        "'{}' behind # is no option{}: use size=32, size=24x32, grey, coarse, set=WORD or transpose",
                        shorten(option),
                        guess(name, KNOWN)
                    )));
                }
            };
            if again {
                return Err(DataError::Option(format!(
                    "{name} is there twice behind #: leave one out"
                )));
            }
        }
        Ok(options)
    }

    /// Refuses options that mean nothing for a format. Every format has sizes and colours.
    pub(super) fn only(&self, allowed: &[&str], format: &str) -> Result<(), DataError> {
        let given = [
            ("coarse", self.coarse),
            ("set", self.set.is_some()),
            ("transpose", self.transpose),
        ];
        match given
            .iter()
            .find(|(name, given)| *given && !allowed.contains(name))
        {
            Some((name, _)) => Err(DataError::Option(format!(
                "the option {name} means nothing for {format}: leave it out"
            ))),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Options {
    /// Writes them as they follow a name, with the `#`; nothing where there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.size.map(|[rows, columns]| match rows == columns {
            true => format!("size={rows}"),
            false => format!("size={rows}x{columns}"),
        });
        let word = |name: &str, given: bool| given.then(|| name.to_owned());
        let all = [
            size,
            word("grey", self.grey),
            word("coarse", self.coarse),
            self.set.as_ref().map(|word| format!("set={word}")),
            word("transpose", self.transpose),
        ];
        let given: Vec<String> = all.into_iter().flatten().collect();
        if given.is_empty() {
            return Ok(());
        }
        write!(f, "#{}", given.join(","))
    }
}

/// `32` or `ROWSxCOLUMNS`.
fn parse_size(text: &str) -> Option<[u32; 2]> {
    let (rows, columns) = text.split_once('x').unwrap_or((text, text));
    let side = |text: &str| {
        text.parse()
            .ok()
            .filter(|side| (1..=MOST_SIDE as u32).contains(side))
    };
    Some([side(rows)?, side(columns)?])
}
