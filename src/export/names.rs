//! What a layer and its weights are called, by this program and by others.

/// A place in a network.
#[derive(Clone, Debug)]
pub struct Place {
    path: String,
    ours: String,
    theirs: String,
}

/// A tensor of weights or running statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorName {
    /// In the file of a trained network.
    pub ours: String,
    /// In the PyTorch code of the space's authors.
    pub theirs: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
}

impl Place {
    /// A place by its path, by the name of its weights here and by their name in the code of the space's authors.
    pub fn new(
        path: impl Into<String>,
        ours: impl Into<String>,
        theirs: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            ours: ours.into(),
            theirs: theirs.into(),
        }
    }

    /// A place within this one; where a name is empty, it has the same.
    pub fn of(&self, path: &str, ours: &str, theirs: &str) -> Self {
        Self {
            path: join(&self.path, '/', path),
            ours: join(&self.ours, '.', ours),
            theirs: join(&self.theirs, '.', theirs),
        }
    }

    /// The path of a layer here.
    pub fn path(&self, layer: &str) -> String {
        join(&self.path, '/', layer)
    }

    /// A tensor of the layer here.
    pub fn tensor(&self, ours: &str, theirs: &str, shape: Vec<usize>) -> TensorName {
        TensorName {
            ours: join(&self.ours, '.', ours),
            theirs: join(&self.theirs, '.', theirs),
            shape,
        }
    }
}

fn join(outer: &str, mark: char, inner: &str) -> String {
    match inner {
        "" => outer.to_owned(),
        _ => format!("{outer}{mark}{inner}"),
    }
}
