//! Data sets, splits, normalisation, mini-batches of indices and augmentation. No tensors; batch.rs has those.

use plateau::data::{
    Augmentation, Cutout, DataError, Dataset, EMBEDDED, LastBatch, Normalisation, Placement,
    Sampler, Split, chunks, place,
};

use super::{colours, generator};

#[test]
fn digits_are_the_published_ones() {
    let digits = Dataset::load("digits").unwrap();
    digits.check().unwrap();
    assert_eq!(
        digits.class_counts(),
        [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    );
    assert_eq!(
        (digits.len(), digits.channels, digits.height, digits.width),
        (1797, 1, 8, 8)
    );
    assert_eq!(digits.image(0).unwrap()[..8], [0, 0, 5, 13, 9, 1, 0, 0]);
    assert_eq!(
        digits.image(1796).unwrap()[24..32],
        [0, 0, 5, 16, 16, 10, 0, 0]
    );
    assert_eq!(digits.image(1797), None);
    assert_eq!((digits.labels[0], digits.labels[1796]), (0, 8));
    assert_eq!(digits.images.iter().max(), Some(&16));
    assert!(!digits.flip);
    // Computed from the CSV file by Python's hashlib.
    assert_eq!(
        digits.hash(),
        "91f8dccf9e860d2b1118e3cfbb12d1671c0138b8b0f3a33bcbe59a15c21caa92"
    );
}

#[test]
fn mnist5k_is_the_published_subset() {
    let mnist = Dataset::load("mnist5k").unwrap();
    mnist.check().unwrap();
    assert_eq!(mnist.class_counts(), [500; 10]);
    assert_eq!((mnist.len(), mnist.height, mnist.width), (5000, 28, 28));
    assert_eq!(
        mnist.image(4999).unwrap()[175..182],
        [0, 7, 38, 89, 146, 146, 146]
    );
    assert!(mnist.labels.is_sorted());
    assert_eq!(
        mnist.hash(),
        "7ad7b698ef926ae1d418117e022f99fd42b62e02cada3c42544b3f17d3cf2f4f"
    );
}

#[test]
fn fashion_is_the_published_images_with_the_names_of_their_classes() {
    let fashion = Dataset::load("fashion").unwrap();
    fashion.check().unwrap();
    assert_eq!(fashion.class_counts(), [300; 10]);
    assert_eq!(
        (fashion.len(), fashion.height, fashion.width),
        (3000, 28, 28)
    );
    let first = (
        fashion.labels[0],
        &fashion.classes[usize::from(fashion.labels[0])],
    );
    assert_eq!(first, (0, &"T-shirt/top".to_owned()));
    assert_eq!(
        fashion.image(0).unwrap()[402..410],
        [195, 201, 195, 195, 194, 195, 198, 192]
    );
    assert!(!fashion.flip);
    // Computed from the IDX files by Python's hashlib.
    assert_eq!(
        fashion.hash(),
        "05b3b7db8281d3294ca10c44930a063eb27797f8c5303dd73f9224cad642be90"
    );
}

#[test]
fn a_changed_pixel_or_label_or_shape_changes_the_hash() {
    let original = colours();
    let mut pixel = original.clone();
    pixel.images[7] ^= 1;
    let mut label = original.clone();
    label.labels[3] = 2;
    let mut shape = original.clone();
    (shape.height, shape.width) = (shape.width, shape.height);
    for changed in [pixel, label, shape] {
        assert_ne!(changed.hash(), original.hash());
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let message = Dataset::load("cifar").unwrap_err().to_string();
    assert!(message.contains("'cifar'"), "{message}");
    for name in EMBEDDED {
        Dataset::load(name).unwrap();
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn contradicting_fields_are_refused() {
    let good = colours();
    let spoil: [fn(&mut Dataset); 5] = [
        |set| set.labels[0] = 3,
        |set| set.width = 6,
        |set| set.height = usize::MAX,
        |set| set.channels = 0,
        |set| set.test_from = Some(13),
    ];
    for spoil in spoil {
        let mut bad = good.clone();
        spoil(&mut bad);
        let refused = |error| matches!(error, DataError::Inconsistent { .. });
        assert!(refused(bad.check().unwrap_err()));
        assert!(refused(Split::new(&bad, 0.3, 1).unwrap_err()));
        assert!(refused(Normalisation::new(&bad, &[0]).unwrap_err()));
    }
}

#[test]
fn a_split_uses_every_image_once_and_keeps_the_class_proportions() {
    for name in EMBEDDED {
        let dataset = Dataset::load(name).unwrap();
        let split = Split::new(&dataset, 0.3, 7).unwrap();
        let mut all = [split.train(), split.test.clone()].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..dataset.len() as u32));

        let count = dataset.len() as f64;
        for (part, share) in [
            (&split.test, 0.3),
            (&split.weights, 0.35),
            (&split.architecture, 0.35),
        ] {
            assert!((part.len() as f64 - share * count).abs() <= 1.0);
            for (class, &total) in dataset.class_counts().iter().enumerate() {
                let found = part
                    .iter()
                    .filter(|&&image| usize::from(dataset.labels[image as usize]) == class)
                    .count();
                let due = share * total as f64;
                assert!(
                    (found as f64 - due).abs() <= 1.5,
                    "{name}: {found} of class {class}, not {due}"
                );
            }
        }
    }
}

#[test]
fn a_judge_sees_no_image_that_chooses_an_architecture_or_tests_it() {
    let digits = Dataset::load("digits").unwrap();
    let split = Split::new(&digits, 0.3, 7).unwrap();
    let judge = split.of_judge(&digits, 3).unwrap();
    let mut own = [judge.weights.clone(), judge.architecture.clone()].concat();
    own.sort_unstable();
    assert_eq!(own, split.weights, "both halves of the weights' images");
    assert_eq!(judge.test, split.test);
    assert!(judge.weights.len().abs_diff(judge.architecture.len()) <= 1);
    assert_eq!(judge, split.of_judge(&digits, 3).unwrap());
    assert_ne!(judge, split.of_judge(&digits, 4).unwrap());
    let few = Split {
        weights: split.weights[..1].to_vec(),
        ..split
    };
    assert!(few.of_judge(&digits, 3).is_err());
}

#[test]
fn a_split_depends_on_the_seed_and_on_nothing_else() {
    let digits = Dataset::load("digits").unwrap();
    let split = Split::new(&digits, 0.3, 1).unwrap();
    assert_eq!(split, Split::new(&digits, 0.3, 1).unwrap());
    let other = Split::new(&digits, 0.3, 2).unwrap();
    assert_ne!(split.test, other.test);
    assert_ne!(split.weights, other.weights);
}

#[test]
fn an_official_test_part_stays_the_test_part() {
    let mut dataset = colours();
    dataset.test_from = Some(9);
    let split = Split::new(&dataset, 0.5, 3).unwrap();
    assert_eq!(split.test, [9, 10, 11]);
    assert_eq!(split.train().len(), 9);
    assert!(split.train().iter().all(|&image| image < 9));
}

#[test]
fn a_split_that_leaves_nothing_to_train_on_is_refused() {
    let mut dataset = colours();
    for share in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            Split::new(&dataset, share, 1),
            Err(DataError::TestShare(_))
        ));
    }
    assert!(matches!(
        Split::new(&dataset, 0.0, 1),
        Err(DataError::NoTest { images: 12, .. })
    ));
    assert!(matches!(
        Split::new(&dataset, 0.95, 1),
        Err(DataError::TooFew { left: 1, .. })
    ));
    dataset.test_from = Some(0);
    assert!(matches!(
        Split::new(&dataset, 0.3, 1),
        Err(DataError::TooFew { left: 0, .. })
    ));
}

