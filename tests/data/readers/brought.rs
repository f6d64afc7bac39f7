//! What people really bring: parts and classes by names, pixels as viewers show them, names in other encodings, arrays of other
//! ranges. Whatever is not taken as it stands is said.

use plateau::data::{Loaded, read_blobs};

use super::{Folder, blobs, images, read, refusal, refusal_of, says};
use crate::support::write::{
    Member, chunk, cifar, gzip, idx, npy, png, png_as, png_image, tar, zip,
};

fn pictures(names: &[&str]) -> Loaded {
    let files = names.iter().enumerate();
    let files = files.map(|(n, name)| ((*name).to_owned(), png_image(n, 3, 2, 2)));
    read_blobs("some", files.collect(), &mut |_, _| ()).unwrap()
}

fn one(colours: [u8; 3]) -> Vec<u8> {
    png(1, 1, 3, &colours)
}

#[test]
fn a_part_is_a_whole_word_of_the_nearest_name() {
    for (folders, parts) in [
        (["train2017", "val2017"], [2, 2, 0]),
        (["Training Set", "Test Set"], [2, 0, 2]),
        (["seg_train/seg_train", "seg_test/seg_test"], [2, 0, 2]),
        (["contest/train", "contest/test"], [2, 0, 2]),
        (["latest/trainImages", "latest/testImages"], [2, 0, 2]),
    ] {
        let names: Vec<String> = folders
            .iter()
            .flat_map(|folder| ["a", "b"].map(|class| format!("{folder}/{class}/0.png")))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let loaded = pictures(&names);
        assert_eq!(loaded.parts, parts, "{folders:?}");
        assert_eq!(loaded.dataset.classes, ["a", "b"]);
    }
    // Words inside words, and classes whose names have such a word.
    let loaded = pictures(&["contest/0.png", "latest/0.png", "trainer/0.png"]);
    assert_eq!((loaded.parts, loaded.dataset.classes.len()), ([3, 0, 0], 3));
    let loaded = pictures(&["train_station/0.png", "test_tube/0.png", "oven/0.png"]);
    assert_eq!((loaded.parts, loaded.dataset.classes.len()), ([3, 0, 0], 3));
}

#[test]
fn cifar_and_idx_files_are_parted_by_their_own_names_first() {
    for folder in ["cifar-latest", "test-of-mine", "contest"] {
        let train = format!("{folder}/data_batch_1.bin");
        let test = format!("{folder}/test_batch.bin");
        let loaded = read(&[
            (&train, &cifar(&[&[1], &[2]], 0)),
            (&test, &cifar(&[&[1], &[2]], 2)),
        ]);
        assert_eq!(loaded.parts, [2, 0, 2], "{folder}");
        assert_eq!(loaded.dataset.test_from, Some(2));
    }
    let pictures = idx(8, &[2, 1, 1], &[0, 1]);
    let labels = idx(8, &[2], &[0, 1]);
    for [train, test] in [
        ["mnist-test/train-", "mnist-test/t10k-"],
        ["train/", "test/"],
        ["my test/raw/training_", "my test/raw/testing_"],
    ] {
        let names = [train, test].map(|part| [format!("{part}images"), format!("{part}labels")]);
        let loaded = read(&[
            (&names[0][0], &pictures),
            (&names[0][1], &labels),
            (&names[1][0], &pictures),
            (&names[1][1], &labels),
        ]);
        assert_eq!(loaded.parts, [2, 0, 2], "{train}");
    }
    let message = refusal(&[
        ("a/images", &pictures),
        ("a/labels", &labels),
        ("b/images-idx3", &pictures),
        ("b/labels-idx1", &labels),
    ]);
    assert!(message.contains("several data sets"), "{message}");
    let message = refusal(&[
        ("images.raw", &pictures),
        ("images.txt", &pictures),
        ("labels", &labels),
    ]);
    assert!(
        message.contains("both seem to be the training images"),
        "{message}"
    );
}

