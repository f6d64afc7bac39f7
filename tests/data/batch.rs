//! Mini-batches on the device: they hold exactly what the CPU places.

use burn::tensor::Device;
use plateau::data::{
    Augmentation, Cutout, DataError, Dataset, DeviceImages, Normalisation, Placement, place,
};

use super::{colours, generator};

/// Bit patterns of a batch's images on the device and of the same images placed on the CPU.
fn device_and_cpu(
    dataset: &Dataset,
    images: &DeviceImages,
    normalisation: &Normalisation,
    placements: &[Placement],
) -> (Vec<u32>, Vec<u32>) {
    let batch = images.batch(placements);
    assert_eq!(
        batch.images.dims(),
        [
            placements.len(),
            dataset.channels,
            dataset.height,
            dataset.width
        ]
    );
    let labels = batch.labels.try_into_vec_as::<i32>().unwrap();
    let expected = placements
        .iter()
        .map(|placement| i32::from(dataset.labels[placement.image as usize]));
    assert!(labels.into_iter().eq(expected));
    let gathered = batch.images.try_into_vec_as::<f32>().unwrap();
    let placed = placements
        .iter()
        .flat_map(|placement| place(dataset, normalisation, placement));
    (
        gathered.into_iter().map(f32::to_bits).collect(),
        placed.map(f32::to_bits).collect(),
    )
}

#[test]
fn the_device_gathers_exactly_what_the_cpu_places() {
    let settings = [
        (0, false, 0),
        (2, false, 0),
        (0, true, 0),
        (0, false, 3),
        (2, true, 2),
    ];
    for dataset in [colours(), Dataset::load("digits").unwrap()] {
        let indices: Vec<u32> = (0..12).collect();
        let normalisation = Normalisation::new(&dataset, &indices[..7]).unwrap();
        for device in [Device::flex(), Device::flex().autodiff()] {
            let images = DeviceImages::new(&dataset, &normalisation, &device).unwrap();
            assert_eq!(images.len(), dataset.len());
            for (crop_padding, flip, cutout) in settings {
                let augmentation = Augmentation {
                    crop_padding,
                    flip,
                    cutout,
                };
                let mut placements =
                    augmentation.draw(&indices, dataset.height, dataset.width, &mut generator(4));
                placements.rotate_left(5);
                let (gathered, placed) =
                    device_and_cpu(&dataset, &images, &normalisation, &placements);
                assert!(gathered == placed, "{} with {augmentation:?}", dataset.name);
            }
        }
    }
}

#[test]
fn the_last_image_can_be_cut_and_shifted_out_of_view() {
    let dataset = colours();
    let normalisation = Normalisation::new(&dataset, &[0, 1, 2]).unwrap();
    let images = DeviceImages::new(&dataset, &normalisation, &Device::flex()).unwrap();
    let far = Placement {
        dy: i32::MAX,
        dx: i32::MIN,
        cutout: Some(Cutout {
            y: 3,
            x: 4,
            side: 2,
        }),
        ..Placement::identity(11)
    };
    let near = Placement {
        dy: 1,
        dx: -1,
        ..Placement::identity(11)
    };
    let (gathered, placed) = device_and_cpu(&dataset, &images, &normalisation, &[far, near]);
    assert_eq!(gathered, placed);
}

#[test]
fn a_normalisation_of_other_images_is_refused() {
    let grey = Normalisation {
        mean: vec![1.0],
        deviation: vec![1.0],
    };
    assert_eq!(
        DeviceImages::new(&colours(), &grey, &Device::flex()).unwrap_err(),
        DataError::Channels {
            expected: 3,
            found: 1
        }
    );
}

#[test]
fn images_beyond_32_bit_indices_are_refused_before_any_upload() {
    let side = 1 << 15;
    let dataset = Dataset {
        // Zeroed memory is only reserved; nothing reads it.
        images: vec![0; side * side],
        labels: vec![0],
        channels: 1,
        height: side,
        width: side,
        ..colours()
    };
    let normalisation = Normalisation {
        mean: vec![1.0],
        deviation: vec![1.0],
    };
    assert!(matches!(
        DeviceImages::new(&dataset, &normalisation, &Device::flex()),
        Err(DataError::TooLarge { .. })
    ));
}

#[test]
fn an_inconsistent_data_set_is_not_uploaded() {
    let mut dataset = colours();
    let normalisation = Normalisation::new(&dataset, &[0]).unwrap();
    dataset.labels[0] = 3;
    assert!(matches!(
        DeviceImages::new(&dataset, &normalisation, &Device::flex()),
        Err(DataError::Inconsistent { .. })
    ));
}

#[test]
#[should_panic(expected = "image 12 of 12")]
fn the_auxiliary_images_cannot_be_asked_for() {
    let dataset = colours();
    let normalisation = Normalisation::new(&dataset, &[0]).unwrap();
    let images = DeviceImages::new(&dataset, &normalisation, &Device::flex()).unwrap();
    images.batch(&[Placement::identity(12)]);
}
