#!/usr/bin/env bash
# Runs an experiment of the manual again: `bash tests/experiments.sh NAME`, with a built target/release/plateau (or PLATEAU=FILE). Times are
# those of two cores (AMD EPYC). What is finished is kept in runs/experiments/NAME; the same call goes on there.
#
#   noise     E1, half a minute: writes src/manual/experiments/noise.jsonl.gz
#   relaxed   E2, 8 minutes: writes src/manual/experiments/relaxed.jsonl.gz
#   collapse  E3, half an hour a seed of the first three arms, days for all: writes src/manual/experiments/collapse.json.gz, and goes on there
#   scratch   E4, five hours (the digits one): writes src/manual/experiments/scratch-*.json.gz
#   judge     E5, half an hour a judge, of which there are 20 (JUDGES=N: fewer): writes src/manual/experiments/judge.jsonl.gz
#
# What is not built in is not part of the project: DATA is a folder with nasbench201/nb201_valid_runs.csv.gz (columns
# NAMEValidAccuracy200EpochsRunN of the data sets CIFAR10, CIFAR100 and ImageNet), cifar10 and bench_102_num.txt, by default ../shared/data. Afterwards
# `UPDATE_SNAPSHOTS=true cargo nextest run --release --test app experiments` writes tables and figures anew.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "experiments.sh: $1" >&2
    exit 2
}

name=${1:-}
data=${DATA:-../shared/data}
plateau=${PLATEAU:-target/release/plateau}
pages=src/manual/experiments
folder=runs/experiments/$name
[ $# -le 1 ] || fail "one NAME at a time"
sets="CIFAR10 CIFAR100 ImageNet"
runs=$data/nasbench201/nb201_valid_runs.csv.gz

# Packs the results from the standard input as a file beside the pages, whole or not at all.
publish() {
    gzip -9 -n >"$folder/$1" && cp "$folder/$1" "$pages/.$1.new" && mv "$pages/.$1.new" "$pages/$1"
    ls -l "$pages/$1"
}

# Joins the values of all data sets.
join() {
    for set in $sets; do cat "$folder/$set.jsonl"; done | publish "$name.jsonl.gz"
}

# What is finished is taken up again only where it was made by the same program from the same files.
begin() {
    command -v "$plateau" >/dev/null || fail "$plateau cannot be run: build it, or name another as PLATEAU=FILE"
    for file; do [ -r "$file" ] || fail "$file cannot be read: name the folder of the data as DATA=FOLDER"; done
    local made
    made=$(cat "$(command -v "$plateau")" "$@" | sha256sum)
    mkdir -p "$folder"
    if [ -e "$folder/made-with" ] && [ "$(cat "$folder/made-with")" != "$made" ]; then
        fail "$folder was made with another program or other data: remove it to begin anew"
    fi
    echo "$made" >"$folder/made-with"
}

case $name in
noise)
    begin "$runs"
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
    begin "$runs"
    for set in $sets; do
        [ -s "$folder/$set.jsonl" ] ||
            "$plateau" relax --table "$runs" --metric "${set}ValidAccuracy200Epochs" --radius 1,2,3 --worst --values "$folder/$set.jsonl"
    done
    join
    ;;
collapse)
    table=$data/bench_102_num.txt
    [ -r "$table" ] || fail "$table cannot be read: name the folder of the data as DATA=FOLDER"
    command -v "$plateau" >/dev/null || fail "$plateau cannot be run: build it, or name another as PLATEAU=FILE"
    mkdir -p "$folder"
    # What other machines have finished counts here: a run is the same bits whenever it is made.
    if [ ! -e "$folder/compare.json" ] && [ -e "$pages/collapse.json.gz" ]; then gzip -dc "$pages/collapse.json.gz" >"$folder/compare.json"; fi
    # However it is stopped, what is finished is kept for the next machine.
    trap '[ ! -e "$folder/compare.json" ] || publish collapse.json.gz <"$folder/compare.json"' EXIT
    # Arms, and how many seeds: seed by seed over the arms of a block.
    block() {
        "$plateau" compare --device cpu --space nas-bench-201 --dataset "$data/cifar10#size=16" --split-seed 0 --channels 8 --layers 1 \
            --epochs 80 --alpha-rate 0.001 --temperature 1 --table "$table" --strategies "$1" --seeds "$2" --primary "$hard/darts" \
            --run-dir "$folder"
    }
    hard=na-darts:radius=3:representation=hard-replacement
    block "darts,darts:replica,$hard" 20
    block "darts,$hard,na-darts:radius=1,rsps:cost=na-darts" 20
    block "darts,$hard,darts:cost=na-darts,$hard:aggregation=max,darts:temperature=1:0.3,sdarts-rs,a2m,darts:early-stop,random" 10
    ;;
scratch)
    begin
    for set in digits fashion#size=14; do
        short=${set%#*}
        "$plateau" compare --device cpu --dataset "$set" --split-seed 0 --seeds 20 --run-dir "$folder/$short" \
            --strategies random,darts,darts:replica,darts:cost=na-darts,na-darts,a2m,rsps:cost=na-darts \
            --primary na-darts/darts,na-darts/darts:cost=na-darts,na-darts/random --channels 4 --layers 3 --epochs 8 \
            --train-channels 8 --train-layers 3 --train-epochs 8 --judge-epochs 30
        publish "scratch-$short.json.gz" <"$folder/$short/compare.json"
    done
    ;;
judge)
    table=$data/bench_102_num.txt
    truth=CIFAR10TestAccuracy200Epochs
    begin "$table"
    for judge in $(seq 0 $((${JUDGES:-20} - 1))); do
        scores=$folder/scores-$judge.csv
        [ -s "$scores" ] || "$plateau" judge --device cpu --space nas-bench-201 --dataset "$data/cifar10#size=16" --split-seed 0 --seed "$judge" \
            --epochs 150 --crop-padding 2 --cutout 4 --cells 15625 --table "$table" --metric "$truth" --scores "$scores" --run-dir "$folder/$judge"
        for draws in "20 --screen 10" "200 --screen 100"; do
            # Unquoted: two words and a flag.
            "$plateau" sample --compare --noise 0 --runs 25 --draws $draws --table "$scores" --metric JudgeAccuracy --report-metric "$truth" \
                --values "$folder/one.jsonl"
            sed "s/\"panel\":\"/&judge $judge, ${draws%% *} draws: /" "$folder/one.jsonl"
        done >"$folder/$judge.jsonl"
    done
    for judge in $(seq 0 $((${JUDGES:-20} - 1))); do cat "$folder/$judge.jsonl"; done | publish judge.jsonl.gz
    ;;
*)
    [ -z "$name" ] || echo "experiments.sh: there is no experiment $name" >&2
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
