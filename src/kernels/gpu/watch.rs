//! What is told of every launch of a stage while somebody counts.

use std::sync::{Arc, PoisonError, RwLock};

/// One launch of a stage.
pub struct Launch<'a> {
    /// The name of its shader.
    pub stage: &'static str,
    /// Bytes of the tensors that it was given, each counted once and whole, though it may touch only some of the maps in it. Rereads that the
    /// caches miss come on top.
    pub bytes: u64,
    text: &'a dyn Fn() -> String,
}

impl Launch<'_> {
    /// The complete shader: every text is a pipeline of its own.
    pub fn text(&self) -> String {
        (self.text)()
    }
}

type Watcher = Arc<dyn Fn(&Launch) + Send + Sync>;

static WATCHER: RwLock<Option<Watcher>> = RwLock::new(None);

/// Tells of every launch of a stage, just before it is made and on the thread that makes it, until this is dropped. What Burn launches itself
/// is not told. One watches at a time: a second one takes the place of the first.
#[must_use = "nothing is told after this is dropped"]
pub struct Watch(());

impl Watch {
    /// Begins; `watcher` must not launch anything.
    pub fn new(watcher: impl Fn(&Launch) + Send + Sync + 'static) -> Self {
        set(Some(Arc::new(watcher)));
        Self(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        set(None);
    }
}

/// A panic elsewhere leaves it whole.
fn set(watcher: Option<Watcher>) {
    *WATCHER.write().unwrap_or_else(PoisonError::into_inner) = watcher;
}

/// Tells of a launch; `bytes` and `text` are asked for only where somebody watches.
pub(super) fn tell(stage: &'static str, bytes: impl Fn() -> u64, text: &dyn Fn() -> String) {
    let watcher = WATCHER.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(watcher) = &*watcher {
        let bytes = bytes();
        watcher(&Launch { stage, bytes, text });
    }
}
