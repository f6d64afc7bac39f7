//! Opens the device of a run. This is the only place that does.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use burn::tensor::wgpu::{WgpuBackend, WgpuSetup};
use burn::tensor::{Device, DeviceKind};

use super::config::DeviceChoice;
pub use super::error::DeviceError;
use super::info::DeviceInfo;
use super::quiet::Quiet;

/// Whether the run computes on the GPU.
static ON_GPU: AtomicBool = AtomicBool::new(false);
/// How often the GPU was opened: what an earlier device reports does not concern the present one.
static OPENED: AtomicUsize = AtomicUsize::new(0);
/// The first thing that went wrong on the GPU since it was opened.
static FAULT: Mutex<Option<String>> = Mutex::new(None);
/// The GPU of the process.
static GPU: Mutex<Option<Gpu>> = Mutex::new(None);

/// An opened GPU and what a fresh device is made from where it is lost.
#[derive(Clone)]
struct Gpu {
    opened: OpenDevice,
    setup: WgpuSetup,
}

/// Whether the GPU that was opened last still computes: a browser says only here that a shader was refused or that the device is gone, and everything
/// that is launched afterwards seems to succeed.
///
/// # Errors
/// [`DeviceError::Fault`] with what it said.
pub fn check() -> Result<(), DeviceError> {
    if !ON_GPU.load(Ordering::Relaxed) {
        return Ok(());
    }
    // A thread that panicked while it wrote the text has written it.
    let fault = FAULT.lock().unwrap_or_else(PoisonError::into_inner);
    match &*fault {
        Some(text) => Err(DeviceError::Fault(text.clone())),
        None => Ok(()),
    }
}

/// Whether a lost GPU is why something has just failed. The device says so to who asks it, which nobody may have done since.
///
/// # Errors
/// As [`check`].
pub fn check_after_failure() -> Result<(), DeviceError> {
    #[cfg(not(target_arch = "wasm32"))]
    if ON_GPU.load(Ordering::Relaxed)
        && let Some(gpu) = kept()
    {
        // What it says comes to the listener; a device that is gone may refuse to be asked.
        let _asked = gpu.setup.device.poll(wgpu::PollType::Wait {
            submission_index: None,
            timeout: Some(std::time::Duration::from_secs(5)),
        });
    }
    check()
}

#[cfg(target_arch = "wasm32")]
static LOST: std::sync::LazyLock<(async_channel::Sender<()>, async_channel::Receiver<()>)> =
    std::sync::LazyLock::new(|| async_channel::bounded(1));

/// Comes back when the browser has taken the GPU away. What waits for that GPU then may wait for ever.
#[cfg(target_arch = "wasm32")]
pub async fn lost() {
    // The sender is as old as the receiver.
    let _lost = LOST.1.recv().await;
}

