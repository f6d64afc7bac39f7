//! A claim on a piece of work in a folder that several processes share, perhaps on several machines: a file that says who does it. Locks would
//! do on one machine; many network file systems have none.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::recorder::{RecordError, Stands, create_error, write_error};
use super::run_folder::read_error;

/// The ending of such a file.
pub const CLAIM: &str = "claim";
/// How often a claim is renewed while it is held.
const RENEWED: Duration = Duration::from_secs(5);
/// A claim that was not renewed for so long has no holder any more. The clocks of machines that share a folder must agree to within this.
const FORSAKEN: Duration = Duration::from_secs(60);
/// Between two looks at a claim that is waited for.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes of a claim that are read, at most.
const MOST: u64 = 1024;

/// The claims that this process holds.
static HELD: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn held() -> MutexGuard<'static, Vec<PathBuf>> {
    // A thread that panicked while it had this has left it whole.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives up all claims of this process, which is about to end at once.
pub fn give_up_all() {
    for path in held().drain(..) {
        remove_own(&path);
    }
}

fn remove_own(path: &Path) {
    if is_own(path) == Some(true) {
        // What stays is soon forsaken.
        let _remains = fs::remove_file(path);
    }
}

/// Who does the work: what the file holds.
#[derive(Serialize, Deserialize)]
struct Holder {
    host: String,
    /// Of two systems with the same name, such as containers, which one.
    #[serde(default)]
    system: String,
    pid: u32,
    /// When that was last so, in seconds of Unix time.
    heartbeat: u64,
}

/// Work that this process does, and no other meanwhile. Dropping it gives the work up.
pub struct Claim {
    hold: Arc<Hold>,
    /// Ends the renewal when it is dropped.
    held: Option<Sender<()>>,
    renewal: Option<JoinHandle<()>>,
}

impl Claim {
    /// Claims what a file stands for; nothing where another process holds it. A claim whose holder is no more is taken over: a process of this
    /// machine that has ended, or one that has not renewed its claim for a minute.
    ///
    /// # Errors
    /// What the system said.
    pub fn take(path: &Path) -> Result<Option<Self>, RecordError> {
        if let Some(claim) = Self::create(path)? {
            return Ok(Some(claim));
        }
        if is_held(path)? {
            return Ok(None);
        }
        // Of several that find it forsaken one moves it away.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_nanos());
        let away = path.with_extension(format!("{}-{now}-forsaken", std::process::id()));
        match fs::rename(path, &away) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(create_error(path)(error)),
            // Another was faster, and this is its claim.
            Ok(()) if is_held(&away)? => {
                put_back(&away, path).map_err(write_error(path))?;
                return Ok(None);
            }
            Ok(()) => fs::remove_file(&away).map_err(write_error(&away))?,
        }
        Self::create(path)
    }

    /// Claims what a file stands for as soon as nobody else holds it.
    ///
    /// # Errors
    /// What the system said.
    pub fn wait(path: &Path) -> Result<Self, RecordError> {
        loop {
            match Self::take(path)? {
                Some(claim) => return Ok(claim),
                None => thread::sleep(LOOK),
            }
        }
    }

    fn create(path: &Path) -> Result<Option<Self>, RecordError> {
        let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(create_error(path)(error)),
        };
        let (held, given_up) = channel();
        let holder = Holder::now();
        let hold = Arc::new(Hold {
            path: path.to_path_buf(),
            renewed: AtomicU64::new(holder.heartbeat),
            lost: AtomicBool::new(false),
        });
        let renewed = Arc::clone(&hold);
        let renewal = file.write_all(&holder.bytes()).and_then(|()| {
            let thread = thread::Builder::new().name("plateau-claim".into());
            thread.spawn(move || {
                while given_up.recv_timeout(RENEWED) == Err(RecvTimeoutError::Timeout) {
                    renewed.renew();
                }
            })
        });
        match renewal {
            Ok(renewal) => {
                self::held().push(path.to_path_buf());
                Ok(Some(Self {
                    hold,
                    held: Some(held),
                    renewal: Some(renewal),
                }))
            }
            Err(error) => {
                // The failure is what the person must hear of.
                let _remains = fs::remove_file(path);
                Err(create_error(path)(error))
            }
        }
    }

    /// Whether the work is still this process's.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.hold.stands()
    }

    /// Refuses to touch the folder of work that is another process's now.
    ///
    /// # Errors
    /// [`RecordError::TakenOver`].
    pub fn check(&self, folder: &Path) -> Result<(), RecordError> {
        match self.stands() {
            true => Ok(()),
            false => Err(RecordError::TakenOver(folder.to_path_buf())),
        }
    }

    /// Says at any time whether it stands, for a [`Recorder`](super::Recorder).
    #[must_use]
    pub fn watch(&self) -> Stands {
        let hold = Arc::clone(&self.hold);
        Box::new(move || hold.stands())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        drop(self.held.take());
        if let Some(renewal) = self.renewal.take() {
            // It has nothing to say.
            let _ended = renewal.join();
        }
        held().retain(|path| *path != self.hold.path);
        remove_own(&self.hold.path);
    }
}

