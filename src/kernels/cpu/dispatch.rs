//! Runs work with the widest vectors that the machine has.

use pulp::Scalar256b;

use super::simd::{Simd, Task};

/// Runs a task with the widest supported instruction set.
pub(super) fn dispatch<T: Task>(task: T) -> T::Output {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Some(v3) = pulp::x86::V3::try_new() {
        return v3.call(task);
    }
    #[cfg(any(
        all(target_arch = "aarch64", target_feature = "neon"),
        all(target_arch = "wasm32", target_feature = "simd128")
    ))]
    if let Some(quads) = super::quads::Quads::try_new() {
        return quads.call(task);
    }
    Scalar256b.call(task)
}
