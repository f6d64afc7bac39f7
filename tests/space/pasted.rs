//! Genotypes as people paste them: every form that programs print, in whatever stands around it, is read as itself; what is not taken as
//! it stands is said, and what is refused is refused where it is wrong.

use plateau::space::{Cell, Genotype, GenotypeError, Input, LONGEST_TEXT, Reading, Space};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const NB201: &str =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";

const HEAD: &str = "from collections import namedtuple\n\nGenotype = namedtuple('Genotype', 'normal normal_concat reduce reduce_concat')\n\n\
    PRIMITIVES = [\n    'none',\n    'skip_connect',\n]\n\n";

fn v1() -> Genotype {
    Genotype::preset("darts-v1").unwrap()
}

fn v2() -> Genotype {
    Genotype::preset("darts-v2").unwrap()
}

fn nb201() -> Genotype {
    Genotype::parse(NB201).unwrap()
}

fn python(genotype: &Genotype) -> String {
    genotype.to_python().unwrap()
}

fn read(text: &str) -> Result<Reading, GenotypeError> {
    Genotype::read(text.as_bytes(), None)
}

/// What is read of a text without a note.
fn plainly(text: &str) -> Genotype {
    let reading = read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(reading.notes.is_empty(), "{:?}: {text}", reading.notes);
    reading.genotype
}

/// What is read of a text, and the one note.
fn noted(text: &str) -> (Genotype, String) {
    let reading = read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(reading.notes.len(), 1, "{:?}: {text}", reading.notes);
    (reading.genotype, reading.notes[0].clone())
}

