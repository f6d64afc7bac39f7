//! The text forms of genotypes: what papers and benchmarks print can be pasted, and nothing pasted makes the reader panic.

use plateau::space::{CellKind, Genotype, GenotypeError, Input, Operation, PRESETS, Space};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// As in the DARTS repository.
const DARTS_V2: &str = "DARTS_V2 = Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), \
    ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], \
    normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), \
    ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], \
    reduce_concat=[2, 3, 4, 5])";

const NB201: &str =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";

fn random(space: Space, seed: u64) -> Genotype {
    Genotype::random(space, &mut ChaCha8Rng::seed_from_u64(seed))
}

fn any_space() -> impl Strategy<Value = Space> {
    prop::sample::select(Space::ALL.to_vec())
}

/// Every text form that the genotype has.
fn texts(genotype: &Genotype) -> Vec<String> {
    let mut texts = vec![genotype.to_json(), genotype.to_compact()];
    texts.extend(genotype.to_python());
    texts.extend(genotype.to_nb201_string());
    texts
}

fn place(error: &GenotypeError) -> (usize, usize) {
    match error {
        GenotypeError::Syntax { line, column, .. } => (*line, *column),
        other => panic!("no place in {other}"),
    }
}

#[test]
fn a_genotype_pasted_from_a_paper_is_understood() {
    let genotype = Genotype::parse(DARTS_V2).unwrap();
    assert_eq!(Some(&genotype), Genotype::preset("darts-v2").as_ref());
    let node = &genotype.cell(CellKind::Normal).unwrap().nodes[3];
    let expected = [
        Input {
            from: 0,
            operation: Operation::SkipConnect,
        },
        Input {
            from: 2,
            operation: Operation::DilConv3x3,
        },
    ];
    assert_eq!(node[..], expected);
}

#[test]
fn python_layout_does_not_matter() {
    let plain = Genotype::parse(DARTS_V2).unwrap();
    let variants = [
        DARTS_V2.replace("DARTS_V2 = ", ""),
        DARTS_V2.replace("DARTS_V2 = ", "\n# second order\r\nbest_1="),
        DARTS_V2.replace('\'', "\""),
        DARTS_V2.replace("[2, 3, 4, 5]", "range(2, 6)"),
        DARTS_V2.replace("[2, 3, 4, 5]", "(2,3,4,5,)"),
        DARTS_V2.replace('[', "(").replace(']', ")"),
        DARTS_V2.replace("), (", "),  # next\n\t("),
        DARTS_V2.replace("0)", "0,)").replace("1)", "1 , )"),
        DARTS_V2.replace("('sep_conv_3x3', 0)", "[ 'sep_conv_3x3' ,0 ]"),
        DARTS_V2.replace(
            "reduce_concat=[2, 3, 4, 5])",
            "reduce_concat=[2, 3, 4, 5],\n)\n# end",
        ),
    ];
    for variant in variants {
        assert_eq!(Genotype::parse(&variant).as_ref(), Ok(&plain), "{variant}");
    }
}

#[test]
fn every_form_of_every_preset_is_read_back() {
    for name in PRESETS {
        let genotype = Genotype::preset(name).unwrap();
        let texts = texts(&genotype);
        assert_eq!(texts.len(), 3, "{name}");
        for text in texts {
            assert_eq!(Genotype::parse(&text).as_ref(), Ok(&genotype), "{text}");
        }
    }
}

#[test]
fn the_json_form_is_fixed() {
    let genotype = Genotype::parse("|none~0|+|skip_connect~0|nor_conv_1x1~1|").unwrap();
    assert_eq!(genotype.space(), Space::NasBench201Small);
    let json = r#"{"version":1,"space":"nas-bench-201-small","cells":{"normal":{"nodes":[[{"from":0,"operation":"none"}],[{"from":0,"operation":"skip_connect"},{"from":1,"operation":"nor_conv_1x1"}]],"concat":[2]}}}"#;
    assert_eq!(genotype.to_json(), json);
    assert_eq!(serde_json::to_string(&genotype).unwrap(), json);
    assert_eq!(serde_json::from_str::<Genotype>(json).unwrap(), genotype);
}

