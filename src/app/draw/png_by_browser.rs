//! SVG pictures as PNG, drawn by the browser: a page that carried an own painter for that would be larger.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// The picture as a PNG file, twice as many pixels wide and high as it has points.
///
/// # Errors
/// That there is none, for a person.
pub async fn png(svg: &str) -> Result<Vec<u8>, String> {
    let file = drawn(svg).await;
    file.map_err(|_| "the browser does not draw it".to_owned())
}

async fn drawn(svg: &str) -> Result<Vec<u8>, JsValue> {
    // The script of `index.html` has it.
    let draw: Function = Reflect::get(&js_sys::global(), &"plateauPicture".into())?.dyn_into()?;
    let file: Promise = draw.call1(&JsValue::NULL, &svg.into())?.dyn_into()?;
    let file: Uint8Array = JsFuture::from(file).await?.dyn_into()?;
    Ok(file.to_vec())
}
