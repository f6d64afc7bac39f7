//! Files written byte by byte hold what is read from them.

use plateau::data::{Dataset, Split, read_blobs};

use super::{Folder, blobs, image, images, read};
use crate::support::write::{Member, cifar, gzip, idx, npy, zip};

fn cifar10() -> Vec<(String, Vec<u8>)> {
    blobs(&[
        ("data_batch_1.bin", &cifar(&[&[3], &[9]], 0)),
        ("data_batch_2.bin", &cifar(&[&[0]], 2)),
        ("test_batch.bin", &cifar(&[&[9], &[3]], 3)),
    ])
}

#[test]
fn cifar_10_binary_gives_its_planes_labels_and_test_part() {
    let loaded = read_blobs("cifar", cifar10(), &mut |_, _| ()).unwrap();
    let set = &loaded.dataset;
    assert_eq!(loaded.format, "CIFAR-10 binary");
    assert_eq!(
        (set.channels, set.height, set.width, set.flip),
        (3, 32, 32, true)
    );
    assert_eq!(set.labels, [3, 9, 0, 9, 3]);
    assert_eq!(set.images, images(0..5, [3, 32, 32]));
    assert_eq!((loaded.parts, set.test_from), ([3, 0, 2], Some(3)));
    // No batches.meta.txt: classes are numbers.
    assert_eq!(set.classes[9], "9");
    assert_eq!(set.classes.len(), 10);
}

#[test]
fn cifar_class_names_come_from_the_meta_file() {
    let mut files = cifar10();
    let names: Vec<String> = (0..10).map(|class| format!("kind {class}")).collect();
    files.push((
        "batches.meta.txt".into(),
        (names.join("\n") + "\n\n").into(),
    ));
    let set = Dataset::from_files("cifar", files).unwrap();
    assert_eq!(set.classes, names);
}

#[test]
fn cifar_100_gives_fine_labels_or_coarse_ones_on_demand() {
    let files = || {
        blobs(&[
            ("train.bin", &cifar(&[&[19, 99], &[0, 1]], 0)),
            ("test.bin", &cifar(&[&[4, 50]], 2)),
        ])
    };
    let fine = read_blobs("c", files(), &mut |_, _| ()).unwrap();
    assert_eq!(fine.format, "CIFAR-100 binary, fine labels");
    assert_eq!(fine.dataset.labels, [99, 1, 50]);
    assert_eq!(fine.dataset.classes.len(), 100);
    assert_eq!(fine.dataset.images, images(0..3, [3, 32, 32]));
    assert_eq!(fine.dataset.test_from, Some(2));
    let coarse = read_blobs("c#coarse", files(), &mut |_, _| ()).unwrap();
    assert_eq!(coarse.dataset.labels, [19, 0, 4]);
    assert_eq!(coarse.dataset.classes.len(), 20);
}

#[test]
fn files_are_recognised_whatever_they_are_called() {
    let set = read(&[
        ("one", &cifar(&[&[1], &[2]], 0)),
        ("two", &cifar(&[&[1]], 2)),
    ]);
    assert_eq!(set.format, "CIFAR-10 binary");
    let set = read(&[
        ("a.jpg", &idx(8, &[2, 2, 2], &[0; 8])),
        ("b", &idx(8, &[2], &[0, 1])),
    ]);
    assert_eq!(set.format, "IDX");
}

#[test]
fn a_cifar_record_that_starts_like_an_idx_file_is_still_cifar() {
    let mut records = cifar(&[&[0], &[1]], 0);
    records[..4].copy_from_slice(&[0, 0, 8, 3]);
    assert_eq!(read(&[("data", &records)]).format, "CIFAR-10 binary");
    // And an IDX file of a whole number of records' size is IDX: 16 + 3057 bytes.
    let set = read(&[
        (
            "images",
            &idx(8, &[3, 1, 1019], &images(0..1, [1, 3, 1019])),
        ),
        ("labels", &idx(8, &[3], &[0, 1, 1])),
    ]);
    assert_eq!(set.format, "IDX");
}

