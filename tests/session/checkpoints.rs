//! A run that was interrupted goes on bit for bit.

use plateau::record::{Recorder, latest, load_supernet, read_events, save, saved};
use plateau::search::{Draw, Strategy, Temperature};
use plateau::session::{
    Checkpoint, CheckpointEvery, Command, DeviceChoice, Event, Phase, Preset, RunConfig, RunKind,
    SessionHandle, Start, Timed, run_blocking, run_blocking_from,
};
use plateau::space::{Genotype, Space};

use crate::support::folder::folder;
use crate::support::runs::on_digits;

/// Two epochs of a search of two steps each, two epochs of training of two steps each, with everything random switched on.
fn tiny(space: Space, strategy: Strategy) -> RunConfig {
    let mut search = Preset::Quick.search(space, strategy);
    search.channels = 4;
    search.layers = if space == Space::Darts { 2 } else { 1 };
    search.epochs = 2;
    search.batch = 90;
    search.neighbors = 2;
    search.temperature = "1:0.5".parse().unwrap();
    search.draw = Draw::Antithetic;
    search.augmentation.cutout = 2;
    let mut train = Preset::Quick.train(space);
    train.channels = 4;
    train.layers = search.layers;
    train.epochs = 2;
    train.batch = 170;
    train.drop_path = 0.3;
    RunConfig {
        test_share: 0.8,
        seed: 7,
        split_seed: None,
        kind: RunKind::Full,
        ..on_digits(Some(search), train)
    }
}

/// Runs with a checkpoint after every step; events and checkpoints apart.
fn every_step(config: &RunConfig, from: Option<Checkpoint>) -> (Vec<Event>, Vec<Checkpoint>) {
    let mut checkpoints = Vec::new();
    let mut events = Vec::new();
    let start = Start {
        checkpoints: Some(CheckpointEvery::Steps(1)),
        from,
        ..Start::new(config.clone())
    };
    for event in run_blocking_from(&start) {
        match event {
            Event::Checkpoint { state } => checkpoints.push(*state),
            event => events.push(event),
        }
    }
    (events, checkpoints)
}

/// As if it had been written and read.
fn through_bytes(checkpoint: &Checkpoint) -> Checkpoint {
    Checkpoint::from_bytes(&checkpoint.to_bytes().unwrap()).unwrap()
}

fn goes_on_bit_for_bit(config: &RunConfig, places: &[usize]) {
    let (events, checkpoints) = every_step(config, None);
    assert_eq!(events.last(), Some(&Event::Finished));
    for &place in places {
        let from = &checkpoints[place];
        let (rest, later) = every_step(config, Some(through_bytes(from)));
        assert_eq!(rest, events[from.position.events as usize..], "{place}");
        for (resumed, uninterrupted) in later.iter().zip(&checkpoints[place + 1..]) {
            assert_eq!(
                resumed.to_bytes().unwrap(),
                uninterrupted.to_bytes().unwrap()
            );
        }
        assert_eq!(later.len(), checkpoints.len() - place - 1);
    }
}

#[test]
fn a_search_with_any_strategy_goes_on_bit_for_bit() {
    for strategy in Strategy::ALL {
        // After the first of four steps of the search, or of training where nothing is searched.
        goes_on_bit_for_bit(&tiny(Space::Darts, strategy), &[0]);
    }
}

#[test]
fn a_search_in_a_restricted_space_goes_on_bit_for_bit() {
    for strategy in [Strategy::NaDarts, Strategy::SdartsRs, Strategy::Rsps] {
        let mut config = tiny(Space::Darts, strategy);
        config.search.as_mut().unwrap().candidates = "S3".parse().unwrap();
        goes_on_bit_for_bit(&config, &[0]);
    }
}

#[test]
fn a_run_goes_on_bit_for_bit_from_every_step_of_search_and_training() {
    let mut config = tiny(Space::NasBench201, Strategy::NaDarts);
    config.search.as_mut().unwrap().sharpness = 1;
    goes_on_bit_for_bit(&config, &[0, 1, 2, 3, 4, 5, 6, 7]);
    let mut events = every_step(&config, None).0;
    // What is trained is kept where checkpoints are.
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Network { .. }))
    );
    events.retain(Event::is_line);
    assert_eq!(events, run_blocking(&config), "checkpoints change nothing");
}

#[test]
fn a_search_that_was_interrupted_stops_early_where_it_would_have() {
    let mut config = tiny(Space::NasBench201Small, Strategy::Darts);
    config.seed = 1;
    let search = config.search.as_mut().unwrap();
    search.epochs = 8;
    search.weight_rate = 0.5;
    search.temperature = Temperature::default();
    search.alpha_rate = 0.01;
    search.early_stop = true;
    let events = every_step(&config, None).0;
    let stops = |event: &Event| matches!(event, Event::StoppedEarly { step: 10, .. });
    assert!(events.iter().any(stops), "a seed that stops after step 10");
    // The rule compares means of sharpness values from before and after the eighth step.
    goes_on_bit_for_bit(&config, &[7]);
}

