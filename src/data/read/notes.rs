//! What a reader says about what it does not take as it stands.

use super::names::shorten;

/// Names that a note gives before it counts.
const NAMED: usize = 2;
/// Most notes of a data set.
const MOST: usize = 64;

/// Notes, each with the files it is about, in the order in which they came up.
#[derive(Default)]
pub struct Notes(Vec<Note>);

struct Note {
    text: String,
    named: Vec<String>,
    /// The name that came last.
    last: String,
    /// Of all files, also those that are not named.
    count: u64,
}

impl Notes {
    /// Says something of the whole set.
    pub fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.0.len() < MOST && !self.0.iter().any(|note| note.text == text) {
            self.0.push(Note {
                text,
                named: Vec::new(),
                last: String::new(),
                count: 0,
            });
        }
    }

    /// Says something of one file or folder; those of which the same is said are counted in one note.
    pub fn of(&mut self, text: &str, name: &str) {
        self.say(text);
        let Some(note) = self.0.iter_mut().find(|note| note.text == text) else {
            return;
        };
        note.count += 1;
        name.clone_into(&mut note.last);
        if note.named.len() < NAMED {
            note.named.push(shorten(name));
        }
    }

    /// As [`Notes::of`], but a name that is the last one already is not counted again.
    pub fn once(&mut self, text: &str, name: &str) {
        let said = |note: &Note| note.text == text && note.last == name;
        if !self.0.iter().any(said) {
            self.of(text, name);
        }
    }

    /// The notes as sentences: `TEXT: a.heic, b.heic and 5 more`.
    pub fn into_sentences(self) -> Vec<String> {
        let sentence = |note: Note| {
            let more = note.count - note.named.len() as u64;
            let named = note.named.join(", ");
            match (named.is_empty(), more) {
                (true, _) => note.text,
                (_, 0) => format!("{}: {named}", note.text),
                (_, more) => format!("{}: {named} and {more} more", note.text),
            }
        };
        self.0.into_iter().map(sentence).collect()
    }
}
