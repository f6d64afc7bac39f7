//! Runs that the browser keeps, in IndexedDB: for each its events, the supernet of its search, what it has trained, the newest checkpoint where it was not
//! finished, which run raced with it, and a [`Mark`]. Its other files follow from its events.
//!
//! All tabs share the storage. A run has one writer, whose name is in its mark: a name is taken and a run is written in one transaction
//! that looks who it belongs to.

use std::collections::BTreeMap;

use idb::{
    Database, DatabaseEvent, Error, Factory, ObjectStore, ObjectStoreParams, Transaction,
    TransactionMode, TransactionResult,
};
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::record::{
    NETWORK_FILE, RIVAL_FILE, RunFiles, SUPERNET_FILE, checkpoint_file, rival_name, rival_text,
};
use crate::session::Checkpoint;

const DATABASE: &str = "plateau";
/// A later version has one more store.
const VERSION: u32 = 2;
/// The lines of `events.jsonl`, as text, by the name of the run.
const EVENTS: &str = "events";
/// The bytes of a checkpoint file by the name of the run, those of the [`WEIGHTS`] and the text that names its rival by [`beside`] it.
const CHECKPOINTS: &str = "checkpoints";
/// The marks, as JSON, by the name of the run.
const MARKS: &str = "marks";
/// The other files with weights.
const WEIGHTS: [&str; 2] = [SUPERNET_FILE, NETWORK_FILE];
const STORES: [&str; 3] = [EVENTS, CHECKPOINTS, MARKS];

/// Who writes a run, and when it was written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Mark {
    /// Milliseconds since 1970; none: by a version that did not say it.
    pub changed: Option<f64>,
    /// The worker that writes it, by its name; none: it has said its last.
    pub writer: Option<String>,
}

impl Mark {
    /// That of a run which is written now.
    fn now(writer: Option<&str>) -> JsValue {
        let mark = Self {
            changed: Some(js_sys::Date::now()),
            writer: writer.map(str::to_owned),
        };
        // It always serializes.
        JsValue::from_str(&serde_json::to_string(&mark).unwrap_or_default())
    }

    /// That of a run in the storage; one of before there were marks has none.
    fn read(value: Option<&JsValue>) -> Self {
        let text = value.and_then(JsValue::as_string).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// A run in the storage.
pub struct Stored {
    /// What it is called.
    pub name: String,
    /// Whether it has a checkpoint, which a finished one has not.
    pub can_go_on: bool,
    /// Who writes it, and when that was.
    pub mark: Mark,
}

async fn open() -> Result<Database, Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(VERSION))?;
    request.on_upgrade_needed(|event| {
        // Where a store cannot be made, the transactions below say so.
        if let Ok(database) = event.database() {
            let there = database.store_names();
            for name in STORES
                .iter()
                .filter(|name| !there.iter().any(|old| old == *name))
            {
                let _refused = database.create_object_store(name, ObjectStoreParams::new());
            }
        }
    });
    request.await
}

/// Writes a new run under `name`, or the first of `name-2`, `name-3`, … that is free, which it returns. The writer: who goes on to write it.
///
/// # Errors
/// The browser refused.
pub async fn begin(name: &str, files: &RunFiles, writer: Option<&str>) -> Result<String, Error> {
    let database = open().await?;
    let transaction = database.transaction(&STORES, TransactionMode::ReadWrite)?;
    let taken = transaction.object_store(EVENTS)?;
    let taken = taken.get_all_keys(None, None)?.await?;
    let taken: Vec<String> = taken.iter().filter_map(JsValue::as_string).collect();
    let name = free_name(name, &taken);
    write(&transaction, &name, files, writer)?;
    finish(transaction).await?;
    database.close();
    Ok(name)
}

/// Writes a run, all of it or nothing. One that is finished needs no checkpoint any more. Whether the run still belongs to the writer, who
/// writes nothing otherwise. `last`: the run says no more.
///
/// # Errors
/// The browser refused, for want of space as a rule.
pub async fn keep(name: &str, files: &RunFiles, writer: &str, last: bool) -> Result<bool, Error> {
    let database = open().await?;
    let transaction = database.transaction(&STORES, TransactionMode::ReadWrite)?;
    let mark = transaction.object_store(MARKS)?;
    let mark = mark.get(JsValue::from_str(name))?.await?;
    let own = Mark::read(mark.as_ref()).writer.as_deref() == Some(writer);
    if own {
        write(&transaction, name, files, Some(writer).filter(|_| !last))?;
        finish(transaction).await?;
    }
    database.close();
    Ok(own)
}

