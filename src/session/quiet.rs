//! Keeps the lines of graphics drivers from the standard error.
//!
//! Mesa's layers and drivers print there whatever they think of the machine while they are opened, such as
//! `error: XDG_RUNTIME_DIR is invalid or not set` on a machine without a display, where nothing is wrong. What a driver really refuses
//! comes back as an error value.

#[cfg(unix)]
mod unix {
    use std::fs::OpenOptions;
    use std::io::stderr;
    use std::os::fd::OwnedFd;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use nix::unistd::{dup, dup2_stderr};

    /// While one of these lives, what the process writes to its standard error is lost.
    pub struct Quiet(());

    /// How many live, and the standard error as it was before the first.
    static SILENCED: Mutex<(usize, Option<OwnedFd>)> = Mutex::new((0, None));

    fn silenced() -> MutexGuard<'static, (usize, Option<OwnedFd>)> {
        SILENCED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    impl Quiet {
        /// From now on; not where somebody looks for what Vulkan's loader says.
        pub fn begin() -> Self {
            let mut silenced = silenced();
            if silenced.0 == 0 && std::env::var_os("VK_LOADER_DEBUG").is_none() {
                silenced.1 = silence();
            }
            silenced.0 += 1;
            Self(())
        }
    }

    /// `None` where it could not be silenced: then it speaks.
    fn silence() -> Option<OwnedFd> {
        let nothing = OpenOptions::new().write(true).open("/dev/null").ok()?;
        let before = dup(stderr()).ok()?;
        dup2_stderr(nothing).ok()?;
        Some(before)
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            let mut silenced = silenced();
            silenced.0 -= 1;
            if silenced.0 == 0
                && let Some(before) = silenced.1.take()
            {
                // It was open a moment ago.
                let _back = dup2_stderr(before);
            }
        }
    }
}

#[cfg(unix)]
pub use unix::Quiet;

/// Elsewhere drivers print nothing.
#[cfg(not(unix))]
pub struct Quiet;

#[cfg(not(unix))]
impl Quiet {
    /// Nothing to do.
    pub fn begin() -> Self {
        Self
    }
}