#[test]
fn normalised_training_images_have_mean_zero_and_deviation_one() {
    let dataset = colours();
    let indices = [1, 4, 5, 8, 11];
    let normalisation = Normalisation::new(&dataset, &indices).unwrap();
    let area = dataset.height * dataset.width;
    for channel in 0..dataset.channels {
        let values: Vec<f64> = indices
            .iter()
            .flat_map(|&image| {
                place(&dataset, &normalisation, &Placement::identity(image))[channel * area..]
                    [..area]
                    .to_vec()
            })
            .map(f64::from)
            .collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        assert!(mean.abs() < 1e-6, "{mean}");
        assert!((variance - 1.0).abs() < 1e-5, "{variance}");
    }
    // Whole-set values of the digits, computed from the CSV file in Python.
    let digits = Dataset::load("digits").unwrap();
    let all: Vec<u32> = (0..1797).collect();
    let normalisation = Normalisation::new(&digits, &all).unwrap();
    assert_eq!(normalisation.mean, [4.884_165]);
    assert_eq!(normalisation.deviation, [6.016_787_5]);
}

#[test]
fn a_constant_channel_normalises_to_zero_instead_of_infinity() {
    let mut dataset = colours();
    let area = dataset.height * dataset.width;
    for image in dataset.images.chunks_exact_mut(3 * area) {
        image[area..2 * area].fill(90);
    }
    let normalisation = Normalisation::new(&dataset, &[0, 1]).unwrap();
    assert_eq!(normalisation.apply(1, 90), 0.0);
    assert!(normalisation.apply(1, 255).is_finite());
}

