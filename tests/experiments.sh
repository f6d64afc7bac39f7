#!/usr/bin/env bash
# Runs an experiment of the manual again: `bash tests/experiments.sh NAME`, with a built target/release/plateau (or PLATEAU=FILE). Times are
# those of two cores (AMD EPYC). What is finished is kept in runs/experiments/NAME; the same call goes on there.
#
#   noise     E1, half a minute: writes src/manual/experiments/noise.jsonl.gz
#   relaxed   E2, 8 minutes: writes src/manual/experiments/relaxed.jsonl.gz
#
# The data are not part of the project: DATA is a folder with nasbench201/nb201_valid_runs.csv.gz (columns NAMEValidAccuracy200EpochsRunN of
# the data sets CIFAR10, CIFAR100 and ImageNet), by default ../shared/data. Afterwards
# `UPDATE_SNAPSHOTS=true cargo nextest run --release --test app experiments` writes tables and figures anew.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:-}
data=${DATA:-../shared/data}
plateau=${PLATEAU:-target/release/plateau}
pages=src/manual/experiments
folder=runs/experiments/$name
sets="CIFAR10 CIFAR100 ImageNet"
runs=$data/nasbench201/nb201_valid_runs.csv.gz

# Joins the values of all data sets.
join() {
    for set in $sets; do cat "$folder/$set.jsonl"; done | gzip -9 -n >"$pages/$name.jsonl.gz"
    ls -l "$pages/$name.jsonl.gz"
}

case $name in
noise)
    mkdir -p "$folder"
    # The first run of a cell chooses, the mean of the others reports.
    gzip -dc "$runs" | sed '1s/ValidAccuracy200EpochsRun1/ChosenBy/g; 1s/ValidAccuracy200EpochsRun2/ReportedRun1/g
        1s/ValidAccuracy200EpochsRun3/ReportedRun2/g' >"$folder/runs.csv"
    for set in $sets; do
        "$plateau" sample --compare --table "$folder/runs.csv" --metric "${set}ChosenBy" --report-metric "${set}Reported" \
            --noise 0,0.5,1,2,3,4,6,8 --values "$folder/$set.jsonl"
    done
    join
    ;;
relaxed)
    mkdir -p "$folder"
    for set in $sets; do
        [ -s "$folder/$set.jsonl" ] ||
            "$plateau" relax --table "$runs" --metric "${set}ValidAccuracy200Epochs" --radius 1,2,3 --worst --values "$folder/$set.jsonl"
    done
    join
    ;;
*)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
