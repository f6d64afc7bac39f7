//! How much memory there is: the machine's, or less where a container or a batch job may use less.

use std::fs::read_to_string;
use std::path::{Component, Path};

/// Memory that a process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineMemory {
    /// How much.
    pub bytes: u64,
    /// Whether a control group (of a container, a batch job or a service) allows less than the machine has.
    pub limited: bool,
}

/// From here on a limit is none: version 1 of control groups writes a number near 2⁶³ for "unlimited".
const UNLIMITED: u64 = 1 << 60;

/// The smaller of the machine's memory and the least limit of the control groups that this process is in, where the system says.
/// Linux says it in files below `root`, which is `/` but in tests.
pub fn machine_memory(root: &Path) -> Option<MachineMemory> {
    let machine = proc_bytes(&root.join("proc/meminfo"), "MemTotal:");
    match (machine, group_limit(root)) {
        (Some(bytes), Some(limit)) if limit >= bytes => Some((bytes, false)),
        (_, Some(limit)) => Some((limit, true)),
        (machine, None) => machine.map(|bytes| (bytes, false)),
    }
    .map(|(bytes, limited)| MachineMemory { bytes, limited })
}

/// A line of one of Linux's `/proc` files that counts kilobytes, in bytes; none on other systems.
pub(crate) fn proc_bytes(file: &Path, key: &str) -> Option<u64> {
    let text = read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// The least limit of all groups from the process's own up to the root of the hierarchy, of both versions of control groups.
///
/// Inside a container the path may be the host's, of which only the end of the way up, the root, is there.
fn group_limit(root: &Path) -> Option<u64> {
    let groups = read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounts = root.join("sys/fs/cgroup");
    let mut least: Option<u64> = None;
    for line in groups.lines() {
        // `4:memory:/path`, or `0::/path` for version 2.
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (hierarchies, files) = if controllers.is_empty() {
            (["", "unified"], ["memory.max", "memory.high"])
        } else if controllers.split(',').any(|name| name == "memory") {
            let files = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"];
            (["memory", controllers], files)
        } else {
            continue;
        };
        for hierarchy in hierarchies {
            let top = mounts.join(hierarchy);
            let inside: Vec<_> = Path::new(path)
                .components()
                .filter(|part| matches!(part, Component::Normal(_)))
                .collect();
            for depth in 0..=inside.len() {
                let group = top.join(inside[..depth].iter().collect::<std::path::PathBuf>());
                for file in files {
                    let limit = limit(&group.join(file));
                    least = least.into_iter().chain(limit).min();
                }
            }
        }
    }
    least
}

/// What a limit's file says; `max` is none.
fn limit(file: &Path) -> Option<u64> {
    let bytes: u64 = read_to_string(file).ok()?.trim().parse().ok()?;
    (1..UNLIMITED).contains(&bytes).then_some(bytes)
}
