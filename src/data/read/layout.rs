//! Which folder of pictures is a part and which a class: `CLASS/IMAGE`, `PART/CLASS/IMAGE` or `CLASS/PART/IMAGE`, perhaps with folders
//! around the whole and things lying beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::MOST_FOLDERS;
use super::notes::Notes;
use super::parts::Part;

/// The part and the class of a picture; `None` where it is left out, which a note says.
pub type Place<'a> = Option<(Part, &'a str)>;

/// A folder with what is below it.
#[derive(Default)]
struct Folder<'a> {
    /// Its path; empty for the whole.
    path: &'a str,
    /// Whether there is a picture in it or below.
    filled: bool,
    /// Indices of the pictures directly in it.
    pictures: Vec<usize>,
    below: BTreeMap<&'a str, Folder<'a>>,
}

impl<'a> Folder<'a> {
    /// The folder of a path, made where it is missing; `made` counts. `filled`: for a picture in it.
    fn at(&mut self, path: &'a str, filled: bool, made: &mut usize) -> &mut Self {
        self.filled |= filled;
        let mut end = 0;
        path.split('/')
            .filter(|step| !step.is_empty())
            .fold(self, |folder, step| {
                end += step.len();
                let path = &path[..end];
                end += 1;
                let below = folder.below.entry(step).or_insert_with(|| {
                    *made += 1;
                    Folder {
                        path,
                        ..Folder::default()
                    }
                });
                below.filled |= filled;
                below
            })
    }

    /// Indices of all pictures in it and below.
    fn all(&self) -> Vec<usize> {
        let mut all = self.pictures.clone();
        for folder in self.below.values() {
            all.extend(folder.all());
        }
        all
    }

    /// The folders in it that have pictures somewhere.
    fn filled(&self) -> impl Iterator<Item = (&'a str, &Folder<'a>)> {
        let folders = self.below.iter().filter(|(_, folder)| folder.filled);
        folders.map(|(name, folder)| (*name, folder))
    }

    /// The only folder in it that has pictures.
    fn only(&self) -> Option<(&'a str, &Folder<'a>)> {
        let mut filled = self.filled();
        filled.next().filter(|_| filled.next().is_none())
    }

    /// The folders in it that are parts with classes, where it is parted: two that differ, or nothing but folders that are called just so.
    fn parts(&self) -> Vec<(Part, &'a str)> {
        let named = self.named_parts();
        let first = named.first().map(|(part, _)| *part);
        let differ = named.iter().any(|(part, _)| Some(*part) != first);
        let exact = |(_, name): &(Part, &str)| Part::of_word(&name.to_lowercase()).is_some();
        let alone = named.len() == self.filled().count() && named.iter().all(exact);
        let with_classes = |(_, name): &(Part, &str)| {
            let folder = self.below.get(name);
            folder.is_some_and(|folder| folder.filled().next().is_some())
        };
        let parts: Vec<_> = named.into_iter().filter(with_classes).collect();
        // Without classes in the first part, they are none.
        let parted = (differ || alone) && parts.first().map(|(part, _)| *part) == first;
        if parted { parts } else { Vec::new() }
    }

    /// The folders in it that have pictures and the name of a part.
    fn named_parts(&self) -> Vec<(Part, &'a str)> {
        let named = self
            .filled()
            .filter_map(|(name, _)| Some((Part::of_name(name)?, name)));
        let mut named: Vec<_> = named.collect();
        named.sort();
        named
    }

    /// Whether every class in it has its own folders for the parts.
    fn classes_are_parted(&self) -> bool {
        let is_parted = |class: &Folder<'_>| {
            class.pictures.is_empty()
                && class
                    .filled()
                    .all(|(name, part)| Part::of_name(name).is_some() && !part.pictures.is_empty())
        };
        let parts: BTreeSet<Option<Part>> = self
            .filled()
            .flat_map(|(_, class)| class.filled().map(|(name, _)| Part::of_name(name)))
            .collect();
        parts.len() > 1
            && self.filled().count() > 1
            && self.filled().all(|(_, class)| is_parted(class))
    }
}