#[test]
fn json_with_an_invalid_cell_cannot_become_a_genotype() {
    let json = Genotype::preset("darts-v1").unwrap().to_json();
    let cyclic = json.replacen("\"from\":1", "\"from\":9", 1);
    assert!(matches!(
        Genotype::parse(&cyclic),
        Err(GenotypeError::Cycle { from: 9, .. })
    ));
    assert!(serde_json::from_str::<Genotype>(&cyclic).is_err());
    let later = json.replacen("\"version\":1", "\"version\":2,\"new\":0", 1);
    assert_eq!(Genotype::parse(&later), Err(GenotypeError::Version(2)));
    let unknown = json.replacen("\"version\":1", "\"version\":1,\"new\":0", 1);
    let message = Genotype::parse(&unknown).unwrap_err().to_string();
    assert!(message.contains("unknown field 'new'"), "{message}");
    assert!(message.starts_with("line 1, column 18"), "{message}");
}

#[test]
fn mistakes_in_python_text_are_located() {
    let located = |wrong: &str| {
        let error = Genotype::parse(wrong).unwrap_err();
        (place(&error), error.to_string())
    };
    let start = "Genotype(\n  normal=";
    let (at, message) = located(&format!("{start}[('sep_conv_7x7', 0)])"));
    assert_eq!(at, (2, 12), "{message}");
    assert!(message.contains("sep_conv_7x7"), "{message}");
    let (at, message) = located(&format!("{start}[('sep_conv_3x3', 0]"));
    assert_eq!(at, (2, 29), "{message}");
    let (at, message) = located(&format!("{start}[('sep_conv_3x3', 'é'; 0)]"));
    assert_eq!(at, (2, 31), "{message}");
    let (at, _) = located(&format!("{start}[('sep_conv_3x3"));
    assert_eq!(at, (2, 12));
    let (at, _) = located("Genotype(normal=[('none', 99999999999999999999)])");
    assert_eq!(at, (1, 27));
    let (_, message) = located("Genotype(normal=[], normal=[])");
    assert!(message.contains("twice"), "{message}");
    let (_, message) = located("Genotype(normal=[])");
    assert!(message.contains("all needed"), "{message}");
    let (at, _) = located(&format!("{DARTS_V2})"));
    assert_eq!(at, (1, DARTS_V2.len() + 1));
    let (at, _) = located("x = MyGenotype(normal=[])");
    assert_eq!(at, (1, 5));
}

#[test]
fn mistakes_in_benchmark_strings_are_located() {
    for (wrong, column) in [
        (NB201.replacen("avg_pool_3x3~1", "avg_pool_3x3~2", 1), 34),
        (NB201.replacen("nor_conv_3x3~0", "nor_conv_5x5~0", 1), 2),
        (
            NB201.replacen("+|nor_conv_3x3~0", "+|nor_conv_3x3~1", 1),
            19,
        ),
        (NB201.replacen("avg_pool_3x3~1", "avg_pool_3x3", 1), 34),
        (NB201.replacen("~1|+", "~1+", 1), 18),
        (format!("{NB201}+|none~0|none~1|none~2|none~3|"), 89),
        ("  |none~0|+|none~0|".to_owned(), 20),
        ("|none~0|".to_owned(), 1),
        ("|none~0|none~1|+|none~0|none~1|".to_owned(), 9),
    ] {
        let error = Genotype::parse(&wrong).unwrap_err();
        assert_eq!(place(&error), (1, column), "{wrong}: {error}");
    }
    let foreign = NB201.replacen("avg_pool_3x3", "max_pool_3x3", 1);
    assert!(matches!(
        Genotype::parse(&foreign),
        Err(GenotypeError::Operation {
            operation: Operation::MaxPool3x3,
            ..
        })
    ));
}

#[test]
fn a_repeated_predecessor_is_refused() {
    let twice = DARTS_V2.replacen("('sep_conv_3x3', 1)", "('sep_conv_5x5', 0)", 1);
    assert!(matches!(
        Genotype::parse(&twice),
        Err(GenotypeError::Order {
            node: 2,
            from: 0,
            ..
        })
    ));
}

#[test]
fn text_without_a_known_form_or_too_long_is_refused() {
    assert_eq!(Genotype::parse(""), Err(GenotypeError::UnknownForm));
    assert_eq!(Genotype::parse("resnet"), Err(GenotypeError::UnknownForm));
    for text in [DARTS_V2, NB201, "{\"version\":1}"] {
        let long = format!("{text}{}", " ".repeat(65536));
        let expected = GenotypeError::TooLong(text.len() + 65536);
        assert_eq!(Genotype::parse(&long), Err(expected));
    }
}

#[test]
fn a_space_has_only_its_own_text_form() {
    let darts = Genotype::preset("darts-v2").unwrap();
    assert!(darts.to_nb201_string().is_err());
    let nb201 = Genotype::parse(NB201).unwrap();
    assert!(nb201.to_python().is_err());
    assert_eq!(nb201.to_nb201_string().as_deref(), Ok(NB201));
}

