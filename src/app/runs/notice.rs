//! A message to the person.

/// A message in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened and what to do.
    pub text: String,
    /// Whether something failed.
    pub error: bool,
}

impl Notice {
    /// Something worth knowing.
    pub fn info(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            error: false,
        }
    }

    /// Something that failed, and what to do.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            error: true,
        }
    }
}
