//! One compute stage: its text, its key in the pipeline cache, its buffers and its launch.

use super::watch::tell;
use burn::tensor::{DType, Shape};
use burn_cubecl::CubeDevice;
use burn_cubecl::cubecl::prelude::{CubeCount, CubeDim, KernelId};
use burn_cubecl::cubecl::server::{Handle, KernelArguments};
use burn_cubecl::ops::numeric::zeros_client;
use burn_cubecl::template::{KernelSource, SourceKernel, SourceTemplate};
use burn_cubecl::tensor::CubeTensor;
use std::collections::HashMap;
use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Name and text of a file in `shaders/`.
macro_rules! shader {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../shaders/", $name, ".wgsl")),
        )
    };
}
pub(super) use shader;

/// What a shader can include: placeholder and text of the files in `shaders/include/`.
const INCLUDES: [(&str, &str); 12] = [
    ("axis", include_str!("../../../shaders/include/axis.wgsl")),
    ("strip", include_str!("../../../shaders/include/strip.wgsl")),
    ("outer", include_str!("../../../shaders/include/outer.wgsl")),
    (
        "columns",
        include_str!("../../../shaders/include/columns.wgsl"),
    ),
    (
        "pixels",
        include_str!("../../../shaders/include/pixels.wgsl"),
    ),
    (
        "reduce",
        include_str!("../../../shaders/include/reduce.wgsl"),
    ),
    (
        "eight_weights",
        include_str!("../../../shaders/include/eight_weights.wgsl"),
    ),
    ("grid", include_str!("../../../shaders/include/grid.wgsl")),
    (
        "moments",
        include_str!("../../../shaders/include/moments.wgsl"),
    ),
    (
        "factor",
        include_str!("../../../shaders/include/factor.wgsl"),
    ),
    (
        "window",
        include_str!("../../../shaders/include/window.wgsl"),
    ),
    (
        "pooled",
        include_str!("../../../shaders/include/pooled.wgsl"),
    ),
];

/// Workgroups of one dimension of a dispatch; more are folded into the second one (WebGPU allows 65,535 in each).
const FOLD: usize = 32_768;

/// Most buffers of sizes that are kept: a run over many networks would collect them without end.
const MOST_SIZES: usize = 32_768;

/// Invocations of a workgroup where they do not work together.
pub(super) const THREADS: usize = 64;

/// Declarations for the head of a shader.
#[derive(Debug, Clone, Default)]
pub(super) struct Constants(String);

impl Constants {
    /// `const NAME: u32 = value;`
    pub fn size(self, name: &str, value: usize) -> Self {
        self.line(name, "u32", format_args!("{value}u"))
    }

    /// `const NAME: TYPE = value;`
    pub fn line(mut self, name: &str, kind: &str, value: impl Display) -> Self {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "const {name}: {kind} = {value};");
        self
    }

    /// A function from an index to a number.
    pub fn table(mut self, name: &str, values: impl IntoIterator<Item = usize>) -> Self {
        let mut cases = String::new();
        for (index, value) in values.into_iter().enumerate() {
            let _ = write!(cases, " case {index}u: {{ return {value}u; }}");
        }
        let _ = writeln!(
            self.0,
            "fn {name}(index: u32) -> u32 {{ switch index {{{cases} default: {{ return 0u; }} }} }}"
        );
        self
    }

    /// Any text.
    pub fn text(mut self, text: &str) -> Self {
        self.0.push_str(text);
        self.0.push('\n');
        self
    }
}

