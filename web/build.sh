#!/usr/bin/env bash
# Builds the page into web/dist: static files for any host. Installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

BINDGEN=0.2.130
target=${CARGO_TARGET_DIR:-target}
out=web/dist

rustup target list --installed | grep -q wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $BINDGEN" ]; then
    # A lint of our own (tests/run.sh) is not for other people's programs.
    env -u RUSTC_WORKSPACE_WRAPPER cargo install wasm-bindgen-cli --version "$BINDGEN"
fi

# Unless the constructors of statics (Burn's compiler registers itself in thousands) are exported, the linker has every call from
# JavaScript run them all anew, which costs milliseconds each; `web::construct` calls them once.
for program in page worker; do
    cargo rustc --release --locked --target wasm32-unknown-unknown --features web --bin "$program" -- \
        -C link-arg=--export=__wasm_call_ctors
done

rm -rf "$out"
mkdir -p "$out"
bind() {
    wasm-bindgen --target web --no-typescript --remove-name-section --remove-producers-section \
        --out-dir "$out" --out-name "$2" "$target/wasm32-unknown-unknown/release/$1.wasm"
}
bind page page
bind worker engine
# No wasm-opt: it leaves the transferred size as it is (4.79 MB of page with and without, gzip -9), and Debian 12's version 108
# breaks the table of function references.
cp web/index.html web/worker.js "$out/"
bash web/size.sh
