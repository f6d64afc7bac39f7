//! File dialogs and dropped files. They answer later, through a channel, so that the window never waits.

use std::io::Read;
#[cfg(not(target_arch = "wasm32"))]
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;

use async_channel::{Receiver, Sender};
use eframe::egui;

use crate::app::context::{Action, OpenedFile, ReadData};
#[cfg(not(target_arch = "wasm32"))]
use crate::app::context::{Again, OpenTable, PathField, PathFor};
#[cfg(target_arch = "wasm32")]
use crate::app::draw::png_by_browser::png;
use crate::app::panels::export::cell_pictures;
#[cfg(target_arch = "wasm32")]
use crate::app::panels::export::no_picture;
use crate::app::runs::kept_run::name_of;
use crate::app::runs::notice::{About, Notice};
use crate::app::runs::run_network::RunNetwork;
use crate::data::{DataError, Dataset, Unlabelled, built_in};
use crate::export::Picture;
#[cfg(not(target_arch = "wasm32"))]
use crate::landscape::ReadTable;
#[cfg(not(target_arch = "wasm32"))]
use crate::record::EVENTS;
use crate::session::DataFile;
use crate::space::Genotype;
#[cfg(not(target_arch = "wasm32"))]
use crate::space::without_mark;

/// What a dialog for files is called.
const OPEN: &str = "Open a run, its configuration, a table, a genotype, a lesson or a data set";
/// What the dialog for an image is called.
const OPEN_IMAGE: &str = "Open an image for the trained network";
/// Most bytes of a file that is opened.
const LARGEST: u64 = 1 << 30;
/// How images are read that have no common size.
const SCALED: &str = "size=32";
/// Bytes that tell text from other content.
const HEAD: u64 = 512;

/// A dialog that closes faster, seconds, was never shown: no person cancels so fast.
#[cfg(not(target_arch = "wasm32"))]
const SHOWN_TO_NOBODY: f64 = 0.5;

/// Dialogs that are open, and what has come of them.
pub struct Files {
    answers: Sender<Action>,
    inbox: Receiver<Action>,
    /// Whether the desktop is asked for dialogs at all.
    #[cfg(not(target_arch = "wasm32"))]
    pub dialogs: bool,
}

impl Default for Files {
    fn default() -> Self {
        let (answers, inbox) = async_channel::unbounded();
        Self {
            answers,
            inbox,
            #[cfg(not(target_arch = "wasm32"))]
            dialogs: true,
        }
    }
}

impl Files {
    /// What came of a dialog since the last call.
    pub fn answer(&self) -> Option<Action> {
        self.inbox.try_recv().ok()
    }

    /// Asks for files to open; answered by [`Action::OpenFiles`]. Several together are one data set.
    pub fn choose(&self, context: &egui::Context) {
        #[cfg(not(target_arch = "wasm32"))]
        self.choose_files(OPEN, PathFor::Open, Action::OpenFiles, context);
        #[cfg(target_arch = "wasm32")]
        self.choose_files(OPEN, Action::OpenFiles, context);
    }

    /// Asks for images for the trained network; answered by [`Action::AskNetwork`].
    pub fn choose_image(&self, context: &egui::Context) {
        #[cfg(not(target_arch = "wasm32"))]
        self.choose_files(OPEN_IMAGE, PathFor::Image, Action::AskNetwork, context);
        #[cfg(target_arch = "wasm32")]
        self.choose_files(OPEN_IMAGE, Action::AskNetwork, context);
    }

