//! `#size` and `#grey`: the same images whatever file they come from, and every change said.

use plateau::data::{Dataset, Options, built_in, file_name, read_blobs, read_path, short_name};
use plateau::session::{
    DeviceChoice, KernelChoice, MemoryChoice, Preset, RUN_VERSION, RunConfig, RunKind,
};
use plateau::space::Space;

use super::{Folder, blobs, images, refusal_of};
use crate::support::write::{Member, cifar, gzip, idx, npy, png, png_image, tar, zip};

/// One grey image of two classes each, twice.
fn arrays(height: usize, width: usize, pixels: &[u8]) -> Vec<(String, Vec<u8>)> {
    let shape = format!("(2, {height}, {width})");
    blobs(&[
        (
            "images.npy",
            &npy(1, "'|u1'", false, &shape, &pixels.repeat(2)),
        ),
        ("labels.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
    ])
}

/// The pixels of the first image as options make it, and what is said.
fn made(options: &str, height: usize, width: usize, pixels: &[u8]) -> (Vec<u8>, Vec<String>) {
    let name = format!("a#{options}");
    let set = Dataset::from_files(&name, arrays(height, width, pixels)).unwrap();
    let volume = set.volume();
    assert_eq!(set.images[..volume], set.images[volume..]);
    (set.images[..volume].to_vec(), set.notes)
}

/// The mean of each square of four pixels, with halves up.
fn halved(planes: &[u8], side: usize) -> Vec<u8> {
    let mut means = Vec::new();
    for plane in planes.chunks_exact(side * side) {
        for y in (0..side).step_by(2) {
            for x in (0..side).step_by(2) {
                let at = y * side + x;
                let four = [at, at + 1, at + side, at + side + 1].map(|at| u32::from(plane[at]));
                means.push(((four.iter().sum::<u32>() + 2) / 4) as u8);
            }
        }
    }
    means
}

#[test]
fn a_pixel_of_a_smaller_image_is_the_mean_of_the_area_that_it_covers() {
    #[rustfmt::skip]
    let four = [
        0, 1,  10, 20,
        0, 1,  30, 41,
        7, 7, 255, 255,
        7, 8, 255, 254,
    ];
    // 0.5, 25.25, 7.25 and 254.75; a half goes up.
    let (pixels, notes) = made("size=2", 4, 4, &four);
    assert_eq!(pixels, [1, 25, 7, 255]);
    assert_eq!(notes, ["scaled from 4×4 to 2×2 by area mean"]);
    // Each covers 1.5 × 1.5 pixels, by hand: (0 + 90/2 + 30/2 + 60/4) / 2.25 and so on: 33.3, 126.7, 13.3, 140.
    let three = [0, 90, 180, 30, 60, 90, 0, 0, 255];
    let (pixels, notes) = made("size=2", 3, 3, &three);
    assert_eq!(pixels, [33, 127, 13, 140]);
    assert_eq!(notes, ["scaled from 3×3 to 2×2 by area mean"]);
    assert_eq!(made("size=1", 3, 3, &three).0, [78]);
}

#[test]
fn the_longer_side_is_cut_to_the_middle() {
    #[rustfmt::skip]
    let wide = [
        9, 9, 1, 2, 9, 9,
        9, 9, 3, 4, 9, 9,
    ];
    let (pixels, notes) = made("size=2", 2, 6, &wide);
    assert_eq!(pixels, [1, 2, 3, 4]);
    assert_eq!(notes, ["cut from 2×6 to 2×2 and not scaled"]);
    let (pixels, notes) = made("size=1", 2, 6, &wide);
    assert_eq!(pixels, [3]);
    assert_eq!(
        notes,
        ["scaled from 2×6 to 1×1 by area mean, the longer side cut"]
    );
    // The middle of five columns is half of the second, the third and half of the fourth.
    let (pixels, _) = made("size=1", 2, 5, &[0, 10, 20, 30, 0, 0, 10, 20, 90, 0]);
    assert_eq!(pixels, [28]);
    // What is only cut keeps its pixels also where there is none in the middle.
    let (pixels, _) = made("size=2x3", 4, 3, &[9, 9, 9, 1, 2, 3, 4, 5, 6, 9, 9, 9]);
    assert_eq!(pixels, [1, 2, 3, 4, 5, 6]);
    assert_eq!(made("size=1x2", 1, 3, &[4, 5, 9]).0, [4, 5]);
}

#[test]
fn an_image_of_one_value_stays_so_at_every_size() {
    for sides in 0..7usize.pow(4) {
        let [height, width, rows, columns] =
            [0, 1, 2, 3].map(|place| 1 + sides / 7usize.pow(place) % 7);
        let flat = vec![201; height * width];
        let (pixels, _) = made(&format!("size={rows}x{columns}"), height, width, &flat);
        assert_eq!(pixels, vec![201; rows * columns]);
    }
}

#[test]
fn built_in_sets_are_scaled_by_area_mean() {
    // By NumPy in whole numbers: overlaps of pixels as a matrix m, (2 m x mᵀ + n²) // (2 n²). OpenCV's INTER_AREA has the same pixels at
    // 14 and 4, and differs by 1 in at most 1 % of them at 10, 27 and 3, as it sums in 32-bit floats.
    for (name, side, hash) in [
        (
            "mnist5k#size=14",
            14,
            "f7905987ca8018e2e2d948b6033d5c87e14c259ec2a983977974f5dabeb00909",
        ),
        (
            "mnist5k#size=10",
            10,
            "116ed0156ae99b855a9a9b416ae3e8d2eb37332d6a32ba0c8e0455d9ff1e531a",
        ),
        (
            "mnist5k#size=27",
            27,
            "43606b91ea2ce1faa77181a7b7c9d663941d2a8e8910683ea6eaf6162835a9e9",
        ),
        (
            "digits#size=4",
            4,
            "ed9ff7dba44478085206b8f9be603c00788614fbbc541ab51664a31a1b4d7ab0",
        ),
        (
            "digits#size=3",
            3,
            "43780e451bbb78e373f2217214775c6a587dcf15dd49aaadc5d1786ae587ab29",
        ),
    ] {
        let set = Dataset::load(name).unwrap();
        set.check().unwrap();
        assert_eq!((set.height, set.width, set.flip), (side, side, false));
        assert_eq!(set.hash(), hash, "{name}");
        assert_eq!(set.name, name);
    }
    let set = Dataset::load("mnist5k#size=14").unwrap();
    assert_eq!(set.notes, ["scaled from 28×28 to 14×14 by area mean"]);
    let plain = Dataset::load("mnist5k").unwrap();
    assert_eq!((set.labels, set.classes), (plain.labels, plain.classes));
}

#[test]
fn every_format_is_scaled_to_the_same_images() {
    let shape = [3, 32, 32];
    let records = [cifar(&[&[3], &[9]], 0), cifar(&[&[9], &[3]], 2)];
    let train: (&str, &[u8]) = ("data_batch_1.bin", &records[0]);
    let test: (&str, &[u8]) = ("test_batch.bin", &records[1]);
    let bytes = |name: &str, values: &[u8], shape: &str| {
        Member::deflated(name, &npy(1, "'|u1'", false, shape, values))
    };
    let npz = zip(&[
        bytes("train_images.npy", &images(0..2, shape), "(2, 3, 32, 32)"),
        bytes("train_labels.npy", &[3, 9], "(2, 1)"),
        bytes("test_images.npy", &images(2..4, shape), "(2, 3, 32, 32)"),
        bytes("test_labels.npy", &[9, 3], "(2, 1)"),
    ]);
    let floats: Vec<u8> = images(0..2, shape)
        .iter()
        .flat_map(|&value| f32::from(value).to_le_bytes())
        .collect();
    let all = halved(&images(0..4, shape), 32);
    for (files, images, format) in [
        (blobs(&[train, test]), 4, "CIFAR-10 binary"),
        (
            blobs(&[("c.tar.gz", &gzip(&tar(&[train, test])))]),
            4,
            "CIFAR-10 binary in tar.gz",
        ),
        (
            blobs(&[("c.tar", &tar(&[train, test]))]),
            4,
            "CIFAR-10 binary in tar",
        ),
        (
            blobs(&[("c.zip", &zip(&[Member::deflated(train.0, train.1)]))]),
            2,
            "CIFAR-10 binary in zip",
        ),
        (blobs(&[("medmnist.npz", &npz)]), 4, "NPZ"),
        (
            blobs(&[
                (
                    "x_train.npy",
                    &npy(1, "'<f4'", false, "(2, 3, 32, 32)", &floats),
                ),
                ("y_train.npy", &npy(1, "'|u1'", false, "(2,)", &[3, 9])),
            ]),
            2,
            "NPY",
        ),
    ] {
        let loaded = read_blobs("set#size=16", files.clone(), &mut |_, _| ()).unwrap();
        let set = loaded.dataset;
        assert_eq!(loaded.format, format);
        assert_eq!((set.channels, set.height, set.width), (3, 16, 16));
        assert_eq!(set.images, all[..images * 3 * 16 * 16], "{format}");
        assert_eq!(set.len(), images);
        assert!(set.flip);
        assert_eq!(set.test_from, (images == 4).then_some(2));
        let scaled = "scaled from 32×32 to 16×16 by area mean";
        assert!(set.notes.iter().any(|note| note == scaled), "{format}");

        let set = Dataset::from_files("set#size=16#grey", files).unwrap();
        assert_eq!((set.channels, set.flip), (1, false), "{format}");
        assert_eq!(set.images.len(), images * 16 * 16);
        let luma = |at: usize| {
            let [red, green, blue] = [0, 1, 2].map(|plane| f64::from(all[plane * 256 + at]));
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        for (at, &pixel) in set.images[..256].iter().enumerate() {
            assert!((f64::from(pixel) - luma(at)).abs() <= 1.0, "{format} {at}");
        }
        assert_eq!(set.name, "set#size=16,grey");
        let taken = "colours are read as grey by Rec. 709 luma, so that no image is mirrored";
        assert!(set.notes.iter().any(|note| note == taken), "{format}");
    }
    // IDX has no colours.
    let files = [
        ("train-images-idx3-ubyte", images(0..2, [1, 28, 28])),
        ("t10k-images-idx3-ubyte", images(2..4, [1, 28, 28])),
    ];
    let files = files.map(|(name, pixels)| {
        let count = (pixels.len() / 784) as u32;
        (name.to_owned(), gzip(&idx(8, &[count, 28, 28], &pixels)))
    });
    let labels = blobs(&[
        ("train-labels-idx1-ubyte", &idx(8, &[2], &[7, 2])),
        ("t10k-labels-idx1-ubyte", &idx(8, &[2], &[2, 7])),
    ]);
    let set = Dataset::from_files("mnist#grey,size=14", [files.to_vec(), labels].concat()).unwrap();
    assert_eq!(set.images, halved(&images(0..4, [1, 28, 28]), 28));
    assert_eq!((set.labels, set.test_from), (vec![1, 0, 0, 1], Some(2)));
    assert_eq!(
        set.notes,
        [
            "scaled from 28×28 to 14×14 by area mean",
            "grey: the images are grey already, and nothing was changed"
        ]
    );
}

#[test]
fn options_of_a_format_go_with_a_size_and_grey() {
    let files = blobs(&[
        ("train.bin", &cifar(&[&[19, 99], &[0, 1]], 0)),
        ("test.bin", &cifar(&[&[4, 50]], 2)),
    ]);
    let set = Dataset::from_files("c#coarse,size=16,grey", files).unwrap();
    assert_eq!(set.classes.len(), 20);
    assert_eq!((set.channels, set.height), (1, 16));
    assert_eq!(set.name, "c#size=16,grey,coarse");
    // Turned first, then cut.
    let files = blobs(&[
        ("images", &idx(8, &[2, 1, 3], &[1, 2, 3, 4, 5, 6])),
        ("labels", &idx(8, &[2], &[0, 1])),
    ]);
    let set = Dataset::from_files("e#transpose,size=1", files).unwrap();
    assert_eq!(set.images, [2, 5]);
}

#[test]
fn larger_images_and_grey_ones_are_those_that_photographs_give() {
    // Pictures of 4×5 as files, and the same pixels as arrays with the colours last.
    let pictures: Vec<(String, Vec<u8>)> = (0..2)
        .map(|n| (format!("{n}/0.png"), png_image(n, 3, 4, 5)))
        .collect();
    let planes = images(0..2, [3, 4, 5]);
    let last: Vec<u8> = (0..120)
        .map(|at| planes[at / 60 * 60 + at % 3 * 20 + at % 60 / 3])
        .collect();
    let arrays = || {
        blobs(&[
            ("x.npy", &npy(1, "'|u1'", false, "(2, 4, 5, 3)", &last)),
            ("y.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
        ])
    };
    for (options, said) in [
        (
            "size=8x10",
            "enlarged from 4×5 to 8×10 by bilinear interpolation",
        ),
        (
            "size=9",
            "enlarged from 4×5 to 9×9 by bilinear interpolation, the longer side cut",
        ),
        (
            "size=3x11",
            "enlarged from 4×5 to 3×11 by bilinear interpolation, the longer side cut",
        ),
        ("grey", "by Rec. 709 luma"),
        ("size=8x10,grey", "enlarged from 4×5 to 8×10"),
    ] {
        let name = format!("x#{options}");
        let of_files = Dataset::from_files(&name, pictures.clone()).unwrap();
        let of_arrays = Dataset::from_files(&name, arrays()).unwrap();
        assert_eq!(of_files.hash(), of_arrays.hash(), "{options}");
        assert_eq!(of_files.flip, of_arrays.flip);
        assert!(of_arrays.notes[0].contains(said), "{:?}", of_arrays.notes);
    }
    // Twice as large, as every picture program has it: a quarter and three quarters of neighbors.
    let (pixels, _) = made("size=1x4", 1, 2, &[0, 100]);
    assert_eq!(pixels, [0, 25, 75, 100]);
}

#[test]
fn grey_is_the_luma_of_rec_709() {
    // Two pixels an image, plane by plane: red and green, blue and white, grey and black.
    #[rustfmt::skip]
    let planes = [
        255, 0,     0, 255,     0, 0,
        0, 255,     0, 255,     255, 255,
        100, 0,     100, 0,     100, 0,
    ];
    let read = |planes: &[u8]| {
        let labels = [0, 1, 1];
        let files = blobs(&[
            ("x.npy", &npy(1, "'|u1'", false, "(3, 3, 1, 2)", planes)),
            ("y.npy", &npy(1, "'|u1'", false, "(3,)", &labels)),
        ]);
        Dataset::from_files("x#grey", files).unwrap()
    };
    // 0.2126, 0.7152 and 0.0722 of 255.
    assert_eq!(read(&planes).images, [54, 182, 18, 255, 100, 0]);
    // What three equal planes have made grey needs no more.
    let set = read(&[7; 18]);
    assert_eq!(set.images, [7; 6]);
    assert!(set.notes[0].contains("three equal planes"));
    assert!(set.notes[1].contains("grey already"));
}

#[test]
fn photographs_say_which_were_scaled_and_that_colours_were_taken() {
    let files: Vec<(String, Vec<u8>)> = [(8, 8), (8, 16), (3, 3), (4, 6)]
        .iter()
        .enumerate()
        .map(|(n, &(height, width))| {
            let name = format!("{}/{n}.png", ["cat", "dog"][n % 2]);
            (name, png_image(n, 3, height, width))
        })
        .collect();
    let set = Dataset::from_files("pets#size=4,grey", files).unwrap();
    assert_eq!((set.channels, set.height, set.flip), (1, 4, false));
    assert_eq!(
        set.notes,
        [
            "scaled to 4×4 by a triangle filter: cat/0.png",
            "enlarged to 4×4 by bilinear interpolation: cat/2.png",
            "scaled to 4×4 by a triangle filter, the longer side cut: dog/1.png",
            "cut to 4×4 and not scaled: dog/3.png",
            "colours are read as grey by Rec. 709 luma, so that no image is mirrored"
        ]
    );
    let grey = png(4, 4, 1, &[3; 16]);
    let files = blobs(&[("a/0.png", &grey), ("b/0.png", &grey)]);
    let set = Dataset::from_files("x#size=4,grey", files).unwrap();
    assert_eq!(
        set.notes,
        [
            "size: the images have 4×4 pixels already, and nothing was changed",
            "grey: the images are grey already, and nothing was changed"
        ]
    );
}

#[test]
fn what_changes_nothing_is_said() {
    let plain = Dataset::load("digits").unwrap();
    for (name, note) in [
        (
            "digits#size=8",
            "size: the images have 8×8 pixels already, and nothing was changed",
        ),
        (
            "digits#grey",
            "grey: the images are grey already, and nothing was changed",
        ),
    ] {
        let set = Dataset::load(name).unwrap();
        assert_eq!(set.notes, [note]);
        assert_eq!(set.hash(), plain.hash());
    }
}

#[test]
fn sets_with_other_options_have_other_names_and_hashes_and_runs() {
    let run = |dataset: &str| {
        let preset = Preset::Quick;
        RunConfig {
            version: RUN_VERSION,
            dataset: dataset.into(),
            test_share: 0.3,
            seed: 0,
            split_seed: None,
            kind: RunKind::Full,
            device: DeviceChoice::Cpu,
            kernels: KernelChoice::Fused,
            memory: MemoryChoice::Auto,
            search: None,
            genotype: None,
            train: preset.train(Space::Darts),
        }
        .name()
    };
    let names = ["mnist5k", "mnist5k#size=14", "mnist5k#size=7x14"];
    let sets = names.map(|name| Dataset::load(name).unwrap());
    for (at, (name, set)) in names.iter().zip(&sets).enumerate() {
        assert_eq!(set.name, *name);
        assert_eq!(short_name(name), *name);
        for (other_name, other) in names.iter().zip(&sets).skip(at + 1) {
            assert_ne!(set.hash(), other.hash());
            assert_ne!(run(name), run(other_name));
        }
    }
    assert_eq!(run("mnist5k#size=14"), "mnist5k-size=14-train-0");
    assert_eq!(
        run("/data/pets.zip#grey#size=24x32"),
        "pets-size=24x32-grey-train-0"
    );
    // However options are typed, they are the same.
    for same in [
        "a/pets.tar.gz#grey,size=9",
        "pets#size=9#grey",
        "pets.zip#size=9x9,grey",
    ] {
        assert_eq!(short_name(same), "pets#size=9,grey");
        assert_eq!(file_name(same), "pets-size=9-grey");
    }
    let set = Dataset::load("mnist5k#grey#size=14").unwrap();
    assert_eq!(
        (&set.name[..], set.hash()),
        ("mnist5k#size=14,grey", sets[1].hash())
    );
    for (name, set) in [
        ("digits", Some("digits")),
        ("mnist5k#size=14", Some("mnist5k")),
        ("mnist5k#nonsense", Some("mnist5k")),
        ("./digits", None),
        ("digits-size=4", None),
        ("pets#digits", None),
    ] {
        assert_eq!(built_in(name), set);
    }
}

#[test]
fn a_folder_may_have_the_sign_of_options_in_its_name() {
    let folder = Folder::new("sign");
    for n in 0..2 {
        folder.write(&format!("C#/set#grey/{n}/0.png"), &png_image(n, 3, 4, 4));
    }
    let path = format!("{}/C#/set#grey", folder.path());
    let load = |name: &str| read_path(name, &mut |_, _| ()).unwrap().dataset;
    assert_eq!(load(&path).channels, 3);
    let set = load(&format!("{path}#size=2"));
    assert_eq!((set.channels, set.height), (3, 2));
    let set = load(&format!("{path}#size=2#grey"));
    assert_eq!((set.channels, set.height), (1, 2));
    let place = plateau::data::path_of(&format!("{path}#size=2")).unwrap();
    assert_eq!(place, std::path::Path::new(&path));
    let message = Dataset::load(&format!("{path}#siez=2#grey")).unwrap_err();
    assert!(message.to_string().contains("did you mean size?"));
    // Of a path that is not here the options are those that can be some.
    assert_eq!(
        Options::split("gone/C#/pets#1#size=2#grey").unwrap().0,
        "gone/C#/pets#1"
    );
    assert_eq!(plateau::data::path_of("mnist5k#size=14"), None);
    assert_eq!(plateau::data::absolute("digits#size=4"), "digits#size=4");
}

#[test]
fn mistakes_in_options_are_answered_in_one_line_for_every_set() {
    let known = "use size=32, size=24x32, grey, coarse, set=WORD or transpose";
    let cifar: [(&str, &[u8]); 1] = [("x.bin", &cifar(&[&[1], &[2]], 0))];
    for (options, why) in [
        (
            "siez=14",
            "'siez=14' behind # is no option (did you mean size?): ",
        ),
        (
            "gray",
            "'gray' behind # is no option (did you mean grey?): ",
        ),
        ("", "'' behind # is no option: "),
        ("wild", "'wild' behind # is no option: "),
    ] {
        for message in [
            refusal_of(&format!("x#{options}"), &cifar),
            error(&format!("mnist5k#{options}")),
            error(&format!("digits#{options}#grey")),
        ] {
            assert_eq!(message, format!("{why}{known}"));
        }
    }
    for (options, why) in [
        (
            "size=0",
            "'size=0' behind # is no size: use size=32 or size=24x32, each side from 1 to 1024",
        ),
        ("size=1025", "'size=1025' behind # is no size"),
        ("size=8x", "'size=8x' behind # is no size"),
        ("size", "'size' behind # is no size"),
        (
            "size=8#grey,size=9",
            "size is there twice behind #: leave one out",
        ),
        ("coarse", "the option coarse means nothing for "),
        ("set=a,grey", "the option set means nothing for "),
    ] {
        for message in [
            refusal_of(&format!("x#{options}"), &cifar),
            error(&format!("digits#{options}")),
        ] {
            assert!(message.starts_with(why), "{message}");
        }
    }
    assert!(error("digits#transpose").contains("for the built-in digits: leave it out"));
    assert!(error("mnist6k#size=14").contains("did you mean mnist5k?"));
    // 5,000 images of 1024×1024 are too many.
    let message = error("mnist5k#size=1024");
    assert!(
        message.starts_with("mnist5k: 5000×1024×1024 values are more than the 1073741824"),
        "{message}"
    );
}

fn error(name: &str) -> String {
    let message = Dataset::load(name).unwrap_err().to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

#[test]
fn a_set_of_which_all_images_are_left_out_is_refused() {
    let pixels = npy(1, "'|u1'", false, "(2, 2, 2)", &[0; 8]);
    let labels = npy(1, "'|u1'", false, "(2,)", &[0, 1]);
    let files: [(&str, &[u8]); 2] = [("test_images.npy", &pixels), ("train_labels.npy", &labels)];
    let message = refusal_of("a#size=1,grey", &files);
    assert!(message.contains("images without labels"), "{message}");
}

#[test]
fn an_image_of_one_pixel_can_be_enlarged() {
    let (pixels, _) = made("size=3", 1, 1, &[7]);
    assert_eq!(pixels, [7; 9]);
    // A thin one is not first made large on both sides.
    let (pixels, _) = made("size=1024", 1, 1000, &[5; 1000]);
    assert!(pixels == vec![5; 1024 * 1024]);
}
