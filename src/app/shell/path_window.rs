//! A field for a path, for desktops that have no dialogs for files: without a portal or zenity, as over `ssh -X`.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Key, RichText, TextEdit};

use crate::app::context::{PathField, PathFor};
use crate::app::draw::theme::{self, Lies};

/// The window with the field.
#[derive(Default)]
pub struct PathWindow {
    /// What the path is for; none: the window is closed.
    wanted: Option<PathFor>,
    text: String,
    error: Option<String>,
    /// A file that is replaced if the person says so once more.
    replaced: Option<PathBuf>,
    /// Whether the field gets the keyboard in the next frame.
    begins: bool,
}

impl PathWindow {
    /// Asks for a path, or takes up what came of one.
    pub fn take(&mut self, news: PathField) {
        match news {
            PathField::Ask(wanted) => {
                let text = match &wanted {
                    PathFor::Open | PathFor::Image => String::new(),
                    PathFor::Save { name, .. } => {
                        let folder = std::env::current_dir().unwrap_or_default();
                        folder.join(name).to_string_lossy().into_owned()
                    }
                };
                *self = Self {
                    wanted: Some(wanted),
                    text,
                    begins: true,
                    ..Self::default()
                };
            }
            PathField::Done => *self = Self::default(),
            PathField::Failed(error) => self.refuse(error),
        }
    }

    /// Draws the window. The path that the person gave, and what for.
    pub fn show(&mut self, context: &egui::Context) -> Option<(PathBuf, PathFor)> {
        let mut open = self.wanted.is_some();
        let saves = matches!(self.wanted, Some(PathFor::Save { .. }));
        let mut given = None;
        // One title for both, since the window is fading while nothing is wanted.
        theme::window_over(
            context,
            "Path of a file",
            &mut open,
            Lies::Middle(460.0),
            |ui| {
                let none = "this desktop has no dialog for files (a desktop portal, or zenity)";
                ui.label(match &self.wanted {
                    Some(PathFor::Save { name, .. }) => {
                        format!("{name} is ready, but {none}: type where it goes.")
                    }
                    _ => format!("Type a path: {none}."),
                });
                let label = ui.label(match saves {
                    true => "Save as",
                    false => "Path of a file or folder to open",
                });
                let field = TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY);
                let field = ui.add(field).labelled_by(label.id);
                if std::mem::take(&mut self.begins) {
                    field.request_focus();
                }
                if field.changed() {
                    (self.error, self.replaced) = (None, None);
                }
                let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if let Some(error) = &self.error {
                    ui.label(RichText::new(error).color(ui.visuals().error_fg_color));
                }
                ui.horizontal(|ui| {
                    let word = if saves { "Save" } else { "Open" };
                    let named = !self.text.trim().is_empty();
                    let button = ui.add_enabled(named, egui::Button::new(word));
                    if button.clicked() || entered && named {
                        given = self.given();
                    }
                    if ui.button("Cancel").clicked() {
                        self.wanted = None;
                    }
                });
            },
        );
        if !open {
            self.wanted = None;
        }
        given
    }

    /// Says what is wrong, and lets the person type on.
    fn refuse(&mut self, error: String) {
        self.error = Some(error);
        self.begins = true;
    }

    /// The path in the field, unless it needs a second look.
    fn given(&mut self) -> Option<(PathBuf, PathFor)> {
        let wanted = self.wanted.clone()?;
        let path = from_home(self.text.trim());
        // Data are known by their path.
        let mut path = std::path::absolute(&path).unwrap_or(path);
        if let PathFor::Save { name, .. } = &wanted {
            if path.is_dir() {
                path.push(name);
            }
            if path.exists() && self.replaced.as_ref() != Some(&path) {
                let text = format!("{} exists; press Save again to replace it", path.display());
                self.refuse(text);
                self.replaced = Some(path);
                return None;
            }
        }
        self.error = None;
        Some((path, wanted))
    }
}

/// A path with the person's folder in the place of `~`, as a shell reads it.
fn from_home(text: &str) -> PathBuf {
    let rest = text
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match rest.and_then(|rest| Some((std::env::home_dir()?, rest))) {
        Some((home, rest)) => home.join(rest.trim_start_matches('/')),
        None => Path::new(text).to_path_buf(),
    }
}
