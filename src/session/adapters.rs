//! The GPU adapters of this machine, numbered: what stands behind `--device gpu:`.

use wgpu::{AdapterInfo, Backend, Backends, DeviceType, Instance, InstanceDescriptor};

use super::error::DeviceError;
use super::info::{Adapter, AdapterKind};
use super::quiet::Quiet;

/// The variable that holds the number of the adapter that `gpu` takes, and `auto` where that is hardware: so whoever starts several
/// processes gives each its own.
pub const CHOSEN: &str = "PLATEAU_GPU";

/// What [`CHOSEN`] holds.
///
/// # Errors
/// [`DeviceError::Chosen`] where that is no number.
pub fn chosen() -> Result<Option<u16>, DeviceError> {
    let Some(value) = std::env::var_os(CHOSEN) else {
        return Ok(None);
    };
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| {
        DeviceError::Chosen(format!(
            "{CHOSEN} is {value:?}: it holds the number of an adapter, from 0, as plateau devices lists them"
        ))
    })
}

/// An adapter of this machine, and how to open it.
pub struct FoundAdapter {
    /// Its number, and what it is.
    pub adapter: Adapter,
    /// What it is, as wgpu says it.
    pub info: AdapterInfo,
    /// Its handle.
    pub handle: wgpu::Adapter,
    /// What found it.
    pub instance: Instance,
    /// How many of its kind the same interface lists before it.
    pub before: usize,
}

impl FoundAdapter {
    /// Whether it is no emulation on the CPU.
    pub fn is_hardware(&self) -> bool {
        self.adapter.kind != AdapterKind::Software
    }
}

/// Every adapter of this machine that wgpu can use, in the order of their numbers. A browser hands out one.
pub async fn adapters() -> Vec<FoundAdapter> {
    let _quiet = Quiet::begin();
    // OpenGL has no compute shaders of the kind the kernels need, and looking for it makes EGL complain on stderr.
    let backends = Backends::PRIMARY;
    let instance = Instance::new(InstanceDescriptor {
        backends,
        ..InstanceDescriptor::new_without_display_handle()
    });
    let handles = instance.enumerate_adapters(backends).await;
    let infos: Vec<AdapterInfo> = handles.iter().map(wgpu::Adapter::get_info).collect();
    let found = numbered(&infos).into_iter().zip(0..);
    found
        .map(|(place, number)| {
            let info = &infos[place];
            let alike = |other: &&AdapterInfo| {
                other.backend == info.backend && other.device_type == info.device_type
            };
            FoundAdapter {
                adapter: Adapter {
                    number,
                    name: name(info),
                    kind: kind(info.device_type),
                    backend: backend(info.backend).to_owned(),
                },
                info: info.clone(),
                handle: handles[place].clone(),
                instance: instance.clone(),
                before: infos[..place].iter().filter(alike).count(),
            }
        })
        .collect()
}

/// The places of a list of adapters in the order of their numbers, which is the one that wgpu prefers them in: discrete, integrated, of
/// unknown kind, virtual, software, and as listed where they are alike. One that several interfaces list has one number, by the first of
/// them: wgpu lists the preferred interface first.
pub fn numbered(infos: &[AdapterInfo]) -> Vec<usize> {
    // Two cards of a model are told apart by their order alone: their places on the bus are not told by every interface.
    let order = |place: usize| {
        let info = &infos[place];
        let before = infos[..place].iter();
        before
            .filter(|other| other.backend == info.backend && is_model_of(other, info))
            .count()
    };
    let listed_before = |place: usize| {
        let info = &infos[place];
        (0..place).any(|other| {
            infos[other].backend != info.backend
                && is_model_of(&infos[other], info)
                && order(other) == order(place)
        })
    };
    let mut places: Vec<usize> = (0..infos.len())
        .filter(|&place| !listed_before(place))
        .collect();
    places.sort_by_key(|&place| kind(infos[place].device_type));
    places
}

/// The numbers of the adapters that are like the first: what computes the same bits, so that work can be shared out among them.
pub fn alike(all: &[Adapter]) -> Vec<u16> {
    let model = |adapter: &Adapter| (adapter.name.clone(), adapter.kind, adapter.backend.clone());
    let first = all.first().map(model);
    all.iter()
        .filter(|adapter| Some(model(adapter)) == first)
        .map(|adapter| adapter.number)
        .collect()
}

/// Whether both are adapters of one model.
fn is_model_of(one: &AdapterInfo, other: &AdapterInfo) -> bool {
    let [ids, others] = [one, other].map(|info| (info.vendor, info.device));
    one.name == other.name || ids == others && ids != (0, 0)
}

fn kind(kind: DeviceType) -> AdapterKind {
    match kind {
        DeviceType::DiscreteGpu => AdapterKind::Discrete,
        DeviceType::IntegratedGpu => AdapterKind::Integrated,
        DeviceType::Other => AdapterKind::Other,
        DeviceType::VirtualGpu => AdapterKind::Virtual,
        DeviceType::Cpu => AdapterKind::Software,
    }
}

fn backend(backend: Backend) -> &'static str {
    match backend {
        Backend::Noop => "none",
        Backend::Vulkan => "Vulkan",
        Backend::Metal => "Metal",
        Backend::Dx12 => "DX12",
        Backend::Gl => "OpenGL",
        Backend::BrowserWebGpu => "WebGPU",
    }
}

/// What an adapter is called; browsers as a rule do not tell.
pub(super) fn name(info: &AdapterInfo) -> String {
    match info.name.as_str() {
        "" => "the browser's GPU".to_owned(),
        name => name.to_owned(),
    }
}
