//! Runs that the browser keeps, in IndexedDB: for each its events, and the newest checkpoint where it was not finished.

use idb::{Database, DatabaseEvent, Error, Factory, ObjectStoreParams, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

const DATABASE: &str = "plateau";
/// The lines of `events.jsonl`, as text, by the name of the run.
const EVENTS: &str = "events";
/// The bytes of a checkpoint file, by the name of the run.
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

/// Writes the events of a run and, in the same transaction, its checkpoint; none: the run needs none any more.
///
/// # Errors
/// The browser refused, for want of space as a rule.
pub async fn keep(name: &str, events: &str, checkpoint: Option<&[u8]>) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[EVENTS, CHECKPOINTS], TransactionMode::ReadWrite)?;
    let key = JsValue::from_str(name);
    let store = transaction.object_store(EVENTS)?;
    store.put(&JsValue::from_str(events), Some(&key))?;
    let store = transaction.object_store(CHECKPOINTS)?;
    match checkpoint {
        Some(bytes) => {
            store.put(&Uint8Array::from(bytes), Some(&key))?;
        }
        None => {
            store.delete(key)?;
        }
    }
    transaction.commit()?.await?;
    database.close();
    Ok(())
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
    for store in [EVENTS, CHECKPOINTS] {
        transaction
            .object_store(store)?
            .delete(JsValue::from_str(name))?;
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
