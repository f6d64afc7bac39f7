"""A comparison on HyperQueue, a task for each run.

    python hyperqueue_sweep.py runs/sweep --dataset digits --strategies darts,na-darts --seeds 20

Needs `pip install hyperqueue` and a server (`hq server start`) whose workers see the folder; `--local 2` in front of the folder starts
two workers here instead. Flags of plateau compare follow the folder.
"""

import argparse
import os
import subprocess
import sys

from hyperqueue import Client, Job, LocalCluster
from hyperqueue.cluster import WorkerConfig
from hyperqueue.ffi.protocol import ResourceRequest

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--local", type=int, metavar="WORKERS", help="start so many workers on this machine")
parser.add_argument("--cpus", type=int, default=1, help="cores of a run")
parser.add_argument("folder")
parser.add_argument("flags", nargs=argparse.REMAINDER)
args = parser.parse_args()


def missing():
    """A command for every run that is not finished."""
    command = ["plateau", "compare", "--run-dir", args.folder, *args.flags, "--list"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def sweep(client):
    """Submits what is missing until nothing is, or nothing more gets done."""
    logs = os.path.join(args.folder, "hyperqueue")
    os.makedirs(logs, exist_ok=True)
    lines = missing()
    while lines:
        # One that fails keeps no other from running. A task whose worker is lost is started again by HyperQueue, and takes its run over
        # after a minute at most.
        job = Job(default_workdir=os.getcwd(), max_fails=None, name="plateau")
        for line in lines:
            job.program(
                ["sh", "-c", line],
                stdout=os.path.abspath(f"{logs}/%{{TASK_ID}}.stdout"),
                stderr=os.path.abspath(f"{logs}/%{{TASK_ID}}.stderr"),
                resources=ResourceRequest(cpus=args.cpus),
            )
        client.wait_for_jobs([client.submit(job)], raise_on_error=False)
        before, lines = lines, missing()
        if len(lines) == len(before):
            sys.exit(f"{len(lines)} runs cannot be finished: {logs} has what they said")


if args.local:
    with LocalCluster() as cluster:
        for _ in range(args.local):
            cluster.start_worker(WorkerConfig(cores=args.cpus))
        sweep(cluster.client())
else:
    sweep(Client())
subprocess.run(["plateau", "compare", "--merge", args.folder], check=True)