/// From now on a run belongs to this writer; none: to nobody.
///
/// # Errors
/// The browser refused.
pub async fn hand_over(name: &str, writer: Option<&str>) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[MARKS], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(MARKS)?;
    store.put(&Mark::now(writer), Some(&JsValue::from_str(name)))?;
    finish(transaction).await?;
    database.close();
    Ok(())
}

fn write(
    transaction: &Transaction,
    name: &str,
    files: &RunFiles,
    writer: Option<&str>,
) -> Result<(), Error> {
    let key = JsValue::from_str(name);
    let store = transaction.object_store(MARKS)?;
    store.put(&Mark::now(writer), Some(&key))?;
    let store = transaction.object_store(EVENTS)?;
    store.put(&JsValue::from_str(&files.events), Some(&key))?;
    let store = transaction.object_store(CHECKPOINTS)?;
    match files.checkpoint() {
        Some(bytes) => {
            store.put(&Uint8Array::from(bytes), Some(&key))?;
        }
        None => {
            store.delete(key)?;
        }
    }
    // One that is not at hand may be there already.
    for file in WEIGHTS {
        if let Some(bytes) = files.others.get(file) {
            let key = JsValue::from_str(&beside(name, file));
            store.put(&Uint8Array::from(&bytes[..]), Some(&key))?;
        }
    }
    if let Some(bytes) = files.others.get(RIVAL_FILE) {
        put_rival(&store, name, &String::from_utf8_lossy(bytes))?;
    }
    Ok(())
}

/// Where another file of a run lies; no run has such a name.
fn beside(name: &str, file: &str) -> String {
    format!("{name}/{file}")
}

fn put_rival(store: &ObjectStore, name: &str, text: &str) -> Result<(), Error> {
    let key = JsValue::from_str(&beside(name, RIVAL_FILE));
    store.put(&JsValue::from_str(text), Some(&key))?;
    Ok(())
}

/// Has two runs name each other, both or neither.
///
/// # Errors
/// The browser refused.
pub async fn pair(names: &[String; 2]) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[CHECKPOINTS], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(CHECKPOINTS)?;
    let [one, other] = names;
    for (name, rival) in [(one, other), (other, one)] {
        put_rival(&store, name, &rival_text(rival))?;
    }
    finish(transaction).await?;
    database.close();
    Ok(())
}

/// The run that raced with one, or why its name cannot be read; none: nobody did.
///
/// # Errors
/// The browser refused.
pub async fn rival(name: &str) -> Result<Option<Result<String, String>>, Error> {
    let text = get(CHECKPOINTS, &beside(name, RIVAL_FILE)).await?;
    let text = text.and_then(|text| text.as_string());
    Ok(text.map(|text| rival_name(text.as_bytes())))
}

/// The runs that raced with others, by the names of those; what cannot be read is left out.
///
/// # Errors
/// The browser refused.
pub async fn rivals() -> Result<BTreeMap<String, String>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[CHECKPOINTS], TransactionMode::ReadOnly)?;
    let store = transaction.object_store(CHECKPOINTS)?;
    let mut found = BTreeMap::new();
    let end = beside("", RIVAL_FILE);
    for key in store.get_all_keys(None, None)?.await? {
        let text = key.as_string();
        if let Some(name) = text.as_deref().and_then(|key| key.strip_suffix(&end))
            && let Some(text) = store.get(key)?.await?.and_then(|text| text.as_string())
            && let Ok(rival) = rival_name(text.as_bytes())
        {
            found.insert(name.to_owned(), rival);
        }
    }
    database.close();
    Ok(found)
}

/// All runs.
///
/// # Errors
/// The browser keeps nothing, in a private window for example.
pub async fn list() -> Result<Vec<Stored>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&STORES, TransactionMode::ReadOnly)?;
    // One after the other: the answer to a request that nobody listens to yet is lost.
    let names = transaction.object_store(EVENTS)?;
    let names = names.get_all_keys(None, None)?.await?;
    let open = transaction.object_store(CHECKPOINTS)?;
    let open = open.get_all_keys(None, None)?.await?;
    let store = transaction.object_store(MARKS)?;
    let marked = store.get_all_keys(None, None)?.await?;
    let marks = store.get_all(None, None)?.await?;
    database.close();
    let runs = names.into_iter().filter_map(|name| {
        let place = marked.iter().position(|other| *other == name);
        Some(Stored {
            can_go_on: open.contains(&name),
            mark: Mark::read(place.and_then(|place| marks.get(place))),
            name: name.as_string()?,
        })
    });
    Ok(runs.collect())
}