fn refused(text: &str) -> String {
    let error = read(text).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

/// A DARTS genotype as a program prints it: how each input looks, how nodes are held together and the concatenation.
fn printed(
    genotype: &Genotype,
    input: impl Fn(&Input) -> String,
    between: &str,
    concat: &str,
) -> String {
    let cell = |cell: &Cell| {
        let node = |node: &Vec<Input>| node.iter().map(&input).collect::<Vec<_>>().join(", ");
        let nodes: Vec<String> = cell.nodes.iter().map(node).collect();
        nodes.join(between)
    };
    let [normal, reduce] = [0, 1].map(|index| cell(&genotype.cells()[index]));
    let (open, close) = if between == ", " {
        ("[", "]")
    } else {
        ("[[", "]]")
    };
    format!(
        "Genotype(normal={open}{normal}{close}, normal_concat={concat}, reduce={open}{reduce}{close}, reduce_concat={concat})"
    )
}

/// Every way to write a genotype that needs no note.
fn forms(genotype: &Genotype) -> Vec<String> {
    let mut forms = vec![genotype.to_json(), genotype.to_json().replace('"', "'")];
    if genotype.space() != Space::Darts {
        let string = genotype.to_nb201_string().unwrap();
        let node = |node: &Vec<Input>| {
            let inputs = node
                .iter()
                .map(|one| format!("(\"{}\", {}),", one.operation, one.from));
            format!("({})", inputs.collect::<String>())
        };
        let nodes: Vec<String> = genotype.cells()[0].nodes.iter().map(node).collect();
        forms.extend([
            string.replace('+', " + "),
            string.replace('|', " | ").trim().to_owned(),
            string.replace('+', "+\n  "),
            format!("['{string}' ]"),
            format!("Structure(4 nodes with {string})"),
            format!("Structure(\n  [{}])", nodes.join(",  # node\n   ")),
            string.replace('|', "\\|"),
            string,
        ]);
        return forms;
    }
    let plain = |one: &Input| format!("('{}', {})", one.operation, one.from);
    let text = printed(genotype, plain, ", ", "range(2, 6)");
    let inside = text
        .strip_prefix("Genotype(")
        .unwrap()
        .strip_suffix(')')
        .unwrap();
    let mut keys = inside.to_owned();
    for name in ["normal_concat", "reduce_concat", "normal", "reduce"] {
        keys = keys.replace(&format!("{name}="), &format!("'{name}': "));
    }
    let mut unnamed = text.clone();
    for name in ["normal_concat=", "reduce_concat=", "normal=", "reduce="] {
        unnamed = unnamed.replace(name, "");
    }
    forms.extend([
        printed(genotype, plain, "], [", "range(2, 6)"),
        printed(genotype, plain, "),\n (", "(2, 3, 4, 5)")
            .replace("[[", "((")
            .replace("]]", "))"),
        printed(
            genotype,
            |one| format!("('{}', np.int64({}))", one.operation, one.from),
            ", ",
            "[np.int64(2), np.int64(3), np.int64(4), np.int64(5)]",
        ),
        printed(
            genotype,
            |one| format!("[\"{}\", int({})]", one.operation, one.from),
            ", ",
            "list(range(2, 6))",
        ),
        printed(
            genotype,
            |one| format!("(u'{}', {}L)", one.operation, one.from),
            ", ",
            "range(2, 6, 1)",
        ),
        printed(
            genotype,
            |one| format!("(np.str_('{}'), numpy.int32({}))", one.operation, one.from),
            "], [",
            "np.arange(2, 6)",
        ),
        printed(
            genotype,
            |one| format!("({}, '{}')", one.from, one.operation),
            ", ",
            "tuple(range(2, 6))",
        ),
        printed(
            genotype,
            |one| {
                format!(
                    "(‘{}’, tensor({}, device=‘cuda:0’))",
                    one.operation, one.from
                )
            },
            ", ",
            "array([2, 3, 4, 5])",
        ),
        text.replace("Genotype(", "genotypes.Genotype(\n    ")
            .replace("],", "],  # cell\n   "),
        text.replace('\'', "\\'"),
        format!("{{{keys}}}"),
        format!("{{{keys}}}")
            .replace('\'', "\"")
            .replace('(', "[")
            .replace(')', "]")
            .replace("range[2, 6]", "[2, 3, 4, 5]"),
        unnamed,
        text,
    ]);
    forms
}

/// What may stand around any form, and whether that needs a note.
fn surroundings(form: &str) -> Vec<(String, bool)> {
    vec![
        (form.to_owned(), false),
        (format!("\u{feff}\n  {form}\r\n\r\n"), false),
        (form.replace('\n', "\r\n"), false),
        (format!("best_1 = {form}\n"), false),
        (format!("# second order\n{form}\n# end"), false),
        (format!("```python\n{form}\n```\n"), false),
        (format!("> {}", form.replace('\n', "\n> ")), false),
        (format!(">>> {form}"), false),
        (format!("\x1b[32m{form}\x1b[0m"), false),
        (format!("[{form}, ]"), false),
        (format!("2024-05-06 07:08:09,321 genotype = {form}"), true),
        (format!("05/06 07:08:09 AM genotype = {form}\n"), true),
        (
            format!("[2024-05-06 07:08:09] [INFO, rank 0] (epoch 3/50): {form}"),
            true,
        ),
        (
            format!("epoch 0 lr 2.4e-02\nloss: 0.5 |████| 12%\n{form}\nvalid_acc 60.25\n"),
            true,
        ),
        (format!("{HEAD}MINE = {form}\n\nDEFAULT = MINE\n"), true),
        (
            format!("{form}\ndatasets : ['cifar10'], extra-info : arch-index=7\n"),
            true,
        ),
        (format!("It's the \"best\" (of 3): {form}."), true),
        (format!("search.log:812:{form}"), true),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_genotype_is_read_from_every_form_in_whatever_stands_around_it(
        space in prop::sample::select(Space::ALL.to_vec()),
        seed: u64,
    ) {
        let genotype = Genotype::random(space, &mut ChaCha8Rng::seed_from_u64(seed));
        for form in forms(&genotype) {
            for (text, note) in surroundings(&form) {
                let reading = read(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                prop_assert_eq!(&reading.genotype, &genotype, "{}", &text);
                prop_assert_eq!(reading.notes.len(), usize::from(note), "{:?}: {}", &reading.notes, &text);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), name in "[A-Z]{0,2}") {
        for start in [&b""[..], b"\xff\xfe", b"\xfe\xff", b"A = Genotype(normal=[('none', ", b"{'normal': [", b"|none~0|"] {
            let bytes = [start, &bytes].concat();
            let _ = Genotype::read(&bytes, None);
            let _ = Genotype::read(&bytes, Some(&name));
        }
    }

    /// Pieces of genotypes in any order: whatever is read comes back from its own text, and whatever is wrong is said in one line.
    #[test]
    fn pieces_in_any_order_never_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "Genotype(", "Genotype", "normal=", "normal_concat=", "reduce=", "range(2, 6)", "[('skip_connect', 0)]", "(", ")", "[",
                "]", "{", "}", "'normal': ", "|none~0", "|", "+", "~", "none~0", "|none~0|+|none~0|none~1|", "Structure(", "A = ", "#",
                "\n", "\r", " ", "\\", "\x1b[0m", ">", "é", "\"version\":1,", "\"space\":\"darts\"", "n334120", "cell=", ",", "'", "’",
            ]),
            0..40,
        ),
    ) {
        match read(&pieces.concat()) {
            Ok(reading) => prop_assert_eq!(Genotype::parse(&reading.genotype.to_text()), Ok(reading.genotype)),
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
        }
    }
}

