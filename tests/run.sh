#!/usr/bin/env bash
# The test command of the README: installs what is missing, then formatting, lints and every test.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# The GPU tests run on Mesa's software Vulkan adapter where there is no other; without any adapter they fail.
if command -v apt-get >/dev/null && ! ls /usr/share/vulkan/icd.d/lvp_icd*.json >/dev/null 2>&1; then
    as_root apt-get update
    as_root apt-get install -y --no-install-recommends mesa-vulkan-drivers
fi
# The page's tests, and that of the shaders, drive Chromium.
if command -v apt-get >/dev/null && ! command -v chromium >/dev/null; then
    as_root apt-get update
    as_root apt-get install -y --no-install-recommends chromium
fi
rustup target list --installed | grep -q wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
if ! cargo nextest --version >/dev/null 2>&1; then
    cargo install cargo-nextest --locked
fi

cargo fmt --check
cargo clippy --release --locked --lib --bins -- -D warnings
# A test may panic: that is how it fails.
cargo clippy --release --locked --tests -- -D warnings \
    -A clippy::unwrap_used -A clippy::expect_used -A clippy::panic -A missing_docs
# The page, through clippy in the same pass: a check of its own would compile Burn once more.
CLIPPY_ARGS='-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__' RUSTC_WORKSPACE_WRAPPER=clippy-driver bash web/build.sh
cargo nextest run --release --locked "$@"
cargo test --release --locked --doc
