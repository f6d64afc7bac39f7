//! What scores genotypes: the shared weights of a supernet, training from scratch, the table that comes with the program.

use burn::tensor::{Device, Tensor, TensorData};
use plateau::data::{Batch, Dataset, DeviceImages, Normalisation, Placement};
use plateau::kernels::Memory;
use plateau::landscape::{
    BUILTIN_METRIC, Evaluator, EvaluatorError, Score, SupernetEvaluator, architecture,
    builtin_table, spearman,
};
use plateau::nn::{Packing, Pass, Statistics, Supernet, lane_correct, lane_losses};
use plateau::session::{
    Checkpoint, Command, DeviceChoice, Event, MemoryChoice, Preset, RunConfig, ScratchEvaluator,
    SessionHandle, Start, TrainConfig, open_supernet,
};
use plateau::space::{Genotype, Macro, Operation, Space};
use plateau::study::{TabulateConfig, TabulatedNetwork, tabulate};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::support::runs::on_digits;

/// The supernet of the quick preset on digits.
fn size(space: Space) -> Macro {
    Preset::Quick
        .search(space, plateau::search::Strategy::Darts)
        .size([1, 8, 8], 10)
}

/// `count` batches of 64 digits.
fn digits(count: usize) -> Vec<Batch> {
    let dataset = Dataset::load("digits").unwrap();
    let all: Vec<u32> = (0..dataset.len() as u32).collect();
    let normalisation = Normalisation::new(&dataset, &all).unwrap();
    let images = DeviceImages::new(&dataset, &normalisation, &Device::flex()).unwrap();
    all.chunks(64)
        .take(count)
        .map(|indices| {
            let placements: Vec<_> = indices.iter().map(|&i| Placement::identity(i)).collect();
            images.batch(&placements)
        })
        .collect()
}

fn evaluator(space: Space, batches: usize, lanes_a_pass: usize) -> SupernetEvaluator {
    let size = size(space);
    // The weights are the same, whatever trained them.
    let trained = Supernet::new(space, &size, Packing::Blocks).unwrap();
    let weights = trained.layout().initial_weights(3, &Device::flex());
    let batches = digits(batches);
    let fused = Some(Memory::Recompute);
    SupernetEvaluator::new(space, &size, fused, weights, batches, lanes_a_pass).unwrap()
}

fn scores(evaluator: &mut SupernetEvaluator, genotypes: &[Genotype]) -> Vec<Score> {
    pollster::block_on(evaluator.scores(genotypes)).unwrap()
}

/// One genotype through the whole supernet by stock operations, every operation computed and multiplied by 0 or 1.
fn stock_score(evaluator: &SupernetEvaluator, genotype: &Genotype) -> Score {
    let space = genotype.space();
    let mix: Vec<Tensor<3>> = genotype
        .encoding()
        .iter()
        .map(|cell| {
            let operations = space.operations();
            let one_hot: Vec<f32> = cell
                .iter()
                .flat_map(|chosen| operations.iter().map(move |other| other == chosen))
                .map(f32::from)
                .collect();
            let shape = [1, cell.len(), operations.len()];
            Tensor::from_data(TensorData::new(one_hot, shape), &Device::flex()).autodiff()
        })
        .collect();
    let layout = evaluator.supernet.layout();
    let leaves = layout.leaves(&evaluator.weights, false);
    let pass = Pass {
        leaves: &leaves,
        lanes: 1,
        statistics: Statistics::Batch,
        fused: None,
        multiply_adds: None,
    };
    let (mut loss, mut correct) = (0.0, 0.0);
    for Batch { images, labels } in &evaluator.batches {
        let images = images.clone().autodiff();
        let logits = evaluator
            .supernet
            .forward(pass, images, &mix, None, None)
            .inner();
        let count = labels.dims()[0] as f64;
        let value =
            |tensor: Tensor<1>| f64::from(tensor.into_data().try_into_vec::<f32>().unwrap()[0]);
        loss += count * value(lane_losses(logits.clone(), labels, 1));
        correct += value(lane_correct(logits, labels, 1));
    }
    let images = evaluator.images() as f64;
    Score {
        loss: loss / images,
        accuracy: 100.0 * correct / images,
    }
}

