//! Search spaces, genotypes and their derivation from α (`method.md` §4, §5).

use plateau::space::{
    Cell, CellKind, DeriveError, Genotype, Input, Operation, PRESETS, Space, derive,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

mod counts;

fn preset(name: &str) -> Genotype {
    Genotype::preset(name).expect(name)
}

/// Every node reads both cell inputs through the same operation.
fn uniform_darts(operation: Operation) -> Genotype {
    let node = vec![Input { from: 0, operation }, Input { from: 1, operation }];
    let cell = Cell::new(Space::Darts, vec![node; 4]);
    Genotype::new(Space::Darts, vec![cell.clone(), cell]).unwrap()
}

#[test]
fn the_darts_space_has_14_edges_of_8_operations() {
    let edges: Vec<_> = Space::Darts
        .edges()
        .iter()
        .map(|e| (e.from, e.to))
        .collect();
    let expected = [
        (0, 2),
        (1, 2),
        (0, 3),
        (1, 3),
        (2, 3),
        (0, 4),
        (1, 4),
        (2, 4),
        (3, 4),
        (0, 5),
        (1, 5),
        (2, 5),
        (3, 5),
        (4, 5),
    ];
    assert_eq!(edges, expected);
    let names: Vec<_> = Space::Darts.operations().iter().map(|o| o.name()).collect();
    let expected = [
        "none",
        "max_pool_3x3",
        "avg_pool_3x3",
        "skip_connect",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "dil_conv_3x3",
        "dil_conv_5x5",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_benchmark_spaces_have_6_and_3_edges_of_5_operations() {
    let edges = |space: Space| -> Vec<_> { space.edges().iter().map(|e| (e.from, e.to)).collect() };
    let expected = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];
    assert_eq!(edges(Space::NasBench201), expected);
    assert_eq!(edges(Space::NasBench201Small), expected[..3]);
    let names: Vec<_> = Space::NasBench201
        .operations()
        .iter()
        .map(|o| o.name())
        .collect();
    let expected = [
        "none",
        "skip_connect",
        "nor_conv_1x1",
        "nor_conv_3x3",
        "avg_pool_3x3",
    ];
    assert_eq!(names, expected);
}

#[test]
fn names_of_spaces_and_operations_are_read_back() {
    for space in Space::ALL {
        assert_eq!(space.to_string().parse(), Ok(space));
        let json = serde_json::to_string(&space).unwrap();
        assert_eq!(json, format!("\"{space}\""));
        for &operation in space.operations() {
            assert_eq!(Operation::from_name(operation.name()), Ok(operation));
            let json = serde_json::to_string(&operation).unwrap();
            assert_eq!(json, format!("\"{operation}\""));
        }
    }
    assert!("nasbench".parse::<Space>().is_err());
    assert!(Operation::from_name("sep_conv_7x7").is_err());
}

fn zeros(space: Space) -> Vec<Vec<Vec<f64>>> {
    vec![vec![vec![0.0; space.operations().len()]; space.edges().len()]; space.cell_kinds().len()]
}

#[test]
fn darts_derivation_keeps_the_two_strongest_edges_strongest_first() {
    let mut alpha = zeros(Space::Darts);
    // Node 4 has edges 5..=8 from states 0..=3.
    alpha[0][8][5] = 2.0;
    alpha[0][6][7] = 1.0;
    let genotype = derive(Space::Darts, &alpha).unwrap();
    let node = &genotype.cell(CellKind::Normal).unwrap().nodes[2];
    let expected = [
        Input {
            from: 3,
            operation: Operation::SepConv5x5,
        },
        Input {
            from: 1,
            operation: Operation::DilConv5x5,
        },
    ];
    assert_eq!(node[..], expected);
    assert_eq!(genotype.cells()[0].concat, [2, 3, 4, 5]);
}

#[test]
fn derivation_gives_ties_to_the_lower_index() {
    let genotype = derive(Space::Darts, &zeros(Space::Darts)).unwrap();
    assert_eq!(genotype, uniform_darts(Operation::MaxPool3x3));
    let genotype = derive(Space::NasBench201, &zeros(Space::NasBench201)).unwrap();
    let none = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
    assert_eq!(genotype.to_nb201_string().unwrap(), none);
}

#[test]
fn none_weakens_a_darts_edge_but_is_never_chosen() {
    let mut alpha = zeros(Space::Darts);
    // Edges 2..=4 enter node 3. Edge 2 has the largest α, but `none` takes its probability.
    alpha[0][2][4] = 3.0;
    alpha[0][2][0] = 9.0;
    let node = derive(Space::Darts, &alpha).unwrap().cells()[0].nodes[1].clone();
    assert_eq!(node.iter().map(|i| i.from).collect::<Vec<_>>(), [1, 2]);
    alpha[0][3][0] = 20.0;
    let node = derive(Space::Darts, &alpha).unwrap().cells()[0].nodes[1].clone();
    assert_eq!(node.iter().map(|i| i.from).collect::<Vec<_>>(), [2, 0]);
    assert_eq!(node[1].operation, Operation::SepConv3x3);
}

#[test]
fn derivation_ranks_edges_whose_probability_underflows() {
    let mut alpha = zeros(Space::Darts);
    for edge in &mut alpha[0][2..=4] {
        edge[0] = 2000.0;
    }
    alpha[0][4][6] = 500.0;
    alpha[0][3][6] = 400.0;
    let node = derive(Space::Darts, &alpha).unwrap().cells()[0].nodes[1].clone();
    assert_eq!(node.iter().map(|i| i.from).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn a_diverged_alpha_is_refused_with_its_place() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut alpha = zeros(Space::Darts);
        alpha[1][9][3] = value;
        let error = derive(Space::Darts, &alpha).unwrap_err();
        assert!(matches!(
            error,
            DeriveError::NotFinite {
                cell: 1,
                edge: 9,
                operation: 3,
                ..
            }
        ));
    }
}

#[test]
fn an_alpha_of_another_space_is_refused() {
    let error = derive(Space::Darts, &zeros(Space::NasBench201)).unwrap_err();
    assert!(error.to_string().contains("[2, 14, 8]"), "{error}");
    let mut ragged = zeros(Space::NasBench201);
    ragged[0][5].pop();
    assert!(derive(Space::NasBench201, &ragged).is_err());
}

#[test]
fn derivation_inverts_one_hot_encodings() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for space in Space::ALL {
        for _ in 0..100 {
            let genotype = Genotype::random(space, &mut rng);
            let alpha: Vec<Vec<Vec<f64>>> = genotype
                .encoding()
                .iter()
                .map(|cell| {
                    cell.iter()
                        .map(|&o| {
                            let one = |k: &Operation| if *k == o { 5.0 } else { 0.0 };
                            space.operations().iter().map(one).collect()
                        })
                        .collect()
                })
                .collect();
            let derived = derive(space, &alpha).unwrap();
            assert_eq!(derived.canonical(), genotype.canonical());
            let rebuilt = Genotype::from_encoding(space, &genotype.encoding()).unwrap();
            assert_eq!(rebuilt.canonical(), genotype.canonical());
        }
    }
}

#[test]
fn a_fair_set_has_every_operation_of_an_edge_at_most_once() {
    for space in Space::ALL {
        let none = usize::from(space == Space::Darts);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let set = Genotype::fair_set(space, &mut rng);
        assert_eq!(set.len(), space.operations().len() - none);
        let encodings: Vec<_> = set.iter().map(Genotype::encoding).collect();
        for genotype in &set {
            let again = Genotype::from_encoding(space, &genotype.encoding()).unwrap();
            assert_eq!(
                again.canonical(),
                genotype.canonical(),
                "a genotype of the space"
            );
        }
        for cell in 0..space.cell_kinds().len() {
            for edge in 0..space.edges().len() {
                let mut used: Vec<_> = encodings.iter().map(|cells| cells[cell][edge]).collect();
                used.retain(|&operation| space != Space::Darts || operation != Operation::None);
                let all = used.len();
                used.sort();
                used.dedup();
                assert_eq!(used.len(), all, "{space}: an operation twice on an edge");
                if space != Space::Darts {
                    assert_eq!(all, set.len(), "every operation once");
                }
            }
        }
        assert_ne!(Genotype::fair_set(space, &mut rng), set);
    }
}

#[test]
fn random_draws_are_uniform_and_reproducible() {
    let draw = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..4000)
            .map(|_| Genotype::random(Space::Darts, &mut rng))
            .collect::<Vec<_>>()
    };
    let genotypes = draw(5);
    assert_eq!(genotypes, draw(5));
    assert_ne!(genotypes[0], draw(6)[0]);
    // Node 5 has C(5,2) = 10 pairs of predecessors and 7 operations: each pair 400 times, σ = 19.
    let mut pairs = std::collections::BTreeMap::new();
    let mut operations = std::collections::BTreeMap::new();
    for genotype in &genotypes {
        let node = &genotype.cells()[1].nodes[3];
        *pairs.entry((node[0].from, node[1].from)).or_insert(0) += 1;
        *operations.entry(node[0].operation).or_insert(0) += 1;
    }
    assert_eq!(pairs.len(), 10);
    assert!(pairs.values().all(|n| (300..500).contains(n)), "{pairs:?}");
    assert_eq!(operations.len(), 7);
    assert!(
        operations.values().all(|n| (470..673).contains(n)),
        "{operations:?}"
    );
}

