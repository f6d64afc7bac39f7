//! The result files of a folder that several processes work in: `compare.json`, and one for each shard.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Arm, Comparison, ComparisonError, Entry};
use crate::data::absolute;
use crate::packed::MOST_OF_A_REPORT;
use crate::space::without_mark;

/// The file with all results.
pub const RESULTS: &str = "compare.json";
/// The most shards that a comparison has.
const MOST_SHARDS: usize = 100_000;

/// A share of the runs of a comparison, `2/4`: the second of every four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// From 1.
    number: usize,
    of: usize,
}

impl Shard {
    /// Those of a comparison's runs that are its own.
    pub fn own(self, comparison: &Comparison) -> Vec<(u64, Arm)> {
        let runs = comparison.runs().into_iter();
        runs.skip(self.number - 1).step_by(self.of).collect()
    }

    /// The file of its results.
    pub fn file(self) -> String {
        format!("compare-{}-of-{}.json", self.number, self.of)
    }

    /// The shard whose results are in a file of that name.
    fn of_file(name: &str) -> Option<Self> {
        let parts = name.strip_prefix("compare-")?.strip_suffix(".json")?;
        let (number, of) = parts.split_once("-of-")?;
        let shard: Self = format!("{number}/{of}").parse().ok()?;
        (shard.file() == name).then_some(shard)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| {
            // The standard library also reads a sign.
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let number_of = |text: &str| digits(text).then(|| text.parse::<usize>().ok())?;
            let [number, of] = [number, of].map(number_of);
            Some((number?, of?))
        });
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) && of <= MOST_SHARDS => {
                Ok(Self { number, of })
            }
            Some(_) => Err(format!(
                "the shards of N are 1/N to N/N, and at most {MOST_SHARDS}"
            )),
            None => Err("a shard is I/N, such as 2/4".to_owned()),
        }
    }
}

/// Why the results of a folder cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is none, or of other runs.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ComparisonError,
    },
    /// Files of two comparisons.
    #[error("{} is not of the comparison in {}: {source}", path.display(), first.display())]
    Another {
        /// The file.
        path: PathBuf,
        /// The file before it.
        first: PathBuf,
        /// Why.
        source: ComparisonError,
    },
    /// No file at all.
    #[error("{} holds no results of a comparison", .0.display())]
    Nothing(PathBuf),
}

/// The result files of a folder: `compare.json`, then those of shards, each where it is there.
///
/// # Errors
/// [`ResultsError::Read`].
pub fn result_files(folder: &Path) -> Result<Vec<PathBuf>, ResultsError> {
    let read_error = |source| ResultsError::Read {
        path: folder.to_path_buf(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            let what = "it is a file, where the folder of a comparison belongs";
            return Err(read_error(io::Error::other(what)));
        }
        Err(error) => return Err(read_error(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(read_error)?.file_name();
        let name = name.to_string_lossy();
        match Shard::of_file(&name) {
            Some(shard) => found.push((Some(shard), shard.file())),
            None if name == RESULTS => found.push((None, RESULTS.to_owned())),
            None => {}
        }
    }
    found.sort();
    let paths = found.into_iter().map(|(_, name)| folder.join(name));
    Ok(paths.collect())
}

fn read(path: PathBuf) -> Result<(PathBuf, Comparison), ResultsError> {
    let mut bytes = Vec::new();
    let opened = File::open(&path).and_then(|file| {
        let read = file.take(MOST_OF_A_REPORT + 1).read_to_end(&mut bytes)?;
        match read as u64 > MOST_OF_A_REPORT {
            true => Err(ErrorKind::FileTooLarge.into()),
            false => Ok(()),
        }
    });
    if let Err(source) = opened {
        return Err(ResultsError::Read { path, source });
    }
    match Comparison::read(&without_mark(&bytes)) {
        Ok(comparison) => Ok((path, comparison)),
        Err(source) => Err(ResultsError::File { path, source }),
    }
}

impl Comparison {
    /// Takes over the runs that the result files of a folder hold.
    ///
    /// # Errors
    /// A file that cannot be read, or is of a comparison with other settings.
    pub fn gather(&mut self, folder: &Path) -> Result<(), ResultsError> {
        let mut changed = false;
        for path in result_files(folder)? {
            let (path, there) = read(path)?;
            match self.take_over(there) {
                Ok(new) => changed |= new,
                Err(source) => return Err(ResultsError::File { path, source }),
            }
        }
        if changed {
            self.summarise();
        }
        Ok(())
    }

    /// The data set that the results of a folder are of, and the SHA-256 of its images; nothing where no result says so.
    #[must_use]
    pub fn images_in(folder: &Path) -> Option<(String, String)> {
        let paths = result_files(folder).ok()?;
        paths.into_iter().find_map(|path| {
            let (_, there) = read(path).ok()?;
            Some((absolute(&there.settings.dataset), there.images?))
        })
    }

    /// What the file of a shard holds: the runs that it held before, and those that the shard has `done` since. Those of others are in their files.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of_shard(
        &self,
        shard: Shard,
        folder: &Path,
        done: &[(u64, Arm)],
    ) -> Result<Self, ResultsError> {
        let path = folder.join(shard.file());
        let before = match path.exists() {
            true => read(path)?.1.entries,
            false => Vec::new(),
        };
        let before = before.into_iter().map(|entry| (entry.seed, entry.strategy));
        let own: Vec<(u64, Arm)> = done.iter().cloned().chain(before).collect();
        let is_own = |entry: &Entry| {
            let mut own = own.iter();
            own.any(|(seed, strategy)| (*seed, strategy) == (entry.seed, &entry.strategy))
        };
        let mut shard = self.clone();
        shard.entries.retain(is_own);
        shard.summarise();
        Ok(shard)
    }

    /// What says that another one has another result of a run that both have.
    fn contradicted(&self, other: &Self) -> Option<ComparisonError> {
        let differs = |entry: &&Entry| {
            let same = |own: &&Entry| own.seed == entry.seed && own.strategy == entry.strategy;
            let own = self.entries.iter().find(same);
            own.is_some_and(|own| own.genotype != entry.genotype || own.accuracy != entry.accuracy)
        };
        let Entry { strategy, seed, .. } = other.entries.iter().find(differs)?;
        let text =
            format!("{strategy}, seed {seed}, has another result there; remove one of the two");
        Some(ComparisonError::Contradiction(text))
    }

    /// The comparison whose runs the result files of a folder hold. All of its runs are asked for.
    ///
    /// # Errors
    /// No such file; one that cannot be read, or is of another comparison than the first.
    pub fn merged(folder: &Path) -> Result<Self, ResultsError> {
        let mut paths = result_files(folder)?.into_iter();
        let nothing = || ResultsError::Nothing(folder.to_path_buf());
        let (first, mut merged) = read(paths.next().ok_or_else(nothing)?)?;
        if let Err(source) = merged.check_entries() {
            return Err(ResultsError::File {
                path: first,
                source,
            });
        }
        for path in paths {
            let (path, there) = read(path)?;
            let of_another = merged
                .check_alike(&there)
                .err()
                .or_else(|| merged.contradicted(&there));
            if let Some(source) = of_another {
                return Err(ResultsError::Another {
                    path,
                    first,
                    source,
                });
            }
            if let Err(source) = merged.take_over(there) {
                return Err(ResultsError::File { path, source });
            }
        }
        merged.asked = (merged.strategies.clone(), merged.seeds.clone());
        merged.summarise();
        Ok(merged)
    }
}
