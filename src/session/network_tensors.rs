//! Tensors of a device in trained networks, and back. Apart from the file's form, which needs no device.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};

use super::tensor_file::HostTensor;
use super::trained_network::{NetworkDescription, NetworkError, TrainedNetwork};
use crate::nn::{AUXILIARY, Layout};
use crate::search::SearchError;
use crate::search::objective::read;

/// A named piece of a vector, and its shape.
type Named = (String, Vec<usize>);

impl TrainedNetwork {
    /// Reads the vectors of a network back from their device; what is the auxiliary head's is left out.
    ///
    /// # Errors
    /// [`SearchError::Device`] where the device failed.
    pub(super) async fn read_back(
        description: NetworkDescription,
        layout: &Layout,
        weights: &Tensor<1>,
        statistics: &Tensor<1>,
    ) -> Result<Self, SearchError> {
        let mut tensors = BTreeMap::new();
        let mut take = |values: &[f32], names: &mut dyn Iterator<Item = Named>| {
            let mut rest = values;
            for (name, shape) in names {
                // The names are those of the whole vector.
                let (own, after) = rest.split_at(shape.iter().product());
                rest = after;
                if !name.starts_with(AUXILIARY) {
                    let values = own.to_vec();
                    tensors.insert(name, HostTensor { shape, values });
                }
            }
        };
        let values = read(weights.clone()).await?;
        take(&values, &mut layout.named_weights());
        let values = read(statistics.clone()).await?;
        take(&values, &mut layout.named_statistics());
        Ok(Self {
            description,
            tensors,
        })
    }

    /// The weights and the running statistics of a network without an auxiliary head, uploaded.
    ///
    /// # Errors
    /// [`NetworkError::Fit`] where a tensor is missing, has another shape, or is none of the network's.
    pub(super) fn upload(
        &self,
        layout: &Layout,
        device: &Device,
    ) -> Result<[Tensor<1>; 2], NetworkError> {
        let mut known = 0;
        let mut gather =
            |names: &mut dyn Iterator<Item = Named>| -> Result<Tensor<1>, NetworkError> {
                let mut values = Vec::new();
                for (name, shape) in names {
                    values.extend_from_slice(self.tensor(&name, &shape)?);
                    known += 1;
                }
                let length = values.len();
                Ok(Tensor::from_data(TensorData::new(values, [length]), device))
            };
        let weights = gather(&mut layout.named_weights())?;
        let statistics = gather(&mut layout.named_statistics())?;
        match self.tensors.len() - known {
            0 => Ok([weights, statistics]),
            more => Err(NetworkError::Fit(format!(
                "it has {more} tensors that its genotype does not have"
            ))),
        }
    }
}
