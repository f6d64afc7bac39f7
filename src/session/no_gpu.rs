//! Why a page gets no GPU, and what to do about it in this browser.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// What is missing here, for a person.
pub fn reason() -> String {
    let of = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).unwrap_or_default();
    let global = js_sys::global();
    let navigator = of(&global, "navigator");
    let agent = of(&navigator, "userAgent").as_string().unwrap_or_default();
    let missing = if !of(&global, "isSecureContext").is_truthy() {
        "this page came by plain http, and browsers give WebGPU, the way to the GPU, only to pages that come by https or from this machine \
         (localhost)"
            .to_owned()
    } else if of(&navigator, "gpu").is_truthy() {
        format!(
            "this browser has WebGPU, but gives no GPU to it: {}",
            of_driver(&agent)
        )
    } else {
        format!(
            "this browser has no WebGPU, the way to the GPU: {}",
            of_setting(&agent)
        )
    };
    format!("{missing}. Runs on the CPU work without.")
}

/// How a browser without WebGPU may get it.
fn of_setting(agent: &str) -> &'static str {
    if agent.contains("Firefox/") {
        "update it, or set dom.webgpu.enabled in about:config"
    } else if agent.contains("Chrome/") {
        "update it, or allow “Unsafe WebGPU Support” at chrome://flags"
    } else if agent.contains("Safari/") {
        "Safari has it since version 26, before that in its settings under Feature Flags"
    } else {
        "a current Chrome, Edge, Firefox or Safari has it"
    }
}

/// Why a browser with WebGPU may refuse a GPU.
fn of_driver(agent: &str) -> &'static str {
    if agent.contains("Firefox/") {
        "about:support says why, under Graphics; as a rule the graphics driver is too old"
    } else if agent.contains("Chrome/") {
        "chrome://gpu says why; as a rule hardware acceleration is off in its settings, or it does not trust the graphics driver, which can be \
         allowed as “Unsafe WebGPU Support” at chrome://flags"
    } else {
        "as a rule the graphics driver is too old"
    }
}
