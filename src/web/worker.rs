//! The worker: a session that owns its own device, and the keeper of its runs.

use std::rc::Rc;

use async_channel::{Receiver, Sender};
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::fetched::fetch_set;
use super::{FromWorker, ToWorker, store};
use crate::data::{awaited, built_in, handed, short_name};
use crate::json::problem;
use crate::record::{NETWORK_FILE, RunFiles, SUPERNET_FILE, checkpoint_file};
use crate::session::{Checkpoint, Clock, Command, Event, Start, Timed, device, serve};

/// What is said of a run for which the browser has no room.
const NO_ROOM: &str = "this browser has no more room, so it does not keep the run: save it with File, Save run as zip, and remove others under \
                       File, Kept runs, before the next";

/// Starts the session; called once, by the worker's program.
pub fn worker() {
    super::construct();
    std::panic::set_hook(Box::new(|panic| {
        let message = format!("Plateau made a mistake and stopped: {panic}");
        web_sys::console::error_1(&JsValue::from_str(&message));
        if let Some(scope) = scope() {
            let failed = Clock::default().stamp(Event::Failed { message });
            say(&scope, &FromWorker::Event(failed));
            scope.close();
        }
    }));
    let Some(scope) = scope() else { return };
    let (commands, inbox) = async_channel::unbounded();
    let (keep, kept) = async_channel::unbounded();
    let (asked, asks) = async_channel::unbounded();
    listen(&scope, asked.clone(), keep.clone());
    spawn_local(pass_on(asks, commands));
    spawn_local(keep_runs(scope.clone(), asked, kept));
    offer_loss();
    say(&scope, &FromWorker::Ready);
    let clock = Rc::new(Clock::default());
    spawn_local(tell_of_loss(scope.clone(), clock.clone(), keep.clone()));
    spawn_local(async move {
        serve(inbox, &clock, move |timed| {
            // The keeper lives as long as the worker.
            // A checkpoint, which is large, is for it only.
            if !matches!(timed.event, Event::Checkpoint { .. }) {
                say(&scope, &FromWorker::Event(timed.clone()));
            }
            let _gone = keep.try_send(Keep::Event(timed));
        })
        .await;
    });
}

/// Says that the GPU is gone, in the place of a session that waits for it; the keeper then ends the worker.
async fn tell_of_loss(scope: DedicatedWorkerGlobalScope, clock: Rc<Clock>, keep: Sender<Keep>) {
    device::lost().await;
    if let Err(fault) = device::check() {
        let failed = clock.stamp(Event::Failed {
            message: fault.to_string(),
        });
        say(&scope, &FromWorker::Event(failed.clone()));
        let _gone = keep.try_send(Keep::Event(failed));
    }
}

/// For tests: `plateauLose()` in the worker's console takes its GPU away.
fn offer_loss() {
    let lose = Closure::<dyn Fn() -> bool>::new(device::lose);
    // Without it only that test fails.
    let _set = js_sys::Reflect::set(&js_sys::global(), &"plateauLose".into(), lose.as_ref());
    lose.forget();
}

fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}

fn listen(scope: &DedicatedWorkerGlobalScope, commands: Sender<Command>, keep: Sender<Keep>) {
    let on_message = {
        let scope = scope.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            match serde_json::from_str::<ToWorker>(&text) {
                Ok(ToWorker::Command(command)) => {
                    let _gone = commands.try_send(command);
                }
                Ok(ToWorker::GoOn(name)) => {
                    let _gone = keep.try_send(Keep::GoOn(name));
                }
                Err(error) => refuse(
                    &scope,
                    format!(
                        "the engine did not understand a command ({}); load the page anew",
                        problem(&error)
                    ),
                ),
            }
        })
    };
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

/// Hands commands on in their order, each when the data that it needs is there.
async fn pass_on(asks: Receiver<Command>, commands: Sender<Command>) {
    while let Ok(command) = asks.recv().await {
        if let Command::Rehearse { config } = &command
            && awaited(&config.dataset).is_some()
        {
            // Nobody waits for a rehearsal, and it need not wait for a line that is slow.
            continue;
        }
        let dataset = match &command {
            Command::Start(start) => Some(&start.config.dataset),
            Command::Open { checkpoint } => Some(&checkpoint.position.config.dataset),
            _ => None,
        };
        if let Some(name) = dataset {
            // Without it the session says what is missing.
            fetch_set(name, || {}).await;
        }
        let _gone = commands.try_send(command);
    }
}

/// What goes on with a kept run, which belongs to this worker from now on: the command, and the run as far as its checkpoint.
async fn start_from(name: &str, writer: &str) -> Result<(Start, Kept), String> {
    let bytes = store::checkpoint(name)
        .await
        .map_err(|error| error.to_string())?
        .ok_or("the browser keeps no checkpoint of it")?;
    // One of another version is told before anything is cut off.
    Checkpoint::glance(&bytes, bytes.len() as u64).map_err(|error| error.to_string())?;
    let from = Checkpoint::from_bytes(&bytes).map_err(|error| error.to_string())?;
    let dataset = &from.position.config.dataset;
    if built_in(dataset).is_none() && handed(dataset).is_none() {
        return Err(format!(
            "this page does not have its images, {}, any more; open or drop them again, and press Go on again",
            short_name(dataset)
        ));
    }
    let events = store::events(name)
        .await
        .map_err(|error| error.to_string())?
        .ok_or("the browser keeps no run of that name")?;
    let events = lines(&events, from.position.events);
    let (mut files, said) =
        RunFiles::from_bytes(events.as_bytes()).map_err(|error| error.to_string())?;
    if let Some(warning) = &files.warning {
        return Err(warning.clone());
    }
    if said.len() as u64 != from.position.events {
        return Err("its checkpoint is ahead of its events".into());
    }
    let file = checkpoint_file(from.position.events);
    files.others.insert(file, bytes);
    store::hand_over(name, Some(writer))
        .await
        .map_err(|error| error.to_string())?;
    let run = Kept {
        name: name.to_owned(),
        files,
        further: false,
    };
    let start = Start {
        from: Some(from.clone()),
        seconds: said.last().map_or(0.0, |timed| timed.seconds),
        ..Start::kept(from.position.config)
    };
    Ok((start, run))
}

