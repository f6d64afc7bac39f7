use crate::data::DataError;

/// What may follow a path behind `#`, separated by commas.
///
/// | option | for | meaning |
/// |---|---|---|
/// | `size=32`, `size=24x32` | folders | rows and columns to which images are scaled, cut at the longer side |
/// | `grey` | folders | colours become grey |
/// | `coarse` | CIFAR-100 | the 20 coarse classes instead of the 100 fine ones |
/// | `set=WORD` | IDX | of several data sets, the one with this word in its name |
/// | `transpose` | IDX | images lie on their side, as EMNIST's do (which is seen from the name `emnist`) |
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

impl Options {
    /// Splits `PATH#OPTIONS`.
    ///
    /// # Errors
    /// [`DataError::Option`] for anything that is none.
    pub fn split(name: &str) -> Result<(&str, Options), DataError> {
        let Some((path, text)) = name.rsplit_once('#') else {
            return Ok((name, Options::default()));
        };
        let mut options = Options::default();
        for option in text.split(',') {
            let known = match option.split_once('=').unwrap_or((option, "")) {
                ("size", size) => {
                    options.size = parse_size(size);
                    if options.size.is_none() {
                        return Err(DataError::Option(format!(
                            "'{}' behind # is no size: use size=32 or size=24x32, each side from 1 to {}",
                            super::names::shorten(option),
                            super::limits::MOST_SIDE
                        )));
                    }
                    true
                }
                ("set", word) => {
                    options.set = Some(word.to_lowercase());
                    !word.is_empty()
                }
                ("grey", "") => {
                    options.grey = true;
                    true
                }
                ("coarse", "") => {
                    options.coarse = true;
                    true
                }
                ("transpose", "") => {
                    options.transpose = true;
                    true
                }
                _ => false,
            };
            if !known {
                return Err(DataError::Option(format!(
                    "'{}' behind # is no option: use size=32, size=24x32, grey, coarse, set=WORD or transpose",
                    super::names::shorten(option)
                )));
            }
        }
        Ok((path, options))
    }

    /// Refuses options that mean nothing for a format.
    pub(super) fn only(&self, allowed: &[&str], format: &str) -> Result<(), DataError> {
        let given = [
            ("size", self.size.is_some()),
            ("grey", self.grey),
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

/// `32` or `ROWSxCOLUMNS`.
fn parse_size(text: &str) -> Option<[u32; 2]> {
    let (rows, columns) = text.split_once('x').unwrap_or((text, text));
    let side = |text: &str| {
        text.parse()
            .ok()
            .filter(|side| (1..=super::limits::MOST_SIDE as u32).contains(side))
    };
    Some([side(rows)?, side(columns)?])
}
