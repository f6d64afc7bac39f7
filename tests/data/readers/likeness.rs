//! What looks like something else: standardised floats like pixels, letters like separators, texts like pictures, parts like classes.

use plateau::data::{Loaded, read_path};

use super::{Folder, read, refusal, says};
use crate::support::write::{Member, cifar, gzip, idx, npy, png_as, png_image, tar, zip};

fn floats(values: &[f32]) -> Vec<u8> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    npy(1, "'<f4'", false, "(2, 1, 2)", &bytes)
}

fn array(values: &[f32]) -> Loaded {
    read(&[
        ("x_train.npy", &floats(values)),
        ("y_train.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
    ])
}

#[test]
fn floats_of_no_usual_range_keep_all_their_levels() {
    for (values, pixels) in [
        // Standardised, as torchvision leaves them.
        ([-2.05, 0.23, 2.5, 0.23], [0, 128, 255, 128]),
        ([0.0, 0.75, 1.5, 1.5], [0, 128, 255, 255]),
        ([-0.25, 0.375, 1.0, 1.0], [0, 128, 255, 255]),
        ([0.0, 2.25, 4.5, 0.0], [0, 128, 255, 0]),
    ] {
        let loaded = array(&values);
        assert_eq!(loaded.dataset.images, pixels, "{values:?}");
        says(&loaded, "of no usual range");
    }
    // A tenth beside the ends of 0 to 1 is still that range, and darkness stays dark.
    assert_eq!(
        array(&[-0.1, 0.0, 1.1, 1.0]).dataset.images,
        [0, 0, 255, 255]
    );
    // Whole numbers are what they are, as those of scikit-learn's digits.
    let loaded = array(&[0.0, 5.0, 16.0, 1.0]);
    assert_eq!(loaded.dataset.images, [0, 5, 16, 1]);
    let loaded = array(&[0.0, 100.5, 254.5, 70.0]);
    assert_eq!(loaded.dataset.images, [0, 101, 255, 70]);
    // The test part is scaled as the training part is, also where it alone would look usual.
    let labels = npy(1, "'|u1'", false, "(2,)", &[0, 1]);
    let loaded = read(&[
        ("x_train.npy", &floats(&[-2.0, 0.0, 2.0, 1.0])),
        ("x_test.npy", &floats(&[0.0, 1.0, 0.5, 0.5])),
        ("y_train.npy", &labels),
        ("y_test.npy", &labels),
    ]);
    assert_eq!(loaded.dataset.images[..4], [0, 128, 255, 191]);
    let standardised = read(&[
        ("x_train.npy", &floats(&[-2.0, 0.5, 2.0, 1.0])),
        ("x_test.npy", &floats(&[0.0, 1.0, 0.5, 0.5])),
        ("y_train.npy", &labels),
        ("y_test.npy", &labels),
    ]);
    assert_eq!(
        standardised.dataset.images,
        [0, 159, 255, 191, 128, 191, 159, 159]
    );
}

/// A zip that a Windows packer made, with names of these bytes.
fn windows(names: &[&[u8]]) -> Vec<u8> {
    let members: Vec<Member> = (0..)
        .zip(names)
        .map(|(n, name)| Member {
            raw: Some([name, format!("/{n}.png").as_bytes()].concat()),
            host: 0,
            ..Member::stored("", &png_image(n, 3, 2, 2))
        })
        .collect();
    zip(&members)
}

#[test]
fn a_letter_that_ends_like_a_backslash_separates_nothing() {
    // ソA, ソB and 犬 in Shift JIS; 功夫, 功課 and 狗 in Big5: the second byte of ソ and of 功 is that of a backslash.
    for names in [
        [&b"\x83\x5cA"[..], b"\x83\x5cB", b"\x8c\xa2"],
        [b"\xa5\x5c\xa4\xd2", b"\xa5\x5c\xbd\xd2", b"\xaa\xaf"],
    ] {
        let loaded = read(&[("x.zip", &windows(&names))]);
        assert_eq!(
            loaded.dataset.classes.len(),
            3,
            "{:?}",
            loaded.dataset.classes
        );
        assert_eq!(loaded.dataset.len(), 3);
    }
    // Where nothing tells, nothing is guessed.
    let message = refusal(&[("x.zip", &windows(&[b"\x9c\x5cA", b"\x9c\x5cB", b"\xff"]))]);
    assert!(message.contains("pack it with names in UTF-8"), "{message}");
    // A name without an ending that ends so is a file.
    let members: Vec<Member> = [&b"a/\x83\x5c"[..], b"b/\x95\x5c"]
        .iter()
        .zip(0..)
        .map(|(name, n)| Member {
            raw: Some(name.to_vec()),
            host: 0,
            ..Member::stored("", &png_image(n, 3, 2, 2))
        })
        .collect();
    assert_eq!(read(&[("x.zip", &zip(&members))]).dataset.len(), 2);
}

#[test]
#[cfg(unix)]
fn one_old_name_spoils_no_name_in_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new("old-name");
    for (n, class) in [&b"\xc3\xa9cole"[..], b"caf\xe9"].iter().enumerate() {
        let class = folder.0.join(std::ffi::OsStr::from_bytes(class));
        std::fs::create_dir_all(&class).unwrap();
        std::fs::write(class.join("0.png"), png_image(n, 3, 2, 2)).unwrap();
    }
    let loaded = read_path(folder.path(), &mut |_, _| ()).unwrap();
    let mut classes = loaded.dataset.classes;
    classes.sort();
    assert_eq!(classes, ["café", "école"]);
}

