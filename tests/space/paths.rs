//! Shortest paths between architectures, against `method.md` §6 and §9.4 item 12.

use std::collections::BTreeSet;

use plateau::space::{
    Genotype, Operation, PathError, Space, differing_edges, hamming, sample_paths, shortest_paths,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const BEST: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|";

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(5)
}

/// The NAS-Bench-201 cell that differs from the best one on its first k edges.
fn changed(k: usize) -> [Genotype; 2] {
    let best = Genotype::parse(BEST).unwrap();
    let mut encoding = best.encoding();
    encoding[0][..k].fill(Operation::AvgPool3x3);
    let other = Genotype::from_encoding(Space::NasBench201, &encoding).unwrap();
    [best, other]
}

/// DARTS V2 with other operations on the first k inputs of its cells, the wiring kept.
fn darts(k: usize) -> [Genotype; 2] {
    let start = Genotype::preset("darts-v2").unwrap();
    let mut cells = start.cells().to_vec();
    let inputs = cells.iter_mut().flat_map(|cell| &mut cell.nodes).flatten();
    for input in inputs.take(k) {
        input.operation = Operation::DilConv5x5;
    }
    let end = Genotype::new(Space::Darts, cells).unwrap();
    [start, end]
}

fn check_paths(paths: &[Vec<Genotype>], a: &Genotype, b: &Genotype, k: usize) {
    for path in paths {
        assert_eq!(path.len(), k + 1);
        assert_eq!([&path[0], &path[k]], [a, b]);
        for (step, genotype) in path.iter().enumerate() {
            assert_eq!(hamming(a, genotype), Some(step));
            assert_eq!(hamming(genotype, b), Some(k - step));
        }
    }
}

#[test]
fn k_differing_edges_have_k_factorial_paths_and_binomial_levels() {
    for (k, factorial) in [1, 1, 2, 6, 24, 120, 720].into_iter().enumerate() {
        let binomials: Vec<usize> = (0..=k)
            .map(|i| (0..i).fold(1, |c, j| c * (k - j) / (j + 1)))
            .collect();
        for [a, b] in [changed(k), darts(k)] {
            assert_eq!(differing_edges(&a, &b).unwrap().len(), k);
            let paths = shortest_paths(&a, &b).unwrap();
            assert_eq!(paths.len(), factorial);
            check_paths(&paths, &a, &b, k);
            let texts = |path: &Vec<Genotype>| -> Vec<String> {
                path.iter().map(Genotype::canonical).collect()
            };
            assert_eq!(
                paths.iter().map(texts).collect::<BTreeSet<_>>().len(),
                factorial
            );
            for (level, &size) in binomials.iter().enumerate() {
                let met: BTreeSet<String> =
                    paths.iter().map(|path| path[level].canonical()).collect();
                assert_eq!(met.len(), size, "k {k}, level {level}");
            }
        }
    }
}

#[test]
fn the_differing_edges_say_what_changes_where() {
    let [a, b] = changed(2);
    let changes: Vec<String> = differing_edges(&a, &b)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        changes,
        [
            "normal 0→1 nor_conv_3x3 ⇒ avg_pool_3x3",
            "normal 0→2 nor_conv_3x3 ⇒ avg_pool_3x3"
        ]
    );
}

#[test]
fn the_order_of_the_inputs_of_a_node_makes_no_difference() {
    let [a, b] = darts(3);
    let mut cells = b.cells().to_vec();
    cells[0].nodes[0].reverse();
    let turned = Genotype::new(Space::Darts, cells).unwrap();
    assert_eq!(differing_edges(&a, &turned).unwrap().len(), 3);
    check_paths(&shortest_paths(&a, &turned).unwrap(), &a, &turned, 3);
}

#[test]
fn many_differing_edges_are_sampled_uniformly() {
    let [a, b] = darts(12);
    assert_eq!(shortest_paths(&a, &b), Err(PathError::TooMany(12)));
    let paths = sample_paths(&a, &b, 600, &mut rng()).unwrap();
    assert_eq!(paths.len(), 600);
    check_paths(&paths, &a, &b, 12);
    assert_eq!(paths, sample_paths(&a, &b, 600, &mut rng()).unwrap());
    // Each of the 12 changes comes first in about 50 of the paths.
    let firsts: Vec<String> = paths.iter().map(|path| path[1].canonical()).collect();
    let different: BTreeSet<&String> = firsts.iter().collect();
    assert_eq!(different.len(), 12);
    for first in different {
        let count = firsts.iter().filter(|other| *other == first).count();
        assert!((25..80).contains(&count), "{count}");
    }
    for count in [0, 1001] {
        assert_eq!(
            sample_paths(&a, &b, count, &mut rng()),
            Err(PathError::Samples(count))
        );
    }
}

#[test]
fn ends_without_a_path_are_refused_in_plain_words() {
    let darts_v1 = Genotype::preset("darts-v1").unwrap();
    let darts_v2 = Genotype::preset("darts-v2").unwrap();
    let error = shortest_paths(&darts_v1, &darts_v2).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("node 3 of the reduction cell"),
        "{error}"
    );
    let [cell, _] = changed(1);
    assert_eq!(
        shortest_paths(&cell, &darts_v2),
        Err(PathError::Spaces(Space::NasBench201, Space::Darts))
    );
    let mut cells = darts_v2.cells().to_vec();
    cells[1].concat = vec![4, 5];
    let narrow = Genotype::new(Space::Darts, cells).unwrap();
    let error = differing_edges(&darts_v2, &narrow).unwrap_err();
    assert!(error.to_string().contains("reduction cell"), "{error}");
}
