//! In no folder of `src` a file needs, by a way round, what needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The text of a file without its comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines();
    let bare = lines.map(|line| line.split("//").next().unwrap_or_default());
    bare.collect::<Vec<_>>().join("\n")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The first names behind each `prefix` of a text, those of a list in braces each.
fn names_behind(text: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(prefix) {
        if text[..at].ends_with(|letter: char| is_word(letter) || letter == ':') {
            continue;
        }
        let rest = &text[at + prefix.len()..];
        let mut depth = 0;
        let mut fresh = true;
        for (place, letter) in rest.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => fresh = true,
                _ if is_word(letter) && fresh && depth <= 1 => {
                    let end = rest[place..].find(|letter| !is_word(letter));
                    names.insert(rest[place..place + end.unwrap_or(0)].to_owned());
                    fresh = false;
                }
                _ => {}
            }
            if depth == 0 && (!fresh || letter == '}') {
                break;
            }
        }
    }
    names
}

/// What each module of a folder needs of its siblings.
fn needs(src: &Path, folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut modules: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_rust = path.extension().is_some_and(|ending| ending == "rs");
        if path.is_dir() {
            modules.entry(stem).or_default().extend(rust_files(&path));
        } else if is_rust && !["mod", "lib", "main"].contains(&stem.as_str()) {
            modules.entry(stem).or_default().push(path);
        }
    }
    // Names that the folder hands on, and whose they are.
    let head = [folder.join("mod.rs"), folder.with_extension("rs")];
    let head = head
        .iter()
        .find(|path| path.is_file())
        .map(|path| code(path));
    let owner = |name: &str| -> Option<String> {
        let head = head.as_ref()?;
        let of = |module: &&String| names_behind(head, &format!("{module}::")).contains(name);
        modules.keys().find(of).cloned()
    };
    let inside = folder
        .strip_prefix(src)
        .unwrap()
        .to_string_lossy()
        .replace('/', "::");
    let mut found = BTreeMap::new();
    for (module, files) in &modules {
        let mut needed = BTreeSet::new();
        for file in files {
            let below = file.strip_prefix(folder).unwrap().components().count();
            let is_head = file.ends_with("mod.rs");
            let up = "super::".repeat(if is_head { below - 1 } else { below });
            for prefix in [up, format!("crate::{inside}::")] {
                for name in names_behind(&code(file), &prefix) {
                    let whose = if modules.contains_key(&name) {
                        Some(name)
                    } else {
                        owner(&name)
                    };
                    needed.extend(whose.filter(|whose| whose != module));
                }
            }
        }
        found.insert(module.clone(), needed);
    }
    found
}

/// Takes away what needs nothing that is left, until nothing goes: the rest are circles and what needs them.
fn circles(mut needs: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    loop {
        let free: Vec<String> = needs
            .iter()
            .filter(|(_, needed)| !needed.iter().any(|name| needs.contains_key(name)))
            .map(|(module, _)| module.clone())
            .collect();
        if free.is_empty() {
            return needs.into_keys().collect();
        }
        needs.retain(|module, _| !free.contains(module));
    }
}

#[test]
fn no_folder_of_the_program_has_a_circle() {
    let src = Path::new("src");
    let mut folders = vec![src.to_path_buf()];
    folders.extend(
        rust_files(src)
            .iter()
            .filter_map(|file| Some(file.parent()?.to_path_buf())),
    );
    folders.sort();
    folders.dedup();
    assert!(folders.len() > 20, "{folders:?}");
    for folder in &folders[1..] {
        let found = circles(needs(src, folder));
        assert!(found.is_empty(), "{}: {found:?}", folder.display());
    }
    let known = needs(src, Path::new("src/record"));
    assert!(known["recorder"].contains("tape"), "{known:?}");
}
