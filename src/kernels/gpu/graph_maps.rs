//! `shaders/graph_move.wgsl`, `graph_unit`, `graph_pool`, `graph_rectify` and the way back through them: what a graph makes of whole feature
//! maps, which all lie as `[I, C, H, W]`. Twins: `cpu/graph/forward.rs` and `cpu/graph/backward.rs`.

use super::launch::{Constants, Info, Stage, THREADS, shader, shared};
use crate::kernels::graph::{Graph, GraphShape, Pool, Size, Value};
use crate::kernels::shape::EPSILON;
use std::sync::Arc;

/// The stages of one graph.
#[derive(Debug, Clone)]
pub(super) struct GraphStages {
    pub shape: GraphShape,
    shared: Arc<str>,
}

/// A part of every image of a buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Where that of the first image begins.
    pub first: usize,
    /// Values from one image to the next.
    pub image: usize,
}

/// What every output pixel of a pooling sees. A state itself is a window of one value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    from: Size,
    to: Size,
    size: usize,
    stride: usize,
    /// Inputs before the first one of an output's own.
    before: usize,
    maximum: bool,
}

impl Window {
    /// The window of a term and the state that it sees; none of a unit.
    pub fn of(graph: &Graph, value: Value) -> Option<(Self, usize)> {
        let (state, size, before, stride, maximum) = match value {
            Value::Unit(_) => return None,
            Value::State(state) => (state, 1, 0, 1, false),
            Value::Pool(Pool::Max(stride), state) => (state, 3, 1, stride, true),
            Value::Pool(Pool::Average(stride), state) => (state, 3, 1, stride, false),
            Value::Pool(Pool::Halve, state) => (state, 2, 0, 2, false),
        };
        let window = Self {
            from: graph.states[state].size,
            to: graph.size_of(value),
            size,
            stride,
            before,
            maximum,
        };
        Some((window, state))
    }

    /// Whether it takes the largest value.
    pub fn maximum(self) -> bool {
        self.maximum
    }

    fn sizes(self) -> [(&'static str, usize); 8] {
        [
            ("height", self.from.height),
            ("width", self.from.width),
            ("in_pixels", self.from.pixels()),
            ("out_height", self.to.height),
            ("out_width", self.to.width),
            ("window", self.size),
            ("stride", self.stride),
            ("before", self.before),
        ]
    }

    fn constants(self) -> Constants {
        Constants::default().line("MAXIMUM", "bool", self.maximum)
    }
}

impl GraphStages {
    pub fn new(shape: &GraphShape) -> Self {
        let constants = Constants::default().line("EPSILON", "f32", format_args!("{EPSILON:e}"));
        Self {
            shape: shape.clone(),
            shared: shared(constants),
        }
    }

