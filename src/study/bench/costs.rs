//! What a GPU takes before it computes anything: a launch, a submit, and how fast its memory is copied.

use std::time::Instant;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::count::Counter;
use super::median;
use crate::kernels::conv_bn;
use crate::kernels::shape::ConvShape;
use crate::search::objective::read;
use crate::session::{DeviceChoice, RunError, device};

/// Turns of each measurement; their median is said.
const TURNS: usize = 9;
/// Convolutions of one pixel in a turn, a few launches each.
const CONVOLUTIONS: usize = 200;
/// Copies of the large buffer in a turn.
const COPIES: usize = 8;
/// Most bytes of that buffer: no cache holds it. A software adapter is not worth the wait.
const LARGEST: u64 = 128 << 20;
const LARGEST_IN_SOFTWARE: u64 = 8 << 20;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Where.
    pub device: String,
    /// Whether the device emulates a GPU in software.
    pub software: bool,
    /// A launch among many that have nothing to do, µs.
    pub launch_us: f64,
    /// A submit of one launch whose result is read back, without that launch, µs.
    pub submit_us: f64,
    /// Bytes that copying a large buffer reads and writes, 10⁹ a second.
    pub copy_gb_per_s: f64,
}

/// Measures a GPU; none where the choice is the CPU.
///
/// # Errors
/// A device that cannot be opened or fails.
pub async fn costs(choice: DeviceChoice) -> Result<Option<Costs>, RunError> {
    let opened = device::open(choice).await?;
    if opened.info.backend == "cpu" {
        return Ok(None);
    }
    let (device, info) = (&opened.device, &opened.info);
    // Compiles what is timed.
    convolutions(1, device).await?;
    let counter = Counter::new();
    convolutions(1, device).await?;
    let once = counter.end().launches();
    let counter = Counter::new();
    convolutions(1 + CONVOLUTIONS, device).await?;
    let more = (counter.end().launches() - once).max(1);
    let largest = if info.software {
        LARGEST_IN_SOFTWARE
    } else {
        LARGEST
    };
    let values = (info.max_binding.clamp(4, largest) / 4) as usize;
    copies(1, values, device).await?;
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..TURNS {
        let one = convolutions(1, device).await?;
        let many = convolutions(1 + CONVOLUTIONS, device).await?;
        let launch = (many - one).max(0.0) / more as f64;
        times[0].push(launch);
        times[1].push((one - once as f64 * launch).max(0.0));
        let one = copies(1, values, device).await?;
        let many = copies(1 + COPIES, values, device).await?;
        times[2].push((many - one).max(f64::EPSILON) / COPIES as f64);
    }
    let [launch, submit, copy] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        median(&times)
    });
    Ok(Some(Costs {
        device: info.name.clone(),
        software: info.software,
        launch_us: 1e6 * launch,
        submit_us: 1e6 * submit,
        copy_gb_per_s: 1e-9 * (2 * 4 * values) as f64 / copy,
    }))
}

/// Seconds of so many convolutions of one pixel, the last of which is read back.
async fn convolutions(count: usize, device: &Device) -> Result<f64, RunError> {
    let shape = ConvShape {
        lanes: 1,
        batch: 1,
        in_channels: 1,
        out_channels: 1,
        height: 1,
        width: 1,
        kernel: 1,
        stride: 1,
        relu: false,
        reduce: false,
    };
    let pixel = Tensor::<4>::ones([1, 1, 1, 1], device);
    let weights = Tensor::<1>::ones([1], device);
    wait(pixel.clone()).await?;
    let start = Instant::now();
    let mut last = pixel.clone();
    for _ in 0..count {
        last = conv_bn(pixel.clone(), weights.clone(), shape);
    }
    wait(last).await?;
    Ok(start.elapsed().as_secs_f64())
}

/// Seconds of so many passes over a buffer of `values` that write another, the last of which is read back in part.
async fn copies(count: usize, values: usize, device: &Device) -> Result<f64, RunError> {
    let from = Tensor::<1>::ones([values], device);
    wait(from.clone().narrow(0, 0, 1)).await?;
    let start = Instant::now();
    let mut last = from.clone();
    for _ in 0..count {
        // The buffer is still held, so that another one is written.
        last = from.clone() * 2.0;
    }
    wait(last.narrow(0, 0, 1)).await?;
    Ok(start.elapsed().as_secs_f64())
}

/// Reads a tensor, which waits for all work before it.
async fn wait<const D: usize>(tensor: Tensor<D>) -> Result<(), RunError> {
    read(tensor).await?;
    Ok(())
}
