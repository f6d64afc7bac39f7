//! Vectors of eight channels, compiled for the instruction set of the machine the program runs on.

use pulp::{Scalar256b, Simd};

/// Channels in one vector.
pub(super) const LANES: usize = 8;

/// The vector type of an instruction set.
pub(super) type V<S> = <S as Simd>::f32s;

/// An instruction set whose vectors hold [`LANES`] floats.
pub(super) trait Lanes: Simd {
    /// `a·b + c`, fused only where the hardware does it.
    fn fma(self, a: V<Self>, b: V<Self>, c: V<Self>) -> V<Self>;

    /// Runs a task as a function of its own: the large loops are compiled once, not into every caller.
    fn call<T: Task>(self, task: T) -> T::Output;
}

impl Lanes for Scalar256b {
    #[inline(always)]
    fn fma(self, a: V<Self>, b: V<Self>, c: V<Self>) -> V<Self> {
        self.add_f32s(self.mul_f32s(a, b), c)
    }

    #[inline(never)]
    fn call<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
impl Lanes for pulp::x86::V3 {
    #[inline(always)]
    fn fma(self, a: V<Self>, b: V<Self>, c: V<Self>) -> V<Self> {
        self.mul_add_f32s(a, b, c)
    }

    #[inline(never)]
    fn call<T: Task>(self, task: T) -> T::Output {
        struct Call<T>(pulp::x86::V3, T);
        impl<T: Task> pulp::NullaryFnOnce for Call<T> {
            type Output = T::Output;
            #[inline(always)]
            fn call(self) -> T::Output {
                self.1.run(self.0)
            }
        }
        self.vectorize(Call(self, task))
    }
}

/// Work compiled once for every instruction set. `run` and all it calls must be `#[inline(always)]`.
pub(super) trait Task {
    /// What the work returns.
    type Output;
    /// Does the work.
    fn run<S: Lanes>(self, lanes: S) -> Self::Output;
}

/// Runs a task with the widest supported instruction set.
pub(super) fn dispatch<T: Task>(task: T) -> T::Output {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Some(v3) = pulp::x86::V3::try_new() {
        return v3.call(task);
    }
    Scalar256b.call(task)
}

/// Whole vectors of a slice.
#[inline(always)]
pub(super) fn vectors<S: Lanes>(slice: &[f32]) -> &[V<S>] {
    S::as_simd_f32s(slice).0
}

/// Whole vectors of a slice, to be written.
#[inline(always)]
pub(super) fn vectors_mut<S: Lanes>(slice: &mut [f32]) -> &mut [V<S>] {
    S::as_mut_simd_f32s(slice).0
}
