//! Folders of pictures: classes, parts, sizes and colours.

use plateau::data::{DataError, Dataset, read_blobs};

use super::{blobs, image, images, read, refusal};
use crate::support::write::{Member, png, png_image, zip};

/// Pictures of 4×5 under the given names, picture n at place n.
fn pictures(names: &[&str], channels: usize) -> Vec<(String, Vec<u8>)> {
    names
        .iter()
        .enumerate()
        .map(|(n, name)| ((*name).to_owned(), png_image(n, channels, 4, 5)))
        .collect()
}

#[test]
fn each_folder_is_a_class_in_the_order_of_names() {
    let files = pictures(&["cat/b.png", "ape/x.png", "cat/a.png", "dog/deep/er/z"], 3);
    let loaded = read_blobs("pets", files, &mut |_, _| ()).unwrap();
    let set = loaded.dataset;
    assert_eq!(set.classes, ["ape", "cat", "dog"]);
    assert_eq!(set.labels, [0, 1, 1, 2]);
    let expected: Vec<u8> = [1, 2, 0, 3]
        .into_iter()
        .flat_map(|n| image(n, [3, 4, 5]))
        .collect();
    assert_eq!(set.images, expected);
    assert_eq!(
        (loaded.parts, set.test_from, set.flip),
        ([4, 0, 0], None, true)
    );
}

#[test]
fn folders_for_parts_are_told_from_classes() {
    let names = [
        "Train/a/0.png",
        "Train/b/0.png",
        "valid/a/0.png",
        "test/b/0.png",
    ];
    for prefix in ["", "set/", "some/set/"] {
        let names: Vec<String> = names.iter().map(|name| format!("{prefix}{name}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let loaded = read_blobs("x", pictures(&names, 3), &mut |_, _| ()).unwrap();
        assert_eq!(
            (loaded.parts, loaded.dataset.test_from),
            ([2, 1, 1], Some(3))
        );
        assert_eq!(loaded.dataset.labels, [0, 1, 0, 1]);
        assert_eq!(loaded.dataset.images[3 * 60..], image(3, [3, 4, 5]));
    }
    // A class may be called test, if it has other classes beside it.
    let loaded = read_blobs(
        "x",
        pictures(&["test/0.png", "oven/0.png"], 3),
        &mut |_, _| (),
    )
    .unwrap();
    assert_eq!(loaded.dataset.classes, ["oven", "test"]);
    let message = read_blobs(
        "x",
        pictures(&["train/a/0.png", "train/b/0.png", "test/c/0.png"], 3),
        &mut |_, _| (),
    )
    .unwrap_err()
    .to_string();
    assert_eq!(
        message,
        "test/c/0.png, byte 0: the class 'c' has no training images"
    );
}

#[test]
fn pictures_outside_class_folders_are_refused() {
    let picture = png_image(0, 3, 2, 2);
    for names in [
        &["0.png", "1.png", "2.png"][..],
        &["a/0.png", "0.png", "1.png"],
        &["train/0.png", "test/0.png"],
        &["train/cat.0.png", "train/dog.0.png"],
    ] {
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &picture[..])).collect();
        let message = refusal(&files);
        assert!(
            message.contains("0.png, byte 0: this image is in no class folder"),
            "{message}"
        );
    }
}

#[test]
fn grey_pictures_stay_grey_only_if_all_are() {
    let grey = pictures(&["a/0.png", "b/0.png"], 1);
    let set = Dataset::from_files("x", grey.clone()).unwrap();
    assert_eq!((set.channels, set.flip), (1, false));
    assert_eq!(set.images, images(0..2, [1, 4, 5]));
    let mut mixed = grey;
    mixed.push(("b/1.png".into(), png_image(2, 3, 4, 5)));
    let set = Dataset::from_files("x", mixed.clone()).unwrap();
    assert_eq!(set.channels, 3);
    assert_eq!(set.images[..60], image(0, [1, 4, 5]).repeat(3));
    let set = Dataset::from_files("x#grey", mixed).unwrap();
    assert_eq!((set.channels, set.images.len()), (1, 3 * 20));
    assert_eq!(set.images[..20], image(0, [1, 4, 5]));
}

#[test]
fn pictures_of_different_sizes_need_a_stated_size() {
    // A picture that is red left and blue right, and a wide one with green ends that the cut removes.
    let halves: Vec<u8> = (0..8)
        .flat_map(|_| (0..8).flat_map(|x| if x < 4 { [240, 0, 0] } else { [0, 0, 240] }))
        .collect();
    let wide: Vec<u8> = (0..8)
        .flat_map(|_| {
            (0..16).flat_map(|x| {
                if (4..12).contains(&x) {
                    [100, 100, 100]
                } else {
                    [0, 255, 0]
                }
            })
        })
        .collect();
    let files = blobs(&[
        ("a/0.png", &png(8, 8, 3, &halves)),
        ("b/0.png", &png(8, 16, 3, &wide)),
    ]);
    let message = read_blobs("pets", files.clone(), &mut |_, _| ())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("8×16 pixels, and the images before have 8×8"),
        "{message}"
    );
    assert!(message.contains("pets#size=32"), "{message}");
    let set = Dataset::from_files("pets#size=4", files.clone()).unwrap();
    assert_eq!((set.height, set.width), (4, 4));
    let red = &set.images[..16];
    assert!(
        red.chunks(4).all(|row| row[0] > 235 && row[3] < 5),
        "{red:?}"
    );
    let second = &set.images[48..];
    assert!(
        second[..16].chunks(4).all(|row| row[1..3] == [100, 100]),
        "{second:?}"
    );
    let set = Dataset::from_files("pets#size=4x6", files).unwrap();
    assert_eq!((set.height, set.width), (4, 6));
}

#[test]
fn a_zip_of_folders_with_a_mac_s_droppings_is_read() {
    let members: Vec<Member> = pictures(&["set/a/0.png", "set/b/0.png"], 3)
        .iter()
        .map(|(name, bytes)| Member::deflated(name, bytes))
        .chain([
            Member::stored("set/", b""),
            Member::stored("__MACOSX/set/a/._0.png", b"junk"),
            Member::stored("set/.DS_Store", b"junk"),
        ])
        .collect();
    assert_eq!(read(&[("set.zip", &zip(&members))]).dataset.len(), 2);
}

#[test]
fn a_stated_size_that_is_too_large_is_refused_and_no_other_is_advised() {
    let names: Vec<String> = (0..342).map(|n| format!("{}/{n}.png", n % 2)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let error = read_blobs("x#size=1024", pictures(&names, 3), &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, DataError::File { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("use fewer or smaller images"), "{message}");
    assert!(!message.contains("#size=32"), "{message}");
}