#[test]
fn of_a_log_the_last_genotype_is_read_and_that_is_said() {
    let line = |minute: usize, genotype: &Genotype| {
        format!(
            "2024-05-06 07:0{minute}:01,000 genotype = {}\n",
            python(genotype)
        )
    };
    let log = format!(
        "epoch 0 lr 2.4e-02\n{}valid_acc 60.25\n{}{}valid_acc 62.25\n",
        line(0, &v1()),
        line(1, &v1()),
        line(2, &v2())
    );
    let (genotype, note) = noted(&log);
    assert_eq!(genotype, v2());
    assert_eq!(
        note,
        "3 genotypes are in it, in lines 2, 4 and 5; the last is read"
    );

    let strings =
        format!("{}: {NB201}\n", "x".repeat(20)).repeat(30) + "best |none~0|+|none~0|none~1|\n";
    let (genotype, note) = noted(&strings);
    assert_eq!(genotype.space(), Space::NasBench201Small);
    assert_eq!(
        note,
        "31 genotypes are in it, in lines 1 to 31; the last is read"
    );

    let named = format!(
        "genotype = {}\ngenotype = {}\n",
        python(&v2()),
        python(&v1())
    );
    let (genotype, note) = noted(&named);
    assert_eq!(genotype, v1());
    assert!(note.contains("lines 1 and 2"), "{note}");

    let json = format!(
        "{{\"genotype\":{}}}\n{{\"genotype\":{}}}\n",
        v1().to_json(),
        v2().to_json()
    );
    let (genotype, note) = noted(&json);
    assert_eq!(genotype, v2());
    assert!(note.starts_with("2 genotypes"), "{note}");
}

#[test]
fn a_log_that_was_cut_within_its_last_genotype_is_refused_there() {
    let whole = format!("07:00 genotype = {}\n", python(&v1()));
    let log = format!("{whole}{}", &whole[..120]);
    assert!(
        refused(&log).starts_with("line 2, column "),
        "{}",
        refused(&log)
    );
    let strings = format!("07:00 {NB201}\n07:01 {}", &NB201[..50]);
    assert!(
        refused(&strings).starts_with("line 2, column "),
        "{}",
        refused(&strings)
    );
    // Two nodes of three are no cell of the small space.
    for end in ["...", "…", " ...", "+...", "+"] {
        let cut = refused(&format!("0  |nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|{end}"));
        assert!(cut.starts_with("line 1, column "), "{cut}");
    }
    let cut = refused("07:00 |nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_conn");
    assert!(cut.starts_with("line 1, column 57"), "{cut}");
    let cut = refused("|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+");
    assert!(cut.starts_with("line 1, column 50"), "{cut}");
}

#[test]
fn a_long_log_is_read_up_to_16_mib() {
    let noise = "train 000 1.234567e+00 64.062500 95.312500 | loss | (a, b) {c: 'd'} ~ [e] = f\n";
    let lines = (LONGEST_TEXT - 2000) / noise.len();
    let log = format!("{}genotype: {}\n", noise.repeat(lines), python(&v2()));
    let begin = std::time::Instant::now();
    let (genotype, note) = noted(&log);
    assert_eq!(genotype, v2());
    assert!(note.contains(&format!("line {},", lines + 1)), "{note}");
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    let longer = log + &noise.repeat(30);
    assert_eq!(read(&longer), Err(GenotypeError::TooLarge));
    assert!(refused(&longer).contains("16 MiB"));
    // One genotype is never so long.
    let endless = refused(&format!("Genotype(normal=[('none',{}", " ".repeat(70_000)));
    assert!(endless.contains("65536 bytes"), "{endless}");
}