#[test]
fn idx_gives_images_labels_and_the_test_part_plain_or_gzipped() {
    let train = idx(8, &[3, 4, 5], &images(0..3, [1, 4, 5]));
    let train_labels = idx(8, &[3], &[7, 2, 7]);
    let test = idx(8, &[2, 4, 5], &images(3..5, [1, 4, 5]));
    // Two and four bytes a label, big-endian.
    let test_labels = idx(0x0b, &[2], &[0, 2, 0, 7]);
    let plain: [(&str, &[u8]); 4] = [
        ("train-images-idx3-ubyte", &train),
        ("train-labels-idx1-ubyte", &train_labels),
        ("t10k-images-idx3-ubyte", &test),
        ("t10k-labels-idx1-ubyte", &test_labels),
    ];
    let packed: Vec<(String, Vec<u8>)> = plain
        .iter()
        .map(|(name, bytes)| (format!("{name}.gz"), gzip(bytes)))
        .collect();
    let mut both = packed.clone();
    both.extend(blobs(&plain));
    for files in [blobs(&plain), packed, both] {
        let loaded = read_blobs("mnist", files, &mut |_, _| ()).unwrap();
        let set = loaded.dataset;
        assert_eq!(
            (set.channels, set.height, set.width, set.flip),
            (1, 4, 5, false)
        );
        assert_eq!(set.images, images(0..5, [1, 4, 5]));
        // Labels are renumbered, and their numbers are the names.
        assert_eq!(set.labels, [1, 0, 1, 0, 1]);
        assert_eq!(set.classes, ["2", "7"]);
        assert_eq!((loaded.parts, set.test_from), ([3, 0, 2], Some(3)));
    }
}

#[test]
fn emnist_images_are_turned_upright_and_named_by_their_mapping() {
    // Rows and columns exchanged.
    let lying: Vec<u8> = (0..2)
        .flat_map(|n| (0..3).flat_map(move |x| (0..4).map(move |y| super::pixel(n, 0, y, x))))
        .collect();
    let files: [(&str, &[u8]); 3] = [
        (
            "emnist-x-train-images-idx3-ubyte",
            &idx(8, &[2, 3, 4], &lying),
        ),
        ("emnist-x-train-labels-idx1-ubyte", &idx(8, &[2], &[1, 2])),
        ("emnist-x-mapping.txt", b"1 65\n2 98 66\n"),
    ];
    let set = read(&files).dataset;
    assert_eq!((set.height, set.width), (4, 3));
    assert_eq!(set.images, images(0..2, [1, 4, 3]));
    assert_eq!(set.classes, ["A", "b"]);
    // Renamed files need the option.
    let renamed = blobs(&[("i", files[0].1), ("l", files[1].1)]);
    let plain = read_blobs("x", renamed.clone(), &mut |_, _| ()).unwrap();
    assert_eq!(plain.dataset.images, lying);
    let turned = read_blobs("x#transpose", renamed, &mut |_, _| ()).unwrap();
    assert_eq!(turned.dataset.images, set.images);
}

#[test]
fn of_several_idx_sets_one_can_be_chosen() {
    let images = idx(8, &[2, 2, 2], &[0; 8]);
    let labels = [[5, 6], [8, 9]].map(|labels| idx(8, &[2], &labels));
    let files = blobs(&[
        ("set-digits-train-images-idx3-ubyte", &images),
        ("set-digits-train-labels-idx1-ubyte", &labels[0]),
        ("set-letters-train-images-idx3-ubyte", &images),
        ("set-letters-train-labels-idx1-ubyte", &labels[1]),
    ]);
    let message = Dataset::from_files("x", files.clone())
        .unwrap_err()
        .to_string();
    assert!(message.contains("set-digits, set-letters"), "{message}");
    assert!(message.contains("#set="), "{message}");
    let chosen = Dataset::from_files("x#set=letters", files).unwrap();
    assert_eq!(chosen.classes, ["8", "9"]);
}

/// The values 0, 1, … of a `[4, 3, 2]` array in the order of the file.
fn values(fortran: bool) -> Vec<u8> {
    let mut values = Vec::new();
    if fortran {
        for x in 0..2 {
            for y in 0..3 {
                values.extend((0..4).map(|n| (n * 3 + y) * 2 + x));
            }
        }
    } else {
        values.extend(0..24);
    }
    values
}

#[test]
fn npz_arrays_of_every_type_order_and_version_give_the_same_images() {
    type Encode = fn(u8) -> Vec<u8>;
    let encode: [(&str, Encode); 5] = [
        ("'|u1'", |value| vec![value]),
        ("'<i4'", |value| i32::from(value).to_le_bytes().to_vec()),
        ("'<i8'", |value| i64::from(value).to_le_bytes().to_vec()),
        ("'<f4'", |value| f32::from(value).to_le_bytes().to_vec()),
        ("'<f8'", |value| f64::from(value).to_le_bytes().to_vec()),
    ];
    for (dtype, encode) in encode {
        for fortran in [false, true] {
            for version in 1..=3 {
                let pixels: Vec<u8> = values(fortran).into_iter().flat_map(encode).collect();
                let labels: Vec<u8> = [4, 4, 2, 2].into_iter().flat_map(encode).collect();
                let images = npy(version, dtype, fortran, "(4, 3, 2)", &pixels);
                let labels = npy(version, dtype, fortran, "(4, 1)", &labels);
                let members = [
                    Member::stored("train_images.npy", &images),
                    Member::deflated("train_labels.npy", &labels),
                ];
                let loaded = read(&[("any", &zip(&members))]);
                assert_eq!(loaded.format, "NPZ");
                let set = loaded.dataset;
                assert_eq!(
                    set.images,
                    (0..24).collect::<Vec<u8>>(),
                    "{dtype} {fortran} {version}"
                );
                assert_eq!(set.labels, [1, 1, 0, 0]);
                assert_eq!(set.classes, ["2", "4"]);
                assert_eq!((set.height, set.width, set.test_from), (3, 2, None));
            }
        }
    }
}

