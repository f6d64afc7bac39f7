#!/bin/bash
# A comparison as an array of Slurm jobs, each a shard. They work in one folder that all nodes see, and what one leaves another takes over.
#
#   sbatch --array=1-8 slurm.sh runs/sweep --dataset digits --strategies darts,na-darts --seeds 20
#   sbatch --dependency=afterany:JOB --wrap "plateau compare --merge runs/sweep"
#
# The first argument is the folder; flags of plateau compare follow.
#SBATCH --job-name=plateau
#SBATCH --array=1-4
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
# A job whose node is lost, or taken for another job, is queued again.
#SBATCH --requeue
#SBATCH --open-mode=append
# Two minutes before its time is over a job hears of it.
#SBATCH --signal=B:USR1@120

folder=${1:?the folder of the comparison}
shift

limit=far
trap 'limit=near; kill -USR1 "$step"' USR1

srun plateau compare --run-dir "$folder" "$@" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_MAX" &
step=$!
wait "$step"
code=$?
if [ "$limit" = near ]; then
    # The signal ended the wait, not the run, which saves its state now.
    wait "$step"
    code=$?
fi

# 75: stopped, and it can go on. A job that was cancelled is not queued again.
if [ "$limit" = near ] && [ "$code" -eq 75 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
