#!/usr/bin/env bash
# Puts the service worker into a folder with the built page: the page's version, a hash over its files, is written into the page, into
# the engine's bootstrap and into the service worker, which gets the names and hashes of all files, too.
#   bash web/service.sh FOLDER
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)/service.js
cd "$1"

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c1-64; }
# As browsers write it.
integrity() { printf 'sha256-%s' "$(printf "$(sha256 <"$1" | sed 's/../\\x&/g')" | base64)"; }

names=$(find . -type f ! -name '*.br' ! -name '*.gz' ! -name service.js | sed 's|^\./||' | LC_ALL=C sort)
put_version() { sed -e "s/^\( *const version = \)\"[^\"]*\";/\1\"$1\";/" -e "s/\(href=\"[^\"]*?v=\)[^\"]*\"/\1$1\"/" "$2"; }
# Those that say the version are hashed without it.
say_version() {
    for name in index.html worker.js; do
        put_version "$1" "$name" >versioned
        mv versioned "$name"
    done
}
say_version ""
version=$(for name in $names; do sha256 <"$name"; done | sha256 | cut -c1-16)
say_version "$version"

files=""
for name in $names; do
    # A host that has the page under a second name may send there from this one.
    files="$files[\"${name#index.html}\", \"$(integrity "$name")\"], "
done
put_version "$version" "$source" | sed "s|^const files = .*|const files = new Map([${files%, }]);|" >service.js
