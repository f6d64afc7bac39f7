//! Vectors of eight channels as pairs of registers of four: NEON, and the `simd128` of WebAssembly.

use super::lanes::{Lanes, Task, V};
use pulp::{Simd, f32x4, m32x4};

#[cfg(target_arch = "aarch64")]
pub(super) use pulp::aarch64::Neon as Quads;
#[cfg(target_arch = "wasm32")]
pub(super) use pulp::wasm::Simd128 as Quads;

impl Lanes for Quads {
    type f32s = [f32x4; 2];
    type m32s = [m32x4; 2];

    // A browser's machine may have sixteen registers, NEON has thirty-two.
    const TWO_ROWS: bool = cfg!(target_arch = "aarch64");

    #[inline(always)]
    fn splat_f32s(self, value: f32) -> V<Self> {
        [Simd::splat_f32s(self, value); 2]
    }

    #[inline(always)]
    fn add_f32s(self, a: V<Self>, b: V<Self>) -> V<Self> {
        let add = |a, b| Simd::add_f32s(self, a, b);
        [add(a[0], b[0]), add(a[1], b[1])]
    }

    #[inline(always)]
    fn sub_f32s(self, a: V<Self>, b: V<Self>) -> V<Self> {
        let subtract = |a, b| Simd::sub_f32s(self, a, b);
        [subtract(a[0], b[0]), subtract(a[1], b[1])]
    }

    #[inline(always)]
    fn mul_f32s(self, a: V<Self>, b: V<Self>) -> V<Self> {
        let multiply = |a, b| Simd::mul_f32s(self, a, b);
        [multiply(a[0], b[0]), multiply(a[1], b[1])]
    }

    #[inline(always)]
    fn max_f32s(self, a: V<Self>, b: V<Self>) -> V<Self> {
        [larger(self, a[0], b[0]), larger(self, a[1], b[1])]
    }

    #[inline(always)]
    fn neg_f32s(self, a: V<Self>) -> V<Self> {
        a.map(|a| Simd::neg_f32s(self, a))
    }

    #[inline(always)]
    fn equal_f32s(self, a: V<Self>, b: V<Self>) -> Self::m32s {
        let equal = |a, b| Simd::equal_f32s(self, a, b);
        [equal(a[0], b[0]), equal(a[1], b[1])]
    }

    #[inline(always)]
    fn greater_than_f32s(self, a: V<Self>, b: V<Self>) -> Self::m32s {
        let greater = |a, b| Simd::greater_than_f32s(self, a, b);
        [greater(a[0], b[0]), greater(a[1], b[1])]
    }

    #[inline(always)]
    fn select_f32s(self, mask: Self::m32s, yes: V<Self>, no: V<Self>) -> V<Self> {
        let select = |mask, yes, no| Simd::select_f32s(self, mask, yes, no);
        [
            select(mask[0], yes[0], no[0]),
            select(mask[1], yes[1], no[1]),
        ]
    }

    #[inline(always)]
    fn fma(self, a: V<Self>, b: V<Self>, c: V<Self>) -> V<Self> {
        [
            multiply_add(self, a[0], b[0], c[0]),
            multiply_add(self, a[1], b[1], c[1]),
        ]
    }

    #[inline(always)]
    fn whole(slice: &[f32]) -> &[V<Self>] {
        Self::as_simd_f32s(slice).0.as_chunks().0
    }

    #[inline(always)]
    fn whole_mut(slice: &mut [f32]) -> &mut [V<Self>] {
        Self::as_mut_simd_f32s(slice).0.as_chunks_mut().0
    }

    // These instructions are part of the target: nothing has to be switched on.
    #[inline(never)]
    fn call<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
}

/// `a·b + c`, fused.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn multiply_add(quads: Quads, a: f32x4, b: f32x4, c: f32x4) -> f32x4 {
    quads.mul_add_f32s(a, b, c)
}

/// `a·b + c` in two roundings: a fused one is only in relaxed SIMD.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn multiply_add(quads: Quads, a: f32x4, b: f32x4, c: f32x4) -> f32x4 {
    Simd::add_f32s(quads, Simd::mul_f32s(quads, a, b), c)
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn larger(quads: Quads, a: f32x4, b: f32x4) -> f32x4 {
    Simd::max_f32s(quads, a, b)
}

/// The larger, or `b` where one is not a number, as AVX has it: one instruction of most machines, where `f32x4.max` is many.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn larger(quads: Quads, a: f32x4, b: f32x4) -> f32x4 {
    pulp::cast!(quads.simd128.f32x4_pmax(pulp::cast!(b), pulp::cast!(a)))
}