fn random(space: Space, count: usize) -> Vec<Genotype> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    (0..count)
        .map(|_| Genotype::random(space, &mut rng))
        .collect()
}

/// A genotype with the operation of one edge changed.
fn changed(genotype: &Genotype, cell: usize, edge: usize, operation: Operation) -> Genotype {
    let mut encoding = genotype.encoding();
    encoding[cell][edge] = operation;
    Genotype::from_encoding(genotype.space(), &encoding).unwrap()
}

/// All neighbors that differ in one operation of one cell.
fn one_cell_neighbors(genotype: &Genotype, cell: usize) -> Vec<Genotype> {
    let none = |operation: &&Operation| **operation != Operation::None;
    let own = &genotype.encoding()[cell];
    (0..own.len())
        .filter(|&edge| own[edge] != Operation::None)
        .flat_map(|edge| {
            let operations = genotype.space().operations().iter().filter(none);
            operations
                .filter(move |operation| **operation != own[edge])
                .map(move |&operation| changed(genotype, cell, edge, operation))
        })
        .collect()
}

#[test]
fn scores_in_lanes_are_those_of_one_by_one_through_stock_operations() {
    for (space, strangers) in [
        (Space::Darts, 2),
        (Space::NasBench201, 4),
        (Space::NasBench201Small, 6),
    ] {
        let mut evaluator = evaluator(space, 2, 5);
        let mut genotypes = random(space, strangers);
        match space {
            Space::Darts => {
                genotypes.extend(one_cell_neighbors(&genotypes[0], 0).into_iter().step_by(9));
                genotypes.extend(one_cell_neighbors(&genotypes[0], 1).into_iter().step_by(9));
            }
            // Nothing but `none`, and a node without inputs.
            _ => genotypes.extend([0, 3].map(|index| architecture(space, index).unwrap())),
        }
        let together = scores(&mut evaluator, &genotypes);
        for (genotype, score) in genotypes.iter().zip(&together) {
            let alone = stock_score(&evaluator, genotype);
            assert!(
                (score.loss - alone.loss).abs() < 2e-4 * (1.0 + alone.loss),
                "{}: {score:?} in lanes, {alone:?} alone",
                genotype.to_text()
            );
            // One image may lie on the border between two classes.
            assert!((score.accuracy - alone.accuracy).abs() < 1.0);
        }
        let different = together.windows(2).any(|pair| pair[0] != pair[1]);
        assert!(different, "all genotypes of {space} score the same");
    }
}

/// The gradient in the weights of the mean loss of genotypes.
fn gradient(
    evaluator: &SupernetEvaluator,
    genotypes: &[Genotype],
    fused: Option<Memory>,
) -> Vec<f32> {
    let layout = evaluator.supernet.layout();
    let leaves = layout.leaves(&evaluator.weights, true);
    let pass = Pass {
        leaves: &leaves,
        lanes: 1,
        statistics: Statistics::Batch,
        fused,
        multiply_adds: None,
    };
    let Batch { images, labels } = evaluator.batches[0].clone();
    let logits = evaluator
        .supernet
        .forward_genotypes(pass, images.autodiff(), genotypes);
    let losses = lane_losses(logits, &labels.autodiff(), genotypes.len());
    let gradient = leaves.gradient(&mut losses.mean().backward());
    gradient.into_data().try_into_vec().unwrap()
}

