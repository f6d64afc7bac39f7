//! Files written by NumPy, Pillow and Python's zipfile, tarfile and gzip (tests/fixtures/readers/make.py).

use plateau::data::{Dataset, Loaded, read_path};

use super::{image, images};

fn path(name: &str) -> String {
    format!(
        "{}/tests/fixtures/readers/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

fn load(name: &str) -> Loaded {
    read_path(&path(name), &mut |_, _| ()).unwrap()
}

#[test]
fn a_medmnist_file_of_numpy_is_read() {
    let loaded = load("medmnist.npz");
    let set = loaded.dataset;
    assert_eq!(loaded.format, "NPZ");
    assert_eq!((loaded.parts, set.test_from), ([6, 3, 2], Some(9)));
    assert_eq!((set.channels, set.height, set.width), (3, 5, 4));
    assert_eq!(set.images, images(0..11, [3, 5, 4]));
    assert_eq!(set.labels, (0..11).map(|n| n % 3).collect::<Vec<u16>>());
}

#[test]
fn fortran_arrays_of_floats_and_integers_of_numpy_are_read() {
    let set = load("fortran.npz").dataset;
    assert_eq!(set.images, images(0..7, [1, 5, 6]));
    assert_eq!(set.labels, [0, 1, 0, 1, 1, 0, 1]);
    assert_eq!(set.classes, ["3", "7"]);
    assert_eq!(set.test_from, Some(4));
}

#[test]
fn later_versions_of_numpy_headers_are_read() {
    let set = load("versions.npz").dataset;
    assert_eq!(set.images, images(0..4, [1, 5, 6]));
    assert_eq!(set.labels, [0, 1, 0, 1]);
}

#[test]
fn several_labels_an_image_and_objects_of_numpy_are_refused() {
    let message = Dataset::load(&path("multilabel.npz"))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("14 labels an image (multi-label)"),
        "{message}"
    );
    assert!(message.contains("train_labels.npy"), "{message}");
    let message = Dataset::load(&path("objects.npz")).unwrap_err().to_string();
    assert!(message.contains("pickle, which is never read"), "{message}");
}

fn check_pets(loaded: &Loaded, cats: &[usize]) {
    let set = &loaded.dataset;
    let shape = [3, 6, 8];
    assert_eq!([set.channels, set.height, set.width], shape);
    assert_eq!(set.classes, ["cat", "dog"]);
    assert_eq!(loaded.parts, [3 + cats.len(), 2, 0]);
    assert_eq!(set.test_from, Some(3 + cats.len()));
    let volume = set.volume();
    let mut expected: Vec<Vec<u8>> = cats.iter().map(|&n| image(n, shape)).collect();
    // An opacity of 7 of 255 is laid on white; grey fills three planes; 16 bits become 8.
    let on_white = |pixel: u8| ((u32::from(pixel) * 7 + 255 * 248 + 127) / 255) as u8;
    expected.push(image(2, shape).into_iter().map(on_white).collect());
    let grey = image(0, [1, 6, 8]).repeat(3);
    expected.extend([grey.clone(), grey]);
    assert_eq!(set.images[..expected.len() * volume], expected.concat());
    for picture in set.images[expected.len() * volume..].chunks_exact(volume) {
        for (plane, colour) in picture.chunks_exact(48).zip([200i32, 100, 50]) {
            assert!(
                plane
                    .iter()
                    .all(|&pixel| (i32::from(pixel) - colour).abs() <= 2)
            );
        }
    }
}

#[test]
fn a_zip_of_pictures_of_pillow_is_read() {
    let loaded = load("pets.zip");
    assert_eq!(loaded.format, "images in folders in zip");
    assert_eq!(loaded.dataset.name, "pets");
    check_pets(&loaded, &[0, 1]);
}

#[test]
fn pax_and_gnu_tars_with_long_names_are_read() {
    for name in ["pets-pax.tar.gz", "pets-gnu.tar.gz"] {
        let loaded = load(name);
        assert_eq!(loaded.format, "images in folders in tar.gz");
        check_pets(&loaded, &[0, 1, 3]);
    }
}

#[test]
fn a_gzipped_emnist_folder_is_read_upright() {
    let loaded = load("emnist");
    let set = loaded.dataset;
    assert_eq!(loaded.parts, [4, 0, 2]);
    assert_eq!(set.images, images(0..6, [1, 5, 5]));
    assert_eq!(set.labels, [0, 1, 0, 1, 0, 1]);
    assert_eq!(set.classes, ["A", "B"]);
}

#[test]
fn a_cifar_tar_as_published_is_read() {
    let loaded = load("cifar10.tar.gz");
    let set = loaded.dataset;
    assert_eq!(loaded.format, "CIFAR-10 binary in tar.gz");
    assert_eq!(set.images, images(0..6, [3, 32, 32]));
    assert_eq!(set.labels, [0, 1, 2, 3, 4, 5]);
    assert_eq!(set.classes[..2], ["airplane", "automobile"]);
    assert_eq!((loaded.parts, set.test_from), ([5, 0, 1], Some(5)));
}
