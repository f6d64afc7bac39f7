//! Opens the device of a run. This is the only place that does.

use burn::tensor::wgpu::WgpuBackend;
use burn::tensor::{Device, DeviceKind};

use super::config::DeviceChoice;
use super::event::DeviceInfo;

/// Why no device could be opened.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No adapter of any kind.
    #[error(
        "no GPU adapter was found ({0}); install a graphics driver (on Debian: mesa-vulkan-drivers) or use --device cpu"
    )]
    NoAdapter(String),
    /// There is one, but it could not be opened.
    #[error("the GPU could not be opened ({0}); use --device cpu")]
    Open(String),
}

/// An opened device. Burn keeps its runtime for the life of the process, so that opening the same one again is free.
#[derive(Clone, Debug)]
pub struct OpenDevice {
    /// Burn's handle, without autodiff.
    pub device: Device,
    /// What it is.
    pub info: DeviceInfo,
}

/// Opens the device of a choice. `auto` takes a hardware GPU where there is one, else the CPU.
pub async fn open(choice: DeviceChoice) -> Result<OpenDevice, DeviceError> {
    match choice {
        DeviceChoice::Cpu => Ok(cpu()),
        DeviceChoice::Gpu => gpu().await,
        DeviceChoice::Auto => match hardware_adapter().await {
            true => gpu().await,
            false => Ok(cpu()),
        },
    }
}

fn cpu() -> OpenDevice {
    OpenDevice {
        device: Device::flex(),
        info: DeviceInfo {
            name: cpu_name(),
            backend: "cpu".into(),
            driver: format!("burn-flex on {}", std::env::consts::ARCH),
            software: false,
            max_binding: 0,
        },
    }
}

/// Every adapter of this machine that wgpu can use.
pub async fn adapters() -> Vec<wgpu::AdapterInfo> {
    // OpenGL has no compute shaders of the kind the kernels need, and looking for it makes EGL complain on stderr.
    let backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    instance
        .enumerate_adapters(backends)
        .await
        .iter()
        .map(wgpu::Adapter::get_info)
        .collect()
}

async fn hardware_adapter() -> bool {
    adapters().await.iter().any(|info| !is_software(info))
}

/// Whether an adapter emulates a GPU on the CPU.
pub fn is_software(info: &wgpu::AdapterInfo) -> bool {
    info.device_type == wgpu::DeviceType::Cpu
}

/// What the CPU is called.
pub fn cpu_name() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("CPU, {threads} threads")
}

async fn gpu() -> Result<OpenDevice, DeviceError> {
    use std::sync::OnceLock;
    static OPENED: OnceLock<OpenDevice> = OnceLock::new();
    if let Some(opened) = OPENED.get() {
        return Ok(opened.clone());
    }
    let found = adapters().await;
    let hardware = found.iter().find(|info| !is_software(info));
    let Some(best) = hardware.or(found.first()) else {
        return Err(DeviceError::NoAdapter(
            "Vulkan, Metal and DX12 were tried".into(),
        ));
    };
    // Naming the interface keeps Burn from probing OpenGL, which has no compute shaders of the kind the kernels need.
    let api = match best.backend {
        wgpu::Backend::Vulkan => WgpuBackend::Vulkan,
        wgpu::Backend::Metal => WgpuBackend::Metal,
        wgpu::Backend::Dx12 => WgpuBackend::Dx12,
        _ => WgpuBackend::Auto,
    };
    let (device, setup) = Device::wgpu_options()
        .device_kind(DeviceKind::DefaultDevice)
        .graphics_api(api)
        .init_with_setup_async()
        .await
        .map_err(|error| DeviceError::Open(error.to_string()))?;
    let adapter = setup.adapter.get_info();
    let opened = OpenDevice {
        device,
        info: DeviceInfo {
            name: adapter.name.clone(),
            backend: "wgpu".into(),
            driver: format!(
                "{:?} {} {}",
                adapter.backend, adapter.driver, adapter.driver_info
            )
            .trim()
            .to_string(),
            software: is_software(&adapter),
            max_binding: setup.adapter.limits().max_storage_buffer_binding_size,
        },
    };
    Ok(OPENED.get_or_init(|| opened).clone())
}