/// Says of each picture, by its path with `/`, to which part and class it belongs. `folders` are listed also where they are empty.
///
/// # Errors
/// The index of a picture, or `None` for the whole, and the reason: pictures in no class folder, several data sets.
pub fn places<'a>(
    pictures: &[&'a str],
    folders: &'a [String],
    notes: &mut Notes,
) -> Result<Vec<Place<'a>>, (Option<usize>, String)> {
    let mut whole = Folder::default();
    let mut made = 0;
    let pictured = pictures.iter().enumerate().map(|(index, name)| {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        (folder, Some(index))
    });
    let listed = folders.iter().map(|folder| (folder.as_str(), None));
    for (path, picture) in pictured.chain(listed) {
        let folder = whole.at(path, picture.is_some(), &mut made);
        folder.pictures.extend(picture);
        if made > MOST_FOLDERS {
            return Err((None, format!("more than {MOST_FOLDERS} folders")));
        }
    }
    let mut sorter = Sorter {
        found: vec![Found::Astray; pictures.len()],
        pictures,
        notes,
    };
    let root = sorter.root(&whole)?;
    sorter.sort(root);
    sorter.places()
}

/// What was found out about a picture.
#[derive(Clone, Copy)]
enum Found<'a> {
    Placed(Part, &'a str),
    /// Left out, and said.
    Left,
    /// In no class folder.
    Astray,
}

struct Sorter<'a, 'n> {
    found: Vec<Found<'a>>,
    pictures: &'n [&'a str],
    notes: &'n mut Notes,
}

type Refused = (Option<usize>, String);

