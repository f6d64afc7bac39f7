#!/usr/bin/env bash
# Fuzzes: tests/fuzz/run.sh [SECONDS] [TARGET...]; 600 seconds each and all targets where none are named. What is found stays in
# tests/fuzz/target/found. A stable compiler will do: the flags are those of `cargo fuzz` without the address sanitizer, which
# finds nothing in a program without unsafe code.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-600}
shift || true
[ $# -gt 0 ] || set -- corpus/*
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
cargo build --release --locked --target "$host"
mkdir -p target/found
for target in "$@"; do
    target=$(basename "$target")
    mkdir -p "target/corpus/$target"
    "target/$host/release/$target" "target/corpus/$target" "corpus/$target" -max_total_time="$seconds" -max_len=16384 \
        -timeout=25 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="target/found/$target-"
done
