//! The browser's event loop gets its turn between two steps of a run.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsValue;

thread_local! {
    static YIELD: RefCell<Option<Rc<web_sys::MessageChannel>>> = const { RefCell::new(None) };
}

/// Lets the event loop take a turn, so that messages come in between two steps even where nothing is read from a device. A
/// message to oneself, because timers are held back to 4 ms.
pub async fn yield_now() {
    let channel = YIELD.with_borrow_mut(|channel| {
        channel
            .get_or_insert_with(|| {
                // Every browser with workers has message channels.
                Rc::new(
                    web_sys::MessageChannel::new()
                        .unwrap_or_else(|_| wasm_bindgen::throw_str("no MessageChannel")),
                )
            })
            .clone()
    });
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        channel.port1().set_onmessage(Some(&resolve));
    });
    if channel.port2().post_message(&JsValue::NULL).is_ok() {
        // A promise that only resolves.
        let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
    }
}
