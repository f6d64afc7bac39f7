//! Every shader, with the constants of many shapes filled in, is valid WGSL within the WebGPU baseline.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Module};
use std::collections::BTreeSet;
use std::path::Path;

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
    for (name, source) in crate::shader_texts::all() {
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

#[test]
fn every_shader_says_what_it_reads_and_writes_and_which_file_launches_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root.join("shaders")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let head: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with("// "))
            .collect();
        for part in ["// Reads ", "// Writes ", "// One "] {
            let said = head.iter().any(|line| line.starts_with(part));
            assert!(said, "{name}: no line begins with {part}");
        }
        let launched = head
            .iter()
            .find_map(|line| line.strip_prefix("// Launched by "))
            .unwrap_or_else(|| panic!("{name}: nothing launches it"));
        for file in launched.trim_end_matches('.').split(" and ") {
            let rust = std::fs::read_to_string(root.join(file)).unwrap();
            let launch = format!("shader!(\"{name}\")");
            assert!(rust.contains(&launch), "{file} does not launch {name}");
        }
    }
}
