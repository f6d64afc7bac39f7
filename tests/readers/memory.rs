//! Files that are small and state, or unpack to, much more are refused in 64 MB beside their own size. Each test runs in a process
//! of its own, whose peak it measures.

use super::write::{Member, gzip, idx, npy, png, tar_entry, zip};
use super::{Folder, peak_memory};

/// Refuses what `write` puts into a folder, in little memory.
fn refused(name: &str, write: impl Fn(&Folder)) {
    let folder = Folder::new(name);
    write(&folder);
    let size: u64 = std::fs::read_dir(&folder.0)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    // Forgets the peak of making the files.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak_memory();
    let error = plateau::data::Dataset::load(folder.path()).unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
    let grown = peak_memory() - before;
    println!("{name}: {} MB beside {size} bytes: {error}", grown >> 20);
    assert!(
        grown < (64 << 20) + size,
        "{grown} bytes for {size}: {error}"
    );
}

/// Bytes that gzip or deflate make 1,000 times smaller, as many as may be.
const MANY: usize = (8 << 20) - 100;

#[test]
fn arrays_of_one_class_in_gzip() {
    let many = MANY as u32;
    let images = gzip(&idx(8, &[many, 1, 1], &vec![0; MANY]));
    let labels = gzip(&idx(8, &[many], &vec![0; MANY]));
    refused("gzip-classes", |folder| {
        for part in ["train", "val", "test"] {
            folder.write(&format!("{part}-images"), &images);
            folder.write(&format!("{part}-labels"), &labels);
        }
    });
}

#[test]
fn arrays_that_state_more_than_they_have() {
    let images = idx(8, &[1_000_000, 28, 28], &[7; 1000]);
    let labels = idx(8, &[1_000_000], &[1; 100]);
    refused("idx", |folder| {
        folder.write("train-images", &images);
        folder.write("train-labels", &labels);
    });
    refused("idx-gz", |folder| {
        folder.write("train-images.gz", &gzip(&images));
        folder.write("train-labels.gz", &gzip(&labels));
    });
}

#[test]
fn arrays_of_one_class_in_a_zip() {
    let count = MANY / 20;
    let images = npy(
        1,
        "'<f8'",
        true,
        &format!("({count}, 1, 1)"),
        &vec![0; 8 * count],
    );
    let labels = npy(
        1,
        "'<f8'",
        false,
        &format!("({count},)"),
        &vec![0; 8 * count],
    );
    let members = [
        Member::deflated("images.npy", &images),
        Member::deflated("labels.npy", &labels),
    ];
    let bytes = zip(&members);
    refused("npz", |folder| folder.write("data.npz", &bytes));
}

#[test]
fn archives_inside_each_other() {
    let inner = zip(&[Member::deflated("x.bin", &vec![1; MANY])]);
    let mut tar = tar_entry(b'0', "a.zip", "", &inner);
    tar.extend(tar_entry(
        b'0',
        "zeros",
        "",
        &vec![0; MANY - inner.len() - 8192],
    ));
    tar.extend([0; 1024]);
    let outer = gzip(&tar);
    refused("nested", |folder| folder.write("photos.tar.gz", &outer));
}

#[test]
fn flat_pictures() {
    let picture = png(1024, 1024, 1, &vec![9; 1 << 20]);
    refused("flat", |folder| {
        for class in ["a", "b"] {
            for number in 0..40 {
                folder.write(&format!("{class}/{number}.png"), &picture);
            }
        }
    });
    // One as large as a decoder takes.
    let picture = png(6900, 6900, 1, &vec![9; 6900 * 6900]);
    refused("large", |folder| folder.write("a/0.png", &picture));
}
