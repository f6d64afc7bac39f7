//! Candidates: what is written, the masks that it means, and what they leave of a space.

use plateau::space::{
    Allowed, Candidates, Counting, Genotype, NO_CANDIDATE, Operation, Space, neighbors,
    neighbors_among, sample_ball_of, sample_neighbors_among, shell_size_among,
};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn candidates(text: &str) -> Candidates {
    text.parse().unwrap()
}

fn allowed(text: &str, space: Space) -> Allowed {
    candidates(text).allowed(space).unwrap()
}

#[test]
fn a_mistake_in_candidates_is_named_with_its_column() {
    for (text, message) in [
        ("", "column 1: the name of an operation is expected"),
        (
            "sep_conv3x3",
            "column 1: 'sep_conv3x3' is not an operation (did you mean sep_conv_3x3?)",
        ),
        (
            "sep_conv_3x3, skip_conect",
            "column 15: 'skip_conect' is not an operation (did you mean skip_connect?)",
        ),
        (
            "normal:none;norml:none",
            "column 13: 'norml' is not a kind of cell (did you mean normal?)",
        ),
        (
            "normal/x:none",
            "column 8: the number of an edge is expected",
        ),
        (
            "normal/03:none",
            "column 8: the number of an edge is expected",
        ),
        ("none,none", "column 6: none comes twice"),
        ("normal:none;normal:none", "column 13: normal comes twice"),
        ("none;none", "column 6: a list for all edges comes twice"),
        ("none,", "column 6: the name of an operation is expected"),
        ("S4", "column 1: S4 needs a noise operation"),
    ] {
        let error = text.parse::<Candidates>().unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}: {error}");
    }
    assert!("none,".repeat(4000).parse::<Candidates>().is_err());
}

#[test]
fn candidates_that_a_space_cannot_have_are_refused_for_it() {
    let (darts, nb201) = (Space::Darts, Space::NasBench201);
    for (text, space, message) in [
        (
            "S2",
            nb201,
            "column 1: S2 is a part of the darts space, not of nas-bench-201",
        ),
        (
            "none;reduction:none",
            nb201,
            "column 6: nas-bench-201 has no reduction cell",
        ),
        (
            "normal/6:none",
            nb201,
            "column 1: a cell of nas-bench-201 has the edges 0 to 5, not 6",
        ),
        (
            "normal:skip_connect,sep_conv_3x3",
            nb201,
            "column 21: 'sep_conv_3x3' is not an operation of nas-bench-201",
        ),
        (
            "normal/0:none",
            darts,
            "column 1: node 2 of the normal cell reads two states, and only 1 of",
        ),
        (
            "skip_connect",
            darts,
            "column 1: every edge has one operation: there is nothing to choose",
        ),
    ] {
        let error = candidates(text).allowed(space).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}: {error}");
    }
}

#[test]
fn the_list_for_the_smallest_place_holds_and_capitals_of_names_do_not_matter() {
    let mask = allowed(
        "normal/3:none,dil_conv_5x5; sep_conv_3x3 , skip_connect;normal:avg_pool_3x3",
        Space::Darts,
    );
    let names =
        |cell, edge| -> Vec<&str> { mask.choices(cell, edge).map(Operation::name).collect() };
    assert_eq!(names(0, 0), ["avg_pool_3x3"]);
    assert_eq!(names(0, 3), ["dil_conv_5x5"], "no genotype has none");
    assert_eq!(names(1, 3), ["skip_connect", "sep_conv_3x3"]);
    assert!(mask.has(0, 3, 0) && !mask.has(0, 2, 0));
    assert_eq!(candidates("s2"), candidates(" S2 "));
    let every: Vec<&str> = Space::Darts
        .operations()
        .iter()
        .map(|one| one.name())
        .collect();
    let every = allowed(&every.join(","), Space::Darts);
    assert!(every.is_all() && every == Allowed::all(Space::Darts));
    assert!(candidates("all").is_all() && Candidates::default().is_all());
}

#[test]
fn the_restricted_spaces_are_the_published_ones() {
    let names = |text: &str, cell: usize, edge: usize| -> Vec<&str> {
        let row = allowed(text, Space::Darts).candidates(cell * 14 + edge);
        row.map(|operation| Space::Darts.operations()[operation].name())
            .collect()
    };
    for (cell, edge, pair) in [
        (0, 0, ["skip_connect", "dil_conv_3x3"]),
        (0, 3, ["skip_connect", "sep_conv_3x3"]),
        (0, 5, ["max_pool_3x3", "skip_connect"]),
        (0, 13, ["dil_conv_3x3", "dil_conv_5x5"]),
        (1, 1, ["max_pool_3x3", "dil_conv_3x3"]),
        (1, 6, ["max_pool_3x3", "sep_conv_3x3"]),
        (1, 10, ["max_pool_3x3", "avg_pool_3x3"]),
        (1, 13, ["skip_connect", "dil_conv_5x5"]),
    ] {
        assert_eq!(names("S1", cell, edge), pair, "{cell} {edge}");
    }
    for edge in 0..14 {
        assert_eq!(names("S2", 1, edge), ["skip_connect", "sep_conv_3x3"]);
        assert_eq!(
            names("S3", 0, edge),
            ["none", "skip_connect", "sep_conv_3x3"]
        );
    }
}