/// Sizes that a shader reads from its first buffer, so that one pipeline serves every shape.
#[derive(Debug, Clone)]
pub(super) struct Info(Vec<(&'static str, usize)>);

impl Info {
    pub fn new(sizes: impl IntoIterator<Item = (&'static str, usize)>) -> Self {
        Self(sizes.into_iter().collect())
    }

    /// Declares the buffer, and `info` for a copy of it: `main` begins with `info = sizes`, since every read of the buffer
    /// after a store would be another load.
    fn declaration(&self) -> String {
        let mut fields = String::new();
        for (name, _) in &self.0 {
            // Writing to a String cannot fail.
            let _ = write!(fields, " {name}: u32,");
        }
        format!(
            "struct Info {{{fields} }}\n\
             @group(0) @binding(0) var<storage, read_write> sizes: Info;\n\
             var<private> info: Info;\n"
        )
    }

    /// The buffer beside `like`. Each is uploaded once and kept: there is one for each shape of a network, and of a graph one for most
    /// launches.
    fn buffer(&self, like: &CubeTensor) -> Handle {
        type Key = (CubeDevice, Vec<u32>);
        static BUFFERS: LazyLock<Mutex<HashMap<Key, Handle>>> = LazyLock::new(Mutex::default);
        // Sizes are below 2^31 (`check` of the shapes).
        let values: Vec<u32> = self.0.iter().map(|(_, value)| *value as u32).collect();
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        // A panic elsewhere leaves the map as it was.
        let mut buffers = BUFFERS.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() >= MOST_SIZES {
            buffers.clear();
        }
        buffers
            .entry((like.device.clone(), values))
            .or_insert_with(|| like.client.create_from_slice(&bytes))
            .clone()
    }
}

/// One stage ready to be launched: a shader with its constants.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    name: &'static str,
    template: &'static str,
    info: Info,
    shared: Arc<str>,
    own: String,
    threads: usize,
    groups: usize,
}

impl Stage {
    /// `shared` are the declarations of the operation, `own` those of this stage; `groups` workgroups of `threads`
    /// invocations each.
    pub fn new(
        (name, template): (&'static str, &'static str),
        info: &Info,
        shared: &Arc<str>,
        own: Constants,
        threads: usize,
        groups: usize,
    ) -> Self {
        Self {
            name,
            template,
            info: info.clone(),
            shared: shared.clone(),
            own: own.size("THREADS", threads).0,
            threads,
            groups,
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The complete shader.
    pub fn source(&self) -> SourceTemplate {
        let head = format!("{}{}{}", self.info.declaration(), self.shared, self.own);
        INCLUDES.into_iter().fold(
            SourceTemplate::new(self.template).register("constants", head),
            |template, (name, text)| template.register(name, text),
        )
    }

    /// Runs the stage on the buffers in the order of the shader's bindings from 1 on. A stage without work is not
    /// launched.
    pub fn launch(self, buffers: &[&CubeTensor]) {
        if self.groups == 0 {
            return;
        }
        let client = buffers[0].client.clone();
        let columns = self.groups.min(FOLD);
        // Sizes are below 2^31 (`check` of the shapes).
        let count = CubeCount::Static(columns as u32, self.groups.div_ceil(columns) as u32, 1);
        let dim = CubeDim::new_1d(self.threads as u32);
        let info = self.info.buffer(buffers[0]);
        let handles = buffers.iter().map(|tensor| tensor.handle.clone());
        let bytes = || {
            let values = buffers
                .iter()
                .map(|tensor| tensor.meta.shape().num_elements());
            (values.sum::<usize>() * size_of::<f32>()) as u64
        };
        tell(self.name, bytes, &|| self.source().complete());
        let arguments = KernelArguments::new().with_buffers(
            std::iter::once(info)
                .chain(handles)
                .map(Handle::binding)
                .collect(),
        );
        client.launch(Box::new(SourceKernel::new(self, dim)), count, arguments);
    }
}

impl KernelSource for Stage {
    fn source(&self) -> SourceTemplate {
        Stage::source(self)
    }

    fn id(&self) -> KernelId {
        let dim = CubeDim::new_1d(self.threads as u32);
        KernelId::new::<Self>().cube_dim(dim.0).info((
            self.name,
            self.shared.clone(),
            self.own.clone(),
        ))
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// Finished constants, shared by the stages of one shape.
pub(super) fn shared(constants: Constants) -> Arc<str> {
    constants.0.into()
}

static POISONED: AtomicBool = AtomicBool::new(false);

/// For tests: whether fresh buffers are filled with a large number, so that a shader which trusts their content fails.
#[doc(hidden)]
pub fn poison_outputs(poisoned: bool) {
    POISONED.store(poisoned, Ordering::Relaxed);
}

/// A fresh tensor of zeros beside `like`.
pub(super) fn zeros(like: &CubeTensor, shape: Shape) -> CubeTensor {
    zeros_client(like.client.clone(), like.device.clone(), shape, DType::F32)
}

/// A fresh tensor beside `like`, its content undefined. A buffer is never empty.
pub(super) fn output<const D: usize>(like: &CubeTensor, dims: [usize; D]) -> CubeTensor {
    let values = dims.iter().product::<usize>().max(4);
    let handle = if POISONED.load(Ordering::Relaxed) {
        like.client
            .create_from_slice(&(-1.234_567e30_f32).to_le_bytes().repeat(values))
    } else {
        like.client.empty(values * size_of::<f32>())
    };
    CubeTensor::new_contiguous(
        like.client.clone(),
        like.device.clone(),
        Shape::from(dims),
        handle,
        DType::F32,
    )
}
