//! The runs of the browser's storage as the window of one tab knows them: all tabs share it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_time::SystemTime;

use super::fetched::fetch_packed;
use super::script::call;
use super::store::Stored;
use super::{describe, store};
use crate::app::{FoundSupernet, KeptRun, Wanted, is_of, shipped, shipped_name};
use crate::record::{NETWORK_FILE, SUPERNET_FILE};
use crate::session::{Checkpoint, RunConfig, TrainedNetwork, judge_name};

/// What is said where the browser has no room left for this page.
const FULL: &str = "this browser has no more room for runs of this page, so nothing new is kept: save runs by File, Save run as zip, and remove \
                    others under File, Kept runs";

/// A tab of the browser.
pub struct Tab {
    /// How the names of its workers begin.
    prefix: String,
    /// The runs that its workers compute, by the names of those.
    computed: RefCell<BTreeMap<String, String>>,
}

impl Tab {
    /// This one.
    pub fn new() -> Self {
        let random = js_sys::Math::random().to_bits();
        Self {
            prefix: format!("plateau-engine-{random:x}-"),
            computed: RefCell::default(),
        }
    }

    /// A name for a worker, which no other has.
    pub fn worker_name(&self) -> String {
        let random = js_sys::Math::random().to_bits();
        format!("{}{random:x}", self.prefix)
    }

    /// A worker of this tab computes a run from now on; none: it does not any more.
    pub fn computes(&self, worker: &str, run: Option<&str>) {
        let mut computed = self.computed.borrow_mut();
        match run {
            Some(run) => computed.insert(worker.to_owned(), run.to_owned()),
            None => computed.remove(worker),
        };
    }

    /// The workers of this tab that compute, as a JSON list: for other tabs, where the browser does not say which live.
    pub fn workers(&self) -> String {
        let computed = self.computed.borrow();
        let workers: Vec<&String> = computed.keys().collect();
        serde_json::json!(workers).to_string()
    }

    /// Whether a worker of this tab computes a run.
    fn is_computed(&self, name: &str) -> bool {
        let computed = self.computed.borrow();
        computed.values().any(|run| run == name)
    }

    /// The names of those of some runs that are computed now, in this tab or another.
    async fn taken(&self, runs: &[Stored]) -> BTreeSet<String> {
        let others = |run: &&Stored| !self.is_own(run);
        let elsewhere = living(runs.iter().filter(others)).await;
        let taken = runs.iter().filter(|run| match &run.mark.writer {
            Some(_) if self.is_computed(&run.name) => true,
            Some(writer) => elsewhere.contains(writer),
            None => false,
        });
        taken.map(|run| run.name.clone()).collect()
    }

    /// Whether a worker of this tab wrote a run last.
    fn is_own(&self, run: &Stored) -> bool {
        let writer = run.mark.writer.as_ref();
        writer.is_some_and(|writer| writer.starts_with(&self.prefix))
    }

    /// All runs.
    pub async fn all_kept(&self) -> Result<Vec<KeptRun>, String> {
        let runs = store::list().await.map_err(refused)?;
        let mut rivals = store::rivals().await.map_err(refused)?;
        let taken = self.taken(&runs).await;
        let kept = runs.into_iter().map(|run| {
            let (taken, rival) = (taken.contains(&run.name), rivals.remove(&run.name));
            known(run, taken, rival)
        });
        Ok(kept.collect())
    }

    /// A run by its name.
    pub async fn kept(&self, name: String) -> Result<KeptRun, String> {
        let run = find(&name).await?;
        let rival = store::rival(&name).await.map_err(refused)?;
        let taken = self.is_taken(&run).await;
        Ok(known(run, taken, rival.and_then(Result::ok)))
    }

    async fn is_taken(&self, run: &Stored) -> bool {
        !self.taken(std::slice::from_ref(run)).await.is_empty()
    }

    /// A run that is shown: now its checkpoint is looked at.
    pub async fn opened(&self, name: String) -> Result<KeptRun, String> {
        let checkpoint = store::checkpoint(&name).await.map_err(refused)?;
        let glance = checkpoint.map(|bytes| Checkpoint::glance(&bytes, bytes.len() as u64));
        let stuck = glance.as_ref().and_then(|glance| glance.as_ref().err());
        let run = self.kept(name).await?;
        Ok(KeptRun {
            can_go_on: run.can_go_on && matches!(glance, Some(Ok(_))),
            stuck: stuck.map(ToString::to_string),
            ..run
        })
    }

    /// The newest run of just these settings that can go on.
    pub async fn interrupted(&self, config: &RunConfig) -> Result<Option<String>, String> {
        let runs = named_like(&config.name()).await?;
        for run in runs.into_iter().rev().filter(|run| run.can_go_on) {
            if !self.is_taken(&run).await && is_of(config, &kept_events(&run.name).await?) {
                return Ok(Some(run.name));
            }
        }
        Ok(None)
    }

    /// The run that raced with one, and its events; none: it raced with nobody.
    pub async fn rival(&self, of: &str) -> Result<Option<(KeptRun, Vec<u8>)>, String> {
        let Some(name) = store::rival(of).await.map_err(refused)? else {
            return Ok(None);
        };
        let name = name?;
        let events = kept_events(&name).await?;
        Ok(Some((self.kept(name).await?, events)))
    }

