//! The page: the window on a canvas, and the worker behind it.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use async_channel::{Receiver, Sender};
use eframe::egui;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlCanvasElement, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::fetched::{fetch_packed, fetch_set};
use super::{FromWorker, ToWorker, describe, mirror, script, store};
use crate::app::{
    Answer, App, Aside, Ask, Fragment, KeptRun, Link, Notice, Seat, Shelf, Wanted, beside,
    described, is_of, shipped, shipped_name,
};
use crate::data::EMBEDDED;
use crate::json::problem;
use crate::session::{
    Checkpoint, Clock, Command, DeviceChoice, Event, RunConfig, Timed, judge_name,
};

/// Where `index.html` keeps the worker's bootstrap, relative to the page.
const WORKER: &str = "./worker.js";
/// The id of the canvas in `index.html`.
const CANVAS: &str = "plateau";

/// Starts the window; called once, by the page's program.
pub fn page() {
    super::construct();
    std::panic::set_hook(Box::new(|panic| {
        let message = format!("Plateau made a mistake and stopped: {panic}");
        web_sys::console::error_1(&JsValue::from_str(&message));
        call("plateauFailed", &[&message.into()]);
    }));
    spawn_local(async {
        if let Err(error) = start().await {
            call("plateauFailed", &[&describe(&error).into()]);
        }
    });
}

async fn start() -> Result<(), JsValue> {
    let window = web_sys::window().ok_or("there is no window")?;
    let document = window.document().ok_or("there is no document")?;
    let canvas = document
        .get_element_by_id(CANVAS)
        .ok_or("the page has no canvas")?
        .dyn_into::<HtmlCanvasElement>()?;
    let hash = window.location().hash()?;
    let runner = eframe::WebRunner::new();
    let (loaded, engine_loaded) = async_channel::bounded(1);
    let context = Rc::new(OnceCell::new());
    let made = context.clone();
    runner
        .start(
            canvas.clone(),
            eframe::WebOptions::default(),
            Box::new(move |creation| {
                // There is one window.
                let _ = made.set(creation.egui_ctx.clone());
                let fragment = Fragment::parse(&hash);
                let (engine, shelf) = shelf(&creation.egui_ctx, loaded);
                let connect = move |context: &egui::Context| connect(context, &engine);
                let app = App::new(creation, Box::new(connect), fragment);
                Ok(Box::new(app.with_shelf(shelf)))
            }),
        )
        .await?;
    if let Some(context) = context.get() {
        script::offer(&runner, context);
        mirror::begin(&runner, context, canvas)?;
    }
    call("plateauReady", &[]);
    // The engine shares the line and comes first. Who chooses a larger set later, without a connection, is told that it is
    // missing.
    let _ended = engine_loaded.recv().await;
    for &name in &EMBEDDED[1..] {
        if fetch_set(name).await.is_ok()
            && let Some(mut app) = runner.app_mut::<App>()
        {
            app.data_arrived();
            if let Some(context) = context.get() {
                context.request_repaint();
            }
        }
    }
    Ok(())
}

/// The workers of the seats, and where they say what the shelf waits for.
#[derive(Clone)]
struct Engine {
    seats: Rc<RefCell<BTreeMap<Seat, Worker>>>,
    answers: Sender<Answer>,
    /// Told when a worker listens, or has ended before it did.
    loaded: Sender<()>,
}

/// The runs in the browser's storage.
fn shelf(context: &egui::Context, loaded: Sender<()>) -> (Engine, Shelf) {
    let (asks, inbox) = async_channel::unbounded();
    let (answers, outbox) = async_channel::unbounded();
    let engine = Engine {
        seats: Rc::default(),
        answers,
        loaded,
    };
    let (keeper, context) = (engine.clone(), context.clone());
    spawn_local(async move {
        while let Ok(ask) = inbox.recv().await {
            let goes_on = match &ask {
                Ask::GoOn(_, seat) => Some(*seat),
                _ => None,
            };
            let answer = match (keeper.answer(ask, &context).await, goes_on) {
                (Ok(None), _) => continue,
                (Ok(Some(answer)), _) => answer,
                (Err(message), Some(seat)) => Answer::CannotGoOn(seat, message),
                (Err(message), None) => Answer::Failed(message),
            };
            // Only a window that has gone has closed the channel.
            let _gone = keeper.answers.try_send(answer);
            context.request_repaint();
        }
    });
    (engine, Shelf::new(asks, outbox))
}