#[test]
fn stray_pictures_beside_parts_and_classes_are_left_out_and_named() {
    let loaded = pictures(&[
        "train/cat/0.png",
        "train/dog/0.png",
        "test/cat/0.png",
        "test/dog/0.png",
        "docs/preview.png",
    ]);
    assert_eq!(loaded.parts, [2, 0, 2]);
    assert_eq!(loaded.dataset.classes, ["cat", "dog"]);
    says(&loaded, "docs/preview.png");
    let loaded = pictures(&["pets/cat/0.png", "pets/dog/0.png", "pets/overview.png"]);
    assert_eq!(loaded.dataset.classes, ["cat", "dog"]);
    says(&loaded, "in no class folder: pets/overview.png");
    let loaded = pictures(&[
        "readme/logo.png",
        "data/train/a/0.png",
        "data/train/b/0.png",
        "data/test/a/0.png",
    ]);
    assert_eq!(loaded.parts, [2, 0, 1]);
    says(&loaded, "readme/logo.png");
    // Pictures of a contest have no labels.
    let loaded = pictures(&[
        "train/a/0.png",
        "train/b/0.png",
        "test/1.png",
        "test/2.png",
        "test/3.png",
    ]);
    assert_eq!(loaded.parts, [2, 0, 0]);
    says(
        &loaded,
        "test pictures in no class folder: test/1.png, test/2.png and 1 more",
    );
}

#[test]
fn a_set_that_holds_itself_twice_is_read_once() {
    let loaded = pictures(&[
        "x/train/a/0.png",
        "x/train/b/0.png",
        "x/test/a/0.png",
        "x/test/b/0.png",
        "x/x/train/a/0.png",
        "x/x/train/b/0.png",
        "x/x/test/a/0.png",
        "x/x/test/b/0.png",
    ]);
    assert_eq!((loaded.parts, loaded.dataset.classes.len()), ([2, 0, 2], 2));
    says(&loaded, "x/x/");
    let loaded = pictures(&["cat/0.png", "dog/0.png", "pets/cat/0.png", "pets/dog/0.png"]);
    assert_eq!(loaded.dataset.classes, ["cat", "dog"]);
    says(
        &loaded,
        "the classes once more: pets/cat/0.png, pets/dog/0.png",
    );
    let error = refusal_of(
        "some",
        &[
            ("one/train/a/0.png", &one([0; 3])),
            ("one/test/a/0.png", &one([0; 3])),
            ("two/train/a/0.png", &one([0; 3])),
            ("two/test/a/0.png", &one([0; 3])),
        ],
    );
    assert!(error.contains("several data sets (one, two)"), "{error}");
    // Parts below classes.
    let loaded = pictures(&[
        "cat/train/0.png",
        "cat/test/0.png",
        "dog/train/0.png",
        "dog/test/0.png",
    ]);
    assert_eq!((loaded.parts, loaded.dataset.classes.len()), ([2, 0, 2], 2));
}

#[test]
fn classes_without_a_picture_and_formats_that_are_not_read_are_named() {
    let folder = Folder::new("empty");
    folder.write("cat/0.png", &one([1; 3]));
    folder.write("dog/0.png", &one([2; 3]));
    std::fs::create_dir_all(folder.0.join("horse")).unwrap();
    let loaded = plateau::data::read_path(folder.path(), &mut |_, _| ()).unwrap();
    says(&loaded, "no picture that is read: horse");
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0";
    let loaded = read(&[
        ("cat/0.png", &one([1; 3])),
        ("dog/0.png", &one([2; 3])),
        ("dog/1.HEIC", heic),
        ("dog/2.jpg", heic),
        ("dog/3.heif", b"anything"),
        ("dog/4.tif", b"II*\0...."),
        ("dog/5.jxl", b"\xff\x0a"),
    ]);
    assert_eq!(loaded.dataset.len(), 2);
    says(
        &loaded,
        "HEIC is not read: dog/1.HEIC, dog/2.jpg and 1 more",
    );
    says(&loaded, "TIFF is not read: dog/4.tif");
    says(&loaded, "JPEG XL is not read: dog/5.jxl");
    let message = refusal(&[("a/1.heic", heic), ("b/1.heic", heic)]);
    assert!(message.contains("HEIC (a/1.heic) is not read"), "{message}");
}

#[test]
fn thumbnails_and_bins_of_other_programs_are_left_out() {
    let picture = one([1, 2, 3]);
    for foreign in [
        "@eaDir/0.png/SYNOPHOTO_THUMB_M.png",
        "#recycle/old.png",
        ".thumbnails/0.png",
        "@__thumb/s.png",
    ] {
        let path = format!("cat/{foreign}");
        let loaded = read(&[
            ("cat/0.png", &picture),
            ("dog/0.png", &picture),
            (&path, &picture),
        ]);
        assert_eq!(loaded.dataset.len(), 2, "{foreign}");
        says(&loaded, foreign.split('/').next().unwrap());
    }
    let members: Vec<Member> = [
        "p/cat/0.png",
        "p/dog/0.png",
        "p/Icon\r",
        "__MACOSX/p/._Icon\r",
        "p/Thumbs.db",
        "p/cat/desktop.ini",
    ]
    .iter()
    .map(|name| Member::deflated(name, &picture))
    .collect();
    let loaded = read(&[("p.zip", &zip(&members))]);
    assert_eq!(loaded.dataset.len(), 2);
    assert!(
        loaded.dataset.notes.is_empty(),
        "{:?}",
        loaded.dataset.notes
    );
}

