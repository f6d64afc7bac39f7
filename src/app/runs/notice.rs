//! A message to the person.

/// A message in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened and what to do.
    pub text: String,
    /// Whether something failed.
    pub error: bool,
    /// The time of day, such as 14:05.
    pub at: String,
    /// What a success makes good, and a failure waits for.
    pub about: Option<About>,
    /// The run that it is of, by its name.
    pub run: Option<String>,
}

/// What messages are about, so that a failure goes when the same succeeds later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Runs: one is started or gone on with.
    Run,
    /// Files and kept runs that are opened.
    Opening,
    /// Files that are written.
    Saving,
    /// The session that computes.
    Session,
}

impl Notice {
    /// Something worth knowing.
    pub fn info(text: impl Into<String>) -> Self {
        Self::new(text.into(), false)
    }

    /// Something that failed, and what to do.
    pub fn error(text: impl Into<String>) -> Self {
        Self::new(text.into(), true)
    }

    fn new(text: String, error: bool) -> Self {
        Self {
            text,
            error,
            at: time_of_day(),
            about: None,
            run: None,
        }
    }

    /// The same message, with what it is about.
    pub fn about(self, about: About) -> Self {
        Self {
            about: Some(about),
            ..self
        }
    }

    /// The same message, with the name of the run that it is of.
    pub fn of_run(self, name: &str) -> Self {
        Self {
            run: Some(name.to_owned()),
            ..self
        }
    }

    /// Whether another message says the same, whenever that was.
    pub fn says(&self, other: &Self) -> bool {
        self.text == other.text && self.error == other.error
    }
}

/// The time of day where the person is, in hours and minutes.
#[cfg(not(target_arch = "wasm32"))]
fn time_of_day() -> String {
    chrono::Local::now().format("%H:%M").to_string()
}

/// The time of day where the person is, in hours and minutes.
#[cfg(target_arch = "wasm32")]
fn time_of_day() -> String {
    let now = js_sys::Date::new_0();
    format!("{:02}:{:02}", now.get_hours(), now.get_minutes())
}
