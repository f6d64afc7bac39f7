//! Losses and accuracies, one value a lane.

use burn::tensor::{Int, Tensor, activation::log_softmax};

/// The mean cross-entropy of each lane: logits `[lanes·batch, classes]` and the labels `[batch]`, which all lanes share, to
/// `[lanes]`, in nats.
pub fn lane_losses(logits: Tensor<2>, labels: &Tensor<1, Int>, lanes: usize) -> Tensor<1> {
    let [images, _] = logits.dims();
    let batch = images / lanes;
    let labels = labels.clone().repeat_dim(0, lanes).reshape([images, 1]);
    log_softmax(logits, 1)
        .gather(1, labels)
        .reshape([lanes, batch])
        .mean_dim(1)
        .neg()
        .reshape([lanes])
}

/// Cross-entropy with label smoothing: a share `smoothing` of the target is spread evenly over all classes. Scalar `[1]`.
pub fn smoothed_loss(logits: Tensor<2>, labels: &Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    let log_probabilities = log_softmax(logits.clone(), 1);
    let own = lane_losses(logits, labels, 1);
    if smoothing == 0.0 {
        return own;
    }
    let even = log_probabilities.mean().neg();
    own.mul_scalar(1.0 - smoothing) + even.mul_scalar(smoothing)
}

/// The number of correct answers of each lane: `[lanes]`.
pub fn lane_correct(logits: Tensor<2>, labels: &Tensor<1, Int>, lanes: usize) -> Tensor<1> {
    let [images, _] = logits.dims();
    let labels = labels.clone().repeat_dim(0, lanes);
    logits
        .argmax(1)
        .reshape([images])
        .equal(labels)
        .float()
        .reshape([lanes, images / lanes])
        .sum_dim(1)
        .reshape([lanes])
}
