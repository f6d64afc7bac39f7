//! Vectors of eight channels, compiled for the instruction set of the machine the program runs on.

use pulp::Scalar256b;

/// Channels in one vector.
pub(super) const WIDTH: usize = 8;

/// The vector type of an instruction set.
pub(super) type V<S> = <S as Simd>::f32s;

/// An instruction set, and vectors of [`WIDTH`] floats made of its registers; named as in pulp, which has only its own widths.
#[allow(non_camel_case_types, reason = "named as in pulp")]
pub(super) trait Simd: Copy + Send + Sync + 'static {
    /// Eight floats.
    type f32s: Copy + Send + Sync + 'static;
    /// Eight answers.
    type m32s: Copy;

    /// Whether only eight vectors fit into the registers, not sixteen: loops then keep fewer sums in flight.
    const FEW: bool;

    fn splat_f32s(self, value: f32) -> Self::f32s;
    fn add_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::f32s;
    fn sub_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::f32s;
    fn mul_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::f32s;
    fn max_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::f32s;
    fn neg_f32s(self, a: Self::f32s) -> Self::f32s;
    fn equal_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::m32s;
    fn greater_than_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::m32s;
    fn select_f32s(self, mask: Self::m32s, yes: Self::f32s, no: Self::f32s) -> Self::f32s;

    /// `a·b + c`, fused only where the hardware does it.
    fn fma(self, a: Self::f32s, b: Self::f32s, c: Self::f32s) -> Self::f32s;

    /// Whole vectors of a slice.
    fn whole(slice: &[f32]) -> &[Self::f32s];
    /// Whole vectors of a slice, to be written.
    fn whole_mut(slice: &mut [f32]) -> &mut [Self::f32s];

    /// Runs a task as a function of its own: the large loops are compiled once, not into every caller.
    fn call<T: Task>(self, task: T) -> T::Output;
}

/// What an instruction set of pulp does itself, because its registers hold eight floats.
macro_rules! registers_of_eight {
    () => {
        type f32s = <Self as pulp::Simd>::f32s;
        type m32s = <Self as pulp::Simd>::m32s;

        const FEW: bool = false;

        registers_of_eight!(splat_f32s(value: f32) -> V<Self>);
        registers_of_eight!(add_f32s(a: V<Self>, b: V<Self>) -> V<Self>);
        registers_of_eight!(sub_f32s(a: V<Self>, b: V<Self>) -> V<Self>);
        registers_of_eight!(mul_f32s(a: V<Self>, b: V<Self>) -> V<Self>);
        registers_of_eight!(max_f32s(a: V<Self>, b: V<Self>) -> V<Self>);
        registers_of_eight!(neg_f32s(a: V<Self>) -> V<Self>);
        registers_of_eight!(equal_f32s(a: V<Self>, b: V<Self>) -> <Self as Simd>::m32s);
        registers_of_eight!(greater_than_f32s(a: V<Self>, b: V<Self>) -> <Self as Simd>::m32s);
        registers_of_eight!(select_f32s(mask: <Self as Simd>::m32s, yes: V<Self>, no: V<Self>) -> V<Self>);

        #[inline(always)]
        fn whole(slice: &[f32]) -> &[V<Self>] {
            <Self as pulp::Simd>::as_simd_f32s(slice).0
        }

        #[inline(always)]
        fn whole_mut(slice: &mut [f32]) -> &mut [V<Self>] {
            <Self as pulp::Simd>::as_mut_simd_f32s(slice).0
        }
    };
    ($name:ident($($argument:ident: $type:ty),*) -> $out:ty) => {
        #[inline(always)]
        fn $name(self, $($argument: $type),*) -> $out {
            pulp::Simd::$name(self, $($argument),*)
        }
    };
}

impl Simd for Scalar256b {
    registers_of_eight!();

    #[inline(always)]
    fn fma(self, a: V<Self>, b: V<Self>, c: V<Self>) -> V<Self> {
        Simd::add_f32s(self, Simd::mul_f32s(self, a, b), c)
    }

    #[inline(never)]
    fn call<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
impl Simd for pulp::x86::V3 {
    registers_of_eight!();

    #[inline(always)]
    fn fma(self, a: V<Self>, b: V<Self>, c: V<Self>) -> V<Self> {
        pulp::Simd::mul_add_f32s(self, a, b, c)
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
        pulp::Simd::vectorize(self, Call(self, task))
    }
}

/// Work compiled once for every instruction set. `run` and all it calls must be `#[inline(always)]`.
pub(super) trait Task {
    /// What the work returns.
    type Output;
    /// Does the work.
    fn run<S: Simd>(self, lanes: S) -> Self::Output;
}

/// Whole vectors of a slice.
#[inline(always)]
pub(super) fn vectors<S: Simd>(slice: &[f32]) -> &[V<S>] {
    S::whole(slice)
}

/// Whole vectors of a slice, to be written.
#[inline(always)]
pub(super) fn vectors_mut<S: Simd>(slice: &mut [f32]) -> &mut [V<S>] {
    S::whole_mut(slice)
}
