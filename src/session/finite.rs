//! Numbers in files that must be numbers. A text such as `1e39` is too large for 32 bits and would be read as ∞, which JSON
//! cannot write again.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// What holds numbers.
pub trait Numbers {
    /// Whether none of them is infinite or NaN.
    fn are_finite(&self) -> bool;
}

impl Numbers for f32 {
    fn are_finite(&self) -> bool {
        self.is_finite()
    }
}

impl<T: Numbers> Numbers for Vec<T> {
    fn are_finite(&self) -> bool {
        self.iter().all(Numbers::are_finite)
    }
}

/// For `deserialize_with`: refuses what is out of range.
///
/// # Errors
/// Those of the numbers, and that one of them is too large.
pub fn finite<'de, D: Deserializer<'de>, T: Deserialize<'de> + Numbers>(
    deserializer: D,
) -> Result<T, D::Error> {
    let numbers = T::deserialize(deserializer)?;
    if numbers.are_finite() {
        Ok(numbers)
    } else {
        Err(D::Error::custom("a number is out of range"))
    }
}
