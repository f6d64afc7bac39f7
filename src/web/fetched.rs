//! What is fetched behind the first picture: the larger data sets and a judge, which neither of the two programs carries.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::data::{Arrival, arrives, awaited, provide};

/// How it begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Until a fetch is given up, milliseconds.
const PATIENCE: u32 = 60_000;

/// Fetches a data set that comes with the page, where it has not come yet; without it, whoever loads it is told why. `told` hears that more has
/// come.
pub async fn fetch_set(name: &str, told: impl Fn()) {
    let Some(set) = awaited(name) else {
        return;
    };
    let comes = |come, all| {
        arrives(set, Arrival::Coming(come, all));
        told();
    };
    match fetch_packed(set, comes).await {
        Ok(packed) => provide(set, packed),
        Err(_) => arrives(set, Arrival::Failed),
    }
}

/// A packed file beside the page; `web/build.sh` puts it there. `comes` hears how many bytes have come, and of how many, where that is known.
///
/// # Errors
/// The host does not answer, or does not have it.
pub async fn fetch_packed(
    name: &str,
    comes: impl Fn(usize, Option<usize>),
) -> Result<Vec<u8>, JsValue> {
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
    if !get(&response, "ok")?.is_truthy() {
        return Err(format!("{file} is not there").into());
    }
    let bytes = read(&response, comes).await?;
    // Some hosts answer with a page of their own for what they do not have.
    if !bytes.starts_with(&GZIP) {
        return Err(format!("{file} is something else").into());
    }
    Ok(bytes)
}

/// What a response carries.
async fn read(
    response: &JsValue,
    comes: impl Fn(usize, Option<usize>),
) -> Result<Vec<u8>, JsValue> {
    let headers = get(response, "headers")?;
    let header = |name: &str| ask(&headers, "get", &[name.into()]).map(|text| text.as_string());
    // A host that packs it once more tells the size of that.
    let all = match header("content-encoding")? {
        None => header("content-length")?.and_then(|text| text.parse().ok()),
        Some(_) => None,
    };
    let reader = ask(&get(response, "body")?, "getReader", &[])?;
    let mut bytes = Vec::new();
    loop {
        let part = settled(ask(&reader, "read", &[])?).await?;
        if get(&part, "done")?.is_truthy() {
            return Ok(bytes);
        }
        let part: Uint8Array = get(&part, "value")?.dyn_into()?;
        bytes.extend(part.to_vec());
        comes(bytes.len(), all);
    }
}

fn get(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &name.into())
}

/// Calls a method of an object.
fn ask(object: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = get(object, name)?.dyn_into()?;
    method.apply(object, &arguments.iter().cloned().collect::<Array>())
}

/// What a promise comes to.
async fn settled(promise: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(promise.dyn_into::<Promise>()?).await
}
