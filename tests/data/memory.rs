//! Hostile files are refused in little memory: each runs in a process that may take 64 MB more than a harmless refusal, beside the
//! file's own size. `ulimit` is the shell's, so this runs where there is one.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::folder::folder;
use crate::support::write::{Member, gzip, idx, npy, png, tar, zip};

/// The longest that a refusal takes, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// `plateau data info` in a process that may map so many KiB. One that has too little may also wait for a thread that could not begin.
fn info(path: &Path, kib: u64) -> Output {
    let mut child = Command::new("bash")
        .args([
            "-c",
            "ulimit -v \"$1\"; exec \"$2\" data info \"$3\"",
            "bash",
        ])
        .arg(kib.to_string())
        .arg(env!("CARGO_BIN_EXE_plateau"))
        .arg(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

fn refused(output: &Output) -> bool {
    output.status.code() == Some(1)
}

/// The least memory, KiB, in which the program refuses a small file, to within 4 MB.
fn least(small: &Path) -> u64 {
    let (mut low, mut high) = (0, 8 << 20);
    assert!(refused(&info(small, high)));
    while high - low > 4 << 10 {
        let middle = (low + high) / 2;
        if refused(&info(small, middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// A folder and the files in it.
type Folder = (&'static str, Vec<(&'static str, Vec<u8>)>);

/// Files that state or unpack to far more than they have.
fn hostile(root: &Path) -> Vec<PathBuf> {
    let zeros = vec![0; 300 << 20];
    let mut declared = idx(8, &[1_000_000, 28, 28], &[7; 1000]);
    let labels = idx(8, &[1_000_000], &[1; 100]);
    let array = npy(1, "|u1", false, "(1000000, 28, 28)", &[7; 1000]);
    let mut picture = png(4, 4, 3, &[9; 48]);
    // A header that states 8,000 × 8,000; its checksum is wrong then, which some decoders do not mind.
    picture[16..24].copy_from_slice(&[0, 0, 0x1f, 0x40, 0, 0, 0x1f, 0x40]);
    let folders: Vec<Folder> = vec![
        (
            "idx",
            vec![
                ("train-images-idx3-ubyte", declared.clone()),
                ("train-labels-idx1-ubyte", labels.clone()),
            ],
        ),
        (
            "idx-bomb",
            vec![
                ("train-images-idx3-ubyte.gz", {
                    declared.truncate(16);
                    declared.extend(&zeros);
                    gzip(&declared)
                }),
                ("train-labels-idx1-ubyte.gz", gzip(&labels)),
            ],
        ),
        (
            "npz",
            vec![(
                "data.npz",
                zip(&[
                    Member::deflated("train_images.npy", &array),
                    Member::stored("train_labels.npy", &array),
                ]),
            )],
        ),
        (
            "zip-bomb",
            vec![("photos.zip", zip(&[Member::deflated("a/one.png", &zeros)]))],
        ),
        (
            "tar-bomb",
            vec![("photos.tar.gz", gzip(&tar(&[("a/one.png", &zeros)])))],
        ),
    ];
    let mut paths: Vec<PathBuf> = folders
        .into_iter()
        .map(|(name, files)| {
            let folder = root.join(name);
            std::fs::create_dir_all(&folder).unwrap();
            for (file, bytes) in files {
                std::fs::write(folder.join(file), bytes).unwrap();
            }
            folder
        })
        .collect();
    let photos = root.join("photos");
    for class in ["a", "b"] {
        std::fs::create_dir_all(photos.join(class)).unwrap();
        std::fs::write(photos.join(class).join("one.png"), &picture).unwrap();
    }
    paths.push(photos);
    paths
}

fn size(path: &Path) -> u64 {
    if path.is_file() {
        return path.metadata().unwrap().len();
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.map(|entry| size(&entry.unwrap().path())).sum()
}

#[test]
fn hostile_files_are_refused_in_64_mb_beside_their_own_size() {
    let root = folder("readers-memory");
    std::fs::create_dir_all(&root).unwrap();
    let small = root.join("small.bin");
    std::fs::write(&small, [1, 2, 3]).unwrap();
    let least = least(&small);
    for path in hostile(&root) {
        let allowed = least + (64 << 10) + size(&path).div_ceil(1024);
        let output = info(&path, allowed);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(refused(&output), "{}: {said}", path.display());
        assert_eq!(said.lines().count(), 1, "{}: {said}", path.display());
    }
    std::fs::remove_dir_all(&root).unwrap();
}
