#!/usr/bin/env bash
# What a GPU can do that is there for a quarter of an hour: bash tests/gpu.sh BINARY [OUT]
#
# BINARY is a built program (`cargo build --profile dist` makes a small one). It needs a driver, bash, coreutils, grep and sed; it
# builds nothing, needs no network and takes at most six minutes. OUT, by default ./gpu-report, gets gpu.json and gpu.txt: the adapter
# and its limits, the self-test, what a launch, a submit and a copy cost, steps of every size, those of DARTS with the time and the share of
# the bandwidth of each stage, a `quick` search on the GPU beside the same on the CPU and, where PYTHON (python3) has torch, the same steps in
# PyTorch. BANDWIDTH is the card's, GB/s, by default what a copy reaches; with OPERATIONS, the card's TFLOP/s, the steps are compared with what
# `plateau bench --predict` makes of these figures. The program runs from a copy in an empty folder with an empty environment.
# On a software adapter it does fewer sizes, and says so. Exit code 1: a part of it failed; the report says which.
set -uo pipefail

if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -f "$1" ]; then
    echo "usage: bash tests/gpu.sh BINARY [OUT]; BINARY is a built plateau" >&2
    exit 2
fi
mkdir -p "${2:-gpu-report}" || exit 1
out=$(cd "${2:-gpu-report}" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$1" "$folder/plateau" && chmod +x "$folder/plateau" || exit 1
cd "$folder" || exit 1

# All parts but the peers end before `most`, and the peers before `end`: seconds since the start.
most=240
end=345
SECONDS=0
failures=()

# Says a line here and in the report, whatever the output of a part goes to.
exec 3>&1
say() { printf '%s\n' "$*" | tee -a gpu.txt >&3; }
# A text as a JSON string.
quoted() { printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g')"; }
# A file of JSON, or null where a part has left none.
json() { if [ -s "$1" ]; then cat "$1"; else echo null; fi; }
# The seconds that a part may take: so many, or what is left until a time.
within() {
    local left=$(($2 - SECONDS))
    echo $(($1 < left ? $1 : left))
}
# Runs the program for at most so many seconds, with a name in case it fails: limit NAME SECONDS ARGUMENTS…
limit() {
    local name=$1 seconds=$2 code line
    shift 2
    if [ "$seconds" -lt 1 ]; then
        line="no time was left"
    elif { timeout -k 5 "$seconds" env -i ${surroundings[@]+"${surroundings[@]}"} ./plateau "$@"; } 2>messages; then
        return 0
    else
        code=$?
        line=$(grep -m 1 '^error: ' messages || grep -v '^ *$' messages | tail -n 1)
        case $code in 124 | 137) line="not done after $seconds s" ;; esac
    fi
    failures+=("$name: $line")
    say "FAILED  $name: $line"
    return 1
}
surroundings=()

version=$(env -i ./plateau --version)
say "$version, $(stat -c %s plateau) bytes, $(uname -sm), $(date -u +%FT%TZ)"
limit devices 30 devices >devices.txt
limit "devices, JSON" 30 devices --json >devices.json
say "$(cat devices.txt)"
if ! grep -q '"choice":"gpu"' devices.json; then
    echo "no adapter was found: install the driver's Vulkan part" >&2
    exit 1
fi
software=true
grep -q 'auto takes the GPU' devices.txt && software=false

say ""
limit self-test "$(within 60 $most)" devices --self-test --device gpu --json >self_test.json
say "self-test: $(grep -o '"passed":true' self_test.json | wc -l) checks passed, $(grep -o '"passed":false' self_test.json | wc -l) failed"

say ""
limit costs "$(within 30 $most)" devices --measure --device gpu --json >costs.json
cost() { sed -n 's/.*"'"$1"'":\([-+0-9.e]*\).*/\1/p' costs.json; }
launch=$(cost launch_us) copy=$(cost copy_gb_per_s)
bandwidth=${BANDWIDTH:-$copy}
say "costs: ${launch:-–} µs a launch, $(cost submit_us) µs a submit that is waited for, ${copy:-–} GB/s of a copy; shares are of ${bandwidth:-–} GB/s"

say ""
if $software; then
    say "A software adapter: quick sizes of few images only, one step each. The times say nothing about a GPU."
    sizes=quick
    effort=(--batch 4 --warmup 0 --steps 1)
    search=(--strategy darts --epochs 1 --channels 2 --layers 2)
    peers=("cpu darts train quick")
else
    sizes="quick teach paper"
    effort=(--warmup 3 --steps 10)
    search=()
    peers=("gpu darts train paper" "gpu darts darts paper" "gpu nas-bench-201 darts paper"
        "gpu darts train quick" "gpu nas-bench-201 darts quick" "gpu darts darts quick")
fi

[ -n "$bandwidth" ] && effort+=(--bandwidth "$bandwidth")

# Times one case and prints its lines, the heading where it is new: bench FILE SECONDS DEVICE SPACE STRATEGY SIZE FLAGS…
heading=""
bench() {
    local file=$1 seconds=$2 device=$3 space=$4 strategy=$5 size=$6 lines
    shift 6
    limit "bench $space $strategy $size" "$seconds" bench --device "$device" --space "$space" --strategy "$strategy" \
        --size "$size" --kernels fused --save "$file" "$@" "${effort[@]}" >lines || return
    lines=$(sed '/^$/,$d' lines)
    if [ "$heading" != "$device $space" ]; then
        heading="$device $space"
        say "$lines"
    else
        say "$(sed '1,2d' <<<"$lines")"
    fi
}
# The cases of files of lists as one list.
joined() {
    local files=("$@")
    [ -e "${files[0]}" ] || files=()
    printf '[%s]' "$(cat ${files[@]+"${files[@]}"} /dev/null | sed 's/^\[//; s/\]$//' | paste -sd, -)"
}

for case in "darts darts" "darts na-darts" "darts train" "nas-bench-201 darts"; do
    for size in $sizes; do
        read -r space strategy <<<"$case"
        stages=()
        [ "$case" = "darts darts" ] && stages=(--stages)
        bench "bench-$space-$strategy-$size.json" "$(within 45 $most)" gpu "$space" "$strategy" "$size" ${stages[@]+"${stages[@]}"}
    done
done

say ""
if [ -n "${OPERATIONS:-}" ] && [ -n "$bandwidth" ] && [ -n "$launch" ]; then
    limit prediction "$(within 60 $most)" bench --predict --device gpu --strategy darts --size "${sizes// /,}" --bandwidth "$bandwidth" \
        --operations "$OPERATIONS" --launch "$launch" --json >predict.json
    say "predicted and measured ms a step: $(grep -o '"size":"[a-z]*"\|"ms_per_step":[^,}]*\|"measured_ms":[^,}]*\|"measured_ratio":[^,}]*' predict.json | tr '\n' ' ')"
else
    say "prediction: not made, since OPERATIONS, the card's TFLOP/s, was not given"
fi

# A search with the same seed on both, its network hardly trained.
say ""
steps() { # DEVICE
    if [ -f "run-$1/events.jsonl" ]; then
        sed -n 's/.*"event":"search-step","step":\([0-9]*\),.*"train_loss":\([-+0-9.e]*\),.*"validation_loss":\([-+0-9.e]*\),.*/[\1,\2,\3]/p' \
            "run-$1/events.jsonl"
    fi
}
for device in gpu cpu; do
    limit "search on the $device" "$(within 100 $((most + 30)))" search --dataset digits --preset quick --seed 0 --device $device \
        ${search[@]+"${search[@]}"} --train-epochs 1 --train-batch 1024 --train-channels 4 --train-layers 1 --run-dir run-$device --json >search-$device.json
    steps $device >steps-$device
done
say "search --dataset digits --preset quick --seed 0${search[*]+ ${search[*]}}: losses of training and of validation"
say "$(printf '%6s %12s %12s %12s %12s' step 'train, GPU' 'train, CPU' 'valid., GPU' 'valid., CPU')"
last=$(cat steps-gpu steps-cpu | sed 's/^\[//; s/,.*//' | sort -n | tail -n 1)
for ((step = 1; step <= ${last:-0}; step++)); do
    # The first steps and the ends of the epochs.
    if [ "$step" -le 3 ] || [ $((step % 9)) = 0 ]; then
        IFS=, read -r _ train valid <<<"$(sed -n "${step}s/[][]//gp" steps-gpu)"
        IFS=, read -r _ other_train other_valid <<<"$(sed -n "${step}s/[][]//gp" steps-cpu)"
        say "$(printf '%6s %12s %12s %12s %12s' "$step" "${train:-–}" "${other_train:-–}" "${valid:-–}" "${other_valid:-–}")"
    fi
done

# PyTorch has the surroundings that it compiles with.
say ""
python=$(command -v "${PYTHON:-python3}" || true)
if [ -n "$python" ] && timeout "$(within 60 $end)" "$python" -c 'import torch' 2>/dev/null; then
    surroundings=(PATH="$PATH" HOME="$folder" LD_LIBRARY_PATH="${LD_LIBRARY_PATH-}")
    heading=""
    for case in "${peers[@]}"; do
        left=$((end - SECONDS))
        # Two of the three ways take seconds; compiling takes what it may.
        each=$(((left - 20) / 2))
        [ "$each" -lt 20 ] && break
        read -r device space strategy size <<<"$case"
        bench "peer-$space-$strategy-$size.json" "$left" "$device" "$space" "$strategy" "$size" \
            --peer "$python" --peer-limit $((each < 75 ? each : 75))
    done
else
    say "PyTorch: not timed, since ${PYTHON:-python3} has no torch here"
fi

say ""
say "took $SECONDS s, ${#failures[@]} parts failed"
{
    printf '{"plateau":%s,"seconds":%s,"software":%s,' "$(quoted "$version")" "$SECONDS" "$software"
    printf '"devices":%s,"self_test":%s,' "$(json devices.json)" "$(json self_test.json)"
    printf '"costs":%s,"predicted":%s,' "$(json costs.json)" "$(json predict.json)"
    printf '"bench":%s,"peer":%s,' "$(joined bench-*.json)" "$(joined peer-*.json)"
    for device in gpu cpu; do
        printf '"search_%s":%s,"losses_%s":[%s],' $device "$(json search-$device.json)" $device "$(paste -sd, steps-$device)"
    done
    printf '"failures":['
    comma=""
    for failure in ${failures[@]+"${failures[@]}"}; do
        printf '%s%s' "$comma" "$(quoted "$failure")"
        comma=,
    done
    printf ']}\n'
} >gpu.json
cp gpu.json gpu.txt "$out"/ || exit 1
echo "the report is in $out: gpu.txt and gpu.json"
[ ${#failures[@]} = 0 ]
