//! What a search promises: repeatable, equal to DARTS without neighbors, working in both spaces, stoppable.

use std::time::Instant;

use plateau::search::Strategy;
use plateau::session::{
    Command, DeviceChoice, Event, KernelChoice, MemoryChoice, Preset, RunConfig, SearchStep,
    SessionHandle, Start, run_blocking,
};
use plateau::space::Space;

use crate::support::runs::on_digits;

/// A run of three search steps and one training epoch on digits.
pub fn tiny(space: Space, strategy: Strategy) -> RunConfig {
    let mut search = Preset::Quick.search(space, strategy);
    search.channels = 4;
    search.layers = if space == Space::Darts { 3 } else { 1 };
    search.epochs = 1;
    search.batch = 200;
    search.neighbors = 2;
    let mut train = Preset::Quick.train(space);
    train.channels = 4;
    train.layers = search.layers;
    train.epochs = 1;
    train.batch = 400;
    on_digits(Some(search), train)
}

pub fn steps(events: &[Event]) -> Vec<SearchStep> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::SearchStep(step) => Some(step.clone()),
            _ => None,
        })
        .collect()
}

fn accuracy(events: &[Event]) -> f64 {
    let tested = events.iter().find_map(|event| match event {
        Event::Tested { accuracy, .. } => Some(*accuracy),
        _ => None,
    });
    tested.unwrap_or_else(|| panic!("no test: {:?}", events.last()))
}

#[test]
fn the_same_seed_gives_the_same_events_bit_for_bit() {
    for strategy in [Strategy::NaDarts, Strategy::Darts2nd] {
        let config = tiny(Space::Darts, strategy);
        let first = run_blocking(&config);
        assert_eq!(first.last(), Some(&Event::Finished));
        assert_eq!(first, run_blocking(&config));
        let other = RunConfig {
            seed: 4,
            ..config.clone()
        };
        assert_ne!(steps(&first), steps(&run_blocking(&other)));
    }
}

#[test]
fn na_darts_without_neighbors_follows_darts_bit_for_bit() {
    for (plain, aware) in [
        (Strategy::Darts, Strategy::NaDarts),
        (Strategy::Darts2nd, Strategy::NaDarts2nd),
    ] {
        let darts = run_blocking(&tiny(Space::Darts, plain));
        let mut radius_zero = tiny(Space::Darts, aware);
        radius_zero.search.as_mut().unwrap().radius = 0;
        let mut nobody = tiny(Space::Darts, aware);
        nobody.search.as_mut().unwrap().neighbors = 0;
        // Every event after the first, which holds the configuration.
        assert!(darts.len() > 5);
        assert_eq!(darts[1..], run_blocking(&radius_zero)[1..]);
        assert_eq!(darts[1..], run_blocking(&nobody)[1..]);
        let with = run_blocking(&tiny(Space::Darts, aware));
        assert_ne!(steps(&darts), steps(&with));
    }
}

#[test]
fn every_strategy_works_in_every_space() {
    for space in [Space::Darts, Space::NasBench201, Space::NasBench201Small] {
        for strategy in Strategy::ALL {
            let events = run_blocking(&tiny(space, strategy));
            assert_eq!(events.last(), Some(&Event::Finished), "{space} {strategy}");
            assert!((0.0..=1.0).contains(&accuracy(&events)));
            let expected = if strategy == Strategy::Random { 0 } else { 3 };
            assert_eq!(steps(&events).len(), expected, "{space} {strategy}");
        }
    }
}

#[test]
fn fused_kernels_and_stock_operations_search_alike() {
    for space in [Space::Darts, Space::NasBench201] {
        let mut config = tiny(space, Strategy::NaDarts);
        let fused = steps(&run_blocking(&config));
        config.memory = MemoryChoice::Recompute;
        assert_eq!(fused, steps(&run_blocking(&config)));
        config.kernels = KernelChoice::Stock;
        let stock = steps(&run_blocking(&config));
        assert!((fused[0].train_loss - stock[0].train_loss).abs() < 1e-3);
        let pairs = fused[0]
            .neighbor_losses
            .iter()
            .zip(&stock[0].neighbor_losses);
        for (fused, stock) in pairs {
            assert!((fused - stock).abs() < 1e-3, "{fused} {stock}");
        }
    }
}

#[test]
fn a_search_on_a_gpu_adapter_follows_the_cpu() {
    let mut config = tiny(Space::Darts, Strategy::NaDarts);
    // Small enough for a software adapter: two steps of a supernet of two reduction cells.
    config.test_share = 0.9;
    let search = config.search.as_mut().unwrap();
    search.layers = 2;
    search.batch = 40;
    search.neighbors = 1;
    config.train.layers = 2;
    config.train.batch = 90;
    let cpu = steps(&run_blocking(&config));
    assert_eq!(cpu.len(), 2);
    config.device = DeviceChoice::Gpu;
    let events = run_blocking(&config);
    assert_eq!(events.last(), Some(&Event::Finished));
    let gpu = steps(&events);
    for (cpu, gpu) in cpu.iter().zip(&gpu) {
        assert!(
            (cpu.train_loss - gpu.train_loss).abs() < 1e-2,
            "{cpu:?} {gpu:?}"
        );
    }
    assert!((cpu[0].train_loss - gpu[0].train_loss).abs() < 1e-4);
}

