//! Damaged files are answered with one line that names the file and the position, and without much memory.

use plateau::data::{DataError, Dataset, read_blobs};

use super::{Folder, blobs, images, peak_memory, refusal, refusal_of};
use crate::support::write::{Member, cifar, gzip, idx, npy, png_image, tar, zip};

type Files = Vec<(String, Vec<u8>)>;

/// A small valid data set of each format.
fn valid() -> Vec<(&'static str, Files)> {
    let idx_images = idx(8, &[3, 2, 2], &images(0..3, [1, 2, 2]));
    let idx_labels = idx(8, &[3], &[0, 1, 0]);
    let npy_images = npy(1, "'|u1'", false, "(3, 2, 2)", &images(0..3, [1, 2, 2]));
    let npy_labels = npy(
        2,
        "'<i4'",
        true,
        "(3,)",
        &[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    );
    let records = cifar(&[&[0], &[9]], 0);
    let npz = zip(&[
        Member::stored("train_images.npy", &npy_images),
        Member::deflated("train_labels.npy", &npy_labels),
    ]);
    let pngs = [0, 1].map(|n| png_image(n, 3, 2, 3));
    let folder = zip(&[
        Member::stored("a/0.png", &pngs[0]),
        Member::deflated("b/0.png", &pngs[1]),
    ]);
    vec![
        ("cifar", blobs(&[("data_batch_1.bin", &records)])),
        (
            "idx",
            blobs(&[("images", &idx_images), ("labels", &idx_labels)]),
        ),
        (
            "idx.gz",
            blobs(&[
                ("images.gz", &gzip(&idx_images)),
                ("labels.gz", &gzip(&idx_labels)),
            ]),
        ),
        ("npz", blobs(&[("m.npz", &npz)])),
        (
            "folder",
            blobs(&[("a/0.png", &pngs[0]), ("b/0.png", &pngs[1])]),
        ),
        ("zip", blobs(&[("f.zip", &folder)])),
        (
            "tar.gz",
            blobs(&[("c.tar.gz", &gzip(&tar(&[("c/data_batch_1.bin", &records)])))]),
        ),
        (
            "tar",
            blobs(&[(
                "c.tar",
                &tar(&[("images", &idx_images), ("labels", &idx_labels)]),
            )]),
        ),
    ]
}

/// Cut positions: all of a small file, a spread and the last bytes of a larger one.
fn cuts(length: usize) -> Vec<usize> {
    let step = (length / 400).max(1);
    let mut cuts: Vec<usize> = (0..length).step_by(step).collect();
    cuts.extend(length.saturating_sub(64)..length);
    cuts.extend((0..64).take_while(|&at| at < length));
    cuts
}

#[test]
fn a_file_cut_short_anywhere_is_refused_with_its_name() {
    for (format, files) in valid() {
        read_blobs(format, files.clone(), &mut |_, _| ()).unwrap();
        for index in 0..files.len() {
            for cut in cuts(files[index].1.len()) {
                let mut files = files.clone();
                files[index].1.truncate(cut);
                // A whole CIFAR record less is a smaller valid set; of a tar, only the padding behind the mark may go.
                let whole = match format {
                    "cifar" => cut > 0 && cut % 3073 == 0,
                    "tar" => {
                        cut >= files[index].1.len() && cut + 512 >= valid_length(format, index)
                    }
                    _ => false,
                };
                let result = read_blobs(format, files.clone(), &mut |_, _| ());
                if whole {
                    result.unwrap();
                    continue;
                }
                let message = result
                    .expect_err(&format!("{format} cut at {cut}"))
                    .to_string();
                assert_eq!(message.lines().count(), 1, "{message}");
                // Without its mark a file is no data: then its partner is named, or the whole.
                let name = if cut < 8 { "" } else { files[index].0.as_str() };
                assert!(
                    message.contains(name) || message.starts_with(format),
                    "{format} cut at {cut}: {message}"
                );
            }
        }
    }
}

fn valid_length(format: &str, index: usize) -> usize {
    let all = valid();
    all.iter().find(|(name, _)| *name == format).unwrap().1[index]
        .1
        .len()
}

#[test]
fn no_flipped_bit_ends_in_more_than_a_message() {
    for (format, files) in valid() {
        for index in 0..files.len() {
            for at in cuts(files[index].1.len()) {
                for bit in [0, 3, 7] {
                    let mut files = files.clone();
                    files[index].1[at] ^= 1 << bit;
                    if let Err(error) = read_blobs(format, files, &mut |_, _| ()) {
                        assert_eq!(error.to_string().lines().count(), 1);
                    }
                }
            }
        }
    }
}

#[test]
fn bytes_behind_the_end_are_refused() {
    let images = idx(8, &[2, 2, 2], &[0; 9]);
    let labels = idx(8, &[2], &[0, 1]);
    let message = refusal(&[("images", &images), ("labels", &labels)]);
    assert!(
        message.contains("images, byte 24: the file goes on behind"),
        "{message}"
    );
    let mut array = npy(1, "'|u1'", false, "(2, 2, 2)", &[0; 9]);
    let names = ["train_images.npy", "train_labels.npy"];
    let labels = npy(1, "'|u1'", false, "(2,)", &[0, 1]);
    let npz = |array: &[u8]| {
        zip(&[
            Member::stored(names[0], array),
            Member::stored(names[1], &labels),
        ])
    };
    let message = refusal(&[("m", &npz(&array))]);
    assert!(
        message.contains("m: train_images.npy, byte 136"),
        "{message}"
    );
    array.pop();
    super::read(&[("m", &npz(&array))]);
}

#[test]
fn a_label_out_of_range_is_named_with_its_position() {
    let message = refusal(&[("x.bin", &cifar(&[&[1], &[10]], 0))]);
    assert_eq!(message, "x.bin, byte 3073: label 10 is not from 0 to 9");
    let message = refusal(&[("train.bin", &cifar(&[&[3, 99], &[19, 100], &[0, 0]], 0))]);
    assert_eq!(
        message,
        "train.bin, byte 3075: label 100 is not from 0 to 99"
    );
    let message = refusal(&[("train.bin", &cifar(&[&[20, 1], &[1, 1], &[0, 0]], 0))]);
    assert_eq!(message, "train.bin, byte 0: label 20 is not from 0 to 19");
    let pictures = idx(8, &[2, 1, 1], &[0, 1]);
    let message = refusal(&[
        ("i", &pictures),
        ("l", &idx(0x0c, &[2], &[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])),
    ]);
    assert_eq!(
        message,
        "l, byte 12: label -1 is not a whole number from 0 to 9999"
    );
    let message = refusal(&[
        ("train-images", &pictures),
        ("train-labels", &idx(8, &[2], &[0, 1])),
        ("test-images", &pictures),
        ("test-labels", &idx(8, &[2], &[1, 2])),
    ]);
    assert!(
        message.starts_with("test-labels, byte 9: label 2 does not occur"),
        "{message}"
    );
    let half: Vec<u8> = [0.0f32, 0.5]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let message = refusal(&[(
        "m.npz",
        &zip(&[
            Member::stored("images.npy", &npy(1, "'|u1'", false, "(2, 1, 1)", &[0, 1])),
            Member::stored("labels.npy", &npy(1, "'<f4'", false, "(2,)", &half)),
        ]),
    )]);
    assert!(
        message.contains("labels.npy, byte 132: label 0.5 is not a whole number"),
        "{message}"
    );
}

#[test]
fn as_many_labels_as_images_are_needed() {
    let message = refusal(&[
        ("i", &idx(8, &[2, 1, 1], &[0, 1])),
        ("l", &idx(8, &[3], &[0, 1, 1])),
    ]);
    assert_eq!(message, "l, byte 4: 3 labels for the 2 images of i");
    let message = refusal(&[("i", &idx(8, &[2, 1, 1], &[0, 1]))]);
    assert!(
        message.contains("no file of training labels is beside it"),
        "{message}"
    );
}

#[test]
fn what_is_no_data_set_is_answered_with_what_is() {
    for files in [
        blobs(&[]),
        blobs(&[("notes.txt", b"hello")]),
        blobs(&[("empty", b"")]),
        blobs(&[("x.zip", &zip(&[]))]),
    ] {
        let message = read_blobs("some", files, &mut |_, _| ())
            .unwrap_err()
            .to_string();
        assert!(message.contains("no data set is recognised"), "{message}");
    }
    let message = Dataset::load("no/such/file").unwrap_err();
    assert_eq!(message, DataError::Unknown("no/such/file".into()));
}

#[test]
fn pickles_are_never_read_and_the_binary_version_is_named() {
    let pickle = b"\x80\x02}q\x01(U\x04datacos\nsystem\n";
    for files in [
        blobs(&[("data_batch_1", pickle), ("test_batch", pickle)]),
        blobs(&[(
            "cifar-10-python.tar.gz",
            &gzip(&tar(&[("c/data_batch_1", pickle)])),
        )]),
        blobs(&[(
            "model.pt",
            &zip(&[Member::stored("archive/data.pkl", pickle)]),
        )]),
    ] {
        let message = read_blobs("some", files, &mut |_, _| ())
            .unwrap_err()
            .to_string();
        assert!(message.contains("cifar-10-binary.tar.gz"), "{message}");
        assert!(message.contains("never read"), "{message}");
    }
}

#[test]
fn wrong_types_shapes_and_headers_of_arrays_are_named() {
    let labels = npy(1, "'|u1'", false, "(2,)", &[0, 1]);
    let images = |array: Vec<u8>| {
        refusal(&[(
            "m",
            &zip(&[
                Member::stored("images.npy", &array),
                Member::stored("labels.npy", &labels),
            ]),
        )])
    };
    for (dtype, why) in [
        ("'|O'", "pickle, which is never read"),
        ("'<c8'", "values of type <c8: use u1"),
        ("'<U3'", "an array of texts"),
        ("[('a', '<i4')]", "records of several values"),
        ("\"<i4", "has no end"),
    ] {
        let message = images(npy(1, dtype, false, "(2, 1, 1)", &[0; 8]));
        assert!(message.contains(why), "{message}");
    }
    for (shape, why) in [
        ("(2, 1, 1, 1, 1)", "images are [count, height, width]"),
        ("(2,)", "images are [count, height, width]"),
        ("(99999999999, 99999999999, 3)", "are more than the"),
        ("(18446744073709551616, 1, 1)", "expected a size"),
        ("(-2, 1, 1)", "expected a size"),
        ("(1,1,1,1,1,1,1,1,1)", "more than 8 dimensions"),
        ("[2, 1, 1]", "expected '('"),
    ] {
        let message = images(npy(1, "'|u1'", false, shape, &[0; 2]));
        assert!(message.contains(why), "{shape}: {message}");
    }
    let message = images(npy(1, "'<f4'", false, "(1, 1, 1)", &f32::NAN.to_le_bytes()));
    assert!(message.contains("pixel value NaN"), "{message}");
    let mut version = npy(1, "'|u1'", false, "(2, 1, 1)", &[0, 1]);
    version[6] = 4;
    assert!(images(version).contains("byte 6: NPY version 4"));
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend(u32::MAX.to_le_bytes());
    assert!(images(long).contains("is too long"));
}

#[test]
fn sizes_that_no_file_can_keep_are_refused_at_once() {
    let before = peak_memory();
    let labels = idx(8, &[2], &[0, 1]);
    for (sizes, why) in [
        ([u32::MAX, u32::MAX, u32::MAX], "at most 1024 pixels a side"),
        ([u32::MAX, 1024, 1024], "are more than the"),
        ([0, 28, 28], "there is nothing to read"),
        ([2, 0, 28], "there is nothing to read"),
        ([1 << 20, 28, 28], "the file ends inside an image"),
    ] {
        let message = refusal(&[("images", &idx(8, &sizes, &[0; 8])), ("labels", &labels)]);
        assert!(message.starts_with("images, byte "), "{message}");
        assert!(message.contains(why), "{message}");
    }
    for shape in ["(1000000, 28, 28)", "(1, 32767, 32767)", "(2000000000,)"] {
        for fortran in [false, true] {
            let array = npy(1, "'|u1'", fortran, shape, &[0; 8]);
            for name in ["images.npy", "labels.npy"] {
                let small = npy(1, "'|u1'", false, "(2, 1, 1)", &[0, 1]);
                let members = [
                    Member::deflated(
                        "images.npy",
                        if name == "images.npy" { &array } else { &small },
                    ),
                    Member::deflated("labels.npy", &array),
                ];
                refusal(&[("m", &zip(&members))]);
            }
        }
    }
    let grown = peak_memory() - before;
    assert!(grown < 64 << 20, "{grown} bytes");
}

#[test]
fn a_folder_of_nonsense_beside_the_data_is_no_harm_but_a_false_picture_is() {
    let picture = png_image(0, 3, 2, 2);
    let good = [
        ("a/0.png", picture.as_slice()),
        ("b/0.png", &picture),
        ("b/notes.txt", b"x"),
        ("b/.DS_Store", b"y"),
    ];
    assert_eq!(super::read(&good).dataset.len(), 2);
    for (name, content) in [
        ("b/1.png", b"BM".as_slice()),
        ("b/1.jpg", b""),
        ("b/1.gif", b"GIF89a"),
    ] {
        let mut files = good.to_vec();
        files.push((name, content));
        let message = refusal(&files);
        assert!(
            message.starts_with(&format!("{name}, byte 0: ")),
            "{message}"
        );
    }
}

#[test]
fn options_are_checked() {
    let files: [(&str, &[u8]); 1] = [("x.bin", &cifar(&[&[1], &[2]], 0))];
    for (name, why) in [
        ("x#colour", "is no option"),
        ("x#", "is no option"),
        ("x#size=0", "is no size"),
        ("x#size=2000", "from 1 to 1024"),
        ("x#size=axb", "is no size"),
        ("x#coarse=1", "is no option"),
        ("x#coarse", "means nothing for CIFAR-10 binary"),
        ("x#size=16,transpose", "means nothing for CIFAR-10 binary"),
    ] {
        let message = refusal_of(name, &files);
        assert!(message.contains(why), "{message}");
    }
}

#[test]
#[cfg(unix)]
fn links_in_a_folder_are_refused() {
    let folder = Folder::new("links");
    let picture = png_image(0, 3, 2, 2);
    folder.write("a/0.png", &picture);
    folder.write("b/0.png", &picture);
    Dataset::load(folder.path()).unwrap();
    std::os::unix::fs::symlink("/etc", folder.0.join("c")).unwrap();
    let message = Dataset::load(folder.path()).unwrap_err().to_string();
    assert!(message.contains("/c, byte 0: is a link"), "{message}");
}

#[test]
fn one_class_is_not_enough() {
    let message = refusal(&[
        ("i", &idx(8, &[2, 1, 1], &[0, 1])),
        ("l", &idx(8, &[2], &[3, 3])),
    ]);
    assert!(message.contains("only one class"), "{message}");
}
