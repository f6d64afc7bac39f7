//! File dialogs and dropped files. They answer later, through a channel, so that the window never waits.

use std::io::Read;
use std::sync::Arc;

use async_channel::{Receiver, Sender};
use eframe::egui;

use crate::app::context::{Action, OpenedFile, ReadData};
use crate::app::runs::kept_run::name_of;
use crate::app::runs::notice::Notice;
use crate::data::{DataError, Dataset, built_in};
#[cfg(not(target_arch = "wasm32"))]
use crate::record::EVENTS;
use crate::session::DataFile;

/// Most bytes of a file that is opened.
const LARGEST: u64 = 1 << 30;
/// How images are read that have no common size.
const SCALED: &str = "size=32";
/// Bytes that tell text from other content.
const HEAD: u64 = 512;

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

    /// Asks for files to open; answered by [`Action::OpenFiles`]. Several together are one data set.
    pub fn choose(&self, context: &egui::Context) {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Open a run, its configuration, a table, a genotype or a data set");
        let answers = self.answers.clone();
        let context = context.clone();
        detach(async move {
            let Some(files) = dialog.pick_files().await else {
                return;
            };
            let mut opened = Vec::new();
            for file in &files {
                opened.push(read(file).await);
            }
            answer(&answers, all(opened), &context);
        });
    }

    /// Asks for a folder of images.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn choose_folder(&self, context: &egui::Context) {
        let dialog = rfd::AsyncFileDialog::new().set_title("Open a folder: a run or a data set");
        let answers = self.answers.clone();
        let context = context.clone();
        detach(async move {
            if let Some(folder) = dialog.pick_folder().await {
                answer(&answers, all(vec![read(&folder).await]), &context);
            }
        });
    }

    /// Reads a data set beside the window, with the options that may follow a path behind `#`; answered by [`Action::DataRead`].
    pub fn read_data(&self, files: Vec<OpenedFile>, options: &str, context: &egui::Context) {
        let answers = self.answers.clone();
        let context = context.clone();
        let options = options.to_owned();
        detach(async move {
            let read = read_data(files, &options);
            answer(&answers, Action::DataRead(read), &context);
        });
    }

    /// Has the browser download a file.
    #[cfg(target_arch = "wasm32")]
    pub fn save(&self, name: String, bytes: Vec<u8>, context: &egui::Context) {
        let notice = match download(&name, &bytes) {
            Ok(()) => Notice::info(format!("{name} is among this browser's downloads")),
            Err(_) => Notice::error(format!("{name} could not be downloaded")),
        };
        answer(&self.answers, Action::Notify(notice), context);
    }

    /// Asks where a file shall go, and writes it there.
    #[cfg(not(target_arch = "wasm32"))]
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
            let notice = match crate::whole::write_whole(file.path(), &bytes) {
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
        let files = context.input(|input| input.raw.dropped_files.clone());
        if files.is_empty() {
            return;
        }
        let answers = self.answers.clone();
        let context = context.clone();
        detach(async move {
            let mut opened = Vec::new();
            for file in &files {
                opened.push(read_dropped(file).await);
            }
            answer(&answers, all(opened), &context);
        });
    }
}

/// Hands a file to the browser as a click on a link to it would. Its own dialog of `rfd` wants a click more, and says nothing where
/// none comes.
#[cfg(target_arch = "wasm32")]
fn download(name: &str, bytes: &[u8]) -> Result<(), wasm_bindgen::JsValue> {
    use wasm_bindgen::JsCast;
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let blob = web_sys::Blob::new_with_u8_array_sequence(&parts)?;
    let document = web_sys::window()
        .and_then(|window| window.document())
        .ok_or(wasm_bindgen::JsValue::NULL)?;
    let link: web_sys::HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    // Never revoked: a browser may read it after the click.
    link.set_href(&web_sys::Url::create_object_url_with_blob(&blob)?);
    link.set_download(name);
    link.click();
    Ok(())
}

/// All files, or what is wrong with the first that cannot be read.
fn all(opened: Vec<Result<OpenedFile, String>>) -> Action {
    match opened.into_iter().collect() {
        Ok(files) => Action::OpenFiles(files),
        Err(message) => Action::Notify(Notice::error(message)),
    }
}

/// Whether the content may be a data set: a folder, or bytes that are no text even when they are unpacked.
pub fn may_be_data(file: &OpenedFile) -> bool {
    // The marks of UTF-16.
    if file.bytes.starts_with(b"\xff\xfe") || file.bytes.starts_with(b"\xfe\xff") {
        return false;
    }
    let mut head = Vec::new();
    if file.bytes.starts_with(b"\x1f\x8b") {
        let unpacked = flate2::read::GzDecoder::new(&file.bytes[..]).take(HEAD);
        // What cannot be unpacked is no text.
        if { unpacked }.read_to_end(&mut head).is_err() {
            return true;
        }
    } else {
        head.extend(file.bytes.iter().take(HEAD as usize));
    }
    head.is_empty() || head.iter().any(|byte| *byte == 0 || *byte > 0xf4)
}