/// What is known of a claim while it is held.
struct Hold {
    path: PathBuf,
    /// The last heartbeat.
    renewed: AtomicU64,
    /// Whether another process has the work now.
    lost: AtomicBool,
}

impl Hold {
    /// Whether the work is still this process's: one that was suspended for a minute may have lost it without a renewal that says so.
    fn stands(&self) -> bool {
        let age = || Duration::from_secs(seconds().abs_diff(self.renewed.load(Ordering::Relaxed)));
        if age() >= FORSAKEN / 2 {
            self.renew();
        }
        if age() >= FORSAKEN {
            self.lost.store(true, Ordering::Relaxed);
        }
        !self.lost.load(Ordering::Relaxed)
    }

    /// Says that the work still goes on, unless it is another's now.
    fn renew(&self) {
        match is_own(&self.path) {
            Some(true) => {
                let now = Holder::now();
                // As long as it was, and so never half there; what fails is tried again.
                let open = OpenOptions::new().write(true).open(&self.path);
                if open.is_ok_and(|mut file| file.write_all(&now.bytes()).is_ok()) {
                    self.renewed.store(now.heartbeat, Ordering::Relaxed);
                }
            }
            Some(false) => self.lost.store(true, Ordering::Relaxed),
            // Not to be read now, or just looked at by another.
            None => {}
        }
    }
}

/// Puts a claim that was moved away back, unless there is another by now.
fn put_back(away: &Path, path: &Path) -> std::io::Result<()> {
    let there = |error: &std::io::Error| error.kind() == ErrorKind::AlreadyExists;
    match fs::hard_link(away, path) {
        Ok(()) => {}
        Err(error) if there(&error) => {}
        // Some file systems have no links.
        Err(_) => {
            let (bytes, _) = read(away)?;
            match OpenOptions::new().write(true).create_new(true).open(path) {
                Ok(mut file) => file.write_all(&bytes)?,
                Err(error) if there(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    fs::remove_file(away)
}

/// The beginning of a claim.
fn read(path: &Path) -> std::io::Result<(Vec<u8>, SystemTime)> {
    let file = File::open(path)?;
    let modified = file.metadata()?.modified()?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    Ok((bytes, modified))
}

/// Whether somebody holds a claim.
fn is_held(path: &Path) -> Result<bool, RecordError> {
    let (bytes, modified) = match read(path) {
        Ok(read) => read,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(read_error(path)(error)),
    };
    Ok(match serde_json::from_slice::<Holder>(&bytes) {
        Ok(holder) => holder.lives(),
        // Its holder is about to say who it is, or was killed before it could.
        Err(_) => {
            let age = modified.elapsed();
            age.unwrap_or_else(|ahead| ahead.duration()) < FORSAKEN
        }
    })
}

/// Whether a claim is one of this process; nothing where it does not say whose it is.
fn is_own(path: &Path) -> Option<bool> {
    let (bytes, _) = read(path).ok()?;
    let holder: Holder = serde_json::from_slice(&bytes).ok()?;
    Some(holder.is_here() && holder.pid == std::process::id())
}

impl Holder {
    fn now() -> Self {
        Self {
            host: host(),
            system: system(),
            pid: std::process::id(),
            heartbeat: seconds(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        // Plain data always serializes.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Whether it is on this machine, and its number one of those that this process sees.
    fn is_here(&self) -> bool {
        self.host == host() && self.system == system()
    }

    fn lives(&self) -> bool {
        let here = !self.host.is_empty() && self.is_here();
        seconds().abs_diff(self.heartbeat) < FORSAKEN.as_secs() && !(here && has_ended(self.pid))
    }
}

/// Unix time.
fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

/// The name of this machine.
#[cfg(unix)]
fn host() -> String {
    let name = nix::unistd::gethostname().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The name of this machine.
#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// When this machine was started, and where its processes have these numbers; nothing where the system does not say so.
fn system() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let numbers = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), numbers.display())
}

/// Whether this machine has no such process, or one that has ended and is only not waited for yet.
#[cfg(unix)]
fn has_ended(pid: u32) -> bool {
    use nix::{errno::Errno, sys::signal::kill, unistd::Pid};
    let pid = i32::try_from(pid).ok().filter(|pid| *pid > 0);
    pid.is_some_and(|pid| {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the name of its program, which may hold anything.
        let is_zombie = state
            .rsplit_once(')')
            .is_some_and(|(_, state)| state.starts_with(" Z"));
        is_zombie || kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)
    })
}

/// Not known here: a claim is forsaken in time.
#[cfg(not(unix))]
fn has_ended(_pid: u32) -> bool {
    false
}