#[test]
fn archives_beside_each_other_are_named_with_what_to_do() {
    let inner = zip(&[Member::stored("a/0.png", &one([0; 3]))]);
    let outer = zip(&[
        Member::stored("train.zip", &inner),
        Member::stored("test1.zip", &inner),
    ]);
    let message = refusal(&[("dogs-vs-cats.zip", &outer)]);
    assert!(
        message.contains("test1.zip, train.zip") && message.contains("unpack"),
        "{message}"
    );
    let loaded = read(&[
        ("a/0.png", &one([0; 3])),
        ("b/0.png", &one([9; 3])),
        ("more.zip", &inner),
    ]);
    says(&loaded, "an archive beside other data: more.zip");
}

#[test]
fn a_download_that_went_wrong_is_named_by_what_it_is() {
    let pictures = idx(8, &[2, 1, 1], &[0, 1]);
    for (page, what) in [
        (b"<!DOCTYPE html><html>404".as_slice(), "web page (HTML)"),
        (b"\n <html><head>", "web page (HTML)"),
        (
            b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
            "error message",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
            "git lfs pull",
        ),
    ] {
        let message = refusal(&[
            ("train-images-idx3-ubyte.gz", &gzip(&pictures)),
            ("train-labels-idx1-ubyte.gz", page),
        ]);
        assert!(
            message.starts_with("train-labels-idx1-ubyte.gz, byte 0: ") && message.contains(what),
            "{message}"
        );
        let message = refusal(&[("data.zip", page)]);
        assert!(
            message.starts_with("data.zip") && message.contains(what),
            "{message}"
        );
    }
}

/// A JPEG or PNG's EXIF block with one entry, the orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    bytes.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

#[test]
fn pictures_are_turned_as_viewers_show_them() {
    // Red above blue; a viewer turns it so that red is right (6), left (8) or below (3).
    let upright = png(2, 1, 3, &[255, 0, 0, 0, 0, 255]);
    // Some programs write it before the pixels, some behind them.
    let with = |orientation: u8, place: usize| {
        let mut bytes = upright[..place].to_vec();
        chunk(&mut bytes, b"eXIf", &exif(orientation));
        bytes.extend(&upright[place..]);
        bytes
    };
    let places = [33, upright.len() - 12];
    for (orientation, size, red_first) in [
        (1, [2, 1], true),
        (3, [2, 1], false),
        (6, [1, 2], false),
        (8, [1, 2], true),
        (2, [2, 1], true),
    ] {
        let loaded = read(&[
            ("a/0.png", &with(orientation, places[0])),
            ("b/0.png", &with(orientation, places[1])),
        ]);
        let set = &loaded.dataset;
        assert_eq!([set.height, set.width], size, "{orientation}");
        for picture in set.images.chunks_exact(6) {
            assert_eq!(picture[0] == 255, red_first, "{orientation}");
        }
        if orientation > 1 {
            says(&loaded, "EXIF orientation says: a/0.png, b/0.png");
        }
    }
}

#[test]
fn transparency_is_laid_on_white() {
    // Colour type 6: red, green, blue, opacity.
    let icon = png_as(8, 6, 1, 2, &[200, 0, 0, 255, 0, 0, 0, 0]);
    let half = png_as(8, 6, 1, 2, &[0, 0, 0, 128, 10, 20, 30, 255]);
    let loaded = read(&[("a/0.png", &icon), ("b/0.png", &half)]);
    assert_eq!(
        loaded.dataset.images,
        [200, 255, 0, 255, 0, 255, 127, 10, 127, 20, 127, 30]
    );
    says(
        &loaded,
        "transparent pixels are laid on white: a/0.png, b/0.png",
    );
    // Grey with opacity.
    let grey = png_as(8, 4, 1, 2, &[7, 255, 7, 0]);
    let loaded = read(&[("a/0.png", &grey), ("b/0.png", &grey)]);
    assert_eq!(loaded.dataset.images, [7, 255, 7, 255]);
    let opaque = png_as(8, 6, 1, 1, &[1, 2, 3, 255]);
    let loaded = read(&[("a/0.png", &opaque), ("b/0.png", &opaque)]);
    assert!(
        loaded.dataset.notes.is_empty(),
        "{:?}",
        loaded.dataset.notes
    );
}