/// A run by its name; none: it is not kept.
///
/// # Errors
/// As [`list`].
pub async fn stored(name: &str) -> Result<Option<Stored>, Error> {
    let runs = list().await?;
    Ok(runs.into_iter().find(|run| run.name == name))
}

/// The events of a run; none: there is no such run.
///
/// # Errors
/// The browser refused.
pub async fn events(name: &str) -> Result<Option<String>, Error> {
    let value = get(EVENTS, name).await?;
    Ok(value.and_then(|text| text.as_string()))
}

/// The files of a run; none: there is no such run.
///
/// # Errors
/// The browser refused.
pub async fn files(name: &str) -> Result<Option<RunFiles>, Error> {
    let Some(events) = events(name).await? else {
        return Ok(None);
    };
    // What follows from the events, which stay as they are where they are damaged.
    let read = RunFiles::from_bytes(events.as_bytes());
    let mut files = RunFiles {
        events,
        ..read.map(|(files, _)| files).unwrap_or_default()
    };
    for file in WEIGHTS {
        if let Some(bytes) = other(name, file).await? {
            files.others.insert(file.into(), bytes);
        }
    }
    if let Some(Ok(rival)) = rival(name).await? {
        let text = rival_text(&rival);
        files.others.insert(RIVAL_FILE.into(), text.into_bytes());
    }
    if let Some(bytes) = checkpoint(name).await?
        && let Ok(state) = Checkpoint::from_bytes(&bytes)
    {
        let file = checkpoint_file(state.position.events);
        files.others.insert(file, bytes);
    }
    Ok(Some(files))
}

/// The bytes of another file of a run; none: it has none.
///
/// # Errors
/// The browser refused.
pub async fn other(name: &str, file: &str) -> Result<Option<Vec<u8>>, Error> {
    let value = get(CHECKPOINTS, &beside(name, file)).await?;
    Ok(value.map(|bytes| Uint8Array::new(&bytes).to_vec()))
}

/// The bytes of the checkpoint of a run; none: it has none.
///
/// # Errors
/// The browser refused.
pub async fn checkpoint(name: &str) -> Result<Option<Vec<u8>>, Error> {
    let value = get(CHECKPOINTS, name).await?;
    Ok(value.map(|bytes| Uint8Array::new(&bytes).to_vec()))
}

async fn get(store: &str, name: &str) -> Result<Option<JsValue>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[store], TransactionMode::ReadOnly)?;
    let store = transaction.object_store(store)?;
    let value = store.get(JsValue::from_str(name))?.await?;
    database.close();
    Ok(value)
}

/// Forgets a run.
///
/// # Errors
/// The browser refused.
pub async fn remove(name: &str) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&STORES, TransactionMode::ReadWrite)?;
    for (store, key) in [
        (EVENTS, name),
        (CHECKPOINTS, name),
        (CHECKPOINTS, &beside(name, SUPERNET_FILE)),
        (CHECKPOINTS, &beside(name, NETWORK_FILE)),
        (CHECKPOINTS, &beside(name, RIVAL_FILE)),
        (MARKS, name),
    ] {
        transaction
            .object_store(store)?
            .delete(JsValue::from_str(key))?;
    }
    finish(transaction).await?;
    database.close();
    Ok(())
}

/// `name`, or the first of `name-2`, `name-3`, … that no kept run has.
fn free_name(name: &str, taken: &[String]) -> String {
    let free = |name: &String| !taken.contains(name);
    let numbered = (2u32..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(free).unwrap_or_else(|| name.to_owned())
}

/// Whether the browser refused for want of space.
pub fn is_full(error: &Error) -> bool {
    matches!(error, Error::TransactionCommitError(_))
}

/// Writes for good what a transaction has written.
async fn finish(transaction: Transaction) -> Result<(), Error> {
    match transaction.commit()?.await? {
        TransactionResult::Committed => Ok(()),
        // Only at its end does a browser say that there is no room.
        TransactionResult::Aborted => Err(Error::TransactionCommitError(
            "there is no room for it".into(),
        )),
    }
}
