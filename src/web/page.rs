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

use super::fetched::fetch_set;
use super::kept::{Tab, kept_events, network_of, refused, storage_says, supernet};
use super::script::call;
use super::{FromWorker, ToWorker, describe, keyboard, mirror, script, store};
use crate::app::{Answer, App, Aside, Ask, Fragment, Link, Notice, Seat, Shelf, beside, described};
use crate::data::EMBEDDED;
use crate::json::problem;
use crate::session::{Clock, Command, DeviceChoice, Event, Timed};

/// Where `index.html` keeps the worker's bootstrap, relative to the page.
const WORKER: &str = "./worker.js";
/// The id of the canvas in `index.html`.
const CANVAS: &str = "plateau";
/// What is said where nothing can be drawn.
const NO_WEBGL: &str = "Plateau cannot draw here: this browser gives no WebGL. Switch on hardware (or graphics) acceleration in its settings, \
                        or update the graphics driver, and load the page anew.";
/// What is said where the host or the browser had the engine of another version.
const OTHER_VERSION: &str =
    "the engine that came is of another version than this page; load the page anew";
/// What is said when the next load has a later version of the page.
const NEWER: &str = "a new version of this page is ready; it comes with the next reload";
/// What the engine does once it is loaded, until the GPU has been checked.
const CHECKING: &str = "checking what the GPU computes";

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
        .await
        .map_err(drawing_refused)?;
    let page = Page { runner, context };
    if let Some(context) = page.context.get() {
        script::offer(&page.runner, context);
        keyboard::keep_keys(&canvas)?;
        mirror::begin(&page.runner, context, canvas)?;
    }
    call("plateauReady", &[]);
    for text in storage_says().await {
        page.with(|app| app.tell(Notice::info(text)));
    }
    // The engine shares the line and comes first. Who chooses a larger set later, without a connection, is told that it is
    // missing.
    let _ended = engine_loaded.recv().await;
    // A new user's settings want the last.
    for &name in EMBEDDED[1..].iter().rev() {
        fetch_set(name, || page.with(|_| {})).await;
        page.with(App::data_arrived);
    }
    let newer = Closure::<dyn FnMut()>::new(move || page.with(|app| app.tell(Notice::info(NEWER))));
    call("plateauKeep", &[newer.as_ref()]);
    newer.forget();
    Ok(())
}

/// The window, for what comes between its frames.
struct Page {
    runner: eframe::WebRunner,
    context: Rc<OnceCell<egui::Context>>,
}

impl Page {
    /// Changes something, and has it drawn.
    fn with(&self, change: impl FnOnce(&mut App)) {
        // A window that has failed has said so.
        if let (Some(mut app), Some(context)) = (self.runner.app_mut::<App>(), self.context.get()) {
            change(&mut app);
            context.request_repaint();
        }
    }
}

/// Why nothing can be drawn, for a person.
fn drawing_refused(error: JsValue) -> JsValue {
    match describe(&error).contains("WebGL isn't supported") {
        true => NO_WEBGL.into(),
        false => error,
    }
}

/// The workers of the seats, and where they say what the shelf waits for.
#[derive(Clone)]
struct Engine {
    tab: Rc<Tab>,
    seats: Rc<RefCell<BTreeMap<Seat, Worker>>>,
    answers: Sender<Answer>,
    /// Told when a worker listens, or has ended before it did.
    loaded: Sender<()>,
}