#[test]
fn the_order_of_a_nodes_inputs_does_not_change_the_memo_key() {
    let genotype = Genotype::parse(DARTS_V2).unwrap();
    let mut cells = genotype.cells().to_vec();
    for node in cells.iter_mut().flat_map(|cell| &mut cell.nodes) {
        node.reverse();
    }
    let reversed = Genotype::new(Space::Darts, cells.clone()).unwrap();
    assert_ne!(reversed, genotype);
    assert_eq!(reversed.canonical(), genotype.canonical());
    cells[0].concat = vec![5];
    let narrower = Genotype::new(Space::Darts, cells).unwrap();
    assert_ne!(narrower.canonical(), genotype.canonical());
}

#[test]
fn a_cell_is_drawn_for_the_terminal() {
    let drawing = Genotype::parse(DARTS_V2).unwrap().draw();
    assert_eq!(drawing.lines().count(), 10, "{drawing}");
    assert!(
        drawing.contains("\n  0 ── skip_connect ─▶ 5 ◀─ dil_conv_3x3 ── 2\n"),
        "{drawing}"
    );
    let drawing = Genotype::parse(NB201).unwrap().draw();
    let expected = "normal cell (0 input; output 3)
  0 ── nor_conv_3x3 ─▶ 1
  0 ── nor_conv_3x3 ─▶ 2
  1 ── avg_pool_3x3 ─▶ 2
  0 ── skip_connect ─▶ 3
  1 ── nor_conv_1x1 ─▶ 3
  2 ·· none ·········▶ 3
";
    assert_eq!(drawing, expected);
}

proptest! {
    #[test]
    fn every_genotype_is_read_back_from_every_form(space in any_space(), seed: u64) {
        let genotype = random(space, seed);
        for text in texts(&genotype) {
            prop_assert_eq!(Genotype::parse(&text), Ok(genotype.clone()));
        }
        let json = serde_json::to_string(&genotype).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Genotype>(&json).unwrap(), &genotype);
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,200}") {
        for start in ["", "{", "|", "Genotype"] {
            let text = format!("{start}{text}");
            let _ = Genotype::parse(&text);
            let _ = Genotype::from_json(&text);
            let _ = Genotype::from_python(&text);
            let _ = Genotype::from_nb201_string(&text);
        }
    }

    #[test]
    fn arbitrary_python_tokens_never_panic(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "Genotype", "normal", "reduce_concat", "range", "=", "(", ")", "[", "]", ",", "'skip_connect'", "\"none\"",
                "0", "6", "999", "#", "\n", "'", "é", "\u{2028}",
            ]),
            0..60,
        ),
    ) {
        let _ = Genotype::from_python(&tokens.concat());
        let _ = Genotype::from_python(&format!("Genotype({}", tokens.concat()));
    }

    /// A mutated text is refused, or is a valid genotype that is read back from its own text.
    #[test]
    fn mutated_text_never_panics(
        space in any_space(),
        seed: u64,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<char>(), 0..3u8), 1..6),
    ) {
        for text in texts(&random(space, seed)) {
            let mut letters: Vec<char> = text.chars().collect();
            for (place, letter, edit) in &edits {
                // The compact form of a small cell is shorter than some edits.
                if letters.is_empty() {
                    break;
                }
                let at = place.index(letters.len());
                match edit {
                    0 => letters[at] = *letter,
                    1 => letters.insert(at, *letter),
                    _ => drop(letters.remove(at)),
                }
            }
            let mutated: String = letters.into_iter().collect();
            if let Ok(genotype) = Genotype::parse(&mutated) {
                prop_assert_eq!(Genotype::parse(&genotype.to_json()), Ok(genotype));
            }
        }
    }
}

#[test]
fn the_compact_form_of_a_link_is_short_and_names_the_place_of_a_mistake() {
    let darts = Genotype::preset("darts-v2").unwrap();
    assert_eq!(darts.to_compact(), "d0414041414030326-0111231101232311");
    let nb201 = Genotype::parse(NB201).unwrap();
    assert_eq!(nb201.to_compact(), "n334120");
    assert_eq!(Genotype::parse("n334120").unwrap(), nb201);

    for (text, column) in [
        ("n33412", 2),
        ("n33x120", 4),
        ("n334190", 6),
        ("d041404141403032-0111231101232311", 0),
        ("d0414041414030326-01112311012323119999", 0),
        ("d041404141403032x-0111231101232311", 17),
    ] {
        let error = Genotype::parse(text).unwrap_err();
        if column > 0 {
            assert_eq!(place(&error), (1, column), "{text}: {error}");
        }
    }
}