#[test]
fn single_paths_train_the_weights_as_stock_operations_do() {
    for space in Space::ALL {
        let evaluator = evaluator(space, 1, 4);
        let mut genotypes = random(space, 3);
        // One that differs in an edge, and one that is there twice.
        let first = genotypes[0].clone();
        genotypes.push(one_cell_neighbors(&first, 0).swap_remove(0));
        genotypes.push(first);
        let found = gradient(&evaluator, &genotypes, Some(Memory::Recompute));
        let stock = gradient(&evaluator, &genotypes, None);
        let norm =
            |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
        let apart = norm(&mut found.iter().zip(&stock).map(|(found, stock)| found - stock));
        let size = norm(&mut stock.iter().copied());
        assert!(
            size > 0.01 && apart < 1e-3 * size,
            "{space}: {apart} of {size}"
        );
    }
}

#[test]
fn single_paths_that_read_nothing_give_the_stem_no_gradient() {
    for (space, edges) in [(Space::NasBench201, 6), (Space::NasBench201Small, 3)] {
        let evaluator = evaluator(space, 1, 4);
        let dead = Genotype::from_encoding(space, &[vec![Operation::None; edges]]).unwrap();
        let found = gradient(&evaluator, std::slice::from_ref(&dead), Some(Memory::Keep));
        let stock = gradient(&evaluator, &[dead], None);
        let size = stock
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        let apart = found.iter().zip(&stock).map(|(a, b)| (a - b).abs());
        assert!(
            size > 0.0 && apart.fold(0.0, f32::max) < 1e-4 * size,
            "{space}"
        );
    }
}

#[test]
fn lanes_do_not_change_a_score() {
    let genotypes = random(Space::Darts, 3);
    let together = scores(&mut evaluator(Space::Darts, 1, 3), &genotypes);
    let alone = scores(&mut evaluator(Space::Darts, 1, 1), &genotypes);
    assert_eq!(together, alone);
}

#[test]
fn genotypes_of_another_space_are_refused() {
    let genotype = random(Space::NasBench201, 1);
    let error = pollster::block_on(evaluator(Space::Darts, 1, 4).scores(&genotype)).unwrap_err();
    assert_eq!(
        error,
        EvaluatorError::Space {
            expected: Space::Darts,
            found: Space::NasBench201
        }
    );
}

/// Prints the times of `src/manual/speed.md`: `cargo nextest run --release --test search evaluators --run-ignored only
/// --no-capture`.
#[test]
#[ignore = "a measurement; its times need idle cores"]
fn all_48_neighbors_of_a_cell_score_five_times_faster_in_lanes() {
    let genotype = random(Space::Darts, 1).swap_remove(0);
    let neighbors = one_cell_neighbors(&genotype, 0);
    assert_eq!(neighbors.len(), 48);
    let mut evaluator = evaluator(Space::Darts, 1, 16);
    scores(&mut evaluator, &neighbors);
    let start = std::time::Instant::now();
    scores(&mut evaluator, &neighbors);
    let lanes = start.elapsed();
    let start = std::time::Instant::now();
    for neighbor in &neighbors[..6] {
        stock_score(&evaluator, neighbor);
    }
    let stock = 8 * start.elapsed();
    for batches in [1, 2, 4] {
        evaluator.batches = digits(batches);
        let start = std::time::Instant::now();
        scores(&mut evaluator, &neighbors[..1]);
        let one = start.elapsed();
        let both: Vec<_> = [0, 1]
            .iter()
            .flat_map(|&cell| one_cell_neighbors(&genotype, cell))
            .collect();
        let start = std::time::Instant::now();
        scores(&mut evaluator, &both);
        let images = evaluator.images();
        eprintln!(
            "{images} images: one genotype {one:?}, 96 neighbors {:?}",
            start.elapsed()
        );
    }
    eprintln!("48 neighbors, 64 images: lanes {lanes:?}, stock {stock:?}");
    assert!(5 * lanes < stock);
}