    /// The sizes of a stage: those of the pass, of a feature map and the stage's own.
    pub fn info(&self, size: Size, own: impl IntoIterator<Item = (&'static str, usize)>) -> Info {
        let common = [
            ("lanes", self.shape.lanes),
            ("batch", self.shape.batch),
            ("images", self.shape.images()),
            ("groups", self.shape.groups),
            ("channels", size.channels),
            ("out_pixels", size.pixels()),
        ];
        Info::new(common.into_iter().chain(own))
    }

    /// The sizes that `shaders/include/factor.wgsl` reads.
    pub fn factor(&self, place: Option<usize>) -> [(&'static str, usize); 2] {
        [
            ("factored", usize::from(place.is_some())),
            ("factor_first", place.unwrap_or(0) * self.shape.groups),
        ]
    }

    /// A stage of independent invocations.
    pub fn each(
        &self,
        shader: (&'static str, &'static str),
        info: &Info,
        own: Constants,
        invocations: usize,
    ) -> Stage {
        let groups = invocations.div_ceil(THREADS);
        Stage::new(shader, info, &self.shared, own, THREADS, groups)
    }

    /// A stage of workgroups that reduce.
    pub fn reduction(
        &self,
        shader: (&'static str, &'static str),
        info: &Info,
        own: Constants,
        threads: usize,
        groups: usize,
    ) -> Stage {
        Stage::new(shader, info, &self.shared, own, threads, groups)
    }

    /// Planes of a feature map of all images.
    pub fn planes(&self, size: Size) -> usize {
        self.shape.images() * size.channels
    }

    fn values(&self, size: Size) -> usize {
        self.shape.images() * size.elements()
    }

    /// `length` values of every image. Buffers: source, destination.
    pub fn transfer(&self, from: Part, to: Part, length: usize, adds: bool) -> Stage {
        let info = Info::new([
            ("images", self.shape.images()),
            ("length", length),
            ("from_first", from.first),
            ("from_image", from.image),
            ("to_first", to.first),
            ("to_image", to.image),
            ("adds", usize::from(adds)),
        ]);
        let invocations = self.shape.images() * length;
        self.each(
            shader!("graph_move"),
            &info,
            Constants::default(),
            invocations,
        )
    }

    /// Buffers: z, coef, factors, state.
    pub fn unit(&self, size: Size, place: Option<usize>, adds: bool) -> Stage {
        let own = self.factor(place).into_iter().chain(added(adds));
        let info = self.info(size, own);
        self.each(
            shader!("graph_unit"),
            &info,
            Constants::default(),
            self.values(size),
        )
    }

    /// Buffers: x, factors, state.
    pub fn pool(&self, window: Window, place: Option<usize>, adds: bool) -> Stage {
        let info = self.window(window, place, adds);
        let invocations = self.values(window.to);
        self.each(
            shader!("graph_pool"),
            &info,
            window.constants(),
            invocations,
        )
    }

    /// Buffers: g, factors, total; of a maximum also x.
    pub fn pool_backward(&self, window: Window, place: Option<usize>, adds: bool) -> Stage {
        let info = self.window(window, place, adds);
        let value_at = match window.maximum {
            true => {
                "@group(0) @binding(4) var<storage, read_write> x: array<f32>;\n\
                 fn value_at(index: u32) -> f32 { return x[index]; }"
            }
            false => "fn value_at(index: u32) -> f32 { return 0.0; }",
        };
        let own = window.constants().text(value_at);
        let invocations = self.values(window.from);
        self.each(shader!("graph_pool_backward"), &info, own, invocations)
    }

    /// Buffers: g, x, sums.
    pub fn dots(&self, window: Window) -> Stage {
        let info = self.info(window.to, window.sizes());
        let groups = self.planes(window.to);
        self.reduction(
            shader!("graph_dots"),
            &info,
            window.constants(),
            THREADS,
            groups,
        )
    }

    fn window(&self, window: Window, place: Option<usize>, adds: bool) -> Info {
        let own = self.factor(place).into_iter().chain(added(adds));
        self.info(window.to, own.chain(window.sizes()))
    }

    /// Buffers: values, rectified; of a unit also coef.
    pub fn rectify(&self, size: Size, unit: bool) -> Stage {
        let info = self.info(size, []);
        let own = behind(unit, 3);
        self.each(shader!("graph_rectify"), &info, own, self.values(size))
    }

    /// Buffers: values, total, g; of a unit also coef.
    pub fn open(&self, size: Size, unit: bool, adds: bool) -> Stage {
        let info = self.info(size, added(adds));
        let own = behind(unit, 4);
        self.each(shader!("graph_open"), &info, own, self.values(size))
    }
}

fn added(adds: bool) -> [(&'static str, usize); 1] {
    [("adds", usize::from(adds))]
}

/// Declares what a value is behind its normalisation, whose coefficients have a binding, or that it has none.
fn behind(unit: bool, binding: usize) -> Constants {
    let text = match unit {
        false => "fn behind(id: u32, value: f32) -> f32 { return value; }".to_string(),
        true => format!(
            "@group(0) @binding({binding}) var<storage, read_write> coef: array<vec4<f32>>;\n{BEHIND}"
        ),
    };
    Constants::default().text(&text)
}

const BEHIND: &str = "\
fn behind(id: u32, value: f32) -> f32 {
    let map = id / info.out_pixels;
    let c = coef[map / info.channels / info.batch * info.channels + map % info.channels];
    return (value - c.x) * c.z + c.w;
}";
