//! The state in a link: what follows `#` in the page's address, short and versioned.
//!
//! `#v=1&preset=quick&strategy=na-darts&rival=darts&space=darts&seed=0&data=digits&device=cpu&cell=d…`, every part but the version optional; the cell
//! is the compact form of [`Genotype::to_compact`], read by the same code as every genotype. Options of a data set stand behind `%23`, as an
//! address has one `#`; one that was typed is read, too. `lesson=flat&at=3` opens a lesson at its third card. The page opens a link, the
//! desktop program takes it as `plateau app --link`.

use crate::data::{Options, built_in};
use crate::nearest::guess;
use crate::search::Strategy;
use crate::session::{DeviceChoice, Preset};
use crate::space::{Candidates, Genotype, Space};

/// The longest fragment that is read, in bytes.
const MOST: usize = 10_000;
/// What stands for `#`.
const MARK: &str = "%23";
/// What a link can say, besides its version.
const KEYS: [&str; 11] = [
    "preset",
    "strategy",
    "rival",
    "space",
    "candidates",
    "seed",
    "data",
    "device",
    "cell",
    "lesson",
    "at",
];
/// The longest name of a lesson, in bytes.
const MOST_OF_A_NAME: usize = 40;

/// What a link restores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fragment {
    /// Settings of the run.
    pub preset: Option<Preset>,
    /// How it searches.
    pub strategy: Option<Strategy>,
    /// Who races with it.
    pub rival: Option<Strategy>,
    /// Where it searches.
    pub space: Option<Space>,
    /// The operations that it chooses among, if not all of the space.
    pub candidates: Option<Candidates>,
    /// Its seed.
    pub seed: Option<u64>,
    /// A built-in data set, perhaps with options behind `#`.
    pub dataset: Option<String>,
    /// Where it computes, if that is not left to the machine.
    pub device: Option<DeviceChoice>,
    /// The edited architecture.
    pub cell: Option<Genotype>,
    /// A lesson that comes with the program.
    pub lesson: Option<LessonPlace>,
}

/// A place in a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonPlace {
    /// The lesson's name.
    pub name: String,
    /// Its card, counted from 1.
    pub at: usize,
}

impl Fragment {
    /// Whether it restores anything of the settings of the next run.
    pub fn has_settings(&self) -> bool {
        let settings = Self {
            cell: None,
            lesson: None,
            ..self.clone()
        };
        settings != Self::default()
    }

    /// The text after `#`.
    pub fn to_text(&self) -> String {
        let mut text = String::from("v=1");
        let parts = [
            (
                "preset",
                self.preset.map(|preset| preset.name().to_string()),
            ),
            (
                "strategy",
                self.strategy.map(|strategy| strategy.name().to_string()),
            ),
            ("rival", self.rival.map(|rival| rival.name().to_string())),
            ("space", self.space.map(|space| space.name().to_string())),
            (
                "candidates",
                self.candidates.as_ref().map(Candidates::to_string),
            ),
            ("seed", self.seed.map(|seed| seed.to_string())),
            (
                "data",
                self.dataset.as_ref().map(|name| name.replace('#', MARK)),
            ),
            ("device", self.device.map(|device| device.to_string())),
            ("cell", self.cell.as_ref().map(Genotype::to_compact)),
            (
                "lesson",
                self.lesson.as_ref().map(|place| place.name.clone()),
            ),
            ("at", self.lesson.as_ref().map(|place| place.at.to_string())),
        ];
        for (key, value) in parts {
            if let Some(value) = value {
                text.push_str(&format!("&{key}={value}"));
            }
        }
        text
    }

    /// Reads [`Fragment::to_text`], with or without `#`. An empty text restores nothing.
    ///
    /// # Errors
    /// One sentence that names the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('#').unwrap_or(text);
        let mut fragment = Self::default();
        if text.is_empty() {
            return Ok(fragment);
        }
        if text.len() > MOST {
            return Err(format!(
                "the link has {} bytes after #: at most {MOST} are read",
                text.len()
            ));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the link has a character that no link has".into());
        }
        let mut parts = text.split('&');
        if parts.next() != Some("v=1") {
            return Err(
                "the link was made by another version of Plateau: this one reads v=1".into(),
            );
        }
        let mut at = None;
        for part in parts {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("\"{part}\" in the link has no value"))?;
            let wrong = |message: String| format!("{key} in the link: {message}");
            match key {
                "preset" => fragment.preset = Some(value.parse().map_err(wrong)?),
                "strategy" => fragment.strategy = Some(value.parse().map_err(wrong)?),
                "rival" => fragment.rival = Some(value.parse().map_err(wrong)?),
                "space" => {
                    let space = value.parse::<Space>();
                    fragment.space = Some(space.map_err(|error| wrong(error.to_string()))?);
                }
                "candidates" => {
                    let candidates = value.parse::<Candidates>();
                    fragment.candidates =
                        Some(candidates.map_err(|error| wrong(error.to_string()))?);
                }
                "seed" => {
                    let seed = value.parse::<u64>();
                    fragment.seed =
                        Some(seed.map_err(|_| wrong("a seed is a whole number from 0".into()))?);
                }
                "data" => fragment.dataset = Some(data_set(value).map_err(wrong)?),
                "device" => fragment.device = Some(value.parse().map_err(wrong)?),
                "cell" => {
                    let cell = Genotype::from_compact(value);
                    fragment.cell = Some(cell.map_err(|error| wrong(error.to_string()))?);
                }
                "lesson" => {
                    let name = lesson_name(value).map_err(wrong)?;
                    fragment.lesson = Some(LessonPlace { name, at: 1 });
                }
                "at" => {
                    let card = value.parse::<usize>().ok().filter(|card| *card > 0);
                    let card = card.ok_or("the cards of a lesson are counted from 1".into());
                    at = Some(card.map_err(wrong)?);
                }
                _ => {
                    let meant = guess(key, KEYS);
                    return Err(format!("\"{key}\" in the link is unknown{meant}"));
                }
            }
        }
        if let (Some(candidates), Some(space)) = (&fragment.candidates, fragment.space) {
            let allowed = candidates.allowed(space);
            allowed.map_err(|error| format!("candidates in the link: {error}"))?;
        }
        match (&mut fragment.lesson, at) {
            (Some(place), Some(at)) => place.at = at,
            (None, Some(_)) => return Err("at in the link: there is no lesson in it".into()),
            (_, None) => {}
        }
        Ok(fragment)
    }
}

/// The name of a lesson, which need not be known.
fn lesson_name(value: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if value.is_empty() || value.len() > MOST_OF_A_NAME || !value.chars().all(plain) {
        return Err("a name has only letters, digits and -".into());
    }
    Ok(value.to_owned())
}

/// The name of a data set, perhaps with options.
fn data_set(value: &str) -> Result<String, String> {
    let name = value.replace(MARK, "#");
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if let (Some(set), Some((_, options))) = (built_in(&name), name.split_once('#')) {
        let options = Options::parse(options).map_err(|error| error.to_string())?;
        return Ok(format!("{set}{options}"));
    }
    if !name.chars().all(plain) {
        return Err(
            "a name has only letters, digits, - and _, and a built-in one options behind #".into(),
        );
    }
    Ok(name)
}
