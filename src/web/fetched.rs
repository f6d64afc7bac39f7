//! What is fetched behind the first picture: the larger data sets and a judge, which neither of the two programs carries.

use js_sys::{ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::data::{awaited, provide};

/// How it begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Until a fetch is given up, milliseconds.
const PATIENCE: u32 = 60_000;

/// Fetches a data set that comes with the page, where it has not come yet.
///
/// # Errors
/// The host does not answer, or does not have it.
pub async fn fetch_set(name: &str) -> Result<(), JsValue> {
    if let Some(set) = awaited(name) {
        provide(set, fetch_packed(set).await?);
    }
    Ok(())
}

/// A packed file beside the page; `web/build.sh` puts it there.
///
/// # Errors
/// The host does not answer, or does not have it.
pub async fn fetch_packed(name: &str) -> Result<Vec<u8>, JsValue> {
    let file = format!("./{name}.bin");
    let global = js_sys::global();
    let fetch: Function = Reflect::get(&global, &"fetch".into())?.dyn_into()?;
    // A line that hangs must not hold up what comes after.
    let options = Object::new();
    let signal: Object = Reflect::get(&global, &"AbortSignal".into())?.dyn_into()?;
    let limit: Function = Reflect::get(&signal, &"timeout".into())?.dyn_into()?;
    Reflect::set(
        &options,
        &"signal".into(),
        &limit.call1(&signal, &PATIENCE.into())?,
    )?;
    let address = file.clone() + &super::version();
    let response = settled(fetch.call2(&global, &address.into(), &options)?).await?;
    if !Reflect::get(&response, &"ok".into())?.is_truthy() {
        return Err(format!("{file} is not there").into());
    }
    let read: Function = Reflect::get(&response, &"arrayBuffer".into())?.dyn_into()?;
    let buffer: ArrayBuffer = settled(read.call0(&response)?).await?.dyn_into()?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    // Some hosts answer with a page of their own for what they do not have.
    if !bytes.starts_with(&GZIP) {
        return Err(format!("{file} is something else").into());
    }
    Ok(bytes)
}

/// What a promise comes to.
async fn settled(promise: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(promise.dyn_into::<Promise>()?).await
}
