#!/usr/bin/env python3
"""Kills runs with SIGKILL at random moments and proves that they end as if they had not been.

    python3 tests/kills.py [KILLS] [--seed N] [--binary PATH]       # 1000 kills, target/release/plateau

It is no part of the suite: 1000 kills take about a quarter of an hour on one core. Run two at once with different seeds, each in a folder of
its own below the system's for temporary files:

    python3 tests/kills.py 500 --seed 1 & python3 tests/kills.py 500 --seed 2 & wait

Each round takes one of a few small runs, whose undisturbed result is computed first. It is started, killed at a moment drawn
uniformly from about the time that it takes, resumed, killed again and so on, up to MOST times, and then left to its end. Then every event
(without its seconds) and the bytes of the files that follow from them must be those of the undisturbed run. The first difference ends
the script with exit code 1 and leaves both folders for a look.
"""
import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SMALL = "--dataset digits --device cpu --test-share 0.8 --batch 60 --train-batch 120"
SEARCH = "--channels 4 --layers 2 --epochs 2 --train-channels 4 --train-layers 2 --train-epochs 2"
RUNS = {
    "darts": f"search --strategy darts {SMALL} {SEARCH} --checkpoint-every 1",
    "na-darts": f"search --strategy na-darts --neighbors 1 {SMALL} {SEARCH} --checkpoint-every 2",
    "sharpness": f"search --strategy darts --sharpness 2 --space nas-bench-201-small {SMALL} {SEARCH}",
    "random": f"search --strategy random {SMALL} {SEARCH} --checkpoint-every 3",
    "train": "train darts-v2 --dataset digits --device cpu --test-share 0.8 --train-batch 120 --train-channels 4 --train-layers 2 "
             "--train-epochs 4 --checkpoint-every 2",
}
FILES = ["config.json", "genotype.json", "genotype.txt", "result.json", "network.safetensors",
         "supernet.safetensors"]
# Kills of one run before it is left to its end.
MOST = 6


def events(folder):
    """The events of a run folder without their seconds; a line that a killed process was writing is left out."""
    path = folder / "events.jsonl"
    if not path.exists():
        return []
    found = []
    for line in path.read_bytes().split(b"\n")[:-1]:
        event = json.loads(line)
        del event["seconds"]
        found.append(event)
    return found


def command(binary, flags, folder):
    """Begins the run of a folder, or goes on with it; none where it is finished."""
    said = events(folder)
    if said and said[-1]["event"] == "finished":
        return None
    if said:
        return [binary, flags[0], "--resume", folder]
    # Killed before its first event: the folder can be used again as it is.
    return [binary, *flags, "--run-dir", folder]


def difference(expected, found):
    """The first difference of two finished runs; none: they are equal."""
    one, other = events(expected), events(found)
    for number, (a, b) in enumerate(zip(one, other), 1):
        if a != b:
            return f"line {number} of events.jsonl: {json.dumps(a)[:200]} and {json.dumps(b)[:200]}"
    if len(one) != len(other):
        return f"{len(one)} events and {len(other)}"
    for name in FILES:
        a, b = expected / name, found / name
        if a.exists() != b.exists() or a.exists() and a.read_bytes() != b.read_bytes():
            return name
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kills", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--binary", default=str(Path(__file__).resolve().parent.parent / "target/release/plateau"))
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix=f"plateau-kills-{args.seed}-"))
    rng = random.Random(args.seed)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "cwd": root}

    def fail(text):
        print(f"FAILED: {text}; folders are in {root}", flush=True)
        sys.exit(1)

    whole = {}
    for name, flags in RUNS.items():
        began = time.monotonic()
        ended = subprocess.run([args.binary, *flags.split(), "--run-dir", root / name], **quiet)
        whole[name] = time.monotonic() - began
        if ended.returncode != 0:
            fail(f"the undisturbed run {name}: {ended.stderr.decode()}")

    # Where the machine has become faster or slower since, most kills would come too late or all of them early.
    reach = dict(whole)
    kills = rounds = before = 0
    while kills < args.kills:
        rounds += 1
        name = rng.choice(list(RUNS))
        folder, own = root / "killed", 0
        while (line := command(args.binary, RUNS[name].split(), folder)) is not None:
            process = subprocess.Popen(line, **quiet)
            if own < MOST and kills < args.kills:
                time.sleep(rng.uniform(0, reach[name]))
                if process.poll() is None:
                    process.kill()
                    process.communicate()
                    own, kills = own + 1, kills + 1
                    before += not events(folder)
                    reach[name] *= 1.1
                    continue
                reach[name] = max(0.05, 0.8 * reach[name])
            _, stderr = process.communicate()
            if process.returncode != 0:
                fail(f"{name} after {own} kills ended with {process.returncode}: {stderr.decode().strip()}")
        found = difference(root / name, folder)
        if found:
            fail(f"{name} after {own} kills differs in {found}")
        shutil.rmtree(folder)
        if rounds % 20 == 0:
            print(f"{kills} kills, {rounds} runs", flush=True)
    shutil.rmtree(root)
    print(f"{kills} kills of {rounds} runs, {before} of them before the first event: every run ended with the same bits")


if __name__ == "__main__":
    main()
