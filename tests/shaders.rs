//! Every shader, with the constants of many shapes filled in, is valid WGSL within the WebGPU baseline.

#![allow(clippy::unwrap_used)]

use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Module};
use plateau::kernels::gpu::{conv_sources, edges_sources};
use plateau::kernels::shape::{ALL_ACTIVE, ConvShape, EdgesShape};
use std::collections::BTreeSet;
use std::path::Path;

fn edge_shapes() -> Vec<EdgesShape> {
    let mut shapes = Vec::new();
    for (channels, size) in [(2, 1), (6, 5), (8, 8), (16, 32), (24, 7), (64, 8), (256, 4)] {
        for stride in [1, 2] {
            for active in [
                ALL_ACTIVE,
                0b0000_0001,
                0b0000_1000,
                0b0000_0110,
                0b1000_0010,
            ] {
                shapes.push(EdgesShape {
                    lanes: 3,
                    batch: 5,
                    channels,
                    height: size,
                    width: size + 2,
                    edges: 4,
                    stride,
                    active,
                });
            }
        }
    }
    shapes
}

fn conv_shapes() -> Vec<ConvShape> {
    let mut shapes = Vec::new();
    for (in_channels, out_channels) in [(3, 48), (1, 2), (64, 16), (40, 70), (256, 128)] {
        for (kernel, stride, reduce) in [
            (1, 1, false),
            (1, 2, true),
            (3, 1, false),
            (3, 2, false),
            (1, 2, false),
        ] {
            shapes.push(ConvShape {
                lanes: 2,
                batch: 3,
                in_channels,
                out_channels,
                height: 9,
                width: 8,
                kernel,
                stride,
                relu: in_channels != 3,
                reduce,
            });
        }
    }
    shapes
}

/// What a shader does that the baseline does not allow.
fn faults(name: &str, source: &str) -> Vec<String> {
    let module: Module = match naga::front::wgsl::parse_str(source) {
        Ok(module) => module,
        Err(error) => return vec![format!("{name}: {}", error.emit_to_string(source))],
    };
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
    let info = match validator.validate(&module) {
        Ok(info) => info,
        Err(error) => return vec![format!("{name}: {}", error.emit_to_string(source))],
    };
    let mut faults = Vec::new();
    let entry = &module.entry_points[0];
    if entry.name != "main" || module.entry_points.len() != 1 {
        faults.push(format!("{name}: the only entry point must be `main`"));
    }
    let invocations: u32 = entry.workgroup_size.iter().product();
    if invocations > 256 {
        faults.push(format!("{name}: {invocations} invocations"));
    }
    let mut bindings = 0;
    let mut workgroup_bytes = 0;
    for (handle, variable) in module.global_variables.iter() {
        match variable.space {
            AddressSpace::Storage { .. } => {
                bindings += 1;
                if info.get_entry_point(0)[handle].is_empty() {
                    faults.push(format!("{name}: {:?} is never used", variable.name));
                }
            }
            AddressSpace::Private => {}
            AddressSpace::WorkGroup => {
                workgroup_bytes += module.types[variable.ty].inner.size(module.to_ctx());
            }
            _ => faults.push(format!(
                "{name}: {:?} is not storage, workgroup or private",
                variable.name
            )),
        }
    }
    if bindings > 8 {
        faults.push(format!("{name}: {bindings} storage buffers"));
    }
    if workgroup_bytes > 16 * 1024 {
        faults.push(format!(
            "{name}: {workgroup_bytes} bytes of workgroup memory"
        ));
    }
    faults
}

#[test]
fn all_shaders_are_valid_and_within_the_webgpu_baseline() {
    let mut faulty = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let sources = (edge_shapes().into_iter().flat_map(edges_sources))
        .chain(conv_shapes().into_iter().flat_map(conv_sources));
    for (name, source) in sources {
        seen.insert(name);
        faulty.extend(faults(name, &source));
    }
    let listing = faulty
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(faulty.is_empty(), "{} faults:\n{listing}", faulty.len());

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        files.insert(path.file_stem().unwrap().to_string_lossy().into_owned());
    }
    let seen: BTreeSet<String> = seen.into_iter().map(str::to_owned).collect();
    assert_eq!(
        seen, files,
        "every file in shaders/ is launched by some stage"
    );
}