#[test]
fn what_is_left_of_a_space_is_counted() {
    let count = |text: &str, space| allowed(text, space).genotypes();
    let (darts, nb201) = (Space::Darts, Space::NasBench201);
    // Wirings of a cell: C(2, 2)·C(3, 2)·C(4, 2)·C(5, 2), and a choice on each of its 8 edges.
    let cell = |choices: u128| 180 * choices.pow(8);
    assert_eq!(count("all", darts), cell(7) * cell(7));
    for name in ["S1", "S2", "S3"] {
        // Two operations other than none on every edge.
        assert_eq!(count(name, darts), 46_080 * 46_080, "{name}");
    }
    // Node 2 reads both inputs, one of them by one operation.
    assert_eq!(count("normal/0:sep_conv_3x3", darts), cell(7) * cell(7) / 7);
    // State 0 cannot be read by node 3, which has one pair of states left.
    let kept = count("normal/2:none", darts);
    assert_eq!(kept, cell(7) * cell(7) / 3);
    assert_eq!(count("all", nb201), 15_625);
    assert_eq!(count("none,skip_connect,nor_conv_3x3", nb201), 729);
    assert_eq!(
        count(
            "none,skip_connect;normal/5:nor_conv_3x3,nor_conv_1x1,none",
            nb201
        ),
        32 * 3
    );
    assert_eq!(count("all", Space::NasBench201Small), 125);
}

#[test]
fn draws_and_fair_sets_keep_to_the_candidates_and_reach_all_of_them() {
    let darts =
        ["S1", "S2", "S3", "normal/2:none;reduction/13:none"].map(|text| (text, Space::Darts));
    let nb201 = [(
        "none,nor_conv_1x1;normal/2:skip_connect",
        Space::NasBench201,
    )];
    for (text, space) in darts.into_iter().chain(nb201) {
        let mask = allowed(text, space);
        let mut rng = rng(3);
        let drawn: Vec<Genotype> = (0..400)
            .map(|_| Genotype::random_among(&mask, &mut rng))
            .collect();
        assert!(drawn.iter().all(|one| one.is_among(&mask)), "{text}");
        for cell in 0..space.cell_kinds().len() {
            for (index, edge) in space.edges().iter().enumerate() {
                for operation in mask.choices(cell, index) {
                    let has = |one: &Genotype| one.encoding()[cell][index] == operation;
                    let (from, to) = (edge.from, edge.to);
                    assert!(drawn.iter().any(has), "{text}: {from} {to} {operation}");
                }
            }
        }
        let fair = Genotype::fair_set_among(&mask, &mut rng);
        assert_eq!(fair.len(), mask.most_choices(), "{text}");
        assert!(fair.iter().all(|one| one.is_among(&mask)), "{text}");
    }
    // Each of two operations once on every edge that both have.
    let mask = allowed("none,nor_conv_1x1", Space::NasBench201);
    let fair = Genotype::fair_set_among(&mask, &mut rng(1));
    let [one, other] = &fair[..] else {
        panic!("two operations")
    };
    let pairs = one.encoding()[0]
        .clone()
        .into_iter()
        .zip(other.encoding()[0].clone());
    assert!(pairs.into_iter().all(|(one, other)| one != other));
    // A mask that allows all draws what is drawn without one.
    let all = Allowed::all(Space::Darts);
    let [one, other] = [
        Genotype::random_among(&all, &mut rng(5)),
        Genotype::random(Space::Darts, &mut rng(5)),
    ];
    assert_eq!(one, other);
}