#[test]
fn statistics_of_no_image_or_a_missing_image_are_refused() {
    let dataset = colours();
    assert_eq!(
        Normalisation::new(&dataset, &[]).unwrap_err(),
        DataError::Empty
    );
    assert_eq!(
        Normalisation::new(&dataset, &[0, 12]).unwrap_err(),
        DataError::OutOfRange { index: 12, len: 12 }
    );
}

#[test]
fn an_epoch_deals_each_image_once_and_drops_the_incomplete_batch() {
    let indices: Vec<u32> = (100..110).collect();
    let mut sampler = Sampler::new(indices.clone(), 3, 5).unwrap();
    assert_eq!(sampler.batches_per_epoch(), 3);
    let mut orders = Vec::new();
    for _ in 0..4 {
        let dealt: Vec<u32> = (0..3).flat_map(|_| sampler.next()).collect();
        let mut distinct = dealt.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 9);
        assert!(distinct.iter().all(|image| indices.contains(image)));
        orders.push(dealt);
    }
    assert_ne!(orders[0], orders[1], "each epoch is shuffled anew");
    let mut again = Sampler::new(indices.clone(), 3, 5).unwrap();
    assert_eq!(again.next(), orders[0][..3]);
    let mut other = Sampler::new(indices, 3, 6).unwrap();
    let dealt: Vec<u32> = (0..3).flat_map(|_| other.next()).collect();
    assert_ne!(dealt, orders[0]);
}

#[test]
fn a_kept_last_batch_has_the_images_that_are_left_unless_it_is_a_single_one() {
    for (images, sizes) in [
        (11, vec![3, 3, 3, 2]),
        (10, vec![3, 3, 3]),
        (9, vec![3, 3, 3]),
        (2, vec![2]),
    ] {
        let indices: Vec<u32> = (0..images).collect();
        let mut sampler = Sampler::new(indices.clone(), 3, 5)
            .unwrap()
            .with_last(LastBatch::Keep);
        assert_eq!(sampler.batches_per_epoch(), sizes.len(), "{images}");
        for _ in 0..2 {
            let dealt: Vec<Vec<u32>> = sizes.iter().map(|_| sampler.next()).collect();
            assert_eq!(dealt.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
            let mut all: Vec<u32> = dealt.concat();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), sizes.iter().sum::<usize>());
        }
        assert_eq!(
            LastBatch::Keep.images(images as usize, 3),
            sizes.iter().sum::<usize>()
        );
    }
    assert_eq!(LastBatch::Drop.images(11, 3), 9);
}

#[test]
fn a_batch_larger_than_the_part_holds_the_whole_part() {
    let mut sampler = Sampler::new(vec![4, 5, 6], 64, 1).unwrap();
    assert_eq!(sampler.batches_per_epoch(), 1);
    for _ in 0..3 {
        let mut batch = sampler.next();
        batch.sort_unstable();
        assert_eq!(batch, [4, 5, 6]);
    }
    assert_eq!(
        Sampler::new(Vec::new(), 64, 1).unwrap_err(),
        DataError::Empty
    );
    assert_eq!(Sampler::new(vec![1], 0, 1).unwrap_err(), DataError::Empty);
}

#[test]
fn a_restored_sampler_continues_with_the_same_batches() {
    let indices: Vec<u32> = (0..50).collect();
    for drawn in [0, 1, 5, 6, 7, 23] {
        let mut sampler = Sampler::new(indices.clone(), 8, 9).unwrap();
        for _ in 0..drawn {
            sampler.next();
        }
        let mut restored = Sampler::new(indices.clone(), 8, 9).unwrap();
        restored.restore(sampler.position());
        for _ in 0..15 {
            assert_eq!(restored.next(), sampler.next(), "after {drawn} batches");
        }
        assert_eq!(restored.position(), sampler.position());
    }
}

