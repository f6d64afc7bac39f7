//! File dialogs and dropped files. They answer later, through a channel, so that the window never waits.

use async_channel::{Receiver, Sender};
use eframe::egui;

use super::context::{Action, Notice};

/// Most bytes of a file that is opened.
const LARGEST: u64 = 1 << 30;

/// Dialogs that are open, and what has come of them.
pub struct Files {
    answers: Sender<Action>,
    inbox: Receiver<Action>,
}

impl Default for Files {
    fn default() -> Self {
        let (answers, inbox) = async_channel::unbounded();
        Self { answers, inbox }
    }
}

impl Files {
    /// What came of a dialog since the last call.
    pub fn answer(&self) -> Option<Action> {
        self.inbox.try_recv().ok()
    }

    /// Asks for a file to open; answered by [`Action::OpenFile`].
    pub fn choose(&self, context: &egui::Context) {
        let dialog =
            rfd::AsyncFileDialog::new().set_title("Open a run, a table, a genotype or a data set");
        let answers = self.answers.clone();
        let context = context.clone();
        detach(async move {
            let Some(file) = dialog.pick_file().await else {
                return;
            };
            let name = file.file_name();
            let action = match read(&file).await {
                Ok(bytes) => Action::OpenFile { name, bytes },
                Err(error) => Action::Notify(Notice::error(format!("{name}: {error}"))),
            };
            answer(&answers, action, &context);
        });
    }

    /// Asks where a file shall go, and writes it there; the browser downloads it.
    pub fn save(&self, name: String, bytes: Vec<u8>, context: &egui::Context) {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Save")
            .set_file_name(&name);
        let answers = self.answers.clone();
        let context = context.clone();
        detach(async move {
            let Some(file) = dialog.save_file().await else {
                return;
            };
            let name = file.file_name();
            let notice = match file.write(&bytes).await {
                Ok(()) => Notice::info(format!("saved {name}")),
                Err(error) => Notice::error(format!(
                    "{name} could not be written: {error}; choose another place"
                )),
            };
            answer(&answers, Action::Notify(notice), &context);
        });
    }

    /// Takes up files that were dropped on the window.
    pub fn dropped(&self, context: &egui::Context) {
        for file in context.input(|input| input.raw.dropped_files.clone()) {
            let name = file
                .path()
                .file_name()
                .map_or_else(|| "file".into(), |name| name.to_string_lossy().into_owned());
            let answers = self.answers.clone();
            let context = context.clone();
            detach(async move {
                let action = match read_dropped(&file).await {
                    Ok(bytes) => Action::OpenFile { name, bytes },
                    Err(error) => Action::Notify(Notice::error(format!("{name}: {error}"))),
                };
                answer(&answers, action, &context);
            });
        }
    }
}

fn answer(answers: &Sender<Action>, action: Action, context: &egui::Context) {
    // A window that has gone needs no answer.
    let _gone = answers.try_send(action);
    context.request_repaint();
}

fn too_large() -> String {
    format!("it is larger than {} MB", LARGEST >> 20)
}

#[cfg(not(target_arch = "wasm32"))]
async fn read(file: &rfd::FileHandle) -> Result<Vec<u8>, String> {
    read_path(file.path())
}

#[cfg(target_arch = "wasm32")]
async fn read(file: &rfd::FileHandle) -> Result<Vec<u8>, String> {
    let bytes = file.read().await;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large());
    }
    Ok(bytes)
}

#[cfg(not(target_arch = "wasm32"))]
async fn read_dropped(file: &egui::DroppedFileHandle) -> Result<Vec<u8>, String> {
    read_path(file.path())
}

#[cfg(target_arch = "wasm32")]
async fn read_dropped(file: &egui::DroppedFileHandle) -> Result<Vec<u8>, String> {
    file.bytes_async().await
}

/// A file's content; of a run folder, that of its events.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn read_path(path: &std::path::Path) -> Result<Vec<u8>, String> {
    let events = path.join("events.jsonl");
    let path = if path.is_dir() { &events } else { path };
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > LARGEST {
        return Err(too_large());
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// Lets a dialog run beside the window.
#[cfg(not(target_arch = "wasm32"))]
fn detach(future: impl Future<Output = ()> + Send + 'static) {
    // Without a thread there is no dialog; the person sees none and tries again.
    let _none = std::thread::Builder::new()
        .name("plateau-files".into())
        .spawn(move || pollster::block_on(future));
}

#[cfg(target_arch = "wasm32")]
fn detach(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}
