//! Opens the device of a run. This is the only place that does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::tensor::wgpu::{WgpuBackend, WgpuSetup};
use burn::tensor::{Device, DeviceKind};

use super::adapters::{FoundAdapter, adapters, chosen, name};
use super::device_choice::DeviceChoice;
pub use super::error::DeviceError;
use super::info::{AdapterKind, DeviceInfo};
use super::quiet::Quiet;

/// The first thing that went wrong on a GPU since it was opened.
type Fault = Arc<Mutex<Option<String>>>;

/// The GPUs of the process.
struct Gpus {
    /// Those that were opened, each once.
    opened: Vec<Gpu>,
    /// The number of the one that computes; none: the CPU does.
    computes: Option<u16>,
}

/// An opened GPU and what a fresh device is made from where it is lost.
#[derive(Clone)]
struct Gpu {
    number: u16,
    opened: OpenDevice,
    setup: WgpuSetup,
    fault: Fault,
}

static GPUS: Mutex<Gpus> = Mutex::new(Gpus {
    opened: Vec::new(),
    computes: None,
});

/// A thread that panicked meanwhile has left them whole, as it has a fault.
fn gpus() -> MutexGuard<'static, Gpus> {
    GPUS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The GPU that computes.
fn computing() -> Option<Gpu> {
    let gpus = gpus();
    let mut opened = gpus.opened.iter();
    opened
        .find(|gpu| Some(gpu.number) == gpus.computes)
        .cloned()
}

