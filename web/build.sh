#!/usr/bin/env bash
# Builds the page into web/dist: static files for any host. Installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

BINDGEN=0.2.130
target=${CARGO_TARGET_DIR:-target}
out=web/dist

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

rustup target list --installed | grep -q wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $BINDGEN" ]; then
    cargo install wasm-bindgen-cli --version "$BINDGEN"
fi
if ! command -v wasm-opt >/dev/null && command -v apt-get >/dev/null; then
    as_root apt-get install -y --no-install-recommends binaryen
fi

cargo build --release --locked --target wasm32-unknown-unknown --features web --bin page --bin worker

rm -rf "$out"
mkdir -p "$out"
wasm-bindgen --target web --no-typescript --out-dir "$out" --out-name page "$target/wasm32-unknown-unknown/release/page.wasm"
wasm-bindgen --target web --no-typescript --out-dir "$out" --out-name engine "$target/wasm32-unknown-unknown/release/worker.wasm"
if command -v wasm-opt >/dev/null; then
    features="--enable-bulk-memory --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --enable-multivalue"
    for name in page engine; do
        # shellcheck disable=SC2086
        wasm-opt $features -Os "$out/${name}_bg.wasm" -o "$out/${name}_bg.wasm"
    done
fi
cp web/index.html web/worker.js "$out/"
bash web/size.sh