#[test]
fn the_builtin_table_is_a_complete_landscape_of_the_3_node_space() {
    let table = builtin_table();
    assert_eq!(table.space(), Space::NasBench201Small);
    assert_eq!(
        table.metrics()[..2],
        ["ValidationAccuracy", "TestAccuracy"].map(str::to_owned)
    );
    let seeds = table.metrics().len() / 2 - 1;
    assert!(seeds >= 10);
    for (place, mean) in table.values()[..2].iter().enumerate() {
        assert_eq!(mean.len(), 125);
        for (architecture, mean) in mean.iter().enumerate() {
            let own = (0..seeds).map(|seed| table.values()[2 + 2 * seed + place][architecture]);
            let own: Vec<f64> = own.collect();
            assert!((own.iter().sum::<f64>() / seeds as f64 - mean).abs() < 1e-3);
            let variance = own.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
            let error = (variance / (seeds as f64 - 1.0) / seeds as f64).sqrt();
            let known = table.standard_errors()[place][architecture].unwrap_or(0.0);
            assert!((known - error).abs() < 1e-3, "{known} {error}");
        }
    }
    // A cell that passes nothing on can only guess.
    assert!(table.values()[0][0] < 20.0);
}

#[test]
fn the_builtin_table_tells_its_best_cells_apart() {
    let table = builtin_table();
    let seeds = table.metrics().len() / 2 - 1;
    let place = table
        .metrics()
        .iter()
        .position(|name| name == BUILTIN_METRIC);
    let place = place.unwrap();
    let mean = &table.values()[place];
    let mut order: Vec<usize> = (0..125).collect();
    order.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
    let best = &order[..31];
    let over = |chosen: u32| -> Vec<f64> {
        let seeds: Vec<usize> = (0..seeds).filter(|seed| chosen >> seed & 1 == 1).collect();
        let of = |cell: &usize| {
            let own = seeds
                .iter()
                .map(|seed| table.values()[2 + 2 * seed + place][*cell]);
            own.sum::<f64>() / seeds.len() as f64
        };
        best.iter().map(of).collect()
    };
    let all = (1_u32 << seeds) - 1;
    let agreement = |half: u32| spearman(&over(half), &over(all ^ half)).unwrap();
    let odd = agreement(0x5555_5555 & all);
    assert!((0.79..0.81).contains(&odd), "{odd}");
    let halves: Vec<f64> = (0..=all)
        .filter(|half| half.count_ones() as usize == seeds / 2)
        .map(agreement)
        .collect();
    let average = halves.iter().sum::<f64>() / halves.len() as f64;
    assert_eq!(halves.len(), 924);
    assert!((0.7..0.75).contains(&average), "{average}");

    let errors = &table.standard_errors()[place];
    let error = errors.iter().flatten().sum::<f64>() / errors.iter().flatten().count() as f64;
    let center = mean.iter().sum::<f64>() / 125.0;
    let deviation = mean.iter().map(|one| (one - center).powi(2)).sum::<f64>() / 124.0;
    assert!(deviation.sqrt() >= 2.0 * error, "{deviation} {error}");
    // Not only by the cells that cannot learn: among the best quarter, too.
    let center = best.iter().map(|&cell| mean[cell]).sum::<f64>() / 31.0;
    let deviation = best
        .iter()
        .map(|&cell| (mean[cell] - center).powi(2))
        .sum::<f64>()
        / 30.0;
    assert!(deviation.sqrt() >= 2.0 * error, "{deviation} {error}");
}

fn tiny_training() -> TrainConfig {
    TrainConfig {
        channels: 2,
        epochs: 1,
        batch: 256,
        ..Preset::Quick.train(Space::NasBench201Small)
    }
}

