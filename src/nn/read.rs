//! From the device to the host.

use burn::tensor::Tensor;

/// The values of a tensor, once all work before it is done.
///
/// # Errors
/// What the device says of its failure.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    tensor
        .into_data_async()
        .await
        .map_err(|error| format!("{error:?}"))?
        .try_into_vec::<f32>()
        .map_err(|error| format!("{error:?}"))
}
