//! What a search does in its steps, and says of them.

use plateau::data::LastBatch;
use plateau::search::{Order, Strategy};
use plateau::session::{Event, Preset, SearchConfig, SearchStep, run_blocking};
use plateau::space::Space;

use crate::support::runs::on_digits;

/// The steps of a small search of two epochs with two steps each.
fn steps(change: impl Fn(&mut SearchConfig)) -> Vec<SearchStep> {
    let mut search = Preset::Quick.search(Space::NasBench201Small, Strategy::NaDarts);
    search.channels = 2;
    search.epochs = 2;
    search.batch = 90;
    search.neighbors = 3;
    search.alpha_rate = 0.1;
    change(&mut search);
    let mut train = Preset::Quick.train(search.space);
    train.channels = 2;
    train.epochs = 1;
    train.batch = 170;
    let mut config = on_digits(Some(search), train);
    config.test_share = 0.8;
    let events = run_blocking(&config).into_iter();
    let steps: Vec<SearchStep> = events
        .filter_map(|event| match event {
            Event::SearchStep(step) => Some(step),
            Event::Failed { message } => panic!("{message}"),
            _ => None,
        })
        .collect();
    assert_eq!(steps.len(), 4);
    steps
}

#[test]
fn a_search_says_how_far_its_neighbors_were_from_the_architecture() {
    let radii = |steps: &[SearchStep]| steps.iter().map(|step| step.effective_radius).collect();
    let warm: Vec<Option<f32>> = radii(&steps(|_| {}));
    let cold: Vec<Option<f32>> = radii(&steps(|search| {
        search.temperature = "1:0.01".parse().unwrap();
    }));
    for (step, (warm, cold)) in warm.iter().zip(&cold).enumerate() {
        let (warm, cold) = (warm.unwrap(), cold.unwrap());
        assert!((0.0..0.5).contains(&warm), "{warm}");
        // At the end the weights of the operations are nearly decided, so that a neighbor is a whole edge away.
        assert!(step == 0 || cold > warm, "{cold} {warm}");
    }
    assert!(cold[3].unwrap() > 0.8, "{cold:?}");
    let plain: Vec<Option<f32>> = radii(&steps(|search| search.strategy = Strategy::Darts));
    assert_eq!(plain, [None; 4]);
}

#[test]
fn alpha_stands_still_in_the_epochs_before_it_may_move() {
    let steps = steps(|search| search.alpha_after = 1);
    assert_eq!(steps[0].alpha, steps[1].alpha);
    assert_ne!(steps[1].alpha, steps[2].alpha);
    assert!(steps[1].neighbor_losses.is_empty() && steps[1].effective_radius.is_none());
    assert_eq!(steps[2].neighbor_losses.len(), 3);
}

#[test]
fn a_larger_batch_of_alpha_and_a_kept_last_one_are_trained_on() {
    let of = |images: usize| {
        steps(|search| {
            (search.strategy, search.alpha_batch) = (Strategy::Darts, images);
            search.order = Order::WeightsFirst;
        })
    };
    let [plain, wide] = [0, 150].map(of);
    // The weights see the same images; α sees others, of which more are in a step.
    assert_eq!(plain[0].train_loss, wide[0].train_loss);
    assert_ne!(plain[0].validation_loss, wide[0].validation_loss);
    let share = wide[0].validation_accuracy * 150.0;
    assert!((share - share.round()).abs() < 1e-3, "{share}");
    // Of about 180 images a batch of 120 leaves the rest.
    let kept = steps(|search| {
        (search.batch, search.epochs) = (120, 2);
        search.last_batch = LastBatch::Keep;
    });
    let share = kept[1].train_accuracy * 60.0;
    assert!((share - share.round()).abs() < 1e-3, "{share}");
}

#[test]
fn batches_are_no_larger_than_what_they_are_drawn_from() {
    let mut search = Preset::Quick.search(Space::Darts, Strategy::Darts);
    let sizes = |search: &SearchConfig| (search.batch, search.alpha_images());
    assert_eq!(sizes(&search.within([629, 628])), (64, 64));
    search.alpha_batch = 9999;
    assert_eq!(sizes(&search.within([629, 628])), (64, 628));
    (search.batch, search.alpha_batch) = (9999, 0);
    assert_eq!(sizes(&search.within([629, 628])), (629, 628));
}

#[test]
fn weights_that_come_first_have_moved_when_alpha_is_measured() {
    let still = |search: &mut SearchConfig| search.alpha_rate = 0.0;
    let alpha_first = steps(still);
    let weights_first = steps(|search| {
        still(search);
        search.order = Order::WeightsFirst;
    });
    assert_eq!(alpha_first[0].train_loss, weights_first[0].train_loss);
    assert_ne!(
        alpha_first[0].validation_loss,
        weights_first[0].validation_loss
    );
}