impl<'a> Sorter<'a, '_> {
    /// The folder whose folders are the parts or the classes.
    fn root<'f>(&mut self, whole: &'f Folder<'a>) -> Result<&'f Folder<'a>, Refused> {
        let mut root = whole;
        while root.parts().is_empty() && !root.classes_are_parted() {
            if let Some((_, only)) = root.only() {
                let around = only.pictures.is_empty() || only.filled().count() > 1;
                if only.filled().next().is_none() || !around {
                    break;
                }
                root = only;
                continue;
            }
            // Of several folders, one may hold the whole data set.
            let parted = root
                .filled()
                .filter(|(_, folder)| !folder.parts().is_empty());
            let parted: Vec<_> = parted.collect();
            match *parted.as_slice() {
                [] => break,
                [(name, folder)] => {
                    for (_, stray) in root.filled().filter(|(other, _)| *other != name) {
                        self.leave_out(stray, &format!("left out, beside the data set in {name}"));
                    }
                    root = folder;
                }
                [(one, _), (other, _), ..] => {
                    let reason = format!("several data sets ({one}, {other}): give one of them");
                    return Err((None, reason));
                }
            }
        }
        Ok(root)
    }

    fn sort(&mut self, root: &Folder<'a>) {
        let parts = root.parts();
        if !parts.is_empty() {
            self.parts(root, &parts);
        } else if root.classes_are_parted() {
            for (class, folder) in root.filled() {
                for (name, part) in folder.filled() {
                    self.assign(part, Part::of_name(name).unwrap_or(Part::Training), class);
                }
                self.empty(folder);
            }
            self.empty(root);
        } else {
            // Parts without class folders are no classes.
            let named = root.named_parts();
            let differ = named.windows(2).any(|two| two[0].0 != two[1].0);
            let exact = named
                .iter()
                .all(|(_, name)| Part::of_word(&name.to_lowercase()).is_some());
            if named.len() != root.filled().count() || !(differ || exact) {
                self.say_alike(root);
                self.classes(root, Part::Training, &BTreeSet::new());
            }
        }
    }

    /// Says that folders which hold the same folders are read as classes; they may be parts of other names.
    fn say_alike(&mut self, root: &Folder<'a>) {
        let inner = |folder: &Folder<'a>| -> Vec<&'a str> {
            folder.filled().map(|(name, _)| name).collect()
        };
        let mut folders = root.filled();
        let Some((_, first)) = folders.next() else {
            return;
        };
        let same = inner(first);
        let alike = |folder: &Folder<'a>| folder.pictures.is_empty() && inner(folder) == same;
        if same.len() > 1
            && alike(first)
            && root.filled().count() > 1
            && folders.all(|(_, folder)| alike(folder))
        {
            for (name, _) in root.filled() {
                self.notes.of(
                    "folders that hold the same folders are read as the classes; if they are parts, call them train, val and test",
                    name,
                );
            }
        }
    }

    /// Folders for the parts, first to last, and what lies beside them.
    fn parts(&mut self, root: &Folder<'a>, parts: &[(Part, &'a str)]) {
        for two in parts.windows(2).filter(|two| two[0].0 == two[1].0) {
            let (one, other, part) = (two[0].1, two[1].1, two[0].0.name());
            self.notes.say(format!(
                "{one} and {other} are both read as the {part} part"
            ));
        }
        let mut known = BTreeSet::new();
        for (part, name) in parts {
            if let Some(folder) = root.below.get(name) {
                let classes = self.classes(folder, *part, &known);
                known.extend(classes);
            }
        }
        let names: Vec<&str> = parts.iter().map(|(_, name)| *name).collect();
        let beside = format!("left out, beside {}", names.join(", "));
        for (name, folder) in root.filled().filter(|(name, _)| !names.contains(name)) {
            match Part::of_name(name) {
                Some(part) if folder.filled().next().is_none() => {
                    let part = part.name();
                    self.leave_out(
                        folder,
                        &format!("left out, {part} pictures in no class folder"),
                    );
                }
                _ => self.leave_out(folder, &beside),
            }
        }
        self.empty(root);
    }

    /// Folders for the classes of a part; `known` are those of earlier parts. Gives their names.
    fn classes(
        &mut self,
        folder: &Folder<'a>,
        part: Part,
        known: &BTreeSet<&'a str>,
    ) -> BTreeSet<&'a str> {
        let mut root = folder;
        // A folder around all classes of the part.
        while let Some((name, only)) = root.only()
            && only.filled().count() > 1
            && !known.contains(name)
        {
            root = only;
        }
        let mut classes = BTreeSet::new();
        for (name, class) in root.filled() {
            if self.is_copy(class, root) {
                self.leave_out(class, "left out, the classes once more");
            } else {
                self.assign(class, part, name);
                classes.insert(name);
            }
        }
        self.empty(root);
        classes
    }

    /// Whether a folder holds again what lies beside it: folders of the same names with files of the same names.
    fn is_copy(&self, folder: &Folder<'a>, root: &Folder<'a>) -> bool {
        let files = |folder: &Folder<'a>| -> BTreeSet<&'a str> {
            let name = |index: &usize| self.pictures[*index].rsplit('/').next().unwrap_or_default();
            folder.pictures.iter().map(name).collect()
        };
        folder.pictures.is_empty()
            && folder.filled().count() > 1
            && folder.filled().all(|(name, inner)| {
                let beside = root.below.get(name);
                // A copy may hold itself once more.
                beside.is_some_and(|beside| {
                    std::ptr::eq(beside, folder) || files(inner).is_subset(&files(beside))
                })
            })
    }

    fn assign(&mut self, folder: &Folder<'a>, part: Part, class: &'a str) {
        for index in folder.all() {
            self.found[index] = Found::Placed(part, class);
        }
    }

    fn leave_out(&mut self, folder: &Folder<'a>, why: &str) {
        for index in folder.all() {
            self.found[index] = Found::Left;
            self.notes.of(why, self.pictures[index]);
        }
    }

    /// Names folders that have no picture.
    fn empty(&mut self, root: &Folder<'a>) {
        for folder in root.below.values().filter(|folder| !folder.filled) {
            self.notes.of("no picture that is read", folder.path);
        }
    }

    /// What was found, unless most pictures are in no class folder, which is rather a mistake than a stray file.
    fn places(self) -> Result<Vec<Place<'a>>, Refused> {
        let astray = |found: &Found<'_>| matches!(found, Found::Astray);
        let placed = self
            .found
            .iter()
            .filter(|found| matches!(found, Found::Placed(..)));
        let (placed, first) = (placed.count(), self.found.iter().position(astray));
        if self.found.iter().filter(|found| astray(found)).count() > placed || placed == 0 {
            let reason = "this image is in no class folder: use CLASS/IMAGE or train/CLASS/IMAGE";
            return Err((first, reason.to_owned()));
        }
        let place = |(index, found): (usize, &Found<'a>)| match *found {
            Found::Placed(part, class) => Some((part, class)),
            Found::Left => None,
            Found::Astray => {
                self.notes
                    .of("left out, in no class folder", self.pictures[index]);
                None
            }
        };
        Ok(self.found.iter().enumerate().map(place).collect())
    }
}