#[test]
fn npz_colours_may_stand_first_or_last_and_floats_up_to_one() {
    let shape = [3, 4, 5];
    let first = images(0..2, shape);
    let last: Vec<u8> = (0..2)
        .flat_map(|n| {
            let image = image(n, shape);
            (0..20).flat_map(move |at| [0, 20, 40].map(|plane| image[plane + at]))
        })
        .collect();
    let float = |bytes: &[u8]| -> Vec<u8> {
        bytes
            .iter()
            .flat_map(|&byte| (f32::from(byte) / 255.0).to_le_bytes())
            .collect()
    };
    let labels = npy(1, "'|u1'", false, "(2,)", &[0, 1]);
    for images in [
        npy(1, "'|u1'", false, "(2, 3, 4, 5)", &first),
        npy(1, "'|u1'", false, "(2, 4, 5, 3)", &last),
        npy(1, "'<f4'", false, "(2, 4, 5, 3)", &float(&last)),
    ] {
        let members = [
            Member::stored("x_train.npy", &images),
            Member::stored("y_train.npy", &labels),
        ];
        let set = read(&[("keras.npz", &zip(&members))]).dataset;
        assert_eq!(set.images, first);
        assert_eq!(
            (set.channels, set.height, set.width, set.flip),
            (3, 4, 5, true)
        );
    }
}

#[test]
fn validation_images_join_the_training_images_and_never_the_test() {
    let array = |first: u8, count: usize| {
        npy(
            1,
            "'|u1'",
            false,
            &format!("({count}, 1, 2)"),
            &vec![first; 2 * count],
        )
    };
    let labels = |count: usize| {
        let labels: Vec<u8> = (0..count).map(|n| (n % 2) as u8).collect();
        npy(1, "'|u1'", false, &format!("({count}, 1)"), &labels)
    };
    let members = |parts: &[(&str, u8, usize)]| {
        let mut members = Vec::new();
        for &(part, first, count) in parts {
            members.push(Member::stored(
                &format!("{part}_images.npy"),
                &array(first, count),
            ));
            members.push(Member::stored(
                &format!("{part}_labels.npy"),
                &labels(count),
            ));
        }
        zip(&members)
    };
    let all = read(&[(
        "m",
        &members(&[("test", 3, 6), ("train", 1, 8), ("val", 2, 4)]),
    )]);
    assert_eq!((all.parts, all.dataset.test_from), ([8, 4, 6], Some(12)));
    assert_eq!(
        all.dataset.images,
        [vec![1; 16], vec![2; 8], vec![3; 12]].concat()
    );
    let split = Split::new(&all.dataset, 0.3, 1).unwrap();
    assert_eq!(split.test, (12..18).collect::<Vec<_>>());
    assert_eq!(split.weights.len() + split.architecture.len(), 12);
    // Without a test part, the validation part is it; a part alone is for training.
    let two = read(&[("m", &members(&[("train", 1, 8), ("val", 2, 4)]))]);
    assert_eq!((two.parts, two.dataset.test_from), ([8, 4, 0], Some(8)));
    let one = read(&[("m", &members(&[("test", 1, 8)]))]);
    assert_eq!((one.parts, one.dataset.test_from), ([0, 0, 8], None));
}

#[test]
fn a_path_is_as_good_as_blobs_and_names_the_set() {
    let folder = Folder::new("path");
    for (name, bytes) in cifar10() {
        folder.write(&format!("my-cifar/{name}"), &bytes);
    }
    folder.write("my-cifar/.hidden/data_batch_9.bin", b"x");
    let path = format!("{}/my-cifar", folder.path());
    let mut from_path = Dataset::load(&path).unwrap();
    let hidden = from_path.notes.remove(0);
    assert_eq!(hidden, "left out, hidden or another program's: .hidden");
    let from_blobs = Dataset::from_files("my-cifar", cifar10()).unwrap();
    assert_eq!(from_path, from_blobs);
    assert_eq!(from_path.name, "my-cifar");
    let one = Dataset::load(&format!("{path}/data_batch_1.bin")).unwrap();
    assert_eq!((one.len(), one.name.as_str()), (2, "data_batch_1"));
}

#[test]
fn progress_rises_to_the_whole() {
    let mut shown = Vec::new();
    read_blobs("cifar", cifar10(), &mut |done, total| {
        shown.push((done, total))
    })
    .unwrap();
    assert_eq!(shown, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
}