impl Engine {
    /// The answer to the window; none: the worker answers.
    async fn answer(&self, ask: Ask, context: &egui::Context) -> Result<Option<Answer>, String> {
        match ask {
            Ask::List => {}
            Ask::Describe(name) => {
                let events = kept_events(&name).await;
                return Ok(Some(described(name, events)));
            }
            Ask::Beside(name) => {
                let events = kept_events(&name).await?;
                return beside(&name, &events).map(Some);
            }
            Ask::Open(name) => {
                let events = kept_events(&name).await?;
                let run = opened(name).await?;
                return Ok(Some(Answer::Opened { run, events }));
            }
            Ask::GoOn(name, seat) => {
                let text = serde_json::to_string(&ToWorker::GoOn(name)).unwrap_or_default();
                let seats = self.seats.borrow();
                let worker = seats.get(&seat).ok_or("there is no engine; restart it")?;
                let sent = worker.post_message(&JsValue::from_str(&text));
                sent.map_err(|error| describe(&error))?;
                return Ok(None);
            }
            Ask::Interrupted(config) => {
                // What cannot be read is none.
                let name = interrupted(&config).await.unwrap_or_default();
                return Ok(Some(Answer::Interrupted(config, name)));
            }
            Ask::Rival(of) => {
                let rival = rival(&of).await;
                return Ok(Some(Answer::Rival { of, rival }));
            }
            Ask::Pair(names) => {
                store::pair(&names).await.map_err(refused)?;
                return Ok(None);
            }
            Ask::Files(name) => {
                let files = store::files(&name).await.map_err(refused);
                let files = files.and_then(|files| files.ok_or("it is not kept yet".into()));
                return Ok(Some(Answer::Files { name, files }));
            }
            // What is fetched may hang; nothing else waits for it.
            Ask::Supernet(wanted) => {
                let (answers, context) = (self.answers.clone(), context.clone());
                spawn_local(async move {
                    let (found, note) = match supernet(&wanted).await {
                        Ok((found, note)) => (Ok(found), note),
                        Err(error) => (Err(error), None),
                    };
                    let answer = Answer::Supernet {
                        wanted,
                        found,
                        note,
                    };
                    let _gone = answers.try_send(answer);
                    context.request_repaint();
                });
                return Ok(None);
            }
            Ask::Keep(file, files) => {
                let taken = store::list().await.map_err(refused)?;
                let name = store::free_name(file.trim_end_matches(".zip"), &taken);
                store::keep(&name, &files).await.map_err(refused)?;
                return Ok(Some(Answer::Kept(file, kept(name).await?)));
            }
            Ask::Remove(name) => store::remove(&name).await.map_err(refused)?,
        }
        Ok(Some(Answer::Listed(all_kept().await)))
    }

    /// The seat of a worker.
    fn seat_of(&self, worker: &Worker) -> Option<Seat> {
        let seats = self.seats.borrow();
        let mut seats = seats.iter();
        seats.find_map(|(&seat, one)| (one == worker).then_some(seat))
    }
}

/// The runs in the browser's storage.
async fn all_kept() -> Result<Vec<KeptRun>, String> {
    let runs = store::list().await.map_err(refused)?;
    let mut rivals = store::rivals().await.map_err(refused)?;
    let kept = runs.into_iter().map(|(name, can_go_on)| KeptRun {
        rival: rivals.remove(&name),
        name,
        can_go_on,
        stuck: None,
        changed: None,
    });
    Ok(kept.collect())
}

/// A run in the browser's storage.
async fn kept(name: String) -> Result<KeptRun, String> {
    let mut runs = all_kept().await?.into_iter();
    runs.find(|run| run.name == name).ok_or_else(|| gone(&name))
}

/// What is said of a run that another tab has removed, or the person.
fn gone(name: &str) -> String {
    format!("{name} is not kept here any more")
}

