#!/usr/bin/env bash
# Builds the page: static files for any host, the programs beside their brotli and gzip forms. Installs what is missing.
#   bash web/build.sh           web/dist, small, to be published
#   bash web/build.sh --check   web/dist-check, for the tests: the same code with an engine that is built in less time and not packed
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
case "${1:-}" in
    "") engine=web out=web/dist ;;
    --check) engine=release out=web/dist-check ;;
    *) echo "usage: bash web/build.sh [--check]" >&2; exit 2 ;;
esac

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

rustup target list --installed | grep -q wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
if command -v apt-get >/dev/null && ! command -v brotli >/dev/null; then
    as_root apt-get update
    as_root apt-get install -y --no-install-recommends brotli
fi
command -v brotli >/dev/null || { echo "web/build.sh needs brotli (on macOS: brew install brotli)" >&2; exit 1; }

# Unless the constructors of statics (Burn's compiler registers itself in thousands) are exported, the linker has every call from
# JavaScript run them all anew, which costs milliseconds each; `web::construct` calls them once.
# Both programs are compiled for vectors of four floats, which every current browser has (`web/index.html` says so to older ones).
program() {
    name=$1 profile=$2 features=web,$3
    shift 3
    exec cargo rustc --profile "$profile" --locked --target wasm32-unknown-unknown --no-default-features --features "$features" \
        --config 'target.wasm32-unknown-unknown.rustflags=["-Ctarget-feature=+simd128"]' \
        --bin "$name" "$@" -- -C link-arg=--export=__wasm_call_ctors
}
# What a step waits for is fast where it is published; where it is only checked, what Burn computes on the CPU need not be.
set_levels() { for crate in $2; do echo "--config=profile.$engine.package.$crate.opt-level=$1"; done; }
if [ "$engine" = web ]; then
    levels=$(set_levels 3 "plateau burn-flex gemm gemm-common gemm-f32 macerator pulp")
else
    levels="$(set_levels 0 "burn-flex burn-dispatch burn-tensor burn-std") --config=profile.release.strip=false"
fi
# With --check the two lie in folders of their own, so that the page may be linked, which takes one core, while the engine is compiled.
program page web window &
page=$!
trap 'kill "$page" 2>/dev/null || true' EXIT
# shellcheck disable=SC2086 # One word a flag.
(program worker "$engine" engine $levels)
wait "$page"
trap - EXIT
# A lint of our own (tests/run.sh) is not for other people's programs.
env -u RUSTC_WORKSPACE_WRAPPER cargo build --release --locked --manifest-path web/bind/Cargo.toml --target-dir "$target/bind"

rm -rf "$out"
mkdir -p "$out"
bind() { "$target/bind/release/bind" "$target/wasm32-unknown-unknown/$2/$1.wasm" "$out" "$3"; }
bind page web page
bind worker "$engine" engine
cp web/icon.svg web/manifest.webmanifest "$out/"
for set in mnist5k fashion; do cp "src/data/embedded/$set.gz" "$out/$set.bin"; done
cp src/app/runs/judge-digits-darts.gz "$out/judge-digits-darts.bin"
total() { echo "s/const total = 0;/const total = $(wc -c <"$out/$1");/"; }
sed -e "$(total engine_bg.wasm)" web/worker.js >"$out/worker.js"
sed -e "$(total page_bg.wasm)" \
    -e '/<!-- web\/first.html -->/{' -e 'r web/first.html' -e 'd' -e '}' web/index.html >"$out/index.html"
bash web/service.sh "$out"

packed="index.html page.js page_bg.wasm"
[ "$engine" = web ] && packed="$packed worker.js engine.js engine_bg.wasm"
jobs=""
for file in $packed; do
    brotli --best --keep --force "$out/$file" &
    jobs="$jobs $!"
    gzip -9 --keep --force "$out/$file"
done
for job in $jobs; do wait "$job"; done
bash web/size.sh "$out"
