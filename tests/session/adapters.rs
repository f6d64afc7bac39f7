//! Which number an adapter has.

use plateau::session::adapters::{alike, numbered};
use plateau::session::{Adapter, AdapterKind, DeviceChoice, RunConfig, differences};
use wgpu::{AdapterInfo, Backend, DeviceType};

use crate::support::runs::{on_digits, over_in_seconds};

fn adapter(name: &str, ids: (u32, u32), kind: DeviceType, backend: Backend) -> AdapterInfo {
    AdapterInfo {
        name: name.into(),
        vendor: ids.0,
        device: ids.1,
        ..AdapterInfo::new(kind, backend)
    }
}

#[test]
fn adapters_are_numbered_as_wgpu_prefers_them_and_alike_ones_as_they_are_listed() {
    use DeviceType::{Cpu, DiscreteGpu, IntegratedGpu, Other, VirtualGpu};
    let kinds = [
        Cpu,
        VirtualGpu,
        IntegratedGpu,
        Other,
        DiscreteGpu,
        DiscreteGpu,
        Cpu,
    ];
    let listed: Vec<AdapterInfo> = (0..)
        .zip(kinds)
        .map(|(id, kind)| adapter(&format!("{id}"), (1, id), kind, Backend::Vulkan))
        .collect();
    assert_eq!(numbered(&listed), [4, 5, 2, 3, 1, 0, 6]);
    assert_eq!(numbered(&[]), [0; 0]);
}

#[test]
fn an_adapter_that_two_interfaces_list_has_one_number_and_two_cards_of_a_model_have_two() {
    use DeviceType::{Cpu, DiscreteGpu};
    let card = |backend| adapter("a card", (0x10de, 0x2204), DiscreteGpu, backend);
    // Some drivers call it otherwise there, and some say no ids.
    let renamed = adapter("A Card/PCIe", (0x10de, 0x2204), DiscreteGpu, Backend::Gl);
    let nameless = adapter("a card", (0, 0), DeviceType::Other, Backend::Gl);
    let emulated = adapter("llvmpipe", (0x10005, 0), Cpu, Backend::Vulkan);
    let warp = adapter("Basic Render Driver", (0x1414, 0x8c), Cpu, Backend::Dx12);
    let (vulkan, dx12) = (card(Backend::Vulkan), card(Backend::Dx12));
    for (listed, expected) in [
        (vec![&vulkan, &vulkan], vec![0, 1]),
        (vec![&vulkan, &dx12, &renamed], vec![0]),
        (vec![&vulkan, &nameless], vec![0]),
        (vec![&vulkan, &vulkan, &dx12, &dx12], vec![0, 1]),
        // The second is reached through the other interface alone.
        (vec![&vulkan, &dx12, &dx12], vec![0, 2]),
        (vec![&emulated, &vulkan, &dx12, &warp], vec![1, 0, 3]),
    ] {
        let listed: Vec<AdapterInfo> = listed.into_iter().cloned().collect();
        assert_eq!(numbered(&listed), expected, "{listed:?}");
    }
}

#[test]
fn jobs_take_turns_on_the_adapters_of_the_first_one_s_model() {
    let adapters = |names: &[&str]| -> Vec<Adapter> {
        let adapter = |(number, name): (u16, &&str)| Adapter {
            number,
            name: (*name).to_owned(),
            kind: AdapterKind::Discrete,
            backend: "Vulkan".into(),
        };
        (0..).zip(names).map(adapter).collect()
    };
    assert_eq!(alike(&adapters(&["a", "a", "b", "a"])), [0, 1, 3]);
    assert_eq!(alike(&adapters(&["a"])), [0]);
    assert_eq!(alike(&[]), [0; 0]);
}

#[test]
fn settings_keep_the_number_of_an_adapter_and_another_one_is_another_setting() {
    let (search, train) = over_in_seconds(64);
    let mut config = on_digits(Some(search), train);
    config.device = DeviceChoice::Adapter(1);
    let json = serde_json::to_string(&config).unwrap();
    assert!(json.contains("\"device\":\"gpu:1\""), "{json}");
    assert_eq!(serde_json::from_str::<RunConfig>(&json).unwrap(), config);
    let wrong = json.replace("gpu:1", "gpu:-1");
    let error = serde_json::from_str::<RunConfig>(&wrong).unwrap_err();
    assert!(error.to_string().contains("gpu:0 is the first"), "{error}");
    let mut other = config.clone();
    other.device = DeviceChoice::Adapter(0);
    assert_eq!(
        differences(&config, &other),
        ["device is \"gpu:1\" there, \"gpu:0\" here"]
    );
}