#[test]
fn a_dot_before_the_names_of_an_archive_hides_nothing() {
    let [a, b] = [0, 1].map(|n| png_image(n, 3, 2, 2));
    let members = [
        Member::stored("./cat/0.png", &a),
        Member::stored("./dog/./0.png", &b),
    ];
    let loaded = read(&[("x.zip", &zip(&members))]);
    assert_eq!(loaded.dataset.classes, ["cat", "dog"]);
    let loaded = read(&[("x.tar", &tar(&[("./cat/0.png", &a), ("./dog/0.png", &b)]))]);
    assert_eq!(loaded.dataset.classes, ["cat", "dog"]);
}

#[test]
fn names_of_many_steps_are_refused_before_they_take_memory() {
    let deep = format!("{}0.png", "a/".repeat(400));
    let message = refusal(&[(
        "x.zip",
        &zip(&[Member::stored(&deep, &png_image(0, 3, 2, 2))]),
    )]);
    assert!(message.contains("too many folders"), "{message}");
}

#[test]
fn a_text_that_begins_like_a_pnm_is_a_text() {
    let [a, b] = [0, 1].map(|n| png_image(n, 3, 2, 2));
    for text in [
        "P1 is the first plate, P2 the second",
        "P3 10 people",
        "P6\n",
        "P5 # nothing",
    ] {
        let loaded = read(&[
            ("a/0.png", &a),
            ("b/0.png", &b),
            ("b/notes.txt", text.as_bytes()),
        ]);
        assert_eq!(loaded.dataset.len(), 2, "{text}");
    }
}

#[test]
fn an_archive_beside_a_document_is_opened() {
    let [a, b] = [0, 1].map(|n| png_image(n, 3, 2, 2));
    let archive = zip(&[Member::stored("a/0.png", &a), Member::stored("b/0.png", &b)]);
    let loaded = read(&[("set.zip", &archive), ("paper.pdf", b"%PDF-1.7")]);
    assert_eq!(loaded.dataset.len(), 2);
    says(&loaded, "PDF is not read: paper.pdf");
}

#[test]
fn a_zip_with_bytes_behind_its_end_is_read() {
    let [a, b] = [0, 1].map(|n| png_image(n, 3, 2, 2));
    let mut archive = zip(&[Member::stored("a/0.png", &a), Member::stored("b/0.png", &b)]);
    archive.extend(b"\r\n--boundary--");
    assert_eq!(read(&[("x.zip", &archive)]).dataset.len(), 2);
}

