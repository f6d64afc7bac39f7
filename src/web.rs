//! The browser's two entry points: the page draws the window, the worker computes.
//!
//! They are two small programs (`src/bin/page.rs`, `src/bin/worker.rs`) so that the page, which comes first, carries no tensors.
//! Commands and events cross between them as JSON text in `postMessage`. Each has its own memory: no shared buffers, so the
//! files need no special headers.

use async_channel::{Receiver, Sender};
use eframe::egui;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    DedicatedWorkerGlobalScope, HtmlCanvasElement, MessageEvent, Worker, WorkerOptions, WorkerType,
};

use crate::app::{App, Fragment, Link};
use crate::session::{Command, Event, serve};

/// Where `index.html` keeps the worker's bootstrap, relative to the page.
const WORKER: &str = "./worker.js";
/// The id of the canvas in `index.html`.
const CANVAS: &str = "plateau";

/// The page: starts the window on the canvas, and the worker behind it.
pub fn page() {
    report_panics();
    spawn_local(async {
        if let Err(error) = start_page().await {
            show_failure(&describe(&error));
        }
    });
}

async fn start_page() -> Result<(), JsValue> {
    let window = web_sys::window().ok_or("there is no window")?;
    let document = window.document().ok_or("there is no document")?;
    let canvas = document
        .get_element_by_id(CANVAS)
        .ok_or("the page has no canvas")?
        .dyn_into::<HtmlCanvasElement>()?;
    let hash = window.location().hash()?;
    eframe::WebRunner::new()
        .start(
            canvas,
            eframe::WebOptions::default(),
            Box::new(move |creation| {
                let connect = Box::new(connect);
                Ok(Box::new(App::new(
                    creation,
                    connect,
                    Fragment::parse(&hash),
                )))
            }),
        )
        .await?;
    call("plateauReady", &JsValue::NULL);
    Ok(())
}

/// A link to a fresh worker, which wakes the window whenever it says something.
///
/// # Errors
/// The browser has no workers.
fn connect(context: &egui::Context) -> Result<Link, String> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(WORKER, &options).map_err(|error| describe(&error))?;
    let (commands, inbox) = async_channel::unbounded::<Command>();
    let (outbox, events) = async_channel::unbounded::<Event>();
    listen(&worker, outbox, context.clone());
    spawn_local(forward(worker, inbox));
    Ok(Link::new(commands, events))
}

/// Turns the worker's messages into events. A worker that fails says so once and closes the channel.
fn listen(worker: &Worker, outbox: Sender<Event>, context: egui::Context) {
    let on_message = {
        let (outbox, context) = (outbox.clone(), context.clone());
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            // The worker says "ready" once, so that commands sent before are not lost; everything else is an event.
            let event = serde_json::from_str(&text).unwrap_or_else(|error| Event::Failed {
                message: format!("the worker said something that is not an event ({error})"),
            });
            // Only a window that has gone has closed the channel.
            let _gone = outbox.try_send(event);
            context.request_repaint();
        })
    };
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |error: web_sys::Event| {
        let message = error
            .dyn_ref::<web_sys::ErrorEvent>()
            .map_or_else(String::new, |error| format!(" ({})", error.message()));
        let _gone = outbox.try_send(Event::Failed {
            message: format!("the engine stopped{message}; restart it, the edited cell and the last checkpoint are kept"),
        });
        outbox.close();
        context.request_repaint();
    });
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
}

/// Sends commands to the worker until the window drops its link, and ends the worker then.
async fn forward(worker: Worker, inbox: Receiver<Command>) {
    while let Ok(command) = inbox.recv().await {
        // A command always serializes.
        let text = serde_json::to_string(&command).unwrap_or_default();
        if worker.post_message(&JsValue::from_str(&text)).is_err() {
            break;
        }
    }
    worker.terminate();
}

/// The worker: a session that owns its own device.
pub fn worker() {
    report_panics();
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else {
        return;
    };
    let (commands, inbox) = async_channel::unbounded();
    let on_message = {
        let scope = scope.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            match serde_json::from_str::<Command>(&text) {
                Ok(command) => {
                    let _gone = commands.try_send(command);
                }
                Err(error) => say(
                    &scope,
                    &Event::Refused {
                        message: format!("the engine did not understand a command ({error})"),
                    },
                ),
            }
        })
    };
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    spawn_local(async move {
        serve(inbox, move |event| say(&scope, &event)).await;
    });
}

fn say(scope: &DedicatedWorkerGlobalScope, event: &Event) {
    // An event always serializes; a page that has gone does not listen.
    let text = serde_json::to_string(event).unwrap_or_default();
    let _gone = scope.post_message(&JsValue::from_str(&text));
}

/// Shows panics where a person sees them: in the page's failure box, or as the worker's last event.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = format!("Plateau made a mistake and stopped: {panic}");
        web_sys::console::error_1(&JsValue::from_str(&message));
        match js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
            Ok(scope) => say(&scope, &Event::Failed { message }),
            Err(_) => show_failure(&message),
        }
    }));
}

fn show_failure(text: &str) {
    call("plateauFailed", &JsValue::from_str(text));
}

/// Calls a function of the page's own script.
fn call(name: &str, argument: &JsValue) {
    let function = js_sys::Reflect::get(&js_sys::global(), &name.into());
    if let Some(function) = function
        .ok()
        .and_then(|value| value.dyn_into::<js_sys::Function>().ok())
    {
        // A page without the function has been changed by its host; the console has the text of failures.
        let _ = function.call1(&JsValue::NULL, argument);
    }
}

fn describe(error: &JsValue) -> String {
    error
        .as_string()
        .or_else(|| {
            error
                .dyn_ref::<js_sys::Error>()
                .map(|error| String::from(error.message()))
        })
        .unwrap_or_else(|| format!("{error:?}"))
}
