#!/bin/bash
# A comparison on this machine, several runs at once, by GNU parallel where it is installed, else by xargs.
#
#   bash parallel.sh 4 runs/sweep --dataset digits --strategies darts,na-darts --seeds 20
#
# The first arguments are how many runs at once and the folder; flags of plateau compare follow.
set -euo pipefail

jobs=${1:?how many runs at once} folder=${2:?the folder of the comparison}
shift 2

code=0
missing=$(plateau compare --run-dir "$folder" "$@" --list)
if [ -z "$missing" ]; then
    echo "every run is finished"
elif command -v parallel >/dev/null; then
    parallel --jobs "$jobs" <<<"$missing" || code=$?
else
    # Lines as they stand, quotes and all, each for a shell.
    printf '%s\n' "$missing" | tr '\n' '\0' | xargs -0 -n 1 -P "$jobs" sh -c || code=$?
fi
plateau compare --merge "$folder"
if [ "$code" -ne 0 ]; then
    echo "some runs have failed: the same command goes on" >&2
fi
exit "$code"
