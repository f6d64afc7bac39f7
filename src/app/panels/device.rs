//! The choice of a device. On the desktop the adapters of the machine are looked for when it is first shown, on a thread of their own:
//! drivers take their time.

use eframe::egui;

use super::settings::choice;
use crate::session::{Adapter, DeviceChoice};

/// Chooses where a run computes.
pub fn device(ui: &mut egui::Ui, label: egui::Id, device: &mut DeviceChoice) {
    let adapters = adapters(ui.ctx());
    let mut options = vec![
        (
            DeviceChoice::Auto,
            "Automatic".to_owned(),
            "A hardware GPU where there is one, else the processor.".to_owned(),
        ),
        (
            DeviceChoice::Gpu,
            "GPU".to_owned(),
            "Any adapter, also one that is emulated on the processor.".to_owned(),
        ),
    ];
    options.extend(adapters.iter().map(|adapter| {
        (
            DeviceChoice::Adapter(adapter.number),
            format!("GPU {}: {}", adapter.number, adapter.name),
            format!("{} ({}).", adapter.kind.name(), adapter.backend),
        )
    }));
    if let DeviceChoice::Adapter(number) = *device
        && options.iter().all(|(option, ..)| option != device)
    {
        // Of a link or a kept run, perhaps of another machine.
        let help = "The adapter of that number, if there is one.".to_owned();
        options.push((*device, format!("GPU {number}"), help));
    }
    options.push((
        DeviceChoice::Cpu,
        "CPU".to_owned(),
        "All cores of the processor; it computes the same every time.".to_owned(),
    ));
    let options: Vec<_> = options
        .iter()
        .map(|(option, name, help)| (*option, name.as_str(), help.as_str()))
        .collect();
    choice(ui, label, "device", device, &options);
}

/// The adapters of this machine, as far as they have been found.
#[cfg(not(target_arch = "wasm32"))]
fn adapters(context: &egui::Context) -> &'static [Adapter] {
    use std::sync::{Once, OnceLock};

    static ASKED: Once = Once::new();
    static FOUND: OnceLock<Vec<Adapter>> = OnceLock::new();
    ASKED.call_once(|| {
        let context = context.clone();
        let look = move || {
            let found = pollster::block_on(crate::session::adapters::adapters());
            FOUND.get_or_init(|| found.into_iter().map(|one| one.adapter).collect());
            context.request_repaint();
        };
        // Without a thread there are the choices without numbers.
        let _started = std::thread::Builder::new().spawn(look);
    });
    FOUND.get().map_or(&[], Vec::as_slice)
}

/// A browser hands out one.
#[cfg(target_arch = "wasm32")]
fn adapters(_: &egui::Context) -> &'static [Adapter] {
    &[]
}
