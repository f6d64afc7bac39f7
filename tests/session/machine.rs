//! How much memory there is, on made-up machines: the machine's own, and what containers and batch jobs are allowed.

use std::path::Path;

use plateau::session::{MachineMemory, machine_memory};

use crate::support::folder::folder;

/// A machine of 64 GB (of 1,000 kB) with these files.
fn machine(name: &str, groups: &str, files: &[(&str, &str)]) -> Option<MachineMemory> {
    let root = folder(&format!("machine-{name}"));
    let meminfo = (
        "proc/meminfo",
        "MemFree: 5 kB\nMemTotal:       62500000 kB\n",
    );
    let groups = ("proc/self/cgroup", groups);
    for (path, text) in [meminfo, groups].iter().chain(files) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let memory = machine_memory(&root);
    std::fs::remove_dir_all(root).unwrap();
    memory
}

const MACHINE: Option<MachineMemory> = Some(MachineMemory {
    bytes: 64_000_000_000,
    limited: false,
});

fn limited(bytes: u64) -> Option<MachineMemory> {
    Some(MachineMemory {
        bytes,
        limited: true,
    })
}

#[test]
fn a_machine_without_limits_has_what_it_has() {
    assert_eq!(machine("none", "", &[]), MACHINE);
    let unlimited = [
        ("sys/fs/cgroup/memory.max", "max\n"),
        ("sys/fs/cgroup/a/memory.max", "max\n"),
    ];
    assert_eq!(machine("max", "0::/a\n", &unlimited), MACHINE);
    let huge = [(
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "9223372036854771712\n",
    )];
    assert_eq!(machine("huge", "4:memory:/\n", &huge), MACHINE);
    let above = [("sys/fs/cgroup/memory.max", "99000000000\n")];
    assert_eq!(machine("above", "0::/\n", &above), MACHINE);
}

#[test]
fn the_limit_of_a_container_counts_in_both_versions_of_control_groups() {
    // docker -m 1500m, version 2: the container sees itself as the root.
    let own = [("sys/fs/cgroup/memory.max", "1572864000\n")];
    assert_eq!(machine("v2", "0::/\n", &own), limited(1_572_864_000));
    // Version 1: the path is the host's, which the container does not see.
    let groups = "9:cpu,cpuacct:/docker/f0\n4:memory:/docker/f0\n0::/docker/f0\n";
    let own = [("sys/fs/cgroup/memory/memory.limit_in_bytes", "1572864000\n")];
    assert_eq!(machine("v1", groups, &own), limited(1_572_864_000));
    // A path above the container's own root.
    let own = [("sys/fs/cgroup/memory.max", "800000000")];
    assert_eq!(machine("up", "0::/../../job\n", &own), limited(800_000_000));
}

#[test]
fn the_least_limit_on_the_way_up_counts() {
    let slurm = "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0\n";
    let job = "sys/fs/cgroup/system.slice/slurmstepd.scope/job_7";
    let [own, step, task] =
        ["", "/step_0", "/step_0/user/task_0"].map(|inside| format!("{job}{inside}/memory.max"));
    let files = [
        (own.as_str(), "4000000000\n"),
        (step.as_str(), "6000000000\n"),
        (task.as_str(), "max\n"),
    ];
    assert_eq!(machine("slurm", slurm, &files), limited(4_000_000_000));
    // A service that is slowed down above its high mark, long before its end.
    let files = [
        ("sys/fs/cgroup/a/b/memory.max", "5000000000\n"),
        ("sys/fs/cgroup/a/memory.high", "3000000000\n"),
    ];
    assert_eq!(machine("high", "0::/a/b\n", &files), limited(3_000_000_000));
    // Version 1 for memory beside version 2 for the rest.
    let files = [
        (
            "sys/fs/cgroup/memory/slurm/uid_1/memory.limit_in_bytes",
            "2000000000\n",
        ),
        (
            "sys/fs/cgroup/memory/slurm/uid_1/job_2/memory.limit_in_bytes",
            "9223372036854771712\n",
        ),
        ("sys/fs/cgroup/unified/memory.max", "max\n"),
    ];
    let groups = "12:memory:/slurm/uid_1/job_2\n0::/slurm/uid_1/job_2\n";
    assert_eq!(machine("hybrid", groups, &files), limited(2_000_000_000));
}

#[test]
fn files_that_make_no_sense_are_no_limit() {
    let files = [
        ("sys/fs/cgroup/memory.max", "lots\n"),
        ("sys/fs/cgroup/a/memory.max", "0\n"),
        ("sys/fs/cgroup/a/b/memory.max", "-5\n"),
    ];
    assert_eq!(
        machine("nonsense", "0::/a/b\nnonsense\n::\n", &files),
        MACHINE
    );
    assert_eq!(machine_memory(Path::new("/no/such/machine")), None);
}