#[test]
fn a_rehearsed_run_shows_its_first_step_at_once_and_is_the_same() {
    let mut config = tiny(Space::NasBench201Small, Strategy::NaDarts);
    config.device = DeviceChoice::Gpu;
    let search = config.search.as_mut().unwrap();
    search.channels = 2;
    search.batch = 16;
    let session = SessionHandle::spawn().unwrap();
    let send = |command| session.commands.try_send(command).unwrap();
    let began = Instant::now();
    send(Command::Rehearse {
        config: Box::new(config.clone()),
    });
    // Nothing answers a rehearsal; what is asked behind it is answered when it is over.
    send(Command::Score {
        request: 1,
        genotypes: Vec::new(),
    });
    let answer = session.events.recv().unwrap().event;
    assert!(matches!(answer, Event::Refused { .. }), "{answer:?}");
    let rehearsed = began.elapsed();

    let began = Instant::now();
    send(Command::Start(Box::new(Start::new(config.clone()))));
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Event::SearchStep(_))) {
        events.push(session.events.recv().unwrap().event);
    }
    let first = began.elapsed();
    assert!(
        first * 3 < rehearsed,
        "the first step came after {first:?}, the rehearsal took {rehearsed:?}"
    );
    send(Command::Stop);
    while !matches!(events.last(), Some(Event::Stopped)) {
        events.push(session.events.recv().unwrap().event);
    }
    let unrehearsed = run_blocking(&config);
    let taken = steps(&events);
    assert_eq!(taken[..], steps(&unrehearsed)[..taken.len()]);
}

#[test]
fn a_session_pauses_steps_and_stops_on_command() {
    let session = SessionHandle::spawn().unwrap();
    let start = Box::new(Start::new(tiny(Space::Darts, Strategy::Darts)));
    // Held before the first step.
    session
        .commands
        .try_send(Command::Start(start.clone()))
        .unwrap();
    session.commands.try_send(Command::Pause).unwrap();
    let until = |wanted: fn(&Event) -> bool| {
        let mut seen = Vec::new();
        loop {
            let event = session.events.recv().unwrap().event;
            seen.push(event);
            if wanted(&seen[seen.len() - 1]) {
                return seen;
            }
        }
    };
    let seen = until(|event| matches!(event, Event::Paused));
    assert!(steps(&seen).is_empty());
    for number in 1..=2 {
        session.commands.try_send(Command::Step).unwrap();
        let seen = until(|event| matches!(event, Event::SearchStep(_)));
        assert_eq!(steps(&seen)[0].step, number);
    }
    session.commands.try_send(Command::Start(start)).unwrap();
    until(|event| matches!(event, Event::Refused { .. }));
    session.commands.try_send(Command::Stop).unwrap();
    let seen = until(|event| matches!(event, Event::Stopped));
    assert!(matches!(seen[seen.len() - 2], Event::Derived { .. }));
    assert!(session.alive());
}

#[test]
fn a_loss_that_is_not_a_number_ends_the_run_and_names_the_step() {
    let mut config = tiny(Space::Darts, Strategy::Darts);
    config.search.as_mut().unwrap().weight_rate = 100.0;
    config.search.as_mut().unwrap().clip = 1e6;
    config.search.as_mut().unwrap().weight_decay = 10.0;
    config.search.as_mut().unwrap().epochs = 20;
    let events = run_blocking(&config);
    let Some(Event::Failed { message }) = events.last() else {
        panic!("{:?}", events.last());
    };
    let good = steps(&events);
    assert!(!good.is_empty());
    assert!(good.iter().all(|step| step.train_loss.is_finite()));
    let step = format!("at step {}", good.len() + 1);
    assert!(message.contains(&step), "{message}");
}

#[test]
fn settings_out_of_range_are_refused_before_anything_runs() {
    let mut config = tiny(Space::Darts, Strategy::Darts);
    config.search.as_mut().unwrap().channels = 5;
    let events = run_blocking(&config);
    assert_eq!(events.len(), 1);
    assert!(matches!(&events[0], Event::Failed { message } if message.contains("--channels is 5")));
}

#[test]
fn a_search_that_cannot_fit_is_refused_before_it_allocates_with_what_to_lower() {
    let mut config = tiny(Space::Darts, Strategy::NaDarts);
    config.search.as_mut().unwrap().memory_limit = 1;
    let events = run_blocking(&config);
    let Some(Event::Failed { message }) = events.last() else {
        panic!("{:?}", events.last());
    };
    assert!(message.contains("lower --batch"), "{message}");
    assert!(steps(&events).is_empty());
}

#[test]
fn a_tight_memory_limit_recomputes_branches_and_finds_the_same() {
    let mut config = tiny(Space::Darts, Strategy::Darts);
    config.memory = MemoryChoice::Auto;
    let plan = |events: &[Event]| {
        events.iter().find_map(|event| match event {
            Event::SearchStarted {
                memory,
                memory_bytes,
                ..
            } => Some((memory.clone(), *memory_bytes)),
            _ => None,
        })
    };
    let roomy = run_blocking(&config);
    let (memory, bytes) = plan(&roomy).unwrap();
    assert_eq!(memory, "keep");
    config.search.as_mut().unwrap().memory_limit = bytes / 1_000_000 - 1;
    let tight = run_blocking(&config);
    let (memory, less) = plan(&tight).unwrap();
    assert_eq!(memory, "recompute");
    assert!(less < bytes);
    assert_eq!(steps(&roomy), steps(&tight));
}