#[test]
fn training_of_a_given_genotype_goes_on_bit_for_bit() {
    let mut config = tiny(Space::Darts, Strategy::Random);
    config.search = None;
    config.genotype = Genotype::preset("darts-v1");
    goes_on_bit_for_bit(&config, &[0, 1, 2, 3]);
}

#[test]
fn a_search_on_a_gpu_adapter_goes_on_bit_for_bit() {
    for strategy in [Strategy::NaDarts, Strategy::Darts2nd, Strategy::Darts] {
        // Small enough for a software adapter: two steps of a search and two of training.
        let mut config = tiny(Space::Darts, strategy);
        config.device = DeviceChoice::Gpu;
        config.test_share = 0.9;
        let search = config.search.as_mut().unwrap();
        search.batch = 40;
        search.neighbors = 1;
        search.epochs = 1;
        config.train.batch = 80;
        config.train.epochs = 1;
        // Training is the same for all.
        let places: &[usize] = match strategy {
            Strategy::NaDarts => &[0, 2],
            _ => &[0],
        };
        goes_on_bit_for_bit(&config, places);
    }
}

fn one_checkpoint() -> Checkpoint {
    let mut config = tiny(Space::NasBench201Small, Strategy::Darts);
    config.train.epochs = 1;
    every_step(&config, None).1.remove(1)
}

#[test]
fn a_checkpoint_survives_its_file_and_any_reader_of_safetensors_sees_its_tensors() {
    let checkpoint = one_checkpoint();
    let bytes = checkpoint.to_bytes().unwrap();
    assert_eq!(Checkpoint::from_bytes(&bytes).unwrap(), checkpoint);
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names = tensors.names();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "adam.first",
            "adam.second",
            "sgd.momentum",
            "supernet.alpha",
            "supernet.weights"
        ]
    );
    assert_eq!(tensors.tensor("supernet.alpha").unwrap().shape(), [1, 3, 5]);
    // As a command that crosses into a web worker.
    let start = Command::Start(Box::new(Start {
        from: Some(checkpoint.clone()),
        ..Start::new(checkpoint.position.config.clone())
    }));
    let text = serde_json::to_string(&start).unwrap();
    assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), start);
}

