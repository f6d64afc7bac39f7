//! A short, seeded run of every fuzz target (tests/fuzz): thousands of changed seeds, none of which may panic or take long.

use std::path::Path;

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

/// Runs the target of that name.
fn run(name: &str) {
    let &(_, target) = crate::targets::TARGETS
        .iter()
        .find(|(other, _)| *other == name)
        .unwrap();
    crate::mutate::run(target, &seeds(name));
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
            let targets: Vec<&str> = crate::targets::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(tested[..], targets[..]);
            for name in targets {
                let file = format!("tests/fuzz/fuzz_targets/{name}.rs");
                assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists(), "{name}");
            }
        }
    };
}

smoke! {
    genotype_json genotype_python genotype_nb201 genotype_compact genotype_text table data_file data_cifar data_idx data_npy data_image data_zip data_tar
    data_name run_config event_lines checkpoint link
}
