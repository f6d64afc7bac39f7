#!/usr/bin/env bash
# Fails when the page, or the engine that loads behind it, has grown beyond its budget. Sizes are gzip -9, as a host transfers them.
set -euo pipefail
cd "$(dirname "$0")/dist"

measure() {
    name=$1 budget=$2
    shift 2
    total=0
    for file in "$@"; do
        bytes=$(gzip -9 -c "$file" | wc -c)
        total=$((total + bytes))
    done
    echo "$name: $total bytes transferred, budget $budget"
    [ "$total" -le "$budget" ] || { echo "$name has outgrown its budget"; exit 1; }
}

measure page 6000000 index.html page.js page_bg.wasm
measure engine 12000000 worker.js engine.js engine_bg.wasm
