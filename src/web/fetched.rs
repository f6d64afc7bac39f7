//! What is fetched behind the first picture: MNIST, which neither of the two programs carries.

use js_sys::{ArrayBuffer, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::data::{is_awaited, provide_mnist};

/// Beside the page; `web/build.sh` puts it there.
const MNIST: &str = "./mnist5k.bin";

/// Fetches a data set that comes with the page, where it has not come yet.
///
/// # Errors
/// The host does not answer, or does not have it.
pub async fn fetch_set(name: &str) -> Result<(), JsValue> {
    if !is_awaited(name) {
        return Ok(());
    }
    let global = js_sys::global();
    let fetch: Function = Reflect::get(&global, &"fetch".into())?.dyn_into()?;
    let response = settled(fetch.call1(&global, &MNIST.into())?).await?;
    if !Reflect::get(&response, &"ok".into())?.is_truthy() {
        return Err(format!("{MNIST} is not there").into());
    }
    let read: Function = Reflect::get(&response, &"arrayBuffer".into())?.dyn_into()?;
    let buffer: ArrayBuffer = settled(read.call0(&response)?).await?.dyn_into()?;
    provide_mnist(Uint8Array::new(&buffer).to_vec());
    Ok(())
}

/// What a promise comes to.
async fn settled(promise: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(promise.dyn_into::<Promise>()?).await
}