#[test]
fn a_neighbor_takes_an_operation_that_is_a_candidate() {
    let mask = allowed("S2", Space::Darts);
    let one = Genotype::random_among(&mask, &mut rng(7));
    let shells = |counting, radius| {
        let listed = neighbors_among(&one, radius, counting, &mask).unwrap();
        assert!(listed.iter().all(|near| near.genotype.is_among(&mask)));
        let size = shell_size_among(&one, radius, counting, &mask).unwrap();
        assert_eq!(size, listed.len() as u128);
        listed.len()
    };
    // One other operation on each of 16 edges; two of these.
    assert_eq!(shells(Counting::Topology, 1), 16);
    assert_eq!(shells(Counting::Topology, 2), 120);
    // And a cell: an input of node 3 may read 1 other state, of node 4 one of 2, of node 5 one of 3, by 2 operations each.
    assert_eq!(shells(Counting::Mutation, 1), 16 + 2 * (4 + 8 + 12));
    let drawn = sample_neighbors_among(&one, 2, Counting::Encoding, &mask, 50, &mut rng(1));
    let drawn = drawn.unwrap();
    assert_eq!(drawn.len(), 50);
    assert!(drawn.iter().all(|near| near.genotype.is_among(&mask)));

    // What an architecture of the whole space has stays until it changes.
    let outside = Genotype::parse(
        "Genotype(normal=[('sep_conv_5x5', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), \
         ('skip_connect', 1), ('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=range(2, 6), reduce=[('skip_connect', 0), \
         ('skip_connect', 1), ('skip_connect', 0), ('skip_connect', 1), ('skip_connect', 0), ('skip_connect', 1), ('skip_connect', 0), \
         ('skip_connect', 1)], reduce_concat=range(2, 6))",
    )
    .unwrap();
    assert!(!outside.is_among(&mask));
    let near = neighbors_among(&outside, 1, Counting::Topology, &mask).unwrap();
    assert_eq!(near.len(), 15 + 2);
    for one in near {
        let after = one.changes[0].after.operation;
        assert!(matches!(
            after,
            Operation::SkipConnect | Operation::SepConv3x3
        ));
    }
    let all = Allowed::all(Space::Darts);
    let whole = neighbors_among(&outside, 1, Counting::Topology, &all).unwrap();
    assert_eq!(whole, neighbors(&outside, 1, Counting::Topology).unwrap());
}

#[test]
fn shifts_count_among_the_candidates_of_an_edge() {
    let mask = allowed("S1", Space::Darts);
    // The last edges of the normal cell have the last two operations.
    assert_eq!(
        [6, 7].map(|operation| mask.shifted(13, operation, 1)),
        [7, 6]
    );
    assert_eq!(mask.shifted(13, 2, 1), 2, "no candidate");
    let ball = sample_ball_of(&[2, 1, 3], 2, 0, &mut rng(0)).unwrap();
    let edges: Vec<Vec<(usize, usize)>> = vec![
        vec![(0, 1)],
        vec![(2, 1)],
        vec![(2, 2)],
        vec![(0, 1), (2, 1)],
        vec![(0, 1), (2, 2)],
    ];
    let mut sorted = ball;
    sorted.sort_by_key(|one| (one.len(), one.clone()));
    assert_eq!(sorted, edges);
    let flags = mask.flags();
    assert_eq!(flags.len(), 2 * 14 * 8);
    assert_eq!(flags.iter().filter(|&&flag| flag).count(), 2 * 14 * 2);
    // No step reaches it, and it has no weight beside any other.
    assert_eq!(NO_CANDIDATE + 100.0, NO_CANDIDATE);
    assert_eq!((NO_CANDIDATE - 1e3).exp(), 0.0);
}

/// Lists for different places, each of different operations.
fn written() -> impl Strategy<Value = String> {
    let lists = proptest::collection::btree_map(0_usize..31, 1_u8..=255, 1..12);
    lists.prop_map(|lists| {
        let texts = lists.into_iter().map(|(place, row)| {
            let place = match place {
                0 => String::new(),
                1 => "normal:".into(),
                2 => "reduction:".into(),
                edge if edge < 17 => format!("normal/{}:", edge - 3),
                edge => format!("reduction/{}:", edge - 17),
            };
            let operations = Space::Darts.operations().iter().enumerate();
            let names: Vec<&str> = operations
                .filter(|(operation, _)| row >> operation & 1 == 1)
                .map(|(_, operation)| operation.name())
                .collect();
            format!("{place}{}", names.join(","))
        });
        texts.collect::<Vec<_>>().join(";")
    })
}

proptest! {
    #[test]
    fn what_is_read_is_written_again(text in written()) {
        let read: Candidates = text.parse().unwrap();
        prop_assert_eq!(read.to_string(), text);
        prop_assert_eq!(&read.to_string().parse::<Candidates>().unwrap(), &read);
        let json = serde_json::to_string(&read).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Candidates>(&json).unwrap(), &read);
        if let Ok(mask) = read.allowed(Space::Darts) {
            let again = Candidates::from(&mask);
            prop_assert_eq!(again.allowed(Space::Darts).unwrap(), mask);
            let json = serde_json::to_string(&mask).unwrap();
            prop_assert_eq!(serde_json::from_str::<Allowed>(&json).unwrap(), mask);
        }
    }

    #[test]
    fn any_text_is_read_or_refused_in_one_line(text in "[a-z0-9_/:;,ü ]{0,60}") {
        if let Err(error) = text.parse::<Candidates>() {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }
}
