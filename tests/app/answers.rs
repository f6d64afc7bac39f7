//! A picture alone is a question for the network that was trained.

use std::path::{Path, PathBuf};

use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use plateau::app::{App, RunState};
use plateau::data::{Dataset, Unlabelled};
use plateau::record::{NETWORK_FILE, load_network};
use plateau::session::{DeviceChoice, Predictor, TrainedNetwork, device, likeliest, probabilities};

use crate::results::{in_the_list, wait_for};
use crate::support::folder::folder;
use crate::support::write::png;
use crate::window::{drop_on, keeping, small_search, wait, wait_for_notice};

/// A picture of a digit, as a viewer shows it.
fn digit(folder: &Path, image: u32) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let digits = Dataset::load("digits").unwrap();
    let pixels = digits.image(image).unwrap().iter();
    let bright: Vec<u8> = pixels
        .map(|&pixel| ((u32::from(pixel) * 255 + 8) / 16) as u8)
        .collect();
    let path = folder.join(format!("digit-{image}.png"));
    std::fs::write(&path, png(8, 8, 1, &bright)).unwrap();
    path
}

/// What the bars say of a picture.
fn bars(network: &TrainedNetwork, picture: &Path) -> Vec<String> {
    let description = &network.description;
    let images = Unlabelled::read_path(picture.to_str().unwrap(), description.takes()).unwrap();
    let opened = pollster::block_on(device::open(DeviceChoice::Cpu)).unwrap();
    let predictor = Predictor::new(network, &opened.device).unwrap();
    let logits = pollster::block_on(predictor.logits(&images.pixels)).unwrap();
    let answers = likeliest(&probabilities(&logits[0]), 5).into_iter();
    let text = |(class, probability): (usize, f64)| {
        format!(
            "{}  {:.1} %",
            description.classes[class],
            100.0 * probability
        )
    };
    answers.map(text).collect()
}

fn check(window: &Harness<'_, App>, network: &TrainedNetwork, picture: &Path) {
    for bar in bars(network, picture) {
        window.get_by_label(&bar);
    }
    window.get_by_label_contains("pixels from 0 to 255 are read as 0 to 16");
    let name = picture.file_name().unwrap().to_str().unwrap();
    window.get_by_role_and_label(egui::Role::Image, &format!("the image {name}"));
}

#[test]
fn a_picture_that_is_dropped_is_answered_by_the_network_of_the_run_that_is_shown_or_was_kept() {
    let (runs, pictures) = (folder("answers"), folder("asked-pictures"));
    let [one, other] = [3, 8].map(|image| digit(&pictures, image));
    let mut window = keeping(&runs);
    drop_on(&mut window, &one);
    wait_for_notice(&mut window, "no trained network");
    small_search(&mut window);
    window.get_by_label("▶  Run").click();
    wait(&mut window, "end", |app| {
        app.run().live && app.run().state == RunState::Finished
    });
    drop_on(&mut window, &one);
    wait_for(&mut window, "as the network of");
    window.run_ok();
    let network = window.state().run_files().network().unwrap();
    check(&window, &network, &one);
    drop_on(&mut window, &other);
    wait_for(&mut window, "the image digit-8.png");
    window.run_ok();
    check(&window, &network, &other);
    drop(window);

    // Of a kept run the window has the events only.
    let mut entries = std::fs::read_dir(&runs).unwrap();
    let run = entries.next().unwrap().unwrap().path();
    assert_eq!(load_network(&run).unwrap().1, network);
    let name = run.file_name().unwrap().to_str().unwrap().to_owned();
    let mut window = keeping(&runs);
    in_the_list(&mut window, &format!("Open {name}"));
    wait(&mut window, "the kept run", |app| app.run().name == name);
    assert!(window.state().run_files().network().is_none());
    drop_on(&mut window, &one);
    wait_for(&mut window, "as the network of");
    window.run_ok();
    check(&window, &network, &one);

    let file = run.join(NETWORK_FILE);
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
    drop_on(&mut window, &one);
    wait_for_notice(&mut window, "the trained network is damaged");
    drop(window);
    std::fs::remove_dir_all(&runs).unwrap();
    std::fs::remove_dir_all(&pictures).unwrap();
}