#[test]
fn a_table_holds_what_training_each_architecture_gives() {
    let config = TabulateConfig {
        space: Space::NasBench201Small,
        dataset: "digits".into(),
        test_share: 0.3,
        train: tiny_training(),
        seed: 7,
        seeds: 2,
        threads: 2,
    };
    let mut told = Vec::new();
    let mut networks = Vec::new();
    let mut hear = |done, total, trained: Option<TabulatedNetwork>| {
        told.push((done, total));
        networks.extend(trained);
    };
    let table = tabulate(&config, &[], &mut hear).unwrap();
    assert_eq!(told.first(), Some(&(0, 120)));
    assert_eq!(told.last(), Some(&(120, 120)));
    // Those that are known are not trained again.
    let mut told = Vec::new();
    let mut hear =
        |done, _, trained: Option<TabulatedNetwork>| told.push((done, trained.is_some()));
    assert_eq!(tabulate(&config, &networks[1..], &mut hear).unwrap(), table);
    assert_eq!(told, [(119, false), (120, true)]);
    let evaluator = ScratchEvaluator::new(
        config.space,
        "digits",
        0.3,
        &config.train,
        7,
        &Device::flex(),
    )
    .unwrap();
    for index in [0, 37, 124] {
        let genotype = architecture(config.space, index).unwrap();
        let trained = pollster::block_on(evaluator.train(&genotype, 8)).unwrap();
        let expected = [trained.validation.share, trained.test.share].map(|share| 100.0 * share);
        let names = ["ValidationAccuracySeed8", "TestAccuracySeed8"];
        let found = names.map(|name| table.column(name).unwrap()[index]);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4);
        }
        let score = pollster::block_on(evaluator.score(&genotype)).unwrap();
        let first_seed = table.column("ValidationAccuracySeed7").unwrap()[index];
        assert!((score.accuracy - first_seed).abs() < 1e-4);
    }
}

#[test]
fn a_space_without_complete_tables_is_refused() {
    let config = TabulateConfig {
        space: Space::Darts,
        dataset: "digits".into(),
        test_share: 0.3,
        train: tiny_training(),
        seed: 0,
        seeds: 1,
        threads: 1,
    };
    let error = tabulate(&config, &[], &mut |_, _, _| {}).unwrap_err();
    assert!(error.to_string().contains("too many architectures"));
}

/// A search of a few steps on digits.
fn search(strategy: plateau::search::Strategy) -> RunConfig {
    let space = Space::NasBench201Small;
    let mut search = Preset::Quick.search(space, strategy);
    search.channels = 2;
    search.epochs = 1;
    RunConfig {
        seed: 1,
        memory: MemoryChoice::Auto,
        ..on_digits(Some(search), tiny_training())
    }
}

fn say(session: &SessionHandle, command: Command) {
    session.commands.try_send(command).unwrap();
}

/// The next event that is about scores, or ends a run.
fn next(session: &SessionHandle) -> Event {
    loop {
        let patience = std::time::Duration::from_secs(60);
        let event = session.events.recv_timeout(patience).unwrap().event;
        if matches!(
            event,
            Event::Scored { .. }
                | Event::Refused { .. }
                | Event::Finished
                | Event::Stopped
                | Event::Failed { .. }
                | Event::SupernetOpened { .. }
        ) {
            return event;
        }
    }
}

/// All scores of a request, which come in order, the first genotype alone.
fn answer(session: &SessionHandle, request: u64, count: usize) -> Vec<Score> {
    let mut all = Vec::new();
    while all.len() < count {
        match next(session) {
            Event::Scored {
                request: of,
                first,
                scores,
            } => {
                assert_eq!((of, first), (request, all.len()));
                assert!(first > 0 || scores.len() == 1);
                all.extend(scores);
            }
            other => panic!("{other:?} instead of scores"),
        }
    }
    all
}

#[test]
fn a_session_scores_during_a_search_and_after_it() {
    let session = SessionHandle::spawn().unwrap();
    let genotypes: Vec<Genotype> = (60..90)
        .map(|index| architecture(Space::NasBench201Small, index).unwrap())
        .collect();
    let score = |request| Command::Score {
        request,
        genotypes: genotypes.clone(),
    };
    say(&session, score(1));
    assert!(
        matches!(next(&session), Event::Refused { .. }),
        "no supernet yet"
    );

    let start = Start::new(search(plateau::search::Strategy::Darts));
    say(&session, Command::Start(Box::new(start)));
    say(&session, Command::Pause);
    say(&session, score(2));
    let before = answer(&session, 2, 30);
    say(&session, score(3));
    assert_eq!(answer(&session, 3, 30), before, "held: the weights stay");
    say(&session, Command::Step);
    say(&session, score(4));
    assert_ne!(answer(&session, 4, 30), before, "a step moves the weights");
    say(&session, Command::Resume);
    assert_eq!(next(&session), Event::Finished);

    say(&session, score(5));
    let after = answer(&session, 5, 30);
    assert_ne!(after, before);
    say(&session, score(6));
    assert_eq!(answer(&session, 6, 30), after);

    let start = Start::new(search(plateau::search::Strategy::Random));
    say(&session, Command::Start(Box::new(start)));
    assert_eq!(next(&session), Event::Finished);
    say(&session, score(7));
    assert!(
        matches!(next(&session), Event::Refused { .. }),
        "its supernet is gone"
    );
}

