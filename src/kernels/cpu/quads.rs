//! Vectors of eight channels as pairs of registers of four: NEON, and the `simd128` of WebAssembly.

use super::simd::{Simd, Task};

#[cfg(target_arch = "aarch64")]
use neon as instructions;
#[cfg(target_arch = "wasm32")]
use simd128 as instructions;

use instructions::{Mask, Proof, Quad};

/// The instructions, and that the machine has them.
#[derive(Clone, Copy)]
pub(super) struct Quads(Proof);

impl Quads {
    pub fn try_new() -> Option<Self> {
        instructions::proof().map(Self)
    }
}

impl Simd for Quads {
    type f32s = [Quad; 2];
    type m32s = [Mask; 2];

    // NEON has thirty-two registers; a browser may run on a machine with sixteen.
    const FEW: bool = cfg!(target_arch = "wasm32");

    #[inline(always)]
    fn splat_f32s(self, value: f32) -> Self::f32s {
        [instructions::splat(self.0, value); 2]
    }

    #[inline(always)]
    fn add_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::f32s {
        [
            instructions::add(self.0, a[0], b[0]),
            instructions::add(self.0, a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn sub_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::f32s {
        [
            instructions::subtract(self.0, a[0], b[0]),
            instructions::subtract(self.0, a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn mul_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::f32s {
        [
            instructions::multiply(self.0, a[0], b[0]),
            instructions::multiply(self.0, a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn max_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::f32s {
        [
            instructions::larger(self.0, a[0], b[0]),
            instructions::larger(self.0, a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn neg_f32s(self, a: Self::f32s) -> Self::f32s {
        [
            instructions::negative(self.0, a[0]),
            instructions::negative(self.0, a[1]),
        ]
    }

    #[inline(always)]
    fn equal_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::m32s {
        [
            instructions::equal(self.0, a[0], b[0]),
            instructions::equal(self.0, a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn greater_than_f32s(self, a: Self::f32s, b: Self::f32s) -> Self::m32s {
        [
            instructions::greater(self.0, a[0], b[0]),
            instructions::greater(self.0, a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn select_f32s(self, mask: Self::m32s, yes: Self::f32s, no: Self::f32s) -> Self::f32s {
        [
            instructions::select(self.0, mask[0], yes[0], no[0]),
            instructions::select(self.0, mask[1], yes[1], no[1]),
        ]
    }

    #[inline(always)]
    fn fma(self, a: Self::f32s, b: Self::f32s, c: Self::f32s) -> Self::f32s {
        [
            instructions::multiply_add(self.0, a[0], b[0], c[0]),
            instructions::multiply_add(self.0, a[1], b[1], c[1]),
        ]
    }

    #[inline(always)]
    fn whole(slice: &[f32]) -> &[Self::f32s] {
        instructions::quads(slice).as_chunks().0
    }

    #[inline(always)]
    fn whole_mut(slice: &mut [f32]) -> &mut [Self::f32s] {
        instructions::quads_mut(slice).as_chunks_mut().0
    }

    #[inline(never)]
    fn call<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
}

#[cfg(target_arch = "aarch64")]
mod neon {
    use pulp::Simd as _;
    pub(super) use pulp::aarch64::Neon as Proof;
    pub(super) use pulp::{f32x4 as Quad, m32x4 as Mask};

    #[inline(always)]
    pub(super) fn proof() -> Option<Proof> {
        Proof::try_new()
    }

    #[inline(always)]
    pub(super) fn quads(slice: &[f32]) -> &[Quad] {
        Proof::as_simd_f32s(slice).0
    }

    #[inline(always)]
    pub(super) fn quads_mut(slice: &mut [f32]) -> &mut [Quad] {
        Proof::as_mut_simd_f32s(slice).0
    }

    #[inline(always)]
    pub(super) fn splat(proof: Proof, value: f32) -> Quad {
        proof.splat_f32s(value)
    }

    #[inline(always)]
    pub(super) fn add(proof: Proof, a: Quad, b: Quad) -> Quad {
        proof.add_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn subtract(proof: Proof, a: Quad, b: Quad) -> Quad {
        proof.sub_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn multiply(proof: Proof, a: Quad, b: Quad) -> Quad {
        proof.mul_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn larger(proof: Proof, a: Quad, b: Quad) -> Quad {
        proof.max_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn negative(proof: Proof, a: Quad) -> Quad {
        proof.neg_f32s(a)
    }

    #[inline(always)]
    pub(super) fn equal(proof: Proof, a: Quad, b: Quad) -> Mask {
        proof.equal_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn greater(proof: Proof, a: Quad, b: Quad) -> Mask {
        proof.greater_than_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn select(proof: Proof, mask: Mask, yes: Quad, no: Quad) -> Quad {
        proof.select_f32s(mask, yes, no)
    }

    #[inline(always)]
    pub(super) fn multiply_add(proof: Proof, a: Quad, b: Quad, c: Quad) -> Quad {
        proof.mul_add_f32s(a, b, c)
    }
}

#[cfg(target_arch = "wasm32")]
mod simd128 {
    use core::arch::wasm32 as arch;
    use pulp::bytemuck::cast;

    /// The program is compiled for them as a whole.
    #[derive(Clone, Copy)]
    pub(super) struct Proof;
    /// In memory, where no more than the alignment of a float is asked.
    pub(super) type Quad = [f32; 4];
    pub(super) type Mask = Quad;

    #[inline(always)]
    pub(super) fn proof() -> Option<Proof> {
        Some(Proof)
    }

    #[inline(always)]
    pub(super) fn quads(slice: &[f32]) -> &[Quad] {
        slice.as_chunks().0
    }

    #[inline(always)]
    pub(super) fn quads_mut(slice: &mut [f32]) -> &mut [Quad] {
        slice.as_chunks_mut().0
    }

    #[inline(always)]
    pub(super) fn splat(_proof: Proof, value: f32) -> Quad {
        [value; 4]
    }

    #[inline(always)]
    pub(super) fn add(_proof: Proof, a: Quad, b: Quad) -> Quad {
        cast(arch::f32x4_add(cast(a), cast(b)))
    }

    #[inline(always)]
    pub(super) fn subtract(_proof: Proof, a: Quad, b: Quad) -> Quad {
        cast(arch::f32x4_sub(cast(a), cast(b)))
    }

    #[inline(always)]
    pub(super) fn multiply(_proof: Proof, a: Quad, b: Quad) -> Quad {
        cast(arch::f32x4_mul(cast(a), cast(b)))
    }

    /// `b` where one is not a number, as AVX has it: one instruction of most machines, where `f32x4.max` is many.
    #[inline(always)]
    pub(super) fn larger(_proof: Proof, a: Quad, b: Quad) -> Quad {
        cast(arch::f32x4_pmax(cast(b), cast(a)))
    }

    #[inline(always)]
    pub(super) fn negative(_proof: Proof, a: Quad) -> Quad {
        cast(arch::f32x4_neg(cast(a)))
    }

    #[inline(always)]
    pub(super) fn equal(_proof: Proof, a: Quad, b: Quad) -> Mask {
        cast(arch::f32x4_eq(cast(a), cast(b)))
    }

    #[inline(always)]
    pub(super) fn greater(_proof: Proof, a: Quad, b: Quad) -> Mask {
        cast(arch::f32x4_gt(cast(a), cast(b)))
    }

    #[inline(always)]
    pub(super) fn select(_proof: Proof, mask: Mask, yes: Quad, no: Quad) -> Quad {
        cast(arch::v128_bitselect(cast(yes), cast(no), cast(mask)))
    }

    /// In one rounding only with relaxed SIMD, where the machine has it.
    #[inline(always)]
    pub(super) fn multiply_add(_proof: Proof, a: Quad, b: Quad, c: Quad) -> Quad {
        let (a, b, c) = (cast(a), cast(b), cast(c));
        #[cfg(target_feature = "relaxed-simd")]
        let sum = arch::f32x4_relaxed_madd(a, b, c);
        #[cfg(not(target_feature = "relaxed-simd"))]
        let sum = arch::f32x4_add(arch::f32x4_mul(a, b), c);
        cast(sum)
    }
}