/// The GPU of the process, if it has been opened. A thread that panicked meanwhile has left it whole, as it has every other lock here.
fn kept() -> Option<Gpu> {
    GPU.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// For tests: takes the opened GPU away, as a driver that crashes does. False: none is open.
#[doc(hidden)]
pub fn lose() -> bool {
    kept().map(|gpu| gpu.setup.device.destroy()).is_some()
}

/// Listens to a device from now on, and to none before it.
fn listen(device: &wgpu::Device) {
    let number = 1 + OPENED.fetch_add(1, Ordering::Relaxed);
    *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = None;
    let report = move |text: String| {
        if number == OPENED.load(Ordering::Relaxed) {
            let mut fault = FAULT.lock().unwrap_or_else(PoisonError::into_inner);
            fault.get_or_insert(text);
        }
    };
    device.set_device_lost_callback(move |_, message| {
        report(format!("the GPU was lost ({})", one_line(&message)));
        #[cfg(target_arch = "wasm32")]
        let _once = LOST.0.try_send(());
    });
    // Natively Burn asks for these itself.
    #[cfg(target_arch = "wasm32")]
    device.on_uncaptured_error(std::sync::Arc::new(move |error| {
        report(format!("the GPU reported an error ({})", one_line(&error)));
    }));
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
    ON_GPU.store(false, Ordering::Relaxed);
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

/// What a driver says, in one line.
fn one_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// An adapter of this machine.
pub struct FoundAdapter {
    /// What it is.
    pub info: wgpu::AdapterInfo,
    /// How much it can do at once.
    pub limits: wgpu::Limits,
    /// Whether its threads can exchange values without memory between them.
    pub subgroups: bool,
}

/// Every adapter of this machine that wgpu can use.
pub async fn adapters() -> Vec<FoundAdapter> {
    let _quiet = Quiet::begin();
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
        .map(|adapter| FoundAdapter {
            info: adapter.get_info(),
            limits: adapter.limits(),
            subgroups: adapter.features().contains(wgpu::Features::SUBGROUP),
        })
        .collect()
}

async fn hardware_adapter() -> bool {
    let found = adapters().await;
    found.iter().any(|adapter| !is_software(&adapter.info))
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
    ON_GPU.store(true, Ordering::Relaxed);
    if let Some(gpu) = kept() {
        #[cfg(target_arch = "wasm32")]
        check()?;
        #[cfg(not(target_arch = "wasm32"))]
        if check().is_err() {
            return reopen(gpu).await;
        }
        return Ok(gpu.opened);
    }
    let found = adapters().await;
    let hardware = found.iter().find(|adapter| !is_software(&adapter.info));
    let Some(best) = hardware.or(found.first()) else {
        #[cfg(target_arch = "wasm32")]
        return Err(DeviceError::NoAdapter(super::no_gpu::reason()));
        #[cfg(not(target_arch = "wasm32"))]
        return Err(DeviceError::NoAdapter);
    };
    // Naming the interface keeps Burn from probing OpenGL, which has no compute shaders of the kind the kernels need.
    let api = match best.info.backend {
        wgpu::Backend::Vulkan => WgpuBackend::Vulkan,
        wgpu::Backend::Metal => WgpuBackend::Metal,
        wgpu::Backend::Dx12 => WgpuBackend::Dx12,
        _ => WgpuBackend::Auto,
    };
    let (device, setup) = {
        let _quiet = Quiet::begin();
        Device::wgpu_options()
            .device_kind(DeviceKind::DefaultDevice)
            .graphics_api(api)
            .init_with_setup_async()
            .await
            .map_err(|error| DeviceError::Open(one_line(&error)))?
    };
    listen(&setup.device);
    let adapter = setup.adapter.get_info();
    let opened = OpenDevice {
        device,
        info: DeviceInfo {
            name: if adapter.name.is_empty() {
                // Browsers as a rule do not tell.
                "the browser's GPU".into()
            } else {
                adapter.name.clone()
            },
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
    Ok(keep(opened, setup))
}

fn keep(opened: OpenDevice, setup: WgpuSetup) -> OpenDevice {
    let mut gpu = GPU.lock().unwrap_or_else(PoisonError::into_inner);
    gpu.insert(Gpu { opened, setup }).opened.clone()
}

/// A fresh device on the adapter of one that failed. Burn keeps the old one for the life of the process; nobody uses it any more.
#[cfg(not(target_arch = "wasm32"))]
async fn reopen(gpu: Gpu) -> Result<OpenDevice, DeviceError> {
    let Gpu { opened, setup } = gpu;
    let _quiet = Quiet::begin();
    let (device, queue) = setup
        .adapter
        .request_device(&wgpu::DeviceDescriptor {
            // Those that are experimental can only be asked for by unsafe code, and no kernel needs them.
            required_features: setup
                .device
                .features()
                .difference(wgpu::Features::all_experimental_mask()),
            required_limits: setup.device.limits(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        })
        .await
        .map_err(|error| DeviceError::Open(one_line(&error)))?;
    let setup = WgpuSetup {
        device,
        queue,
        ..setup
    };
    let device = Device::wgpu_options()
        .setup(setup.clone())
        .init()
        .map_err(|error| DeviceError::Open(one_line(&error)))?;
    listen(&setup.device);
    Ok(keep(OpenDevice { device, ..opened }, setup))
}
