//! The web page; see `plateau::web`.

#![forbid(unsafe_code)]

fn main() {
    #[cfg(target_arch = "wasm32")]
    plateau::web::page();
}
