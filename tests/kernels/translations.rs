//! Every pipeline in the languages that drivers take, written as wgpu writes them: by naga, of wgpu's own version and with its settings.
//! Nothing is run: what a driver makes of the text only a driver can say. For `tests/shader_stats.sh`, the pipelines of a `paper` step are left
//! as SPIR-V in the folder that the variable PLATEAU_SHADERS names.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, ResourceBinding, ShaderStage};
use plateau::kernels::gpu::Watch;
use plateau::search::Strategy;
use plateau::session::{DeviceChoice, KernelChoice, MemoryChoice};
use plateau::space::{Genotype, Space};
use plateau::study::{BenchCase, BenchSize, BenchStep, count};
use rayon::prelude::*;

use crate::support::folder::folder;

/// A pipeline: the name of its shader and its text.
type Texts = BTreeSet<(&'static str, String)>;

/// What a step of the fused kernels launches.
fn step(space: Space, step: BenchStep, size: BenchSize) -> Texts {
    let seen = Arc::new(Mutex::new(Texts::new()));
    let into = seen.clone();
    let watch = Watch::new(move |launch| {
        into.lock().unwrap().insert((launch.stage, launch.text()));
    });
    let case = BenchCase {
        size,
        space,
        step,
        genotype: Genotype::preset("darts-v2").unwrap(),
        kernels: KernelChoice::Fused,
        memory: MemoryChoice::Keep,
        device: DeviceChoice::Gpu,
        memory_limit: 0,
        batch: None,
        bandwidth: None,
        stages: false,
        warmup: 0,
        steps: 1,
    };
    let counted = pollster::block_on(count(&case)).unwrap();
    drop(watch);
    assert!(counted.launches > 100, "{}", counted.launches);
    Arc::into_inner(seen).unwrap().into_inner().unwrap()
}

/// What steps of every kind launch, and the texts of many other shapes.
fn pipelines() -> Texts {
    let mut all = crate::shader_texts::all();
    for size in [BenchSize::Quick, BenchSize::Paper] {
        for (space, kind) in [
            (Space::Darts, BenchStep::Search(Strategy::Darts)),
            (Space::Darts, BenchStep::Search(Strategy::NaDarts)),
            (Space::Darts, BenchStep::Train),
            (Space::NasBench201, BenchStep::Search(Strategy::Darts)),
        ] {
            all.extend(step(space, kind, size));
        }
    }
    all
}

/// A shader as naga reads it.
struct Shader {
    module: Module,
    info: ModuleInfo,
    bindings: Vec<ResourceBinding>,
}

fn read(text: &str) -> Shader {
    let module = naga::front::wgsl::parse_str(text).unwrap();
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
    let info = validator.validate(&module).unwrap();
    let bindings = module.global_variables.iter();
    Shader {
        bindings: bindings.filter_map(|(_, of)| of.binding).collect(),
        module,
        info,
    }
}

const UNCHECKED: BoundsCheckPolicies = BoundsCheckPolicies {
    index: BoundsCheckPolicy::Unchecked,
    buffer: BoundsCheckPolicy::Unchecked,
    image_load: BoundsCheckPolicy::Unchecked,
    binding_array: BoundsCheckPolicy::Unchecked,
};

/// For Vulkan, the oldest and the newest: the version of SPIR-V and what `spirv-val` calls it.
const VULKAN: [((u8, u8), &str); 2] = [((1, 0), "vulkan1.0"), ((1, 6), "vulkan1.3")];

/// wgpu-hal 30's `vulkan/adapter.rs` and `compile_stage`, for a device without optional features, under the checks that CubeCL asks for.
fn spirv(shader: &Shader, lang_version: (u8, u8)) -> Result<Vec<u8>, String> {
    use spv::Capability::{
        DerivativeControl, Image1D, ImageQuery, Matrix, Sampled1D, Shader,
        StorageImageExtendedFormats,
    };
    let bindings = shader.bindings.iter();
    let options = spv::Options {
        lang_version,
        flags: spv::WriterFlags::LABEL_VARYINGS | spv::WriterFlags::FORCE_POINT_SIZE,
        fake_missing_bindings: false,
        binding_map: bindings
            .map(|&binding| {
                let info = spv::BindingInfo {
                    descriptor_set: binding.group,
                    binding: binding.binding,
                    binding_array_size: None,
                };
                (binding, info)
            })
            .collect(),
        capabilities: Some(FromIterator::from_iter([
            Shader,
            Matrix,
            Sampled1D,
            Image1D,
            ImageQuery,
            DerivativeControl,
            StorageImageExtendedFormats,
        ])),
        bounds_check_policies: UNCHECKED,
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::Polyfill,
        emit_int_div_checks: false,
        ..spv::Options::default()
    };
    let pipeline = spv::PipelineOptions {
        shader_stage: ShaderStage::Compute,
        entry_point: "main".to_owned(),
    };
    let words = spv::write_vec(&shader.module, &shader.info, &options, Some(&pipeline));
    let words = words.map_err(|error| error.to_string())?;
    Ok(words.into_iter().flat_map(u32::to_le_bytes).collect())
}

/// For Direct3D: with the compiler that Windows has, and with the newer one.
const SHADER_MODELS: [hlsl::ShaderModel; 2] = [hlsl::ShaderModel::V5_1, hlsl::ShaderModel::V6_0];

/// wgpu-hal 30's `dx12/device.rs`.
fn direct3d(shader: &Shader, shader_model: hlsl::ShaderModel) -> Result<String, String> {
    let registers = shader.bindings.iter().zip(0..);
    let options = hlsl::Options {
        shader_model,
        binding_map: registers
            .map(|(&binding, register)| {
                let target = hlsl::BindTarget {
                    register,
                    ..hlsl::BindTarget::default()
                };
                (binding, target)
            })
            .collect(),
        fake_missing_bindings: false,
        restrict_indexing: false,
        ..hlsl::Options::default()
    };
    let pipeline = hlsl::PipelineOptions {
        entry_point: Some((ShaderStage::Compute, "main".to_owned())),
    };
    let mut text = String::new();
    let mut writer = hlsl::Writer::new(&mut text, &options, &pipeline);
    let written = writer.write(&shader.module, &shader.info, None);
    let mut names = written
        .map_err(|error| error.to_string())?
        .entry_point_names;
    assert_eq!(names.len(), 1);
    names.remove(0).map_err(|error| error.to_string())?;
    Ok(text)
}

/// For Metal: the oldest version that wgpu asks for on a Mac of today, and the newest.
const METAL: [(u8, u8); 2] = [(2, 3), (3, 2)];

/// wgpu-hal 30's `metal/device.rs`.
fn metal(shader: &Shader, lang_version: (u8, u8)) -> Result<String, String> {
    let slots = shader.bindings.iter().zip(0..);
    let resources = msl::EntryPointResources {
        resources: slots
            .map(|(&binding, slot)| {
                let target = msl::BindTarget {
                    buffer: Some(slot),
                    mutable: true,
                    ..msl::BindTarget::default()
                };
                (binding, target)
            })
            .collect(),
        immediates_buffer: None,
        sizes_buffer: Some(30),
    };
    let options = msl::Options {
        lang_version,
        per_entry_point_map: [("main".to_owned(), resources)].into(),
        fake_missing_bindings: false,
        bounds_check_policies: UNCHECKED,
        emit_int_div_checks: false,
        ..msl::Options::default()
    };
    let pipeline = msl::PipelineOptions {
        entry_point: Some((ShaderStage::Compute, "main".to_owned())),
        ..msl::PipelineOptions::default()
    };
    let written = msl::write_string(&shader.module, &shader.info, &options, &pipeline);
    let (text, mut written) = written.map_err(|error| error.to_string())?;
    assert_eq!(written.entry_point_names.len(), 1);
    let name = written.entry_point_names.remove(0);
    name.map_err(|error| error.to_string())?;
    Ok(text)
}

/// What `spirv-val` says of a module; none where it is not installed.
fn validate(file: &Path, environment: &str) -> Option<Result<(), String>> {
    let mut command = Command::new("spirv-val");
    command.args(["--target-env", environment]).arg(file);
    let output = command.output().ok()?;
    Some(match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}

/// What is wrong with a pipeline, and how many of its translations were validated.
fn faults(name: &str, text: &str, file: &Path) -> (Vec<String>, usize) {
    let shader = read(text);
    let mut faults = Vec::new();
    let mut validated = 0;
    for (version, environment) in VULKAN {
        let written = spirv(&shader, version).map(|bytes| std::fs::write(file, bytes).unwrap());
        let said = written.and_then(|()| match validate(file, environment) {
            None => Ok(0),
            Some(said) => said.map(|()| 1),
        });
        match said {
            Ok(more) => validated += more,
            Err(error) => faults.push(format!("{name}, {environment}: {error}")),
        }
    }
    let texts = SHADER_MODELS.map(|model| {
        let written = direct3d(&shader, model);
        (format!("{model:?}"), "numthreads", written)
    });
    let more = METAL.map(|version| {
        let written = metal(&shader, version);
        (format!("Metal {version:?}"), "kernel void", written)
    });
    for (language, word, written) in texts.into_iter().chain(more) {
        match written {
            Ok(text) => assert!(text.contains(word), "{name}, {language}: {text}"),
            Err(error) => faults.push(format!("{name}, {language}: {error}")),
        }
    }
    (faults, validated)
}

#[test]
fn every_pipeline_is_written_for_vulkan_direct3d_and_metal() {
    let folder = folder("translations");
    std::fs::create_dir_all(&folder).unwrap();
    let pipelines: Vec<_> = pipelines().into_iter().collect();
    let said = pipelines.par_iter().enumerate();
    let said: Vec<_> = said
        .map(|(number, (name, text))| faults(name, text, &folder.join(format!("{number}.spv"))))
        .collect();
    std::fs::remove_dir_all(&folder).unwrap();
    let validated: usize = said.iter().map(|(_, validated)| validated).sum();
    let faults: Vec<String> = said.into_iter().flat_map(|(faults, _)| faults).collect();
    let (of, count, listing) = (pipelines.len(), faults.len(), faults.join("\n"));
    assert!(faults.is_empty(), "{count} faults of {of}:\n{listing}");
    assert!(of > 100, "{of}");
    let all = VULKAN.len() * of;
    assert!([0, all].contains(&validated), "{validated} of {all}");
}

#[test]
fn what_a_language_does_not_have_is_a_fault() {
    let half = "enable f16; @group(0) @binding(0) var<storage, read_write> values: array<f32>;
        @compute @workgroup_size(1) fn main() { values[0] = f32(f16(values[1])); }";
    let module = naga::front::wgsl::parse_str(half).unwrap();
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16);
    let shader = Shader {
        info: validator.validate(&module).unwrap(),
        bindings: Vec::new(),
        module,
    };
    // No device without optional features has numbers of 16 bits; nor is the buffer bound.
    assert!(spirv(&shader, (1, 3)).is_err());
    assert!(direct3d(&shader, hlsl::ShaderModel::V5_1).is_err());
    assert!(metal(&shader, (2, 3)).is_err());
    let folder = folder("translations-fault");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("shader.spv");
    std::fs::write(&file, [0; 40]).unwrap();
    let said = validate(&file, "vulkan1.1");
    assert!(said.is_none_or(|said| said.is_err()));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_pipelines_of_a_paper_step_are_left_for_the_compiler_of_a_real_driver() {
    let Some(folder) = std::env::var_os("PLATEAU_SHADERS") else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let search = BenchStep::Search(Strategy::Darts);
    let mut number = 0;
    for (name, text) in step(Space::Darts, search, BenchSize::Paper) {
        number += 1;
        let path = Path::new(&folder).join(format!("{number:03}-{name}"));
        std::fs::write(path.with_extension("wgsl"), &text).unwrap();
        std::fs::write(
            path.with_extension("spv"),
            spirv(&read(&text), (1, 6)).unwrap(),
        )
        .unwrap();
    }
}