#[test]
fn of_a_python_file_one_genotype_is_read_and_of_several_a_name_picks() {
    let one = format!("{HEAD}MINE = {}\n", python(&v2()));
    let (genotype, note) = noted(&one);
    assert_eq!(genotype, v2());
    assert_eq!(note, "MINE in line 10 is read and nothing else of the text");

    let foreign = "NASNet = Genotype(\n  normal = [('sep_conv_7x7', 1)],\n  normal_concat = [2])\n";
    let (first, second) = (python(&v1()), python(&v2()));
    let file = format!(
        "{HEAD}{foreign}# OLD = {first}\nDARTS_V1 = {first}\nDARTS_V2 = (\n  {second})\nNB = '{NB201}'\nDARTS = DARTS_V2  # the best\n"
    );
    let error = refused(&file);
    assert_eq!(
        error,
        "it holds 4 genotypes: NASNet (line 10), DARTS_V1 (line 14), DARTS_V2 (line 15) and NB (line 17)"
    );
    let pick = |name: &str| Genotype::read(file.as_bytes(), Some(name));
    assert_eq!(pick("DARTS_V1").unwrap().genotype, v1());
    assert_eq!(pick("DARTS").unwrap().genotype, v2());
    assert_eq!(pick("NB").unwrap().genotype, nb201());
    assert!(
        pick("NASNet")
            .unwrap_err()
            .to_string()
            .starts_with("line 11, column 14: unknown operation")
    );
    let wrong = pick("DARTS_V3").unwrap_err().to_string();
    assert!(
        wrong.contains("no genotype in it is called \"DARTS_V3\"; did you mean DARTS_V1?"),
        "{wrong}"
    );
    let wrong = pick("GDAS").unwrap_err().to_string();
    assert!(
        wrong.ends_with("\"GDAS\"; it has NASNet, DARTS_V1, DARTS_V2 and NB"),
        "{wrong}"
    );
    let unnamed = Genotype::read(python(&v1()).as_bytes(), Some("A")).unwrap_err();
    assert!(
        unnamed.to_string().contains("gives none a name"),
        "{unnamed}"
    );
}

#[test]
fn a_name_that_stands_for_another_picks_it_and_the_last_of_one_name_counts() {
    let (first, second) = (python(&v1()), python(&v2()));
    let file = format!("A = {first}\nB = {second}\nBEST = B\nDARTS = BEST # ours\nLOOP = LOOP\n");
    for (name, expected) in [("A", v1()), ("B", v2()), ("BEST", v2()), ("DARTS", v2())] {
        let reading = Genotype::read(file.as_bytes(), Some(name)).unwrap();
        assert_eq!(
            (reading.genotype, reading.notes),
            (expected, vec![]),
            "{name}"
        );
    }
    assert!(Genotype::read(file.as_bytes(), Some("LOOP")).is_err());
    let twice = format!("A = {first}\nB = {first}\nB = {second}\n");
    let reading = Genotype::read(twice.as_bytes(), Some("B")).unwrap();
    assert_eq!(reading.genotype, v2());
    assert_eq!(
        reading.notes,
        ["2 genotypes are in it, in lines 2 and 3; the last is read"]
    );
}

#[test]
fn what_is_commented_out_is_not_read_and_that_is_said() {
    let (first, second) = (python(&v1()), python(&v2()));
    let (genotype, note) = noted(&format!("# OLD = {second}\nNEW = {first}\n#{second}\n"));
    assert_eq!(genotype, v1());
    assert_eq!(note, "what is commented out in lines 1 and 3 is not read");
    assert_eq!(plainly(&format!("#  {first}")), v1());
}

#[test]
fn what_is_missing_around_a_genotype_is_guessed_and_said() {
    let text = python(&v2());
    let parts = text.strip_prefix("Genotype(").unwrap();
    for parts in [
        parts.to_owned(),
        parts.strip_suffix(')').unwrap().to_owned(),
        parts.replace("], ", "],\n").replace("), r", ")\nr"),
        format!("best:\n  {parts}"),
    ] {
        let (genotype, note) = noted(&parts);
        assert_eq!(genotype, v2(), "{parts}");
        assert_eq!(note, "\"Genotype(\" is missing; its arguments are read");
    }
    let inside = NB201.trim_matches('|');
    for (text, place) in [
        (inside.to_owned(), (1, 1)),
        (format!("|{inside}"), (1, 1)),
        (format!("\n {inside}|"), (2, 2)),
        (format!("'{inside}'"), (1, 2)),
    ] {
        let (genotype, note) = noted(&text);
        assert_eq!(genotype, nb201(), "{text}");
        let expected = format!("line {}, column {}, is missing", place.0, place.1);
        assert!(
            note.starts_with("an outer bar") && note.contains(&expected),
            "{note}"
        );
    }
    let reading = read(&format!("| ResNet | {NB201} | 93.97 |")).unwrap();
    assert_eq!(reading.genotype, nb201());
    let reading = read(&format!("| ResNet | {inside} | 93.97 |")).unwrap();
    assert_eq!(reading.genotype, nb201());
    let weights = python(&v2()).replace(
        "'skip_connect', 0)",
        "'skip_connect', 0, 0.1394522637128830)",
    );
    let (genotype, note) = noted(&weights);
    assert_eq!(genotype, v2());
    assert!(note.contains("weights"), "{note}");
}

