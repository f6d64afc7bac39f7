//! The steps of the optimizers as one pass over flat tensors of the CPU device, off the tape.

use super::cpu::{self, AdamStep, SgdStep};
use super::flex::{contiguous, own, slice, tensor};
use burn::tensor::{Tensor, TensorData};
use burn_flex::{Flex, FlexTensor};

/// A step of SGD: the new weights. None, and nothing done, where the tensors are not on the CPU device. All must be on one device
/// and of one length; no buffer stands for zeros.
pub fn sgd_step(
    weights: &Tensor<1>,
    gradient: &Tensor<1>,
    buffer: &mut Option<Tensor<1>>,
    step: &SgdStep,
) -> Option<Tensor<1>> {
    let [weights, gradient] = [on_cpu(weights)?, on_cpu(gradient)?];
    let mut kept = values(buffer.take(), &weights)?;
    let stepped = cpu::sgd(slice(&weights), slice(&gradient), kept.storage_mut(), step);
    let length = [stepped.len()];
    *buffer = Some(Tensor::from_primitive::<Flex>(kept));
    Some(Tensor::from_primitive::<Flex>(tensor(stepped, length)))
}

/// A step of Adam: the new parameters, as [`sgd_step`]; no moments stand for zeros.
pub fn adam_step(
    parameters: &Tensor<3>,
    gradient: &Tensor<3>,
    moments: &mut Option<(Tensor<3>, Tensor<3>)>,
    step: &AdamStep,
) -> Option<Tensor<3>> {
    let dims = parameters.dims();
    let [parameters, gradient] = [on_cpu(parameters)?, on_cpu(gradient)?];
    let (first, second) = moments.take().unzip();
    let [mut first, mut second] = [values(first, &parameters)?, values(second, &parameters)?];
    let kept = [first.storage_mut(), second.storage_mut()];
    let stepped = cpu::adam(slice(&parameters), slice(&gradient), kept, step);
    *moments = Some((
        Tensor::from_primitive::<Flex>(first),
        Tensor::from_primitive::<Flex>(second),
    ));
    Some(Tensor::from_primitive::<Flex>(tensor(stepped, dims)))
}

fn on_cpu<const D: usize>(tensor: &Tensor<D>) -> Option<FlexTensor> {
    let primitive = tensor.clone().try_into_primitive::<Flex>();
    primitive.ok().map(contiguous)
}

/// What an optimizer keeps, to be written; zeros like the parameters before its first step.
fn values<const D: usize>(kept: Option<Tensor<D>>, like: &FlexTensor) -> Option<FlexTensor> {
    match kept {
        Some(kept) => kept.try_into_primitive::<Flex>().ok().map(own),
        None => {
            let zeros = vec![0.0_f32; like.layout().num_elements()];
            Some(FlexTensor::from_data(TensorData::new(
                zeros,
                like.layout().shape().clone(),
            )))
        }
    }
}
