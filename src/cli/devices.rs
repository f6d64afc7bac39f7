//! `plateau devices`.

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::CliError;
use super::out::{self, say};
use crate::kernels::self_test;
use crate::numbers::thousands;
use crate::session::adapters::{CHOSEN, FoundAdapter, adapters};
use crate::session::device::{auto, cpu_name, open};
use crate::session::{DeviceChoice, machine_memory};
use crate::study::costs;

/// Arguments of `plateau devices`.
#[derive(Args)]
#[command(
    after_help = "Adapters are numbered from 0 in the order in which they are preferred: discrete, integrated, virtual, software. --device gpu takes the \
first, --device gpu:1 the second; with the variable PLATEAU_GPU=1, gpu (and auto, where it is hardware) takes the second.\n\n\
JSON: a list of name, choice (what --device takes), software, memory (bytes; null where it is not told), and of an adapter also number, kind, backend, \
driver and limits"
)]
pub struct DevicesArgs {
    /// Run every kernel on a device and compare with known numbers, one line each
    #[arg(long, group = "on_one")]
    self_test: bool,
    /// Measure what a launch, a submit and a copy cost on a GPU
    #[arg(long, group = "on_one", conflicts_with = "self_test")]
    measure: bool,
    /// The device of the self-test or of the measurement: auto, gpu, gpu:N or cpu, as plateau search --help says it
    #[arg(long, default_value = "auto", requires = "on_one")]
    device: DeviceChoice,
    /// Print exactly one JSON list on stdout, of --measure one object
    #[arg(long)]
    json: bool,
}

/// Lists the adapters and the CPU, and which one `auto` takes.
pub fn run(args: &DevicesArgs) -> Result<(), CliError> {
    if args.self_test {
        return check_kernels(args);
    }
    if args.measure {
        return measure(args);
    }
    let adapters = pollster::block_on(adapters());
    let memory = machine_memory(Path::new("/")).map(|memory| memory.bytes);
    if args.json {
        let mut list: Vec<_> = adapters.iter().map(object).collect();
        list.push(json!({
            "name": cpu_name(), "choice": "cpu", "software": false, "memory": memory,
        }));
        return out::json(&serde_json::Value::from(list).to_string());
    }
    for found in &adapters {
        let FoundAdapter { adapter, info, .. } = found;
        say!(
            "gpu:{}  {}  [{}, {}, {} {}, memory not told]{}",
            adapter.number,
            adapter.name,
            adapter.kind.name(),
            adapter.backend,
            info.driver,
            info.driver_info,
            if !found.is_hardware() {
                "  emulated on the CPU: for tests"
            } else {
                ""
            }
        )?;
    }
    if adapters.is_empty() {
        say!("gpu    none found (Vulkan, Metal and DX12 were tried)")?;
    }
    let memory = match memory {
        Some(bytes) => format!("{} MB of memory", thousands(bytes / 1_000_000)),
        None => "memory not told".to_owned(),
    };
    say!("cpu    {}  [{memory}]", cpu_name())?;
    let takes = match auto(&adapters).map_err(CliError::new)? {
        None => "the CPU".to_owned(),
        Some(number) if usize::from(number) < adapters.len() => format!("gpu:{number}"),
        Some(number) => format!("gpu:{number} by {CHOSEN}, which is not there"),
    };
    out::lines(&format!("\n--device auto takes {takes}\n"))
}

/// An adapter in the JSON list. wgpu does not tell how much memory it has.
fn object(found: &FoundAdapter) -> serde_json::Value {
    let FoundAdapter {
        adapter,
        info,
        handle,
        ..
    } = found;
    let limits = handle.limits();
    json!({
        "name": adapter.name,
        "choice": DeviceChoice::Adapter(adapter.number).to_string(),
        "number": adapter.number,
        "kind": adapter.kind.name(),
        "backend": adapter.backend,
        "driver": format!("{} {}", info.driver, info.driver_info),
        "software": !found.is_hardware(),
        "memory": null,
        "limits": {
            "buffer": limits.max_buffer_size,
            "storage_binding": limits.max_storage_buffer_binding_size,
            "storage_bindings_a_stage": limits.max_storage_buffers_per_shader_stage,
            "workgroup_memory": limits.max_compute_workgroup_storage_size,
            "workgroup_threads": limits.max_compute_invocations_per_workgroup,
            "workgroups_a_dimension": limits.max_compute_workgroups_per_dimension,
            "subgroups": handle.features().contains(wgpu::Features::SUBGROUP),
        },
    })
}

/// Prints what a launch, a submit and a copy cost.
fn measure(args: &DevicesArgs) -> Result<(), CliError> {
    let measured = pollster::block_on(costs(args.device)).map_err(CliError::new)?;
    let Some(costs) = measured else {
        return Err(CliError(format!(
            "--device {} takes the CPU, which launches nothing: --measure needs a GPU adapter",
            args.device
        )));
    };
    if args.json {
        return out::json(&serde_json::to_string(&costs).map_err(CliError::new)?);
    }
    say!("{}", costs.device)?;
    say!("{:>10.1} µs a launch", costs.launch_us)?;
    say!("{:>10.1} µs a submit whose result is read", costs.submit_us)?;
    say!(
        "{:>10.1} GB/s of a copy, read and written",
        costs.copy_gb_per_s
    )
}

/// Prints one line a check and fails if any failed.
fn check_kernels(args: &DevicesArgs) -> Result<(), CliError> {
    let opened = pollster::block_on(open(args.device)).map_err(CliError::new)?;
    let checks = pollster::block_on(self_test(&opened.device)).map_err(CliError::new)?;
    let failed = checks.iter().filter(|check| !check.passed()).count();
    if args.json {
        let list: Vec<_> = checks
            .iter()
            .map(|check| {
                serde_json::json!({
                    "name": check.name, "expected": check.expected, "found": check.found,
                    "passed": check.passed(),
                })
            })
            .collect();
        out::json(&serde_json::Value::from(list).to_string())?;
    } else {
        say!("{}", opened.info.name)?;
        for check in &checks {
            say!(
                "{}  {}  (expected {:.4}, found {:.4})",
                if check.passed() { "ok    " } else { "FAILED" },
                check.name,
                check.expected,
                check.found
            )?;
        }
    }
    if failed == 0 {
        return Ok(());
    }
    Err(CliError(format!(
        "{failed} of {} kernel checks failed on {}; please report this with the lines above, and use --device cpu",
        checks.len(),
        opened.info.name
    )))
}