    /// Refuses a run that goes on already.
    pub async fn check_free(&self, name: &str) -> Result<(), String> {
        match self.is_taken(&find(name).await?).await {
            true if self.is_computed(name) => Err(format!("{name} goes on already")),
            true => Err(format!("{name} goes on in another tab")),
            false => Ok(()),
        }
    }
}

/// A run as the window knows it; `taken`: it is computed now.
fn known(run: Stored, taken: bool, rival: Option<String>) -> KeptRun {
    let changed = run.mark.changed.unwrap_or(f64::NAN) / 1e3;
    let changed = Duration::try_from_secs_f64(changed).ok();
    KeptRun {
        name: run.name,
        can_go_on: run.can_go_on && !taken,
        stuck: None,
        changed: changed.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)),
        rival,
    }
}

/// The writers of some runs that live. Only the page's own script knows how to ask the browser.
async fn living(runs: impl Iterator<Item = &Stored>) -> BTreeSet<String> {
    let writers = runs.filter_map(|run| run.mark.writer.as_deref());
    let writers: Array = writers.map(JsValue::from_str).collect();
    let asked = call("plateauLiving", &[&writers]);
    let Some(asked) = asked.and_then(|asked| asked.dyn_into::<Promise>().ok()) else {
        return BTreeSet::new();
    };
    let living = JsFuture::from(asked).await.ok();
    let living = living.and_then(|living| living.dyn_into::<Array>().ok());
    let names = living.iter().flat_map(Array::iter);
    names.filter_map(|name| name.as_string()).collect()
}

async fn find(name: &str) -> Result<Stored, String> {
    let run = store::stored(name).await.map_err(refused)?;
    run.ok_or_else(|| gone(name))
}

/// What is said of a run that another tab has removed, or the person.
fn gone(name: &str) -> String {
    format!("{name} is not kept here any more")
}

/// The runs whose names begin with one, the newest last.
async fn named_like(name: &str) -> Result<Vec<Stored>, String> {
    let mut runs = store::list().await.map_err(refused)?;
    runs.retain(|run| run.name.starts_with(name));
    // Later ones have a number behind the name.
    runs.sort_by_key(|run| (run.name.len(), run.name.clone()));
    Ok(runs)
}

/// A kept run's events.
pub async fn kept_events(name: &str) -> Result<Vec<u8>, String> {
    let events = store::events(name).await.map_err(refused)?;
    let events = events.ok_or_else(|| gone(name))?;
    Ok(events.into_bytes())
}

/// What is said where the browser keeps nothing, or has no room left.
pub fn refused(error: idb::Error) -> String {
    if store::is_full(&error) {
        return FULL.to_owned();
    }
    format!(
        "this browser keeps no runs for this page, as in a private window or where its settings say so; save a run by File, Save run as zip \
         before you close the page ({error})"
    )
}

/// What there is to say of the storage when the page is opened: that there is none, or which runs ended before their first checkpoint.
pub async fn storage_says() -> Vec<String> {
    let runs = match store::list().await {
        Ok(runs) => runs,
        Err(error) => return vec![refused(error)],
    };
    let cut_off = |run: &&Stored| !run.can_go_on && run.mark.writer.is_some();
    let cut_off: Vec<&Stored> = runs.iter().filter(cut_off).collect();
    let living = living(cut_off.iter().copied()).await;
    let mut said = Vec::new();
    for run in cut_off {
        if let Some(writer) = &run.mark.writer
            && !living.contains(writer)
            // It is said once.
            && store::hand_over(&run.name, None).await.is_ok()
        {
            said.push(format!(
                "{} was cut off before its first checkpoint, so there is nothing to go on from; start it anew with Run",
                run.name
            ));
        }
    }
    said
}

/// The supernet of a kept run, and what a person must know of it: a damaged one is also in the checkpoint of a run that is not finished.
async fn supernet_of(name: &str) -> Result<Option<(Checkpoint, Option<String>)>, String> {
    let found = store::other(name, SUPERNET_FILE).await;
    let Some(bytes) = found.map_err(refused)? else {
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

/// What a kept run has trained; none: it has kept none.
pub async fn network_of(name: &str) -> Result<Option<Box<TrainedNetwork>>, String> {
    let bytes = store::other(name, NETWORK_FILE).await.map_err(refused)?;
    let network = bytes.map(|bytes| TrainedNetwork::from_bytes(&bytes));
    let network = network.transpose();
    let network = network.map_err(|error| format!("{name}: {error}"))?;
    Ok(network.map(Box::new))
}

/// The supernet of a kept run, or the newest judge of its kind, and what a person must know of it.
pub async fn supernet(wanted: &Wanted) -> FoundSupernet {
    let names = match wanted {
        Wanted::Run(name) => vec![name.clone()],
        Wanted::Judge(of) => {
            let names = named_like(&judge_name(&of.dataset, of.space)).await?;
            names.into_iter().map(|run| run.name).collect()
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
            let packed = fetch_packed(name, |_, _| {})
                .await
                .map_err(|error| describe(&error))?;
            Ok((Some(shipped(&packed)?), None))
        }
        None => Ok((None, None)),
    }
}
