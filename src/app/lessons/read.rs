//! Reads the parts of a lesson's file where they stand, so that whatever is wrong has its line.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use crate::app::pane::Pane;
use crate::app::runs::recording::Recorded;
use crate::app::share_link::Fragment;
use crate::nearest::{named, unknown};
use crate::space::{Genotype, Reading};

/// The format of the files.
const FORMAT: u32 = 1;
/// The only table that a lesson can ask for.
const TABLE: &str = "built-in";
/// Most letters of a title.
const MOST_OF_A_TITLE: usize = 80;
/// Most letters of a text.
const MOST_OF_A_TEXT: usize = 1000;

/// An object of the file that must keep more than the types of its parts say.
pub trait Checked {
    /// What is wrong with it.
    fn check(&self) -> Result<(), String>;
}

/// Reads an object and checks it at its end, where its place is still known.
struct Whole<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Checked> Visitor<'de> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object in braces")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let whole = T::deserialize(MapAccessDeserializer::new(map))?;
        whole.check().map_err(A::Error::custom)?;
        Ok(whole)
    }
}

impl<'de, T: Deserialize<'de> + Checked> DeserializeSeed<'de> for Whole<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        from.deserialize_map(self)
    }
}

struct List<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Checked> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list in brackets")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element_seed(Whole(PhantomData))? {
            all.push(one);
        }
        Ok(all)
    }
}

/// Objects that are checked one by one.
pub fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Checked,
{
    from.deserialize_seq(List(PhantomData))
}

/// An object that is checked.
pub fn whole<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Checked,
{
    Whole(PhantomData).deserialize(from)
}

/// An object that is checked and may be missing.
pub fn some_whole<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Checked,
{
    whole(from).map(Some)
}

/// The format of the file, which must be this version's.
pub fn format<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        FORMAT => Ok(FORMAT),
        other => Err(D::Error::custom(format!(
            "the lesson is of format {other}: this version reads {FORMAT}"
        ))),
    }
}

/// Makes something of a string.
struct Parsed<T>(fn(&str) -> Result<T, String>);

impl<T> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text in quotes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

/// A title.
pub fn title<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    from.deserialize_str(Parsed(|text| said(text, MOST_OF_A_TITLE)))
}

/// A title that may be missing.
pub fn some_title<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    title(from).map(Some)
}

/// One or more sentences.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    from.deserialize_str(Parsed(|text| said(text, MOST_OF_A_TEXT)))
}

fn said(text: &str, most: usize) -> Result<String, String> {
    match text.chars().count() {
        _ if text.trim().is_empty() => Err("this text is empty".into()),
        letters if letters > most => Err(format!(
            "this text has {letters} letters: at most {most} are read"
        )),
        _ => Ok(text.to_owned()),
    }
}

/// A panel by the title of its tab.
pub fn panel<'de, D: Deserializer<'de>>(from: D) -> Result<Pane, D::Error> {
    let panel = |text: &str| named(text, "a panel", &Pane::ALL, Pane::title);
    from.deserialize_str(Parsed(panel))
}

/// What is shown of the recorded race.
pub fn recording<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Recorded>, D::Error> {
    let recording = |text: &str| named(text, "a recording", &Recorded::ALL, Recorded::name);
    from.deserialize_str(Parsed(recording)).map(Some)
}

/// Whether the built-in table is opened.
pub fn table<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    from.deserialize_str(Parsed(|text| match text {
        TABLE => Ok(true),
        _ => Err(unknown(text, "a table", &[TABLE])),
    }))
}

/// A cell in any form that can be pasted, of which nothing is guessed or left out.
pub fn cell<'de, D: Deserializer<'de>>(from: D) -> Result<Genotype, D::Error> {
    from.deserialize_str(Parsed(|text| {
        let read = Genotype::read(text.as_bytes(), None);
        let Reading { genotype, notes } = read.map_err(|error| format!("the cell: {error}"))?;
        match notes.is_empty() {
            true => Ok(genotype),
            false => Err(format!("the cell: {}", notes.join("; "))),
        }
    }))
}

/// A cell that may be missing.
pub fn some_cell<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Genotype>, D::Error> {
    cell(from).map(Some)
}

/// Settings of the next run, as a link has them.
pub fn settings<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Fragment>, D::Error> {
    let settings = |text: &str| {
        let link = Fragment::parse(text)?;
        match link.cell.is_some() || link.lesson.is_some() {
            true => Err("settings have neither a cell nor a lesson".to_owned()),
            false => Ok(Some(link)),
        }
    };
    from.deserialize_str(Parsed(settings))
}