    /// Asks for files, of which an action is made.
    #[cfg(target_arch = "wasm32")]
    fn choose_files(
        &self,
        title: &str,
        made: fn(Vec<OpenedFile>) -> Action,
        context: &egui::Context,
    ) {
        let dialog = rfd::AsyncFileDialog::new().set_title(title);
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
            answer(&answers, all(opened, made), &context);
        });
    }

    /// Asks for files, of which an action is made; `wanted`: for where there is no dialog.
    #[cfg(not(target_arch = "wasm32"))]
    fn choose_files(
        &self,
        title: &str,
        wanted: PathFor,
        made: fn(Vec<OpenedFile>) -> Action,
        context: &egui::Context,
    ) {
        let dialog = rfd::AsyncFileDialog::new().set_title(title);
        self.ask(
            context,
            wanted,
            // Some dialogs say by an empty list that nothing was chosen.
            async || Some(dialog.pick_files().await?).filter(|files| !files.is_empty()),
            move |files| {
                let read = files.iter().map(|file| open_path(file.path()));
                all(read.collect(), made)
            },
        );
    }

    /// Asks for a folder of images.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn choose_folder(&self, context: &egui::Context) {
        let dialog = rfd::AsyncFileDialog::new().set_title("Open a folder: a run or a data set");
        self.ask(
            context,
            PathFor::Open,
            || dialog.pick_folder(),
            |folder| all(vec![open_path(folder.path())], Action::OpenFiles),
        );
    }

    /// Waits for a dialog, and for what `chosen` makes of its answer. A desktop without a portal and without zenity has no dialogs: then
    /// the window asks for a path itself.
    #[cfg(not(target_arch = "wasm32"))]
    fn ask<T, Answer>(
        &self,
        context: &egui::Context,
        wanted: PathFor,
        dialog: impl FnOnce() -> Answer + Send + 'static,
        chosen: impl FnOnce(T) -> Action + Send + 'static,
    ) where
        Answer: Future<Output = Option<T>> + Send + 'static,
        T: Send + 'static,
    {
        let (answers, context, dialogs) = (self.answers.clone(), context.clone(), self.dialogs);
        detach(async move {
            let since = Instant::now();
            let picked = match dialogs {
                true => dialog().await,
                false => None,
            };
            let came = match picked {
                Some(picked) => chosen(picked),
                None if since.elapsed().as_secs_f64() < SHOWN_TO_NOBODY => {
                    Action::Path(PathField::Ask(wanted))
                }
                None => return,
            };
            answer(&answers, came, &context);
        });
    }

    /// Opens what is at a path, as if it were dropped.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open(&self, path: PathBuf, context: &egui::Context) {
        self.beside(context, move |answers, context| {
            answer(
                answers,
                all(vec![open_path(&path)], Action::OpenFiles),
                context,
            );
        });
    }

    /// Opens what is at the path that a person gave, or writes there; answered by [`Action::Path`] and what comes of it.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn at_path(&self, path: PathBuf, wanted: PathFor, context: &egui::Context) {
        self.beside(context, move |answers, context| {
            let came = match wanted {
                PathFor::Open => open_path(&path).map(|file| Action::OpenFiles(vec![file])),
                PathFor::Image => open_path(&path).map(|file| Action::AskNetwork(vec![file])),
                PathFor::Save { bytes, .. } => {
                    write_path(&path, &bytes).map(|text| told(Ok(text), About::Saving))
                }
            };
            match came {
                Ok(action) => {
                    answer(answers, Action::Path(PathField::Done), context);
                    answer(answers, action, context);
                }
                Err(text) => answer(answers, Action::Path(PathField::Failed(text)), context),
            }
        });
    }

    /// Reads the table again that was open on another day; answered by [`Action::Again`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn table_again(&self, path: String, metric: String, context: &egui::Context) {
        self.beside(context, move |answers, context| {
            let read = || -> Result<OpenTable, String> {
                let file = open_path(Path::new(&path))?;
                let read = ReadTable::from_bytes(&without_mark(&file.bytes), &[]);
                let table = read.map_err(|error| format!("{}: {error}", file.name))?;
                let table = table.table;
                let known = table.metrics().iter().find(|known| **known == metric);
                Ok(OpenTable {
                    name: file.name,
                    metric: known
                        .or(table.metrics().first())
                        .cloned()
                        .unwrap_or_default(),
                    table: Arc::new(table),
                })
            };
            let read = read();
            answer(answers, Action::Again(Again::Table(path, read)), context);
        });
    }

    /// Reads the data again that the settings named on another day; answered by [`Action::Again`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn data_again(&self, name: String, context: &egui::Context) {
        self.beside(context, move |answers, context| {
            let read = crate::data::read_path(&name, &mut |_, _| ());
            let read = read.map(|loaded| Arc::new(loaded.dataset));
            let read = read.map_err(|error| error.to_string());
            answer(answers, Action::Again(Again::Data(name, read)), context);
        });
    }

    /// Does something beside the window.
    #[cfg(not(target_arch = "wasm32"))]
    fn beside(
        &self,
        context: &egui::Context,
        work: impl FnOnce(&Sender<Action>, &egui::Context) + Send + 'static,
    ) {
        let (answers, context) = (self.answers.clone(), context.clone());
        detach(async move { work(&answers, &context) });
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

    /// Reads images for a trained network beside the window; answered by [`Action::ImagesRead`].
    pub fn read_images(
        &self,
        files: Vec<OpenedFile>,
        network: RunNetwork,
        context: &egui::Context,
    ) {
        let answers = self.answers.clone();
        let context = context.clone();
        detach(async move {
            let input = network.network.description.takes();
            let name = files.first().map_or("images", |file| &file.name).to_owned();
            let blobs = files.into_iter().map(|file| (file.name, file.bytes));
            let read = Unlabelled::from_files(&name, blobs.collect(), input);
            let read = read.map_err(|error| error.to_string());
            answer(&answers, Action::ImagesRead(network, read), &context);
        });
    }

    /// Has the browser download a file.
    #[cfg(target_arch = "wasm32")]
    pub fn save(&self, name: String, bytes: Vec<u8>, context: &egui::Context) {
        let saved = match download(&name, &bytes) {
            Ok(()) => Ok(format!("{name} is among this browser's downloads")),
            Err(_) => Err(format!("{name} could not be downloaded")),
        };
        answer(&self.answers, told(saved, About::Saving), context);
    }

    /// Has the browser draw a picture; then it is downloaded.
    #[cfg(target_arch = "wasm32")]
    pub fn save_picture(&self, name: String, svg: String, context: &egui::Context) {
        let (answers, context) = (self.answers.clone(), context.clone());
        detach(async move {
            let made = match png(&svg).await {
                Ok(bytes) => Action::SaveFile { name, bytes },
                Err(why) => no_picture(&why),
            };
            answer(&answers, made, &context);
        });
    }

    /// Saves what is made of the pictures of an architecture's cells; of none where they cannot be drawn, which is said.
    pub fn save_with_cells(
        &self,
        genotype: Option<Genotype>,
        made: impl FnOnce(&[Picture]) -> Action + Send + 'static,
        context: &egui::Context,
    ) {
        let (answers, context) = (self.answers.clone(), context.clone());
        detach(async move {
            let drawn = match &genotype {
                #[cfg(target_arch = "wasm32")]
                Some(genotype) => cell_pictures(genotype).await,
                #[cfg(not(target_arch = "wasm32"))]
                Some(genotype) => cell_pictures(genotype),
                None => Ok(Vec::new()),
            };
            let pictures = drawn.unwrap_or_else(|why| {
                let text = format!("the cells are not in the file: {why}");
                let told = Action::Notify(Notice::error(text).about(About::Saving));
                answer(&answers, told, &context);
                Vec::new()
            });
            answer(&answers, made(&pictures), &context);
        });
    }

    /// Asks where a file shall go, and writes it there.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn save(&self, name: String, bytes: Vec<u8>, context: &egui::Context) {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Save")
            .set_file_name(&name);
        // The desktop may take a second for its dialog, or to say that it has none.
        let notice = Notice::info(format!("{name} is ready: choose where it goes"));
        answer(&self.answers, Action::Notify(notice), context);
        let bytes = Arc::new(bytes);
        let wanted = PathFor::Save {
            name,
            bytes: bytes.clone(),
        };
        self.ask(
            context,
            wanted,
            || dialog.save_file(),
            move |file| told(write_path(file.path(), &bytes), About::Saving),
        );
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
            answer(&answers, all(opened, Action::OpenFiles), &context);
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
fn all(opened: Vec<Result<OpenedFile, String>>, made: fn(Vec<OpenedFile>) -> Action) -> Action {
    match opened.into_iter().collect() {
        Ok(files) => made(files),
        Err(message) => told(Err(message), About::Opening),
    }
}

/// Tells how something went.
fn told(outcome: Result<String, String>, about: About) -> Action {
    let notice = outcome.map_or_else(Notice::error, Notice::info);
    Action::Notify(notice.about(about))
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
fn open_path(path: &Path) -> Result<OpenedFile, String> {
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

/// Writes a file; says how it is called.
#[cfg(not(target_arch = "wasm32"))]
fn write_path(path: &Path, bytes: &[u8]) -> Result<String, String> {
    let name = name_of(path);
    match crate::whole::write_whole(path, bytes) {
        Ok(()) => Ok(format!("saved {name}")),
        Err(error) => Err(format!(
            "{name} could not be written: {error}; choose another place"
        )),
    }
}

/// A file's content; of a run folder, that of its events.
#[cfg(not(target_arch = "wasm32"))]
fn read_path(path: &Path) -> Result<Vec<u8>, String> {
    let events = path.join(EVENTS);
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