#[test]
fn a_new_request_takes_the_place_of_an_unfinished_one() {
    let session = SessionHandle::spawn().unwrap();
    let start = Start::new(search(plateau::search::Strategy::Darts));
    say(&session, Command::Start(Box::new(start)));
    say(&session, Command::Pause);
    let genotype = architecture(Space::NasBench201Small, 61).unwrap();
    let many = Command::Score {
        request: 1,
        genotypes: vec![genotype.clone(); 20_000],
    };
    say(&session, many);
    assert!(matches!(
        next(&session),
        Event::Scored {
            request: 1,
            first: 0,
            ..
        }
    ));
    let one = Command::Score {
        request: 2,
        genotypes: vec![genotype],
    };
    say(&session, one);
    let mut of_the_first = 1;
    loop {
        match next(&session) {
            Event::Scored {
                request: 1, scores, ..
            } => of_the_first += scores.len(),
            Event::Scored { request: 2, .. } => break,
            other => panic!("{other:?} instead of scores"),
        }
    }
    assert!(of_the_first < 20_000);
    let stranger = Command::Score {
        request: 3,
        genotypes: random(Space::Darts, 1),
    };
    say(&session, stranger);
    assert!(matches!(next(&session), Event::Refused { message, .. } if message.contains("darts")));
    say(&session, Command::Stop);
    assert_eq!(next(&session), Event::Stopped);
}

#[test]
fn the_supernet_of_a_saved_search_scores_as_it_did() {
    let session = SessionHandle::spawn().unwrap();
    let start = Start {
        checkpoints: Some(plateau::session::CheckpointEvery::Seconds(1000)),
        ..Start::new(search(plateau::search::Strategy::Darts))
    };
    say(&session, Command::Start(Box::new(start)));
    let mut last: Option<Checkpoint> = None;
    loop {
        match session.events.recv().unwrap().event {
            Event::Checkpoint { state } if state.tensors.contains_key("supernet.weights") => {
                last = Some(*state);
            }
            Event::Finished => break,
            Event::Failed { message } => panic!("{message}"),
            _ => {}
        }
    }
    let genotypes: Vec<Genotype> = (60..64)
        .map(|index| architecture(Space::NasBench201Small, index).unwrap())
        .collect();
    let score = |request| Command::Score {
        request,
        genotypes: genotypes.clone(),
    };
    say(&session, score(1));
    let expected = answer(&session, 1, 4);

    let other = SessionHandle::spawn().unwrap();
    let checkpoint = last.unwrap();
    let open = Command::Open {
        checkpoint: Box::new(checkpoint.clone()),
    };
    say(&other, open);
    let opened = Event::SupernetOpened {
        space: Space::NasBench201Small,
        images: 128,
    };
    assert_eq!(next(&other), opened);
    say(&other, score(2));
    assert_eq!(answer(&other, 2, 4), expected);

    let all = pollster::block_on(open_supernet(&checkpoint, DeviceChoice::Cpu, None)).unwrap();
    assert_eq!(all.images(), 629);
    let mut without = checkpoint;
    without.tensors.remove("supernet.weights");
    let open = Command::Open {
        checkpoint: Box::new(without),
    };
    say(&other, open);
    assert!(matches!(next(&other), Event::Refused { .. }));
}
