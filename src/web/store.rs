//! Runs that the browser keeps, in IndexedDB: for each its events, the supernet of its search, the newest checkpoint where it was not
//! finished, and which run raced with it. Its other files follow from its events.

use std::collections::BTreeMap;

use idb::{
    Database, DatabaseEvent, Error, Factory, ObjectStore, ObjectStoreParams, TransactionMode,
};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use crate::record::{RIVAL_FILE, RunFiles, SUPERNET_FILE, checkpoint_file, rival_name, rival_text};
use crate::session::Checkpoint;

const DATABASE: &str = "plateau";
/// The lines of `events.jsonl`, as text, by the name of the run.
const EVENTS: &str = "events";
/// The bytes of a checkpoint file by the name of the run, those of the supernet's and the text that names its rival by [`beside`] it.
const CHECKPOINTS: &str = "checkpoints";

async fn open() -> Result<Database, Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(1))?;
    request.on_upgrade_needed(|event| {
        // Where a store cannot be made, the transactions below say so.
        if let Ok(database) = event.database() {
            for name in [EVENTS, CHECKPOINTS] {
                let _refused = database.create_object_store(name, ObjectStoreParams::new());
            }
        }
    });
    request.await
}

/// Writes a run, all of it or nothing. One that is finished needs no checkpoint any more.
///
/// # Errors
/// The browser refused, for want of space as a rule.
pub async fn keep(name: &str, files: &RunFiles) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[EVENTS, CHECKPOINTS], TransactionMode::ReadWrite)?;
    let key = JsValue::from_str(name);
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
    if let Some(bytes) = files.others.get(SUPERNET_FILE) {
        let key = JsValue::from_str(&beside(name, SUPERNET_FILE));
        store.put(&Uint8Array::from(&bytes[..]), Some(&key))?;
    }
    if let Some(bytes) = files.others.get(RIVAL_FILE) {
        put_rival(&store, name, &String::from_utf8_lossy(bytes))?;
    }
    transaction.commit()?.await?;
    database.close();
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
    transaction.commit()?.await?;
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

/// The names of all runs, and whether each can go on.
///
/// # Errors
/// The browser keeps nothing, in a private window for example.
pub async fn list() -> Result<Vec<(String, bool)>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[EVENTS, CHECKPOINTS], TransactionMode::ReadOnly)?;
    // One after the other: the answer to a request that nobody listens to yet is lost.
    let names = transaction.object_store(EVENTS)?;
    let names = names.get_all_keys(None, None)?.await?;
    let open = transaction.object_store(CHECKPOINTS)?;
    let open = open.get_all_keys(None, None)?.await?;
    database.close();
    let names = names.into_iter().filter_map(|name| {
        let can_go_on = open.contains(&name);
        Some((name.as_string()?, can_go_on))
    });
    Ok(names.collect())
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
    if let Some(bytes) = supernet(name).await? {
        files.others.insert(SUPERNET_FILE.into(), bytes);
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

/// The bytes of the supernet of a run; none: it has none.
///
/// # Errors
/// The browser refused.
pub async fn supernet(name: &str) -> Result<Option<Vec<u8>>, Error> {
    let value = get(CHECKPOINTS, &beside(name, SUPERNET_FILE)).await?;
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
    let transaction = database.transaction(&[EVENTS, CHECKPOINTS], TransactionMode::ReadWrite)?;
    for (store, key) in [
        (EVENTS, name),
        (CHECKPOINTS, name),
        (CHECKPOINTS, &beside(name, SUPERNET_FILE)),
        (CHECKPOINTS, &beside(name, RIVAL_FILE)),
    ] {
        transaction
            .object_store(store)?
            .delete(JsValue::from_str(key))?;
    }
    transaction.commit()?.await?;
    database.close();
    Ok(())
}

/// `name`, or the first of `name-2`, `name-3`, … that no kept run has.
pub fn free_name(name: &str, taken: &[(String, bool)]) -> String {
    let free = |name: &String| taken.iter().all(|(other, _)| other != name);
    let numbered = (2u32..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(free).unwrap_or_else(|| name.to_owned())
}