#[test]
fn deep_greys_use_the_range_that_the_set_uses() {
    for (most, bits, expected) in [
        (1023u16, 10, [0, 128, 255]),
        (16383, 14, [0, 128, 255]),
        (4095, 12, [0, 128, 255]),
        (65535, 16, [0, 128, 255]),
        (200, 8, [0, 100, 200]),
    ] {
        let middle = if bits == 8 {
            100
        } else {
            ((1u32 << bits) / 2) as u16
        };
        let bytes: Vec<u8> = [0, middle, most]
            .iter()
            .flat_map(|value| value.to_be_bytes())
            .collect();
        let scan = png_as(16, 0, 1, 3, &bytes);
        let dark = png_as(16, 0, 1, 3, &[0; 6]);
        let loaded = read(&[("a/0.png", &scan), ("b/0.png", &dark)]);
        assert_eq!(loaded.dataset.images, [expected, [0; 3]].concat(), "{bits}");
        says(&loaded, &format!("up to {most}: {bits} bits"));
        // The same of an array of integers.
        let mut values: Vec<u8> = [0, middle, most]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        values.extend([0; 6]);
        let loaded = read(&[
            ("x.npy", &npy(1, "'<u2'", false, "(2, 1, 3)", &values)),
            ("y.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
        ]);
        assert_eq!(loaded.dataset.images, [expected, [0; 3]].concat(), "{bits}");
    }
}

#[test]
fn eight_bits_widened_to_sixteen_stay_what_they_were() {
    let bytes: Vec<u8> = [0u8, 3, 9].iter().flat_map(|&value| [value; 2]).collect();
    let scan = png_as(16, 0, 1, 3, &bytes);
    let loaded = read(&[("a/0.png", &scan), ("b/0.png", &scan)]);
    assert_eq!(loaded.dataset.images, [0, 3, 9, 0, 3, 9]);
    assert!(
        loaded.dataset.notes.is_empty(),
        "{:?}",
        loaded.dataset.notes
    );
}

#[test]
fn three_equal_planes_are_grey_and_never_mirrored() {
    let loaded = read(&[("a/0.png", &one([5; 3])), ("b/0.png", &one([9; 3]))]);
    assert_eq!((loaded.dataset.channels, loaded.dataset.flip), (1, false));
    assert_eq!(loaded.dataset.images, [5, 9]);
    says(&loaded, "three equal planes");
    let loaded = read(&[("a/0.png", &one([5; 3])), ("b/0.png", &one([9, 9, 8]))]);
    assert_eq!((loaded.dataset.channels, loaded.dataset.flip), (3, true));
    let loaded = read(&[
        (
            "x.npy",
            &npy(1, "'|u1'", false, "(2, 1, 1, 3)", &[4, 4, 4, 6, 6, 6]),
        ),
        ("y.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
    ]);
    assert_eq!(
        (loaded.dataset.channels, loaded.dataset.images),
        (1, vec![4, 6])
    );
}

#[test]
fn pictures_in_netpbm_s_and_windows_formats_are_read() {
    let mut bmp =
        b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
    bmp.resize(54, 0);
    bmp.extend([30, 20, 10, 0]);
    let loaded = read(&[("a/0.ppm", b"P6 1 1 255\n\x0a\x14\x1e"), ("b/0.bmp", &bmp)]);
    assert_eq!(loaded.dataset.images, [10, 20, 30, 10, 20, 30]);
    let loaded = read(&[
        ("a/0.pgm", b"P5\n# face\n1 1\n255\n\x07"),
        ("b/0.pgm", b"P5 1 1 255\n\x08"),
    ]);
    assert_eq!(
        (loaded.dataset.channels, loaded.dataset.images),
        (1, vec![7, 8])
    );
}

/// A zip whose names are these bytes and say nothing of their encoding.
fn named(names: &[&[u8]]) -> Vec<u8> {
    let picture = one([3; 3]);
    let member = |(n, name): (usize, &&[u8])| Member {
        raw: Some([name, format!("/{n}.png").as_bytes()].concat()),
        ..Member::stored("", &picture)
    };
    zip(&names.iter().enumerate().map(member).collect::<Vec<_>>())
}

#[test]
fn names_in_other_encodings_stay_different_and_the_encoding_is_said() {
    // Cat, dog and bird in GBK; in UTF-8 without the mark; two German words in code page 437; Russian ones in code page 866.
    for (names, classes, encoding) in [
        (
            &[b"\xc3\xa8".as_slice(), b"\xb9\xb7", b"\xc4\xf1"][..],
            &["猫", "狗", "鸟"][..],
            Some("GBK"),
        ),
        (&["猫".as_bytes(), "狗".as_bytes()], &["狗", "猫"], None),
        (
            &[b"B\x84r", b"M\x94we"],
            &["Bär", "Möwe"],
            Some("code page 437"),
        ),
        (
            &[b"\x8a\xae\xe8\xaa\xa0", b"\x91\xae\xa1\xa0\xaa\xa0"],
            &["Кошка", "Собака"],
            Some("IBM866"),
        ),
        (
            &[b"\x8c\xa2", b"\x82\xcb\x82\xb1"],
            &["犬", "ねこ"],
            Some("Shift_JIS"),
        ),
    ] {
        let loaded = read(&[("x.zip", &named(names))]);
        let mut found = loaded.dataset.classes.clone();
        found.sort();
        let mut classes: Vec<&str> = classes.to_vec();
        classes.sort_unstable();
        assert_eq!(found, classes);
        match encoding {
            Some(encoding) => says(&loaded, encoding),
            None => assert!(
                loaded
                    .dataset
                    .notes
                    .iter()
                    .all(|note| !note.contains("UTF-8"))
            ),
        }
    }
    // A tar says nothing of encodings at all.
    let picture = one([3; 3]);
    let mut packed = tar(&[("Xr/0.png", &picture), ("Ywe/0.png", &picture)]);
    // Both checksums stand for the other bytes: only the readers of names are asked here.
    assert!(read_blobs("t", blobs(&[("t.tar", &packed)]), &mut |_, _| ()).is_ok());
    packed[0] = 0x84;
    assert!(refusal(&[("t.tar", &packed)]).contains("tar"));
}

#[test]
fn windows_packers_separate_folders_with_backslashes() {
    let picture = one([3; 3]);
    let windows = |name: &str| Member {
        host: 0,
        ..Member::stored(name, &picture)
    };
    let loaded = read(&[(
        "x.zip",
        &zip(&[
            windows("pets\\cat\\0.png"),
            windows("pets\\dog\\0.png"),
            windows("C:\\pets\\dog\\1.png"),
        ]),
    )]);
    assert_eq!((loaded.dataset.classes.len(), loaded.dataset.len()), (2, 3));
    let message = refusal(&[(
        "x.zip",
        &zip(&[windows("a\\..\\..\\0.png"), windows("b\\0.png")]),
    )]);
    assert!(message.contains("leads outside"), "{message}");
}

#[test]
fn control_characters_of_names_never_reach_a_terminal_and_keep_classes_apart() {
    let picture = one([3; 3]);
    let loaded = read(&[
        ("a\u{1b}[2J/0.png", &picture),
        ("a\u{7}/0.png", &picture),
        ("\u{202e}b/0.png", &picture),
    ]);
    let classes = &loaded.dataset.classes;
    assert_eq!(classes.len(), 3);
    assert!(
        classes
            .iter()
            .all(|name| name.is_ascii() && !name.contains('\u{1b}')),
        "{classes:?}"
    );
    let message = refusal(&[("a\u{1b}/0.png", b"no picture")]);
    assert!(!message.contains('\u{1b}'), "{message}");
}

fn floats(values: &[f32]) -> Loaded {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    read(&[
        ("x_train.npy", &npy(1, "'<f4'", false, "(2, 1, 2)", &bytes)),
        ("y_train.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
    ])
}

#[test]
fn floats_a_hair_outside_their_range_are_read_and_said() {
    let loaded = floats(&[0.0, 0.5, 1.0008, 1.0]);
    assert_eq!(loaded.dataset.images, [0, 128, 255, 255]);
    says(&loaded, "1.000");
    let loaded = floats(&[-0.02, 0.5, 1.0, 1.0]);
    assert_eq!(loaded.dataset.images, [0, 128, 255, 255]);
    let loaded = floats(&[-1.0, 0.0, 1.0, 0.5]);
    assert_eq!(loaded.dataset.images, [0, 128, 255, 191]);
    says(&loaded, "from -1 to 1");
    let loaded = floats(&[-2.5, 100.2, 257.0, 255.0]);
    assert_eq!(loaded.dataset.images, [0, 100, 255, 255]);
    says(&loaded, "257");
    let bytes: Vec<u8> = [-1000i32, 1000]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let message = refusal(&[
        ("x.npy", &npy(1, "'<i4'", false, "(2, 1, 1)", &bytes)),
        ("y.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
    ]);
    assert!(message.contains("from -1000 to 1000"), "{message}");
}

#[test]
fn one_hot_labels_are_classes_and_several_labels_are_not() {
    let x = npy(1, "'|u1'", false, "(3, 1, 1)", &[1, 2, 3]);
    let labels = |values: [u8; 9]| npy(1, "'|u1'", false, "(3, 3)", &values);
    let loaded = read(&[
        ("X.npy", &x),
        ("Y.npy", &labels([0, 0, 1, 1, 0, 0, 0, 1, 0])),
    ]);
    assert_eq!(loaded.dataset.labels, [2, 0, 1]);
    says(&loaded, "one-hot");
    for values in [
        [0, 1, 1, 1, 0, 0, 0, 1, 0],
        [0, 0, 0, 1, 0, 0, 0, 1, 0],
        [0, 2, 0, 1, 0, 0, 0, 1, 0],
    ] {
        let message = refusal(&[("X.npy", &x), ("Y.npy", &labels(values))]);
        assert!(message.contains("multi-label"), "{message}");
    }
}

#[test]
fn arrays_of_other_pythons_and_machines_are_read() {
    let labels = npy(1, "'|u1'", false, "(2,)", &[0, 1]);
    for (dtype, shape, values) in [
        ("'|u1'", "(2L, 1L, 2L)", vec![1, 2, 3, 4]),
        ("u'|u1'", "(2L, 1L, 2L)", vec![1, 2, 3, 4]),
        (
            "'>i4'",
            "(2, 1, 2)",
            [1i32, 2, 3, 4]
                .iter()
                .flat_map(|value| value.to_be_bytes())
                .collect(),
        ),
        (
            "'<u8'",
            "(2, 1, 2)",
            [1u64, 2, 3, 4]
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        ),
        (
            "'>f8'",
            "(2, 1, 2)",
            [1f64, 2.0, 3.0, 4.0]
                .iter()
                .flat_map(|value| value.to_be_bytes())
                .collect(),
        ),
        (
            "'<f2'",
            "(2, 1, 2)",
            [0x3c00u16, 0x4000, 0x4200, 0x4400]
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        ),
        ("'|i1'", "(2, 1, 2)", vec![1, 2, 3, 4]),
    ] {
        let loaded = read(&[
            ("images.npy", &npy(1, dtype, false, shape, &values)),
            ("labels.npy", &labels),
        ]);
        assert_eq!(loaded.dataset.images, [1, 2, 3, 4], "{dtype}");
    }
}

#[test]
fn arrays_without_a_role_are_no_data_set_beside_pictures() {
    let array = npy(1, "'|u1'", false, "(2,)", &[0, 1]);
    for name in ["cls_labels.npy", "features.npy", "data.npy"] {
        let loaded = read(&[
            ("cat/0.png", &one([1; 3])),
            ("dog/0.png", &one([2; 3])),
            (name, &array),
        ]);
        assert_eq!(loaded.dataset.len(), 2, "{name}");
        says(&loaded, name);
    }
    // Nor are pictures beside arrays that have one.
    let loaded = read(&[
        ("x.npy", &npy(1, "'|u1'", false, "(2, 1, 1)", &[0, 1])),
        ("y.npy", &array),
        ("mean.npy", &array),
        ("preview.png", &one([1; 3])),
    ]);
    assert_eq!(loaded.format, "NPY");
    says(&loaded, "preview.png");
    says(&loaded, "mean.npy");
    // By their shapes, where names say nothing.
    let loaded = read(&[
        ("arr_0.npy", &npy(1, "'|u1'", false, "(2, 1, 1)", &[0, 1])),
        ("arr_1.npy", &array),
    ]);
    assert_eq!(loaded.dataset.labels, [0, 1]);
    says(&loaded, "by their shapes");
}

#[test]
fn what_was_read_before_is_read_as_before() {
    let loaded = read(&[
        ("a/0.png", &png_image(0, 3, 2, 2)),
        ("b/0.png", &png_image(1, 3, 2, 2)),
    ]);
    assert_eq!(loaded.dataset.images, images(0..2, [3, 2, 2]));
    assert!(loaded.dataset.notes.is_empty());
}
