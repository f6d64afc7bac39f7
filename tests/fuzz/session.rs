//! Changed files of a run folder never panic. The seeds are what this version writes, where those of tests/fuzz are files.

use plateau::app::Fragment;
use plateau::record::read_events;
use plateau::search::Strategy;
use plateau::session::{
    Checkpoint, DeviceChoice, DeviceInfo, Event, HostTensor, Position, Preset, RunConfig, Timed,
    run_blocking,
};
use plateau::space::{Genotype, Space};

use crate::support::runs::on_digits;

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
    crate::mutate::run(crate::targets::run_config, &seeds);
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
    let ended: Vec<Vec<u8>> = lines
        .iter()
        .map(|line| [line, &b"\n"[..]].concat())
        .collect();
    crate::mutate::run(crate::targets::event_lines, &ended);
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
    crate::mutate::run(read, &[file]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn links() {
    let mut full = Fragment {
        preset: Some(Preset::Teach),
        strategy: Some(Strategy::A2m),
        rival: Some(Strategy::Darts),
        space: Some(Space::Darts),
        candidates: "S2".parse().ok(),
        seed: Some(u64::MAX),
        dataset: Some("mnist5k".into()),
        device: Some(DeviceChoice::Gpu),
        cell: Genotype::preset("darts-v2"),
        lesson: None,
    };
    let mut seeds = vec![full.to_text().into_bytes()];
    full.cell = Genotype::preset("resnet-like");
    seeds.push(format!("#{}", full.to_text()).into_bytes());
    full.dataset = Some("mnist5k#size=14,grey".into());
    seeds.push(full.to_text().into_bytes());
    seeds.push(b"v=1&at=3&lesson=flat".to_vec());
    seeds.push(b"v=1".to_vec());
    crate::mutate::run(crate::targets::link, &seeds);
}

#[test]
fn a_link_carries_candidates_that_its_space_can_have() {
    let link = Fragment {
        space: Some(Space::NasBench201),
        candidates: "none,skip_connect;normal/3:nor_conv_3x3".parse().ok(),
        ..Fragment::default()
    };
    let text = link.to_text();
    assert_eq!(
        text,
        "v=1&space=nas-bench-201&candidates=none,skip_connect;normal/3:nor_conv_3x3"
    );
    assert_eq!(Fragment::parse(&text), Ok(link));
    for (text, message) in [
        (
            "v=1&candidates=S2&space=nas-bench-201",
            "candidates in the link: column 1: S2 is a part of the darts space",
        ),
        (
            "v=1&candidates=S9",
            "candidates in the link: column 1: 'S9' is not an operation",
        ),
    ] {
        let error = Fragment::parse(text).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn a_link_carries_the_options_of_a_built_in_set_without_a_second_sign() {
    let named = |name: &str| Fragment {
        dataset: Some(name.into()),
        ..Fragment::default()
    };
    let text = named("mnist5k#size=14,grey").to_text();
    assert_eq!(text, "v=1&data=mnist5k%23size=14,grey");
    for text in [&text, "#v=1&data=mnist5k#grey#size=14"] {
        assert_eq!(Fragment::parse(text), Ok(named("mnist5k#size=14,grey")));
    }
    for (data, why) in [
        ("mnist5k%23siez=14", "(did you mean size?)"),
        ("mnist5k%23size=0", "is no size"),
        ("pets%23size=32", "a name has only letters"),
        ("../pets", "a name has only letters"),
    ] {
        let message = Fragment::parse(&format!("v=1&data={data}")).unwrap_err();
        assert!(message.starts_with("data in the link: "), "{message}");
        assert!(message.contains(why), "{message}");
    }
}

#[test]
fn checkpoints() {
    let device = DeviceInfo {
        name: "CPU".into(),
        backend: "cpu".into(),
        driver: String::new(),
        software: false,
        max_binding: 0,
    };
    let run = config(Preset::Quick, Space::Darts, Strategy::NaDarts);
    let empty = Checkpoint::new(Position::start(&run, &device, "hash"));
    let mut filled = empty.clone();
    let tensor = HostTensor {
        shape: vec![2, 3],
        values: vec![0.5, 1.0, 2.0, -1.0, 0.0, 3.0],
    };
    filled.tensors.insert("supernet.weights".into(), tensor);
    let seeds = [empty, filled].map(|checkpoint| checkpoint.to_bytes().unwrap());
    crate::mutate::run(crate::targets::checkpoint, &seeds);
}
