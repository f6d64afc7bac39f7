//! The start-up self-test passes where the kernels are right.

use burn::tensor::Device;
use plateau::kernels::self_test;
use plateau::session::{DeviceChoice, device};
use pollster::block_on;

#[test]
fn the_self_test_passes_on_the_cpu() {
    let checks = block_on(self_test(&Device::flex())).unwrap();
    assert_eq!(checks.len(), 22);
    assert!(checks.iter().all(|check| check.passed()), "{checks:#?}");
}

#[test]
fn the_self_test_passes_on_a_gpu_adapter() {
    let opened = block_on(device::open(DeviceChoice::Gpu)).unwrap();
    let checks = block_on(self_test(&opened.device)).unwrap();
    assert!(checks.iter().all(|check| check.passed()), "{checks:#?}");
}
