//! Tensors of a device in checkpoints, and back. Apart from the file's form, which needs no device.

use burn::tensor::{Device, Tensor, TensorData};

use super::checkpoint::{Checkpoint, CheckpointError};
use super::tensor_file::HostTensor;
use crate::search::SearchError;
use crate::search::objective::read;

impl Checkpoint {
    /// Reads a tensor back from its device and keeps it.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device failed.
    pub async fn put<const D: usize>(
        &mut self,
        name: &str,
        tensor: &Tensor<D>,
    ) -> Result<(), SearchError> {
        let shape = tensor.dims().to_vec();
        let values = read(tensor.clone().reshape([-1])).await?;
        self.tensors
            .insert(name.into(), HostTensor { shape, values });
        Ok(())
    }

    /// A tensor of the given shape, uploaded.
    ///
    /// # Errors
    /// [`CheckpointError::Tensor`] where it is missing or has another shape.
    pub fn tensor<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>, CheckpointError> {
        let wrong = |what: String| CheckpointError::Tensor(format!("{name} {what}"));
        let tensor = self.tensors.get(name).ok_or(wrong("is missing".into()))?;
        if tensor.shape != shape {
            return Err(wrong(format!(
                "has shape {:?}, the run needs {shape:?}",
                tensor.shape
            )));
        }
        let data = TensorData::new(tensor.values.clone(), shape);
        Ok(Tensor::from_data(data, device))
    }

    /// The same, or none where there is none: the state of an optimizer before its first step.
    ///
    /// # Errors
    /// [`CheckpointError::Tensor`] where it has another shape.
    pub fn optional<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Option<Tensor<D>>, CheckpointError> {
        self.tensors
            .contains_key(name)
            .then(|| self.tensor(name, shape, device))
            .transpose()
    }
}
