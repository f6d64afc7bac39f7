//! `plateau devices`.

use clap::Args;

use super::CliError;
use super::out::{self, say};
use crate::kernels::self_test;
use crate::session::DeviceChoice;
use crate::session::device::{FoundAdapter, adapters, cpu_name, is_software, open};

/// Arguments of `plateau devices`.
#[derive(Args)]
pub struct DevicesArgs {
    /// Run every kernel on a device and compare with known numbers, one line each
    #[arg(long)]
    self_test: bool,
    /// The device of the self-test: auto, gpu (any adapter, software ones too) or cpu
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Print exactly one JSON list on stdout
    #[arg(long)]
    json: bool,
}

/// Lists the adapters and the CPU, and which one `auto` takes.
pub fn run(args: &DevicesArgs) -> Result<(), CliError> {
    if args.self_test {
        return check_kernels(args);
    }
    let adapters = pollster::block_on(adapters());
    let hardware = adapters.iter().any(|adapter| !is_software(&adapter.info));
    if args.json {
        let mut list: Vec<_> = adapters
            .iter()
            .map(
                |FoundAdapter {
                     info,
                     limits,
                     subgroups,
                 }| {
                    serde_json::json!({
                        "name": info.name,
                        "choice": "gpu",
                        "backend": format!("{:?}", info.backend),
                        "kind": format!("{:?}", info.device_type),
                        "driver": format!("{} {}", info.driver, info.driver_info),
                        "software": is_software(info),
                        "limits": {
                            "buffer": limits.max_buffer_size,
                            "storage_binding": limits.max_storage_buffer_binding_size,
                            "storage_bindings_a_stage": limits.max_storage_buffers_per_shader_stage,
                            "workgroup_memory": limits.max_compute_workgroup_storage_size,
                            "workgroup_threads": limits.max_compute_invocations_per_workgroup,
                            "workgroups_a_dimension": limits.max_compute_workgroups_per_dimension,
                            "subgroups": subgroups,
                        },
                    })
                },
            )
            .collect();
        list.push(serde_json::json!({
            "name": cpu_name(), "choice": "cpu", "software": false,
        }));
        return out::json(&serde_json::Value::from(list).to_string());
    }
    for FoundAdapter { info, .. } in &adapters {
        say!(
            "gpu  {}  [{:?}, {} {}]{}",
            info.name,
            info.backend,
            info.driver,
            info.driver_info,
            if is_software(info) {
                "  software adapter: for tests"
            } else {
                ""
            }
        )?;
    }
    if adapters.is_empty() {
        say!("gpu  none found (Vulkan, Metal and DX12 were tried)")?;
    }
    say!("cpu  {}", cpu_name())?;
    out::lines(&format!(
        "\n--device auto takes {}\n",
        if hardware { "the GPU" } else { "the CPU" }
    ))
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
