//! Claims on work that several processes share.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use plateau::record::{Claim, RecordError, Recorder};
use plateau::session::{Event, Timed};
use serde_json::{Value, json};

use crate::support::folder::folder;

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn holder(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn what_a_process_does_is_claimed_by_no_other_until_it_gives_it_up() {
    let folder = folder("claimed");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("darts-0.claim");
    let claim = Claim::take(&path).unwrap().unwrap();
    assert_eq!(holder(&path)["pid"], std::process::id());
    assert!(Claim::take(&path).unwrap().is_none());
    assert!(
        Claim::take(&folder.join("darts-1.claim"))
            .unwrap()
            .is_some()
    );
    drop(claim);
    assert!(!path.exists());
    assert!(Claim::take(&path).unwrap().is_some());
    // Nothing is left, and nothing can be claimed where nothing can be written.
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::remove_dir_all(&folder).unwrap();
    let refused = Claim::take(&path).err().unwrap().to_string();
    assert!(refused.contains("darts-0.claim: "), "{refused}");
}

#[cfg(unix)]
#[test]
fn a_claim_is_taken_over_where_its_process_has_ended_or_not_renewed_it_for_a_minute() {
    let folder = folder("forsaken");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("darts-0.claim");
    let [here, system] = {
        let _claim = Claim::take(&path).unwrap().unwrap();
        ["host", "system"].map(|key| holder(&path)[key].clone())
    };
    let other = json!("a container of the same name");
    let mut child = Command::new("true").stdout(Stdio::null()).spawn().unwrap();
    let ended = child.id();
    child.wait().unwrap();
    // One that nobody has waited for.
    let mut zombie = Command::new("true").stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let own = std::process::id();
    for (host, system, pid, ago, taken) in [
        (&here, &system, ended, 0, true),
        #[cfg(target_os = "linux")]
        (&here, &system, zombie.id(), 0, true),
        (&here, &system, own, 30, false),
        // A later process that has its number does not keep it.
        (&here, &system, own, 61, true),
        // Which processes another machine has, nobody knows here.
        (&json!("elsewhere"), &system, ended, 30, false),
        (&json!("elsewhere"), &system, ended, 61, true),
        (&here, &other, ended, 30, false),
        (&here, &other, ended, 61, true),
    ] {
        let heartbeat = now() - ago;
        let text = json!({ "host": host, "system": system, "pid": pid, "heartbeat": heartbeat });
        let text = text.to_string();
        fs::write(&path, &text).unwrap();
        let claim = Claim::take(&path).unwrap();
        assert_eq!(claim.is_some(), taken, "{text}");
        match claim {
            Some(_) => assert_eq!(holder(&path)["pid"], own),
            None => assert_eq!(fs::read_to_string(&path).unwrap(), text),
        }
    }
    zombie.wait().unwrap();
    // A process that was killed before it said who it is.
    for (ago, taken) in [(0, false), (61, true)] {
        fs::write(&path, "").unwrap();
        let at = SystemTime::now() - Duration::from_secs(ago);
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(at).unwrap();
        assert_eq!(Claim::take(&path).unwrap().is_some(), taken, "{ago}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_claim_is_renewed_while_it_is_held() {
    let folder = folder("renewed");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("darts-0.claim");
    let claim = Claim::take(&path).unwrap().unwrap();
    let first = holder(&path)["heartbeat"].as_u64().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while holder(&path)["heartbeat"].as_u64().unwrap() == first {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(claim);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_process_whose_claim_was_taken_over_records_no_more_and_leaves_the_claim_of_the_other() {
    let folder = folder("taken-over");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("darts-0.claim");
    let claim = Claim::take(&path).unwrap().unwrap();
    let mut recorder = Recorder::create(&folder.join("darts-0"))
        .unwrap()
        .under(claim.watch());
    let stopped = Timed {
        seconds: 1.0,
        event: Event::Stopped,
    };
    recorder.record(&stopped).unwrap();
    let events = folder.join("darts-0/events.jsonl");
    let before = fs::read(&events).unwrap();
    let other = json!({ "host": "elsewhere", "pid": 1, "heartbeat": now() }).to_string();
    fs::write(&path, &other).unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while claim.stands() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(100));
    }
    let refused = recorder.record(&stopped);
    assert!(matches!(refused, Err(RecordError::TakenOver(_))));
    assert_eq!(fs::read(&events).unwrap(), before);
    drop(claim);
    assert_eq!(fs::read_to_string(&path).unwrap(), other);
    fs::remove_dir_all(&folder).unwrap();
}
