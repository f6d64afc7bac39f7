#!/usr/bin/env bash
# Fails when the page, or the engine that loads behind it, has grown beyond its budget: bytes that a host transfers (brotli), and
# unpacked bytes that a browser compiles. What `web/build.sh --check` left unpacked is not judged.
#   bash web/size.sh [FOLDER]   web/dist where none is named
set -euo pipefail
cd "${1:-$(dirname "$0")/dist}"

bytes() { cat "$@" | wc -c; }

measure() {
    name=$1 transferred=$2 unpacked=$3
    shift 3
    for file in "$@"; do
        [ -f "$file.br" ] || { echo "$name: not packed, $(bytes "$@") bytes unpacked"; return; }
    done
    brotli=$(bytes "${@/%/.br}") gzip=$(bytes "${@/%/.gz}") plain=$(bytes "$@")
    echo "$name: $brotli bytes in brotli (budget $transferred), $gzip in gzip, $plain unpacked (budget $unpacked)"
    if [ "$brotli" -gt "$transferred" ] || [ "$plain" -gt "$unpacked" ]; then
        echo "$name has outgrown its budget" >&2
        exit 1
    fi
}

measure "first picture" 60000 200000 index.html
measure page 2500000 10000000 index.html page.js page_bg.wasm
measure engine 4000000 30000000 worker.js engine.js engine_bg.wasm
