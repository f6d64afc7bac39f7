//! A short, seeded run of every fuzz target (tests/fuzz): thousands of changed seeds, none of which may panic or take long.

use std::path::Path;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "fuzz/src/targets.rs"]
mod targets;

/// Changed seeds a target.
const RUNS: usize = 3000;
/// No single input may take longer, on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(2);

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// One to four changes: a bit, an interesting byte or number, a cut, a repetition, a piece of another seed.
fn change(bytes: &mut Vec<u8>, other: &[u8], rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(1..=4) {
        let at = rng.random_range(0..=bytes.len());
        let end = rng.random_range(at..=bytes.len().min(at + 64));
        match rng.random_range(0..8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            1 if at < bytes.len() => {
                bytes[at] = *b"\x00\xff\x7f\x80-9(\""
                    .get(rng.random_range(0..8))
                    .unwrap()
            }
            2 if at + 4 <= bytes.len() => {
                let number: u32 = [0, 1, u32::MAX, 1 << 31, 1 << 20][rng.random_range(0..5)];
                let number = if rng.random() {
                    number.to_le_bytes()
                } else {
                    number.to_be_bytes()
                };
                bytes[at..at + 4].copy_from_slice(&number);
            }
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            6 if !other.is_empty() => {
                let from = rng.random_range(0..other.len());
                let piece = &other[from..other.len().min(from + 64)];
                bytes.splice(at..end, piece.iter().copied());
            }
            _ => bytes.insert(at, rng.random()),
        }
    }
}

/// Runs the seeds of a target as they are, and changed ones.
fn run(name: &str) {
    let &(_, target) = targets::TARGETS
        .iter()
        .find(|(other, _)| *other == name)
        .unwrap();
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut slowest = Duration::ZERO;
    let mut accepted = 0;
    for round in 0..seeds.len() + RUNS {
        let mut bytes = seeds[round % seeds.len()].clone();
        if round >= seeds.len() {
            let other = &seeds[rng.random_range(0..seeds.len())];
            change(&mut bytes, other, &mut rng);
        }
        let start = Instant::now();
        let good = target(&bytes);
        accepted += usize::from(good && round < seeds.len());
        slowest = slowest.max(start.elapsed());
    }
    // What no target accepts shows a fuzzer nothing.
    assert!(accepted > 0, "no seed is valid");
    assert!(slowest < LONGEST, "an input took {slowest:?}");
}

macro_rules! smoke {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                run(stringify!($name));
            }
        )*

        #[test]
        fn every_target_has_a_test_and_a_fuzz_target() {
            let tested = [$(stringify!($name)),*];
            let targets: Vec<&str> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(tested[..], targets[..]);
            for name in targets {
                let file = format!("tests/fuzz/fuzz_targets/{name}.rs");
                assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists(), "{name}");
            }
        }
    };
}

smoke! {
    genotype_json genotype_python genotype_nb201 table data_file data_cifar data_idx data_npy data_image data_zip data_tar
    data_name
}