#[test]
fn every_preset_is_a_genotype_and_other_names_are_not() {
    for name in PRESETS {
        assert!(Genotype::preset(name).is_some(), "{name}");
    }
    assert_eq!(Genotype::preset("darts-v3"), None);
}

#[test]
fn invalid_cells_are_refused() {
    let valid = preset("darts-v2").cells().to_vec();
    let changed = |change: &dyn Fn(&mut Vec<Cell>)| {
        let mut cells = valid.clone();
        change(&mut cells);
        Genotype::new(Space::Darts, cells).unwrap_err().to_string()
    };
    let message = changed(&|cells| cells[0].nodes[1][0].from = 3);
    assert_eq!(
        message,
        "normal cell, node 3 reads state 3: it may only read earlier ones"
    );
    assert!(changed(&|cells| cells[0].nodes[1][0].from = usize::MAX).contains("may only read"));
    assert!(changed(&|cells| cells[1].nodes[0][1].from = 0).contains("reduction cell, node 2"));
    assert!(changed(&|cells| cells[0].nodes[0][0].operation = Operation::None).contains("none"));
    assert!(
        changed(&|cells| cells[0].nodes[0][0].operation = Operation::Conv3x3)
            .contains("nor_conv_3x3")
    );
    assert!(changed(&|cells| cells[0].nodes[2].truncate(1)).contains("1 inputs instead of 2"));
    assert!(changed(&|cells| cells[0].nodes.truncate(3)).contains("3 nodes instead of 4"));
    assert!(changed(&|cells| cells.truncate(1)).contains("2 cell(s)"));
    for concat in [vec![], vec![1, 2], vec![3, 2], vec![2, 2], vec![5, 6]] {
        let message = changed(&|cells| cells[0].concat = concat.clone());
        assert!(message.contains("ascending list of nodes"), "{message}");
    }
}