/// The runs in the browser's storage.
fn shelf(context: &egui::Context, loaded: Sender<()>) -> (Engine, Shelf) {
    let (asks, inbox) = async_channel::unbounded::<Ask>();
    let (answers, outbox) = async_channel::unbounded();
    let engine = Engine {
        tab: Rc::new(Tab::new()),
        seats: Rc::default(),
        answers,
        loaded,
    };
    let tab = engine.tab.clone();
    script::put("plateauWorkers", move || Some(tab.workers()));
    let (keeper, context) = (engine.clone(), context.clone());
    spawn_local(async move {
        while let Ok(ask) = inbox.recv().await {
            let refusal = ask.refusal();
            let answer = match keeper.answer(ask, &context).await {
                Ok(None) => continue,
                Ok(Some(answer)) => answer,
                Err(why) => refusal(why),
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
                let run = self.tab.opened(name).await?;
                return Ok(Some(Answer::Opened { run, events }));
            }
            Ask::GoOn(name, seat) => {
                self.tab.check_free(&name).await?;
                let text = serde_json::to_string(&ToWorker::GoOn(name)).unwrap_or_default();
                let seats = self.seats.borrow();
                let worker = seats.get(&seat).ok_or("there is no engine; restart it")?;
                let sent = worker.post_message(&JsValue::from_str(&text));
                sent.map_err(|error| describe(&error))?;
                return Ok(None);
            }
            Ask::Interrupted(config) => {
                // What cannot be read is none.
                let name = self.tab.interrupted(&config).await.unwrap_or_default();
                return Ok(Some(Answer::Interrupted(config, name)));
            }
            Ask::Rival(of) => {
                let rival = self.tab.rival(&of).await;
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
            Ask::Network(name) => {
                let found = network_of(&name).await;
                return Ok(Some(Answer::Network { name, found }));
            }
            // What is fetched may hang; nothing else waits for it.
            Ask::Supernet(wanted) => {
                let (answers, context) = (self.answers.clone(), context.clone());
                spawn_local(async move {
                    let found = supernet(&wanted).await;
                    let _gone = answers.try_send(Answer::Supernet { wanted, found });
                    context.request_repaint();
                });
                return Ok(None);
            }
            Ask::Keep(file, files) => {
                let name = file.trim_end_matches(".zip");
                let name = store::begin(name, &files, None).await.map_err(refused)?;
                return Ok(Some(Answer::Kept(file, self.tab.kept(name).await?)));
            }
            Ask::Remove(name) => store::remove(&name).await.map_err(refused)?,
        }
        Ok(Some(Answer::Listed(self.tab.all_kept().await)))
    }

    /// The seat of a worker.
    fn seat_of(&self, worker: &Worker) -> Option<Seat> {
        let seats = self.seats.borrow();
        let mut seats = seats.iter();
        seats.find_map(|(&seat, one)| (one == worker).then_some(seat))
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
    let name = engine.tab.worker_name();
    options.set_name(&name);
    let script = WORKER.to_owned() + &super::version();
    let worker = Worker::new_with_options(&script, &options).map_err(|error| describe(&error))?;
    let (commands, inbox) = async_channel::unbounded::<Command>();
    let (outbox, events) = async_channel::unbounded::<Timed>();
    let (asides, told) = async_channel::unbounded::<Aside>();
    let voice = Voice {
        name,
        outbox,
        asides,
        engine: engine.clone(),
        worker: worker.clone(),
        context: context.clone(),
    };
    listen(&worker, &voice);
    voice.engine_does(Some("loading the engine"));
    let check = Command::CheckDevice {
        device: DeviceChoice::Gpu,
    };
    // The other end is here.
    let _gone = commands.try_send(check);
    let (seats, own) = (engine.seats.clone(), worker.clone());
    let claim = move |seat| {
        seats.borrow_mut().insert(seat, own.clone());
    };
    spawn_local(forward(voice, inbox));
    Ok(Link::new(commands, events)
        .with_asides(told)
        .with_claim(claim))
}

/// How the worker reaches the window.
#[derive(Clone)]
struct Voice {
    /// That of the worker.
    name: String,
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

    fn engine_does(&self, what: Option<&str>) {
        self.aside(Aside::Engine(what.map(str::to_owned)));
    }

    /// The worker computes a run from now on; none: it does not any more.
    fn computes(&self, run: Option<&str>) {
        self.engine.tab.computes(&self.name, run);
    }

    /// The worker's last word.
    fn end(&self, why: &str) {
        self.is_over(format!(
            "the engine stopped{why}; restart it, the edited cell and the last checkpoint are kept"
        ));
    }

    /// The worker has ended, which is said once.
    fn is_over(&self, message: String) {
        self.computes(None);
        let _told = self.engine.loaded.try_send(());
        if self.outbox.is_closed() {
            return;
        }
        self.engine_does(None);
        self.fail(message);
        self.outbox.close();
        let mut seats = self.engine.seats.borrow_mut();
        seats.retain(|_, worker| *worker != self.worker);
    }
}

/// Turns the worker's messages into events. A worker that fails or dies says so once and closes the channel.
fn listen(worker: &Worker, voice: &Voice) {
    let on_message = {
        let voice = voice.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            match serde_json::from_str(&text) {
                Ok(FromWorker::Event(timed)) => {
                    match timed.event {
                        Event::DeviceChecked { .. } => voice.engine_does(None),
                        Event::Finished | Event::Stopped | Event::Failed { .. } => {
                            voice.computes(None);
                        }
                        _ => {}
                    }
                    voice.say(timed);
                }
                Ok(FromWorker::Notice(text, error)) => {
                    let notice = if error { Notice::error } else { Notice::info };
                    voice.aside(Aside::Tell(notice(text)));
                }
                Ok(FromWorker::Kept(name)) => {
                    // One that is not kept any more goes on all the same.
                    if name.is_some() {
                        voice.computes(name.as_deref());
                    }
                    voice.aside(Aside::Kept(name));
                }
                Ok(FromWorker::OtherVersion) => voice.is_over(OTHER_VERSION.to_owned()),
                Ok(FromWorker::Loading(text)) => voice.engine_does(Some(&text)),
                Ok(FromWorker::GoesOn(name, events)) => {
                    voice.computes(Some(&name));
                    // A worker whose seat another has by now is heard by nobody.
                    if let Some(seat) = voice.engine.seat_of(&voice.worker) {
                        let answer = Answer::GoesOn {
                            seat,
                            name,
                            events,
                            notes: Vec::new(),
                            start: None,
                        };
                        let _gone = voice.engine.answers.try_send(answer);
                        voice.context.request_repaint();
                    }
                }
                Ok(FromWorker::Ready) => {
                    // It is full where an earlier worker has said so.
                    let _told = voice.engine.loaded.try_send(());
                    voice.engine_does(Some(CHECKING));
                    watch(voice.clone());
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
            .map_or_else(String::new, |error| {
                format!(" ({})", error.message().trim_start_matches("Uncaught "))
            });
        voice.end(&why);
    });
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
}

/// Notices that the worker has died without a word: the browser gives its lock to whoever waits for it.
fn watch(voice: Voice) {
    let name = JsValue::from_str(&voice.name);
    let gone = Closure::<dyn FnMut()>::new(move || voice.end(""));
    call("plateauWatch", &[&name, gone.as_ref()]);
    gone.forget();
}

/// Sends commands to the worker until the window drops its link, and ends the worker then.
async fn forward(voice: Voice, inbox: Receiver<Command>) {
    while let Ok(command) = inbox.recv().await {
        // A command always serializes.
        let text = serde_json::to_string(&ToWorker::Command(command)).unwrap_or_default();
        let sent = voice.worker.post_message(&JsValue::from_str(&text));
        if sent.is_err() {
            break;
        }
    }
    voice.worker.terminate();
    voice.computes(None);
}
