#!/usr/bin/env bash
# The documentation of the code, private items too, into target/doc; a warning is an error. As `cargo doc --no-deps
# --document-private-items`, which would check all dependencies once more, but from what a release build has made: rustdoc's call is that of
# the examples' test, without the test.
set -euo pipefail
cd "$(dirname "$0")/.."

call=$(cargo test --release --locked --doc -vv -- --list 2>&1 | sed -n 's/^ *Running `\(.* --test .*\)`$/\1/p')
[ -n "$call" ] || { echo "docs.sh: cargo ran no rustdoc" >&2; exit 1; }
call=$(sed -E "s/ --test / /; s/ --test-(run-directory|args) [^ ]+//g" <<<"$call")
eval "$call --document-private-items --out-dir target/doc -D warnings -A rustdoc::private_intra_doc_links"
