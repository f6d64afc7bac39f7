#!/usr/bin/env bash
# The test command of the README: installs what is missing, then formatting, lints and every test. What follows is handed to
# nextest, as in `bash tests/run.sh -E 'binary(kernels)'`. At the end it says how long each phase took.
set -euo pipefail
cd "$(dirname "$0")/.."

phases=""
# Closes the phase that has gone on since the last call, under a name.
phase() {
    phases+=$(printf '%-32s %5d s' "$1" $((SECONDS - since)))$'\n'
    since=$SECONDS
}
since=0
unchecked=""
trap 'printf "%s%-32s %5d s\n%s" "$phases" "in all" "$SECONDS" "$unchecked"' EXIT

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# The GPU tests run on Mesa's software Vulkan adapter where there is no other; without any adapter they fail.
if command -v apt-get >/dev/null && ! ls /usr/share/vulkan/icd.d/lvp_icd*.json >/dev/null 2>&1; then
    as_root apt-get update
    as_root apt-get install -y --no-install-recommends mesa-vulkan-drivers
fi
# The kernels' translation for Vulkan is checked where this is there.
if command -v apt-get >/dev/null && ! command -v spirv-val >/dev/null; then
    as_root apt-get update
    as_root apt-get install -y --no-install-recommends spirv-tools
fi
# The page's tests, and that of the shaders, drive Chromium.
if command -v apt-get >/dev/null && ! command -v chromium >/dev/null; then
    as_root apt-get update
    as_root apt-get install -y --no-install-recommends chromium
fi
rustup target list --installed | grep -q wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
if ! cargo nextest --version >/dev/null 2>&1; then
    # Unoptimised: it only starts the tests.
    cargo install cargo-nextest --locked --debug
fi
# What is exported is read by the programs that people open it with, and sweeps are run by a real scheduler. Where these cannot be had
# (no network), the other tests are run all the same, and what was not checked is said.
readers=$PWD/target/readers
profile=default
if [ -z "${PLATEAU_PYTHON:-}" ]; then
    PLATEAU_PYTHON=$readers/bin/python
    has_readers() { "$PLATEAU_PYTHON" -c 'import hyperqueue, onnx, onnxruntime, tensorboard, torch' 2>/dev/null; }
    # PyTorch's own index has it without CUDA, which is a tenth of the size; not every network reaches it.
    pip() { timeout 600 "$PLATEAU_PYTHON" -m pip install --quiet --retries 1 "$@"; }
    get_readers() {
        # The builds that follow need 25 GB.
        [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -gt 35000000 ] && python3 -m venv "$readers" && pip hyperqueue onnx onnxruntime tensorboard &&
            { pip torch --index-url https://download.pytorch.org/whl/cpu 2>/dev/null || pip torch; }
    }
    has_readers || get_readers || true
    has_readers || profile=without-readers
fi
export PLATEAU_PYTHON
[ $profile = default ] || unchecked="NOT CHECKED: the exports as PyTorch, ONNX Runtime and TensorBoard read them, and the recipe of \
HyperQueue, for they could not be installed into $readers"$'\n'

phase "installs"

cargo fmt --check
# Lints: clippy's driver stands in for the compiler in the builds that are made anyway, since `cargo clippy` would compile Burn once
# more for each target. This is how `cargo clippy` itself hands its arguments over.
export RUSTC_WORKSPACE_WRAPPER=$PWD/tests/clippy.sh
export CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
cargo build --release --locked
phase "the program"
bash web/build.sh --check
phase "the page and its engine"
cargo nextest run --release --locked --no-run
phase "the tests' build"
cargo nextest run --release --locked --profile "$profile" "$@"
phase "the tests"
cargo test --release --locked --doc
bash tests/docs.sh
phase "the documentation and its examples"