#[test]
fn augmentation_that_is_off_changes_nothing() {
    let placements = Augmentation::default().draw(&[3, 1, 2], 28, 28, &mut generator(1));
    assert_eq!(placements, [3, 1, 2].map(Placement::identity));
}

#[test]
fn augmentation_draws_every_allowed_value_and_no_other() {
    let augmentation = Augmentation {
        crop_padding: 2,
        flip: true,
        cutout: 3,
    };
    let indices = vec![0; 2000];
    let placements = augmentation.draw(&indices, 4, 5, &mut generator(1));
    assert_eq!(
        placements,
        augmentation.draw(&indices, 4, 5, &mut generator(1))
    );
    let range = |value: fn(&Placement) -> i32| {
        let mut values: Vec<i32> = placements.iter().map(value).collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    assert_eq!(range(|placement| placement.dy), [-2, -1, 0, 1, 2]);
    assert_eq!(range(|placement| placement.dx), [-2, -1, 0, 1, 2]);
    assert_eq!(range(|placement| placement.cutout.unwrap().y), [0, 1, 2, 3]);
    assert_eq!(
        range(|placement| placement.cutout.unwrap().x),
        [0, 1, 2, 3, 4]
    );
    let flipped = placements.iter().filter(|placement| placement.flip).count();
    assert!((900..1100).contains(&flipped), "{flipped} of 2000 flipped");
}

#[test]
fn absurd_augmentation_settings_do_not_overflow() {
    let augmentation = Augmentation {
        crop_padding: usize::MAX,
        flip: true,
        cutout: usize::MAX,
    };
    let dataset = colours();
    let normalisation = Normalisation::new(&dataset, &[0, 1]).unwrap();
    for placement in augmentation.draw(&[0; 20], 4, 5, &mut generator(2)) {
        assert!(placement.dy.abs() <= 4 && placement.dx.abs() <= 5);
        let placed = place(&dataset, &normalisation, &placement);
        assert_eq!(placed, [0.0; 60], "the cutout covers everything");
    }
}

#[test]
fn a_placed_image_is_shifted_mirrored_padded_with_black_and_cut() {
    // One row of raw values 1 to 5; mean 1 and deviation 2 make them 0, 0.5, 1, 1.5, 2 and black −0.5.
    let dataset = Dataset {
        name: "row".to_owned(),
        images: vec![1, 2, 3, 4, 5],
        labels: vec![0],
        classes: vec!["row".to_owned()],
        channels: 1,
        height: 1,
        width: 5,
        flip: true,
        test_from: None,
        notes: Vec::new(),
    };
    let normalisation = Normalisation {
        mean: vec![1.0],
        deviation: vec![2.0],
    };
    let identity = Placement::identity(0);
    let placed = |placement| place(&dataset, &normalisation, &placement);
    assert_eq!(placed(identity), [0.0, 0.5, 1.0, 1.5, 2.0]);
    let right = Placement { dx: 2, ..identity };
    assert_eq!(placed(right), [1.0, 1.5, 2.0, -0.5, -0.5]);
    let mirrored = Placement {
        flip: true,
        ..right
    };
    assert_eq!(placed(mirrored), [-0.5, -0.5, 2.0, 1.5, 1.0]);
    let below = Placement { dy: 1, ..identity };
    assert_eq!(placed(below), [-0.5; 5]);
    let cut = |x, side| {
        placed(Placement {
            cutout: Some(Cutout { y: 0, x, side }),
            ..mirrored
        })
    };
    assert_eq!(cut(3, 2), [-0.5, -0.5, 0.0, 0.0, 1.0]);
    assert_eq!(cut(3, 3), [-0.5, -0.5, 0.0, 0.0, 0.0]);
    assert_eq!(cut(0, 2), [0.0, -0.5, 2.0, 1.5, 1.0]);
}

#[test]
fn evaluation_walks_through_all_images_in_their_order() {
    let walked: Vec<Vec<Placement>> = chunks(&[7, 3, 5, 1, 9], 2).collect();
    let expected: [&[u32]; 3] = [&[7, 3], &[5, 1], &[9]];
    assert_eq!(walked.len(), 3);
    for (placements, images) in walked.iter().zip(expected) {
        assert!(
            placements
                .iter()
                .copied()
                .eq(images.iter().copied().map(Placement::identity))
        );
    }
    assert_eq!(chunks(&[1, 2], 0).count(), 2);
}
