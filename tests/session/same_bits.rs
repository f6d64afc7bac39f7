//! The same seeds give the same bits as the versions before, held against recorded hashes.

use plateau::search::{Order, Strategy};
use plateau::session::{Event, KernelChoice, Preset, RunConfig, RunKind, run_blocking};
use plateau::space::Space;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::support::runs::on_digits;

/// Recorded with `UPDATE_SNAPSHOTS=true cargo nextest run --release --test session same_bits`.
const RECORDED: &str = include_str!("../fixtures/bits.json");

/// What is recorded of a run.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Bits {
    run: String,
    /// SHA-256 of its events but the first, which names the version and the device.
    hash: String,
    /// Its last validation loss: what another kind of CPU must come near to.
    loss: Option<f32>,
}

#[derive(Serialize, Deserialize)]
struct Recorded {
    /// The kind of CPU, whose vectors and fused operations decide on the last bit.
    cpu: String,
    runs: Vec<Bits>,
}

fn cpu() -> String {
    let mut kind = std::env::consts::ARCH.to_owned();
    #[cfg(target_arch = "x86_64")]
    for (name, found) in [
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
    ] {
        if found {
            kind = format!("{kind} {name}");
        }
    }
    kind
}

/// A run of few seconds at most.
fn tiny(space: Space, strategy: Strategy, kind: RunKind) -> RunConfig {
    let mut search = Preset::Quick.search(space, strategy);
    search.channels = 4;
    search.layers = if space == Space::Darts { 2 } else { 1 };
    search.epochs = 2;
    search.batch = 60;
    let mut train = Preset::Quick.train(space);
    (train.channels, train.layers, train.epochs) = (4, search.layers, 1);
    train.batch = 150;
    RunConfig {
        test_share: 0.7,
        seed: 11,
        kind,
        ..on_digits(Some(search), train)
    }
}

fn measured(name: &str, config: &RunConfig) -> Bits {
    let (mut hash, mut loss) = (Sha256::new(), None);
    for mut event in run_blocking(config) {
        match &mut event {
            Event::Started { .. } => continue,
            Event::Failed { message } => panic!("{name}: {message}"),
            Event::SearchStep(step) => {
                loss = Some(step.validation_loss);
                // Drawn, not computed; versions before did not write it.
                step.neighbors.clear();
            }
            _ => {}
        }
        hash.update(serde_json::to_string(&event).unwrap());
    }
    let bytes = hash.finalize();
    Bits {
        run: name.to_owned(),
        hash: bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        loss,
    }
}

#[test]
fn the_same_seeds_give_the_bits_that_were_recorded() {
    use RunKind::{Full, Judge, SearchOnly};
    let (darts, bench) = (Space::Darts, Space::NasBench201);
    let mut second = tiny(bench, Strategy::Darts2nd, SearchOnly);
    if let Some(search) = &mut second.search {
        search.order = Order::WeightsFirst;
        search.sharpness = 1;
    }
    let mut stock = tiny(bench, Strategy::NaDarts, SearchOnly);
    stock.kernels = KernelChoice::Stock;
    let runs = [
        ("darts, trained", tiny(darts, Strategy::Darts, Full)),
        ("na-darts", tiny(darts, Strategy::NaDarts, SearchOnly)),
        ("na-darts, stock kernels", stock),
        ("darts-2nd, sharpness", second),
        ("sdarts-rs", tiny(bench, Strategy::SdartsRs, SearchOnly)),
        ("a2m", tiny(bench, Strategy::A2m, SearchOnly)),
        ("rsps", tiny(bench, Strategy::Rsps, SearchOnly)),
        ("judge", tiny(bench, Strategy::Rsps, Judge)),
        ("random, trained", tiny(bench, Strategy::Random, Full)),
    ];
    let now: Vec<Bits> = runs
        .iter()
        .map(|(name, config)| measured(name, config))
        .collect();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let recorded = Recorded {
            cpu: cpu(),
            runs: now,
        };
        let text = serde_json::to_string_pretty(&recorded).unwrap();
        std::fs::write("tests/fixtures/bits.json", text + "\n").unwrap();
        return;
    }
    let before: Recorded = serde_json::from_str(RECORDED).unwrap();
    if before.cpu == cpu() {
        assert_eq!(now, before.runs);
        return;
    }
    for (now, before) in now.iter().zip(&before.runs) {
        assert_eq!(now.run, before.run);
        let near = match (now.loss, before.loss) {
            (Some(now), Some(before)) => (now - before).abs() < 0.05,
            (now, before) => now == before,
        };
        assert!(near, "{now:?} is not near {before:?}");
    }
}
