//! One compute stage: its text, its key in the pipeline cache, its buffers and its launch.

use burn::tensor::{DType, Shape};
use burn_cubecl::cubecl::prelude::{CubeCount, CubeDim, KernelId};
use burn_cubecl::cubecl::server::KernelArguments;
use burn_cubecl::template::{KernelSource, SourceKernel, SourceTemplate};
use burn_cubecl::tensor::CubeTensor;
use std::fmt::{Display, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// Workgroups of one dimension of a dispatch; more are folded into the second one (WebGPU allows 65,535 in each).
const FOLD: usize = 32_768;

/// Constants for the head of a shader.
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

    /// These and `others`.
    pub fn append(self, others: Self) -> Self {
        self.text(&others.0)
    }

    /// Any text.
    pub fn text(mut self, text: &str) -> Self {
        self.0.push_str(text);
        self.0.push('\n');
        self
    }
}

/// One stage ready to be launched: a shader with its constants.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    name: &'static str,
    template: &'static str,
    shared: Arc<str>,
    own: String,
    threads: [usize; 2],
    groups: usize,
}

impl Stage {
    /// `shared` are the constants of the shape, `own` those of this stage; `threads` is the workgroup's size and
    /// `groups` how many of them there are.
    pub fn new(
        (name, template): (&'static str, &'static str),
        shared: &Arc<str>,
        own: Constants,
        threads: [usize; 2],
        groups: usize,
    ) -> Self {
        let own = own.size("GROUPS", groups).0;
        Self {
            name,
            template,
            shared: shared.clone(),
            own,
            threads,
            groups,
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The complete shader.
    pub fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.template)
            .register("constants", format!("{}{}", self.shared, self.own))
    }

    /// Runs the stage on the buffers in the order of the shader's bindings. A stage without work is not launched.
    pub fn launch(self, buffers: &[&CubeTensor]) {
        if self.groups == 0 {
            return;
        }
        let client = buffers[0].client.clone();
        let columns = self.groups.min(FOLD);
        // Sizes are below 2^31 (`check` of the shapes).
        let count = CubeCount::Static(columns as u32, self.groups.div_ceil(columns) as u32, 1);
        let dim = CubeDim::new_2d(self.threads[0] as u32, self.threads[1] as u32);
        let arguments = KernelArguments::new().with_buffers(
            buffers
                .iter()
                .map(|tensor| tensor.handle.clone().binding())
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
        let dim = CubeDim::new_2d(self.threads[0] as u32, self.threads[1] as u32);
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
