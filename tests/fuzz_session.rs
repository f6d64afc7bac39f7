//! Changed files of a run folder never panic. Their readers are part of the session, which needs tensors, and so are fuzzed here
//! and not by tests/fuzz.

use plateau::search::Strategy;
use plateau::session::{Event, Preset, RunConfig, Timed, read_events, run_blocking};
use plateau::space::{Genotype, Space};

#[path = "support/runs.rs"]
mod runs;
use runs::on_digits;

#[path = "fuzz/mutate.rs"]
mod mutate;

fn config(preset: Preset, space: Space, strategy: Strategy) -> RunConfig {
    on_digits(Some(preset.search(space, strategy)), preset.train(space))
}

#[test]
fn run_configurations() {
    let mut seeds = Vec::new();
    for space in Space::ALL {
        for strategy in Strategy::ALL {
            seeds.push(serde_json::to_vec(&config(Preset::Paper, space, strategy)).unwrap());
        }
    }
    let mut training = config(Preset::Quick, Space::Darts, Strategy::Random);
    training.search = None;
    training.genotype = Genotype::preset("darts-v2");
    seeds.push(serde_json::to_vec(&training).unwrap());
    mutate::run(
        |bytes| match serde_json::from_slice::<RunConfig>(bytes) {
            Ok(config) => config.check().is_ok(),
            Err(_) => false,
        },
        &seeds,
    );
}

#[test]
fn event_lines() {
    let mut run = config(Preset::Quick, Space::NasBench201Small, Strategy::Random);
    run.train.channels = 4;
    run.train.layers = 1;
    run.train.epochs = 1;
    run.train.batch = 600;
    let mut events = run_blocking(&run);
    assert_eq!(events.last(), Some(&Event::Finished));
    events.push(Event::Failed {
        message: "no".into(),
    });
    let lines: Vec<Vec<u8>> = events
        .into_iter()
        .map(|event| {
            serde_json::to_vec(&Timed {
                seconds: 1.5,
                event,
            })
            .unwrap()
        })
        .collect();
    mutate::run(|line| serde_json::from_slice::<Timed>(line).is_ok(), &lines);
    // And as a file, where a damaged line in the middle is named.
    let folder = std::env::temp_dir().join(format!("plateau-fuzz-events-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(folder.join("events.jsonl"), bytes).unwrap();
        match read_events(&folder) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.to_string().lines().count(), 1, "{error}");
                false
            }
        }
    };
    let mut file = lines.join(&b'\n');
    file.push(b'\n');
    mutate::run(read, &[file]);
    std::fs::remove_dir_all(&folder).unwrap();
}
