//! `plateau devices`.

use clap::Args;

use super::CliError;
use crate::session::device::adapters;

/// Arguments of `plateau devices`.
#[derive(Args)]
pub struct DevicesArgs {
    /// Print exactly one JSON list on stdout
    #[arg(long)]
    json: bool,
}

/// Lists the adapters and the CPU, and which one `auto` takes.
pub fn run(args: &DevicesArgs) -> Result<(), CliError> {
    let adapters = pollster::block_on(adapters());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let hardware = adapters
        .iter()
        .any(|info| info.device_type != wgpu::DeviceType::Cpu);
    if args.json {
        let mut list: Vec<_> = adapters
            .iter()
            .map(|info| {
                serde_json::json!({
                    "name": info.name,
                    "choice": "gpu",
                    "backend": format!("{:?}", info.backend),
                    "kind": format!("{:?}", info.device_type),
                    "driver": format!("{} {}", info.driver, info.driver_info),
                    "software": info.device_type == wgpu::DeviceType::Cpu,
                })
            })
            .collect();
        list.push(serde_json::json!({
            "name": format!("CPU, {threads} threads"), "choice": "cpu", "software": false,
        }));
        println!("{}", serde_json::Value::from(list));
        return Ok(());
    }
    for info in &adapters {
        let software = info.device_type == wgpu::DeviceType::Cpu;
        println!(
            "gpu  {}  [{:?}, {} {}]{}",
            info.name,
            info.backend,
            info.driver,
            info.driver_info,
            if software {
                "  software adapter: for tests"
            } else {
                ""
            }
        );
    }
    if adapters.is_empty() {
        println!("gpu  none found (Vulkan, Metal and DX12 were tried)");
    }
    println!("cpu  CPU, {threads} threads");
    println!(
        "\n--device auto takes {}",
        if hardware { "the GPU" } else { "the CPU" }
    );
    Ok(())
}