/// What the keeper of runs is told.
enum Keep {
    /// The session shall go on with the run of that name, once the last one has been written.
    GoOn(String),
    /// The session said something.
    Event(Timed),
}

/// A run that is under way.
struct Kept {
    name: String,
    files: RunFiles,
    /// Whether it has come further than what the browser has of it.
    further: bool,
}

impl Kept {
    /// Takes up an event and writes what is due. A run that ends before it has come further stays what it was. `last`: the run says no more.
    async fn hear(&mut self, timed: &Timed, writer: &str, last: bool) -> Result<(), String> {
        self.further |= timed.event.is_progress();
        let due = self.files.take(timed) || matches!(timed.event, Event::Paused);
        if !self.further {
            if last {
                // Where the browser refuses, it is free when this worker ends.
                let _refused = store::hand_over(&self.name, None).await;
            }
            return Ok(());
        }
        if !due {
            return Ok(());
        }
        let stored = store::keep(&self.name, &self.files, writer, last).await;
        // Once is enough.
        for file in [SUPERNET_FILE, NETWORK_FILE] {
            self.files.others.remove(file);
        }
        match stored {
            Ok(true) => Ok(()),
            Ok(false) => Err("another tab has removed it or goes on with it".to_owned()),
            Err(error) if store::is_full(&error) => Err("there is no more room".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Writes the runs of this worker into the browser's storage, at every checkpoint and at the end, and finds what is gone on with.
async fn keep_runs(
    scope: DedicatedWorkerGlobalScope,
    commands: Sender<Command>,
    told: Receiver<Keep>,
) {
    let writer = scope.name();
    let mut kept: Option<Kept> = None;
    while let Ok(told) = told.recv().await {
        let timed = match told {
            Keep::GoOn(name) => {
                match start_from(&name, &writer).await {
                    Ok((start, run)) => {
                        say(&scope, &FromWorker::GoesOn(name, run.files.events.clone()));
                        kept = Some(run);
                        let _gone = commands.try_send(Command::Start(Box::new(start)));
                    }
                    Err(reason) => refuse(&scope, format!("{name} cannot go on: {reason}")),
                }
                continue;
            }
            Keep::Event(timed) => timed,
        };
        if let Event::Started { config, .. } = &timed.event {
            kept = begin(&scope, &config.name(), &timed).await;
            continue;
        }
        let failed = matches!(timed.event, Event::Failed { .. });
        let last = failed || matches!(timed.event, Event::Finished | Event::Stopped);
        if let Some(run) = &mut kept
            && let Err(why) = run.hear(&timed, &writer, last).await
        {
            let text = format!(
                "the run goes on, but this browser does not keep it any more ({why}); save it with File, Save run as zip"
            );
            say(&scope, &FromWorker::Kept(None));
            say(&scope, &FromWorker::Notice(text, true));
            kept = None;
        }
        if last {
            kept = None;
        }
        // A GPU that has failed does not come back in this worker: the page offers a fresh one.
        if failed && device::check().is_err() {
            scope.close();
        }
    }
}

/// A run with its first event, under a name that is its own from then on; none: the browser keeps nothing.
async fn begin(scope: &DedicatedWorkerGlobalScope, name: &str, first: &Timed) -> Option<Kept> {
    let mut files = RunFiles::default();
    files.take(first);
    match store::begin(name, &files, Some(&scope.name())).await {
        Ok(name) => {
            say(scope, &FromWorker::Kept(Some(name.clone())));
            Some(Kept {
                name,
                files,
                further: true,
            })
        }
        Err(error) => {
            let full = store::is_full(&error);
            let text = match full {
                true => NO_ROOM,
                // The page has said why when it was opened.
                false => "this browser does not keep the run; save it with File, Save run as zip",
            };
            say(scope, &FromWorker::Notice(text.into(), full));
            None
        }
    }
}

/// The first `count` lines of a text, with their ends.
fn lines(text: &str, count: u64) -> String {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    text.split_inclusive('\n').take(count).collect()
}

/// Answers what cannot be done, outside of a run.
fn refuse(scope: &DedicatedWorkerGlobalScope, message: String) {
    let refused = Clock::default().stamp(Event::Refused {
        request: None,
        message,
    });
    say(scope, &FromWorker::Event(refused));
}

fn say(scope: &DedicatedWorkerGlobalScope, what: &FromWorker) {
    // What is said always serializes; a page that has gone does not listen.
    let text = serde_json::to_string(what).unwrap_or_default();
    let _gone = scope.post_message(&JsValue::from_str(&text));
}