#[test]
fn a_checkpoint_that_was_cut_or_changed_anywhere_is_refused() {
    let bytes = one_checkpoint().to_bytes().unwrap();
    for cut in 0..200 {
        let length = cut * bytes.len() / 200;
        assert!(
            Checkpoint::from_bytes(&bytes[..length]).is_err(),
            "{length}"
        );
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(Checkpoint::from_bytes(&longer).is_err());
    // Every byte of the header and every hundredth of the data.
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    for place in (0..header).chain((header..bytes.len()).step_by(100)) {
        for bit in [1, 32] {
            let mut changed = bytes.clone();
            changed[place] ^= bit;
            assert!(Checkpoint::from_bytes(&changed).is_err(), "{place} {bit}");
        }
    }
}

#[test]
fn a_cut_checkpoint_is_named_and_the_one_before_it_is_used() {
    let folder = folder("cut");
    let (events, checkpoints) = every_step(&tiny(Space::NasBench201Small, Strategy::Darts), None);
    record(&folder, &events, &checkpoints[..3]);
    let [(_, newest), (_, _)] = saved(&folder).unwrap().try_into().unwrap();
    let bytes = std::fs::read(&newest).unwrap();
    for cut in 0..200 {
        std::fs::write(&newest, &bytes[..cut * bytes.len() / 200]).unwrap();
        let found = latest(&folder).unwrap();
        assert_eq!(found.checkpoint.as_ref(), Some(&checkpoints[1]));
        let message = found.refused[0].to_string();
        assert!(message.starts_with(newest.to_str().unwrap()), "{message}");
        assert!(!message.contains('\n'));
    }
    // The run goes on from the one before, and in the end nothing of the cut one is left.
    let found = Recorder::interrupted(&folder).unwrap();
    assert_eq!(found.from.as_ref(), Some(&checkpoints[1]));
    assert_eq!(found.refused.len(), 1);
    assert_eq!(found.events.len() as u64, checkpoints[1].position.events);
    found.tail.cut().unwrap();
    assert_eq!(read_events(&folder).unwrap(), found.events);
    assert!(!newest.exists());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_last_two_checkpoints_and_the_final_supernet_are_kept() {
    let folder = folder("kept");
    let (events, checkpoints) = every_step(&tiny(Space::NasBench201Small, Strategy::Darts), None);
    record(&folder, &events, &checkpoints[..2]);
    assert_eq!(load_supernet(&folder).unwrap().checkpoint, checkpoints[1]);
    for checkpoint in &checkpoints[2..] {
        save(&folder, checkpoint).unwrap();
    }
    let kept: Vec<u64> = saved(&folder)
        .unwrap()
        .into_iter()
        .map(|kept| kept.0)
        .collect();
    let last_two = checkpoints.iter().rev().take(2);
    assert_eq!(
        kept,
        last_two
            .map(|kept| kept.position.events)
            .collect::<Vec<_>>()
    );
    let supernet = load_supernet(&folder).unwrap().checkpoint;
    assert_eq!(supernet.position.phase, Phase::Search);
    assert_eq!(supernet.position.step, 4);
    assert_eq!(supernet, checkpoints[3]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_session_hands_out_its_state_at_a_stop_and_another_goes_on_with_it() {
    let config = tiny(Space::Darts, Strategy::NaDarts);
    let expected = run_blocking(&config);
    let session = SessionHandle::spawn().unwrap();
    let start = Start {
        // Neither the clock nor the steps: only the stop is left.
        checkpoints: Some(CheckpointEvery::Steps(3600)),
        ..Start::new(config.clone())
    };
    let send = |command| session.commands.try_send(command).unwrap();
    send(Command::Start(Box::new(start)));
    send(Command::Pause);
    send(Command::Step);
    send(Command::Stop);
    let mut seen: Vec<Event> = session
        .events
        .iter()
        .take(7)
        .map(|timed| timed.event)
        .collect();
    assert_eq!(seen.pop(), Some(Event::Stopped));
    assert!(matches!(seen.pop(), Some(Event::Derived { .. })));
    let Some(Event::Checkpoint { state }) = seen.pop() else {
        panic!("{seen:?}");
    };
    assert_eq!(state.position.step, 1);
    assert_eq!(state.position.events, seen.len() as u64);
    let start = Start {
        from: Some(*state),
        ..Start::new(config)
    };
    send(Command::Start(Box::new(start)));
    let rest: Vec<Event> = session
        .events
        .iter()
        .take(expected.len() - 3)
        .map(|timed| timed.event)
        .collect();
    // Before: started, search started, paused, step.
    assert_eq!(rest, expected[3..]);
}

#[test]
fn the_state_after_the_first_step_is_kept_whatever_the_clock_says() {
    let session = SessionHandle::spawn().unwrap();
    let send = |command| session.commands.try_send(command).unwrap();
    send(Command::Start(Box::new(Start {
        checkpoints: Some(CheckpointEvery::Seconds(3600)),
        ..Start::new(tiny(Space::Darts, Strategy::NaDarts))
    })));
    send(Command::Pause);
    send(Command::Step);
    send(Command::Stop);
    let seen: Vec<Event> = session
        .events
        .iter()
        .map(|timed| timed.event)
        .take_while(|event| *event != Event::Stopped)
        .collect();
    let kept = seen.iter().filter_map(|event| match event {
        Event::Checkpoint { state } => Some(state.position.step),
        _ => None,
    });
    let kept: Vec<usize> = kept.collect();
    // On a busy machine a step may be done before the pause is heard.
    let done = seen
        .iter()
        .filter(|event| matches!(event, Event::SearchStep(_)))
        .count();
    assert_eq!(kept.first(), Some(&1), "the first step: {kept:?}");
    assert_eq!(kept.last(), Some(&done), "the stop: {kept:?}");
}

#[test]
fn going_on_with_another_configuration_says_what_differs() {
    let checkpoint = one_checkpoint();
    let mut config = checkpoint.position.config.clone();
    config.seed = 8;
    config.search.as_mut().unwrap().epochs = 12;
    let start = Start {
        from: Some(checkpoint),
        ..Start::new(config)
    };
    let events = run_blocking_from(&start);
    assert_eq!(events.len(), 1);
    let Event::Failed { message } = &events[0] else {
        panic!("{events:?}");
    };
    assert!(
        message.contains("--epochs is 2 there, 12 here"),
        "{message}"
    );
    assert!(message.contains("seed is 7 there, 8 here"), "{message}");
}

#[test]
fn a_state_with_values_that_are_no_numbers_never_replaces_a_good_one() {
    let mut config = tiny(Space::Darts, Strategy::Darts);
    let search = config.search.as_mut().unwrap();
    search.weight_rate = 100.0;
    search.clip = 1e6;
    search.weight_decay = 10.0;
    search.epochs = 40;
    let (events, checkpoints) = every_step(&config, None);
    assert!(matches!(events.last(), Some(Event::Failed { .. })));
    assert!(!checkpoints.is_empty());
    assert!(checkpoints.iter().all(Checkpoint::is_finite));
}

/// A run folder as a process would leave it that was killed after the last of `checkpoints`.
fn record(folder: &std::path::Path, events: &[Event], checkpoints: &[Checkpoint]) {
    let mut recorder = Recorder::create(folder).unwrap();
    let mut timed = |event| {
        recorder.record(&Timed {
            seconds: 0.0,
            event,
        })
    };
    for (number, event) in events.iter().enumerate() {
        timed(event.clone()).unwrap();
        let said = number as u64 + 1;
        if let Some(place) = checkpoints.iter().position(|c| c.position.events == said) {
            let state = Box::new(checkpoints[place].clone());
            timed(Event::Checkpoint { state }).unwrap();
            if place + 1 == checkpoints.len() {
                return;
            }
        }
    }
}
