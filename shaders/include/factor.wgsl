// The factor of a term for an image. A stage that includes this has a buffer `factors`.
fn factor_of(image: u32) -> f32 {
    if (info.factored == 0u) {
        return 1.0;
    }
    return factors[info.factor_first + image * info.groups / info.images];
}