#[test]
fn a_thin_picture_is_scaled_without_becoming_huge() {
    let thin = png_as(8, 0, 1, 16_384, &[7; 16_384]);
    let loaded = read_with_size("set#size=1024", &[("a/0.png", &thin), ("b/0.png", &thin)]);
    assert_eq!(loaded.dataset.images.len(), 2 << 20);
    assert!(loaded.dataset.images.iter().all(|&pixel| pixel == 7));
}

fn read_with_size(name: &str, files: &[(&str, &[u8])]) -> Loaded {
    plateau::data::read_blobs(name, super::blobs(files), &mut |_, _| ()).unwrap()
}

#[test]
fn files_beside_cifar_s_own_are_left_out_and_named() {
    let (train, test) = (cifar(&[&[1], &[2]], 0), cifar(&[&[1], &[2]], 2));
    let loaded = read(&[
        ("data_batch_1.bin", &train),
        ("data_batch_1 (1).bin", &train),
        ("firmware.bin", &cifar(&[&[3]], 5)),
        ("test_batch.bin", &test),
    ]);
    assert_eq!(loaded.parts, [2, 0, 2]);
    says(&loaded, "data_batch_1 (1).bin, firmware.bin");
}

#[test]
fn folders_that_hold_the_same_folders_are_classes_and_that_is_said() {
    let cats_and_dogs_in = |outer: [&str; 2]| {
        let files = outer
            .iter()
            .flat_map(|outer| ["cat", "dog"].map(|inner| format!("{outer}/{inner}/0.png")))
            .zip(0..)
            .map(|(name, n)| (name, png_image(n, 3, 2, 2)))
            .collect();
        plateau::data::read_blobs("set", files, &mut |_, _| ()).unwrap()
    };
    let loaded = cats_and_dogs_in(["Treino", "Teste"]);
    assert_eq!(loaded.dataset.classes, ["Teste", "Treino"]);
    says(&loaded, "call them train, val and test");
    // Other names of parts are known.
    for [train, other] in [
        ["train", "eval"],
        ["trainval", "test"],
        ["training", "holdout"],
    ] {
        let loaded = cats_and_dogs_in([train, other]);
        assert_eq!(loaded.dataset.classes, ["cat", "dog"], "{train} {other}");
    }
}

#[test]
fn names_of_classes_beside_labels_are_no_labels() {
    let loaded = read(&[
        ("images.npy", &npy(1, "'|u1'", false, "(2, 1, 1)", &[0, 1])),
        ("labels.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
        ("classes.npy", &npy(1, "'<U3'", false, "(2,)", &[0; 24])),
    ]);
    assert_eq!(loaded.dataset.labels, [0, 1]);
    says(&loaded, "arrays without a role: classes.npy");
}

#[test]
fn test_images_without_labels_and_classes_without_test_images_are_said() {
    let pictures = idx(8, &[2, 1, 1], &[0, 1]);
    let loaded = read(&[
        ("train-images", &pictures),
        ("train-labels", &idx(8, &[2], &[0, 1])),
        ("t10k-images.gz", &gzip(&pictures)),
    ]);
    assert_eq!(loaded.parts, [2, 0, 0]);
    says(&loaded, "images without labels: t10k-images.gz");
    let loaded = read(&[
        ("train-images", &pictures),
        ("train-labels", &idx(8, &[2], &[0, 1])),
        ("t10k-images", &pictures),
        ("t10k-labels", &idx(8, &[2], &[1, 1])),
    ]);
    says(&loaded, "no test image of a class: 0");
    let message = refusal(&[
        ("cat/0.png", &png_image(0, 3, 2, 2)),
        ("dog/0.heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
    ]);
    assert!(
        message.contains("only one class") && message.contains("HEIC is not read: dog/0.heic"),
        "{message}"
    );
}