/// One data set of all these files. Natively a single file or folder is named by its path, as on the command line; others are named
/// by the first file. Photographs of different sizes become small squares, since who drops them has no size to state.
fn read_data(files: Vec<OpenedFile>, options: &str) -> Result<ReadData, String> {
    let Some(first) = files.first() else {
        return Err("there is no file to read".into());
    };
    let path = first.path.as_ref().filter(|_| files.len() == 1);
    let base = path.cloned().unwrap_or_else(|| {
        // What stands behind a # would be read as options.
        let name = crate::data::short_name(&first.name.replace('#', "-"));
        match built_in(&name) {
            Some(_) => format!("my-{name}"),
            None => name,
        }
    });
    let named = |options: &[&str]| {
        let given: Vec<&str> = options.iter().copied().filter(|o| !o.is_empty()).collect();
        let mark = if given.is_empty() { "" } else { "#" };
        format!("{base}{mark}{}", given.join(","))
    };
    let read = |name: &str| match path {
        #[cfg(not(target_arch = "wasm32"))]
        Some(_) => crate::data::read_path(name, &mut |_, _| ()).map(|loaded| loaded.dataset),
        _ => {
            let blobs = files
                .iter()
                .map(|file| (file.name.clone(), file.bytes.clone()));
            Dataset::from_files(name, blobs.collect())
        }
    };
    let options: String = options.split_whitespace().collect();
    let mut name = named(&[&options]);
    let mut dataset = read(&name);
    let scaled = matches!(dataset, Err(DataError::Sizes { .. }));
    if scaled {
        name = named(&[&options, SCALED]);
        dataset = read(&name);
    }
    let dataset = Arc::new(dataset.map_err(|error| error.to_string())?);
    // The session of a page is in another memory.
    let again = files.into_iter().filter(|_| cfg!(target_arch = "wasm32"));
    let again = again.map(|file| DataFile {
        name: file.name,
        bytes: file.bytes,
    });
    Ok(ReadData {
        name,
        dataset,
        scaled,
        files: again.collect(),
    })
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
async fn read(file: &rfd::FileHandle) -> Result<OpenedFile, String> {
    open_path(file.path())
}

#[cfg(target_arch = "wasm32")]
async fn read(file: &rfd::FileHandle) -> Result<OpenedFile, String> {
    opened(file.file_name(), file.read().await)
}

#[cfg(not(target_arch = "wasm32"))]
async fn read_dropped(file: &egui::DroppedFileHandle) -> Result<OpenedFile, String> {
    open_path(file.path())
}

#[cfg(target_arch = "wasm32")]
async fn read_dropped(file: &egui::DroppedFileHandle) -> Result<OpenedFile, String> {
    let name = name_of(file.path());
    let bytes = file.bytes_async().await;
    let bytes = bytes.map_err(|error| {
        format!("{name} cannot be read by a page ({error}); of a folder, drop a zip of it")
    });
    opened(name.clone(), bytes?)
}

#[cfg(target_arch = "wasm32")]
fn opened(name: String, bytes: Vec<u8>) -> Result<OpenedFile, String> {
    if bytes.len() as u64 > LARGEST {
        return Err(format!("{name}: {}", too_large()));
    }
    Ok(OpenedFile {
        name,
        path: None,
        bytes,
    })
}

/// A file, a run folder, or a folder of images, whose content is read later.
#[cfg(not(target_arch = "wasm32"))]
fn open_path(path: &std::path::Path) -> Result<OpenedFile, String> {
    let name = name_of(path);
    let of_images = path.is_dir() && !path.join(EVENTS).exists();
    let bytes = if of_images {
        Ok(Vec::new())
    } else {
        read_path(path)
    };
    Ok(OpenedFile {
        bytes: bytes.map_err(|error| format!("{name}: {error}"))?,
        name,
        path: Some(path.to_string_lossy().into_owned()),
    })
}

/// A file's content; of a run folder, that of its events.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn read_path(path: &std::path::Path) -> Result<Vec<u8>, String> {
    let events = path.join(EVENTS);
    if path.is_dir() && !events.exists() {
        return Err("it is a folder without events.jsonl, so no run; a folder of images is dropped onto the window".into());
    }
    let path = if path.is_dir() { &events } else { path };
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > LARGEST {
        return Err(too_large());
    }
    // Of a pipe or a device nobody knows the size.
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    match bytes.len() as u64 > LARGEST {
        true => Err(too_large()),
        false => Ok(bytes),
    }
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