/// The newest run of just these settings that can go on: later ones have a number behind the name.
async fn interrupted(config: &RunConfig) -> Result<Option<String>, String> {
    let mut names = named_like(&config.name()).await?;
    names.retain(|(_, can_go_on)| *can_go_on);
    for (name, _) in names.into_iter().rev() {
        if is_of(config, &kept_events(&name).await?) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The runs whose names begin with one, and whether each can go on; the newest last.
async fn named_like(name: &str) -> Result<Vec<(String, bool)>, String> {
    let mut names = store::list().await.map_err(refused)?;
    names.retain(|(other, _)| other.starts_with(name));
    // Later ones have a number behind the name.
    names.sort_by_key(|(name, _)| (name.len(), name.clone()));
    Ok(names)
}

/// The run that raced with one, and its events; none: it raced with nobody.
async fn rival(of: &str) -> Result<Option<(KeptRun, Vec<u8>)>, String> {
    let Some(name) = store::rival(of).await.map_err(refused)? else {
        return Ok(None);
    };
    let name = name?;
    let events = kept_events(&name).await?;
    Ok(Some((kept(name).await?, events)))
}

/// A run that is shown: now its checkpoint is looked at.
async fn opened(name: String) -> Result<KeptRun, String> {
    let checkpoint = store::checkpoint(&name).await.map_err(refused)?;
    let glance = checkpoint.map(|bytes| Checkpoint::glance(&bytes, bytes.len() as u64));
    let stuck = glance.as_ref().and_then(|glance| glance.as_ref().err());
    Ok(KeptRun {
        can_go_on: matches!(glance, Some(Ok(_))),
        stuck: stuck.map(ToString::to_string),
        ..kept(name).await?
    })
}

/// A kept run's events.
async fn kept_events(name: &str) -> Result<Vec<u8>, String> {
    let events = store::events(name).await.map_err(refused)?;
    let events = events.ok_or_else(|| gone(name))?;
    Ok(events.into_bytes())
}

/// What a browser that keeps nothing says.
fn refused(error: idb::Error) -> String {
    format!("this browser keeps no runs ({error})")
}

/// The supernet of a kept run, and what a person must know of it: a damaged one is also in the checkpoint of a run that is not finished.
async fn supernet_of(name: &str) -> Result<Option<(Checkpoint, Option<String>)>, String> {
    let Some(bytes) = store::supernet(name).await.map_err(refused)? else {
        return Ok(None);
    };
    let error = match Checkpoint::from_bytes(&bytes) {
        Ok(found) => return Ok(Some((found, None))),
        Err(error) => error,
    };
    let newest = store::checkpoint(name).await.map_err(refused)?;
    let newest = newest.and_then(|bytes| Checkpoint::from_bytes(&bytes).ok());
    match newest.filter(Checkpoint::has_supernet) {
        Some(found) => {
            let note = format!("the supernet of {name}: {error}; its checkpoint is used instead");
            Ok(Some((found, Some(note))))
        }
        None => Err(format!("{name}: {error}")),
    }
}

/// The supernet of a kept run, or the newest judge of its kind, and what a person must know of it.
async fn supernet(wanted: &Wanted) -> Result<(Option<Box<Checkpoint>>, Option<String>), String> {
    let names = match wanted {
        Wanted::Run(name) => vec![name.clone()],
        Wanted::Judge(of) => {
            let names = named_like(&judge_name(&of.dataset, of.space)).await?;
            names.into_iter().map(|(name, _)| name).collect()
        }
    };
    for name in names.iter().rev() {
        let (found, note) = match (supernet_of(name).await, wanted) {
            (Ok(Some(found)), _) => found,
            (Ok(None), _) => continue,
            (Err(error), Wanted::Run(_)) => return Err(error),
            // A damaged one must not hide an older one.
            (Err(_), Wanted::Judge(_)) => continue,
        };
        let fits = match wanted {
            Wanted::Run(_) => true,
            Wanted::Judge(of) => of.is_trained_by(&found.position.config),
        };
        if fits {
            return Ok((Some(Box::new(found)), note));
        }
    }
    let shipped_file = match wanted {
        Wanted::Judge(of) => shipped_name(of),
        Wanted::Run(_) => None,
    };
    match shipped_file {
        Some(name) => {
            let packed = fetch_packed(name).await.map_err(|error| describe(&error))?;
            Ok((Some(shipped(&packed)?), None))
        }
        None => Ok((None, None)),
    }
}

/// A link to a fresh worker, which wakes the window whenever it says something. The first thing that it is asked is whether its
/// GPU computes right.
///
/// # Errors
/// The browser has no workers.
fn connect(context: &egui::Context, engine: &Engine) -> Result<Link, String> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    // The worker's name is that of the browser's lock that it holds as long as it lives.
    let name = format!("plateau-engine-{:x}", js_sys::Math::random().to_bits());
    options.set_name(&name);
    let worker = Worker::new_with_options(WORKER, &options).map_err(|error| describe(&error))?;
    let (commands, inbox) = async_channel::unbounded::<Command>();
    let (outbox, events) = async_channel::unbounded::<Timed>();
    let (asides, told) = async_channel::unbounded::<Aside>();
    let voice = Voice {
        outbox,
        asides,
        engine: engine.clone(),
        worker: worker.clone(),
        context: context.clone(),
    };
    listen(&worker, &name, &voice);
    let check = Command::CheckDevice {
        device: DeviceChoice::Gpu,
    };
    // The other end is here.
    let _gone = commands.try_send(check);
    let (seats, own) = (engine.seats.clone(), worker.clone());
    let claim = move |seat| {
        seats.borrow_mut().insert(seat, own.clone());
    };
    spawn_local(forward(worker, inbox));
    Ok(Link::new(commands, events)
        .with_asides(told)
        .with_claim(claim))
}

/// How the worker reaches the window.
#[derive(Clone)]
struct Voice {
    outbox: Sender<Timed>,
    asides: Sender<Aside>,
    engine: Engine,
    worker: Worker,
    context: egui::Context,
}

impl Voice {
    fn say(&self, timed: Timed) {
        // Only a window that has gone has closed the channel.
        let _gone = self.outbox.try_send(timed);
        self.context.request_repaint();
    }

    /// What the worker itself could not say; the page does not know its clock.
    fn fail(&self, message: String) {
        self.say(Clock::default().stamp(Event::Failed { message }));
    }

    fn aside(&self, aside: Aside) {
        let _gone = self.asides.try_send(aside);
        self.context.request_repaint();
    }

    /// The worker's last word.
    fn end(&self, why: &str) {
        let _told = self.engine.loaded.try_send(());
        if self.outbox.is_closed() {
            return;
        }
        self.fail(format!(
            "the engine stopped{why}; restart it, the edited cell and the last checkpoint are kept"
        ));
        self.outbox.close();
        let mut seats = self.engine.seats.borrow_mut();
        seats.retain(|_, worker| *worker != self.worker);
    }
}

/// Turns the worker's messages into events. A worker that fails or dies says so once and closes the channel.
fn listen(worker: &Worker, name: &str, voice: &Voice) {
    let on_message = {
        let (voice, name) = (voice.clone(), name.to_owned());
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            match serde_json::from_str(&text) {
                Ok(FromWorker::Event(timed)) => voice.say(timed),
                Ok(FromWorker::Notice(text, error)) => {
                    let notice = if error { Notice::error } else { Notice::info };
                    voice.aside(Aside::Tell(notice(text)));
                }
                Ok(FromWorker::Kept(name)) => voice.aside(Aside::Kept(name)),
                Ok(FromWorker::GoesOn(name, events)) => {
                    // A worker whose seat another has by now is heard by nobody.
                    if let Some(seat) = voice.engine.seat_of(&voice.worker) {
                        let answer = Answer::GoesOn {
                            seat,
                            name,
                            events,
                            notes: Vec::new(),
                        };
                        let _gone = voice.engine.answers.try_send(answer);
                        voice.context.request_repaint();
                    }
                }
                Ok(FromWorker::Ready) => {
                    // It is full where an earlier worker has said so.
                    let _told = voice.engine.loaded.try_send(());
                    watch(&name, voice.clone());
                }
                Err(error) => voice.fail(format!(
                    "the engine said something that this page does not know ({}); load the page anew",
                    problem(&error)
                )),
            }
        })
    };
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let voice = voice.clone();
    let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |error: web_sys::Event| {
        let why = error
            .dyn_ref::<web_sys::ErrorEvent>()
            .map_or_else(String::new, |error| format!(" ({})", error.message()));
        voice.end(&why);
    });
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
}

/// Notices that the worker has died without a word: the browser gives its lock to whoever waits for it.
fn watch(name: &str, voice: Voice) {
    let gone = Closure::<dyn FnMut()>::new(move || voice.end(""));
    call("plateauWatch", &[&name.into(), gone.as_ref()]);
    gone.forget();
}

/// Sends commands to the worker until the window drops its link, and ends the worker then.
async fn forward(worker: Worker, inbox: Receiver<Command>) {
    while let Ok(command) = inbox.recv().await {
        // A command always serializes.
        let text = serde_json::to_string(&ToWorker::Command(command)).unwrap_or_default();
        if worker.post_message(&JsValue::from_str(&text)).is_err() {
            break;
        }
    }
    worker.terminate();
}

/// Calls a function of the page's own script.
fn call(name: &str, arguments: &[&JsValue]) {
    let function = js_sys::Reflect::get(&js_sys::global(), &name.into());
    if let Some(function) = function
        .ok()
        .and_then(|value| value.dyn_into::<js_sys::Function>().ok())
    {
        let arguments: js_sys::Array = arguments.iter().map(|value| (*value).clone()).collect();
        // A page without the function has been changed by its host; the console has the text of failures.
        let _ = function.apply(&JsValue::NULL, &arguments);
    }
}