/// Whether the GPU that was opened last still computes: a browser says only here that a shader was refused or that the device is gone, and everything
/// that is launched afterwards seems to succeed.
///
/// # Errors
/// [`DeviceError::Fault`] with what it said.
pub fn check() -> Result<(), DeviceError> {
    let Some(gpu) = computing() else {
        return Ok(());
    };
    let fault = gpu.fault.lock().unwrap_or_else(PoisonError::into_inner);
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
    if let Some(gpu) = computing() {
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

/// For tests: takes the opened GPUs away, as a driver that crashes does. False: none is open.
#[doc(hidden)]
pub fn lose() -> bool {
    let opened = gpus().opened.clone();
    opened.iter().for_each(|gpu| gpu.setup.device.destroy());
    !opened.is_empty()
}

/// Listens to a device from now on.
fn listen(device: &wgpu::Device) -> Fault {
    let fault = Fault::default();
    let heard = fault.clone();
    let report = move |text: String| {
        let mut fault = heard.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert(text);
    };
    // Natively Burn asks for these itself.
    #[cfg(target_arch = "wasm32")]
    {
        let report = report.clone();
        device.on_uncaptured_error(Arc::new(move |error| {
            report(format!("the GPU reported an error ({})", one_line(&error)));
        }));
    }
    device.set_device_lost_callback(move |_, message| {
        report(format!("the GPU was lost ({})", one_line(&message)));
        #[cfg(target_arch = "wasm32")]
        let _once = LOST.0.try_send(());
    });
    fault
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
        DeviceChoice::Gpu => gpu(chosen()?.unwrap_or_default()).await,
        DeviceChoice::Adapter(number) => gpu(number).await,
        DeviceChoice::Auto => match auto(&adapters().await)? {
            Some(number) => gpu(number).await,
            None => Ok(cpu()),
        },
    }
}

/// The number of the adapter that `auto` takes, which is not there where [`CHOSEN`](super::adapters::CHOSEN) is wrong; none: the CPU.
///
/// # Errors
/// As [`chosen`].
pub fn auto(all: &[FoundAdapter]) -> Result<Option<u16>, DeviceError> {
    let chosen = chosen()?;
    let number = chosen.unwrap_or_default();
    Ok(match all.get(usize::from(number)) {
        Some(found) => found.is_hardware().then_some(number),
        None => chosen,
    })
}

fn cpu() -> OpenDevice {
    gpus().computes = None;
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

/// What the CPU is called.
pub fn cpu_name() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("CPU, {threads} threads")
}

/// The adapter of a number, opened as far as it is not.
async fn gpu(number: u16) -> Result<OpenDevice, DeviceError> {
    gpus().computes = Some(number);
    if let Some(gpu) = computing() {
        #[cfg(target_arch = "wasm32")]
        check()?;
        #[cfg(not(target_arch = "wasm32"))]
        if check().is_err() {
            return reopen(gpu).await;
        }
        return Ok(gpu.opened);
    }
    let all = adapters().await;
    if all.is_empty() {
        #[cfg(target_arch = "wasm32")]
        return Err(DeviceError::NoAdapter(super::no_gpu::reason()));
        #[cfg(not(target_arch = "wasm32"))]
        return Err(DeviceError::NoAdapter);
    }
    let Some(found) = all.get(usize::from(number)) else {
        let all: Vec<String> = all.iter().map(|one| one.adapter.to_string()).collect();
        let found = all.join(", ");
        return Err(DeviceError::NoNumber { number, found });
    };
    let (device, setup) = acquire(found).await?;
    let fault = listen(&setup.device);
    let info = setup.adapter.get_info();
    let opened = OpenDevice {
        device,
        info: DeviceInfo {
            name: name(&info),
            backend: "wgpu".into(),
            driver: format!("{:?} {} {}", info.backend, info.driver, info.driver_info)
                .trim()
                .to_string(),
            software: info.device_type == wgpu::DeviceType::Cpu,
            max_binding: setup.adapter.limits().max_storage_buffer_binding_size,
        },
    };
    Ok(keep(Gpu {
        number,
        opened,
        setup,
        fault,
    }))
}

/// A device of Burn's on an adapter, by the name that Burn has for it where it has one. Natively it is never Burn's default device, which a variable
/// of Burn's may turn into another adapter.
async fn acquire(found: &FoundAdapter) -> Result<(Device, WgpuSetup), DeviceError> {
    let _quiet = Quiet::begin();
    let kind = match (found.adapter.kind, found.before) {
        // A browser hands out one.
        _ if cfg!(target_arch = "wasm32") => DeviceKind::DefaultDevice,
        (AdapterKind::Discrete, before) => DeviceKind::DiscreteGpu(before),
        (AdapterKind::Integrated, before) => DeviceKind::IntegratedGpu(before),
        (AdapterKind::Virtual, before) => DeviceKind::VirtualGpu(before),
        (AdapterKind::Software, 0) => DeviceKind::Cpu,
        (AdapterKind::Software | AdapterKind::Other, _) => {
            let (instance, adapter) = (found.instance.clone(), found.handle.clone());
            return register(instance, adapter, found.info.backend).await;
        }
    };
    // Naming the interface keeps Burn from probing OpenGL, which has no compute shaders of the kind the kernels need.
    let api = match found.info.backend {
        wgpu::Backend::Vulkan => WgpuBackend::Vulkan,
        wgpu::Backend::Metal => WgpuBackend::Metal,
        wgpu::Backend::Dx12 => WgpuBackend::Dx12,
        _ => WgpuBackend::Auto,
    };
    Device::wgpu_options()
        .device_kind(kind)
        .graphics_api(api)
        .init_with_setup_async()
        .await
        .map_err(|error| DeviceError::Open(one_line(&error)))
}

fn keep(gpu: Gpu) -> OpenDevice {
    let opened = gpu.opened.clone();
    let mut gpus = gpus();
    gpus.opened.retain(|other| other.number != gpu.number);
    gpus.opened.push(gpu);
    opened
}

/// A fresh device on the adapter of one that failed. Burn keeps the old one for the life of the process; nobody uses it any more.
#[cfg(not(target_arch = "wasm32"))]
async fn reopen(gpu: Gpu) -> Result<OpenDevice, DeviceError> {
    let _quiet = Quiet::begin();
    let WgpuSetup {
        instance,
        adapter,
        backend,
        ..
    } = gpu.setup;
    let (device, setup) = register(instance, adapter, backend).await?;
    let fault = listen(&setup.device);
    let opened = OpenDevice {
        device,
        ..gpu.opened
    };
    Ok(keep(Gpu {
        number: gpu.number,
        opened,
        setup,
        fault,
    }))
}

/// A device of our own on an adapter, which Burn gets to know.
async fn register(
    instance: wgpu::Instance,
    adapter: wgpu::Adapter,
    backend: wgpu::Backend,
) -> Result<(Device, WgpuSetup), DeviceError> {
    // Experimental features can only be asked for by unsafe code, and no kernel needs them; Burn wants no buffers that are mapped, either.
    let left = wgpu::Features::all_experimental_mask() | wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
    let (device, queue) = adapter
        .request_device(&wgpu::DeviceDescriptor {
            required_features: adapter.features().difference(left),
            required_limits: adapter.limits(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        })
        .await
        .map_err(|error| DeviceError::Open(one_line(&error)))?;
    let setup = WgpuSetup {
        instance,
        adapter,
        device,
        queue,
        backend,
    };
    let device = Device::wgpu_options()
        .setup(setup.clone())
        .init()
        .map_err(|error| DeviceError::Open(one_line(&error)))?;
    Ok((device, setup))
}