#[test]
fn bytes_of_other_encodings_are_read() {
    let text = format!("# größer\r\nx = {}\r\n", python(&v2()));
    let units = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let (little, big) = (units(u16::to_le_bytes), units(u16::to_be_bytes));
    let latin: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
    for bytes in [
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        [b"\xff\xfe", &little[..]].concat(),
        [b"\xfe\xff", &big[..]].concat(),
        little,
        big,
        latin,
    ] {
        let reading = Genotype::read(&bytes, None).unwrap();
        assert_eq!(
            (reading.genotype, reading.notes),
            (v2(), vec![]),
            "{bytes:?}"
        );
    }
    assert_eq!(
        Genotype::read(b"\x7fELF\x02\0\0\0|none~0|", None),
        Err(GenotypeError::NotText)
    );
}

#[test]
fn a_link_is_read_as_its_cell() {
    assert_eq!(plainly("n334120"), nb201());
    assert_eq!(plainly(" `n334120`\n"), nb201());
    assert_eq!(
        plainly("https://example.org/plateau/#v=1&preset=quick&cell=n334120&device=cpu"),
        nb201()
    );
    assert!(refused("#v=1&cell=n33x120").starts_with("line 1, column 14: expected a digit"));
}

#[test]
fn each_refusal_says_what_is_wrong_and_where_in_the_text_that_was_pasted() {
    let whole = python(&v2());
    let long = refused(&format!("n{}", "1".repeat(94)));
    assert!(
        long.starts_with("line 1, column 81") && !long.contains("65536"),
        "{long}"
    );
    for (text, expected) in [
        ("normal conv".into(), "no genotype in it"),
        ("dilated convolutions are better than separable ones, which is why we take them here, and so on and on".into(), "no genotype in it"),
        ("\n\n".into(), "no genotype in it"),
        (format!("{whole}\n{NB201}]"), "line 2, column 88: expected nothing more after the genotype"),
        (format!("{whole}._replace(normal_concat=[2])"), "expected nothing more after the genotype"),
        (format!("{whole}[0]"), "expected nothing more after the genotype"),
        ("normal=[('sep_conv_3x3', 0)], normal=[]".into(), "line 1, column 31: normal is given twice"),
        ("normal=[('sep_conv_3', 0)]".into(), "line 1, column 10: unknown operation \"sep_conv_3\"; did you mean \"sep_conv_3x3\"?"),
        ("“Genotype(normal=[(‘sep_conv_3x3’, one)])".into(), "line 1, column 36: expected a value"),
        ("ab\r\nét Genotype(normal=[('max_pool', 0)])".into(), "line 2, column 22: unknown operation \"max_pool\""),
        ("Genotype(normal=[('skip_connect', 1.5)])".into(), "line 1, column 35: expected a state number"),
        ("Genotype(normal=[('skip_connect',)])".into(), "line 1, column 18: expected a state number after the operation"),
        ("Genotype(normal=[[('skip_connect', 1), 2]])".into(), "line 1, column 40: expected \"[\" or \"(\""),
        ("Genotype(normal=np.zeros(3))".into(), "line 1, column 17: expected \"[\" or \"(\""),
        ("{'normal': [('skip_connect', 1)], 'size': 3}".into(), "line 1, column 35: expected normal, normal_concat"),
        ("|nor_conv_3x3~0|+|nor_conv3x3~0|none~1|".into(), "line 1, column 19: unknown operation \"nor_conv3x3\"; did you mean \"nor_conv_3x3\"?"),
        ("x |none~0|+|none~1|none~0|".into(), "line 1, column 13: expected none~0"),
        ("none~0".into(), "line 1, column 1: a cell has two or three nodes"),
        ("(4, 0, 3, 1, 4, 3)".into(), "no genotype in it"),
        (format!("{HEAD}A = {}", whole.replacen("3x3', 1)", "3x3', 0)", 1)), "line 10: normal cell, node 2: state 0 is read twice"),
        (format!("\n[{}]", nb201().to_json().replace(":1,\"space", ":2,\"space")), "line 2: version 2 of the genotype format is unknown"),
        (format!("07:00 {whole}\n07:01 {}", whole.replace("range(2, 6)", "[2, 1]")), "line 2: normal cell: the output must be"),
        (HEAD.into(), "line 3, column 1: expected Genotype(normal="),
        ("{\"version\":1,\"space\":\"darts\",\"cells\":{\"normal\":{\"nodes\":[],\"concat\":[],\"\\u001b[2J\":0}}}".into(), "line 1, column"),
        (format!("ab {}", v2().to_json().replace("from\":0", "from\":x")), "line 1, column 70: expected value"),
    ] {
        let error = refused(&text);
        assert!(error.contains(expected), "{error}, not {expected}: {text}");
        assert!(!error.contains(char::is_control), "{error:?}");
    }
}
