//! Whether what the lessons that come with the program say is so: every number of theirs is one of the recording, of the built-in table or
//! of the manual.

use plateau::app::flatness::Flatness;
use plateau::app::lessons::{Card, Until};
use plateau::app::{Recording, RunView};
use plateau::landscape::{BUILTIN_METRIC, Verdict, builtin_table};
use plateau::space::{Genotype, Operation, Space};

use super::lesson;

/// All that a card says.
fn words(card: &Card) -> String {
    let mut said = vec![card.title.as_str(), &card.text];
    said.extend(card.task.iter().map(|task| task.text.as_str()));
    if let Some(question) = &card.question {
        said.push(&question.text);
        for answer in &question.answers {
            said.extend([answer.text.as_str(), &answer.why]);
        }
    }
    said.join("\n")
}

/// Names that have digits and are no numbers.
const NAMES: [&str; 11] = [
    "Node 0",
    "node 2",
    "0 → 1",
    "0 → 2",
    "1 → 2",
    "0 to 2",
    "3×3",
    "3-edge",
    "NAS-Bench-201",
    "CIFAR-10",
    "(E3,",
];

/// Fails where a card lacks one of these, or has a number that is in none of them.
fn says<S: AsRef<str>>(name: &str, place: usize, facts: &[S]) {
    let said = words(&lesson(name).cards[place]);
    let mut facts: Vec<&str> = facts.iter().map(AsRef::as_ref).collect();
    facts.sort_by_key(|fact| std::cmp::Reverse(fact.len()));
    let mut rest = said.clone();
    for fact in facts {
        assert!(
            said.contains(fact),
            "{name} {place}: no \"{fact}\" in {said}"
        );
        rest = rest.replace(fact, "");
    }
    for known in NAMES {
        rest = rest.replace(known, "");
    }
    let number = rest.find(|letter: char| letter.is_ascii_digit());
    assert_eq!(number, None, "{name} {place}: unchecked in {rest}");
}

/// The weights of the operations on the three edges at a step, percent.
fn weights(run: &RunView, step: usize) -> Vec<Vec<f64>> {
    let step = &run.steps[step - 1];
    let row = |row: &Vec<f32>| {
        let powers = row.iter().map(|a| f64::from(a / step.temperature).exp());
        let powers: Vec<f64> = powers.collect();
        let sum: f64 = powers.iter().sum();
        powers.iter().map(|power| 100.0 * power / sum).collect()
    };
    step.alpha[0].iter().map(row).collect()
}

/// The operation with the largest weight on each edge.
fn strongest(run: &RunView, step: usize) -> Vec<Operation> {
    let operations = Space::NasBench201Small.operations();
    let largest = |row: &Vec<f64>| {
        let places = 0..row.len();
        operations[places.max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()]
    };
    weights(run, step).iter().map(largest).collect()
}

fn weight(run: &RunView, step: usize, edge: usize, operation: Operation) -> f64 {
    let operations = Space::NasBench201Small.operations();
    let place = operations.iter().position(|one| *one == operation).unwrap();
    weights(run, step)[edge][place]
}

/// The weight of the three that have no filters, on each edge.
fn without_filters(run: &RunView, step: usize) -> Vec<f64> {
    let of = |edge| {
        let free = [
            Operation::None,
            Operation::SkipConnect,
            Operation::AvgPool3x3,
        ];
        free.map(|one| weight(run, step, edge, one)).iter().sum()
    };
    (0..3).map(of).collect()
}

fn percent(value: f64) -> String {
    format!("{value:.0} %")
}

/// From the lowest to the highest of them, as `18 and 22 %`.
fn range(values: impl IntoIterator<Item = f64>, between: &str) -> String {
    let values: Vec<f64> = values.into_iter().collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    format!("{low:.0} {between} {high:.0} %")
}

fn accuracies() -> &'static [f64] {
    builtin_table().column(BUILTIN_METRIC).unwrap()
}

fn better(than: f64) -> usize {
    accuracies().iter().filter(|one| **one > than).count()
}

/// A cell in the table: its accuracy, its neighbors, and what one change costs.
fn cell(compact: &str) -> (Verdict, Flatness) {
    let cell = Genotype::from_compact(compact).unwrap();
    let table = builtin_table();
    (
        Verdict::of(table, BUILTIN_METRIC, &cell, &[]).unwrap(),
        Flatness::in_table(table, BUILTIN_METRIC, &cell).unwrap(),
    )
}

fn accuracy(compact: &str) -> String {
    format!("{:.2} %", cell(compact).0.accuracy)
}

/// The mean of its neighbors and the worst of them.
fn around(compact: &str) -> [String; 2] {
    let (verdict, _) = cell(compact);
    [verdict.mean, verdict.worst].map(|value| format!("{value:.2} %"))
}

#[test]
fn what_the_lesson_on_supernets_says_is_in_the_recording() {
    let run = Recording::demo().view("");
    let images = run.dataset.as_ref().unwrap().split;
    let space = Space::NasBench201Small;
    assert_eq!((space.edges().len(), space.operations().len()), (3, 5));
    let cells = format!("{} cells", accuracies().len());

    let first = range(weights(&run, 1).concat(), "and");
    let networks = format!("{} networks", accuracies().len());
    says("supernet", 0, &[cells.clone(), networks, first]);
    assert_eq!(images[..2], [1050, 1050]);
    says("supernet", 1, &["1,050 images", "1,050 others", "step 45"]);

    use Operation::{AvgPool3x3, Conv3x3};
    let none = Operation::None;
    assert_eq!(strongest(&run, 45), [AvgPool3x3, AvgPool3x3, none]);
    assert_eq!(strongest(&run, 46), [AvgPool3x3, none, AvgPool3x3]);
    let facts = [
        format!("step 45 of {}", run.steps.len()),
        format!(
            "{:.0} and {}",
            weight(&run, 45, 0, AvgPool3x3),
            percent(weight(&run, 45, 1, AvgPool3x3))
        ),
        percent(weight(&run, 45, 2, none)),
        percent(weight(&run, 46, 1, none)),
        percent(weight(&run, 46, 2, AvgPool3x3)),
    ];
    says("supernet", 2, &facts);

    assert_eq!(strongest(&run, 96), [AvgPool3x3, AvgPool3x3, Conv3x3]);
    assert_eq!(run.steps.len(), 96);
    assert_eq!(run.genotype().unwrap().to_compact(), "s443");
    let kept = weight(&run, 96, 2, Conv3x3);
    says("supernet", 3, &[percent(kept), percent(100.0 - kept)]);
    assert_eq!(better(cell("s111").0.accuracy), 0);
    says("supernet", 4, &[cells, accuracy("s443"), accuracy("s111")]);

    let ten = &lesson("supernet").cards[5].task.as_ref().unwrap().until;
    assert!(matches!(ten, Some(Until::Steps(10))));
    says::<&str>("supernet", 5, &[]);
    says::<&str>("supernet", 6, &[]);
    assert_eq!(lesson("supernet").cards.len(), 7);
}

#[test]
fn what_the_lesson_on_skip_connections_says_is_in_the_recording_and_in_the_manual() {
    let run = Recording::rival().view("");
    let page = include_str!("../../../src/manual/experiments/collapse.md");
    assert!(page.starts_with("# E3.") && page.contains("| 10 | **9** |"));
    let collapsed = "ended in the cell of six skip connections (54.30 %)";
    assert!(page.contains("The nine that collapsed") && page.contains(collapsed));
    let said = words(&lesson("skip").cards[0]);
    for (row, words) in [
        ("| 5 | 3 |", "three of five"),
        ("| 10 | 3 |", "three of ten"),
    ] {
        assert!(page.contains(row) && said.contains(words), "{words}");
    }
    assert!(page.contains("| at most 60 % |") && page.contains("the other at 70.92 %"));
    says("skip", 0, &["54.30 %", "70.92 %", "60 %"]);

    let equal = percent(100.0 * 3.0 / 5.0);
    says("skip", 1, &[range(without_filters(&run, 1), "to"), equal]);

    assert_eq!((run.steps[15].epoch, run.steps[16].epoch), (1, 2));
    let mut facts = vec![format!("Step 16 of {}", run.steps.len())];
    facts.extend(without_filters(&run, 16).into_iter().map(percent));
    says("skip", 2, &facts);

    use Operation::{AvgPool3x3, Conv3x3};
    assert_eq!(run.steps.len(), 96);
    // Two of three without filters, and none of them a skip connection.
    assert_eq!(strongest(&run, 96), [AvgPool3x3, Operation::None, Conv3x3]);
    let led: Vec<Operation> = (1..=96).map(|step| strongest(&run, step)[2]).collect();
    let (before, since_67) = led.split_at(66);
    assert_eq!(since_67, [Conv3x3; 30]);
    assert_ne!(before[65], Conv3x3);
    let pooling = before.iter().filter(|one| **one == AvgPool3x3);
    assert!(pooling.count() > 33);
    let facts = [
        percent(weight(&run, 96, 0, AvgPool3x3)),
        percent(weight(&run, 96, 0, Conv3x3)),
        percent(weight(&run, 96, 1, Operation::None)),
        percent(weight(&run, 96, 2, Conv3x3)),
        "step 67".into(),
    ];
    says("skip", 3, &facts);

    assert_eq!(run.genotype().unwrap().to_compact(), "s403");
    let own = cell("s403").0.accuracy;
    let worse: Vec<f64> = accuracies()
        .iter()
        .copied()
        .filter(|one| *one < own)
        .collect();
    assert_eq!(worse, [10.0; 9]);
    let cells = format!("{} cells", accuracies().len());
    says("skip", 4, &[accuracy("s403"), cells, "10.00 %".into()]);

    let (_, flatness) = cell("s403");
    assert_eq!(flatness.neighbors.best, cell("s413").0.accuracy);
    let gain = cell("s413").0.accuracy - own;
    says("skip", 5, &[accuracy("s413"), format!("{gain:.2} points")]);

    assert_eq!(better(cell("s111").0.accuracy), 0);
    let best = format!("best of {}", accuracies().len());
    says("skip", 6, &[accuracy("s111"), "54.30 %".into(), best]);
    assert_eq!(lesson("skip").cards.len(), 7);
}

#[test]
fn what_the_lesson_on_flat_cells_says_is_in_the_table() {
    let count = accuracies().len();
    let cells = format!("{count} cells");
    let (one, of_one) = cell("s010");
    let (three, of_three) = cell("s111");
    let neighbors = of_one.neighbors.count;
    says(
        "flat",
        0,
        &[cells.clone(), format!("{neighbors} neighbors")],
    );

    assert_eq!(better(one.accuracy), 2);
    says("flat", 1, &[accuracy("s010"), cells]);

    let run = Recording::demo().view("");
    assert_eq!(run.dataset.as_ref().unwrap().classes, 10);
    let fall = one.accuracy - cell("s000").0.accuracy;
    says("flat", 2, &[accuracy("s000"), format!("{fall:.2} points")]);

    let from = Genotype::from_compact("s010").unwrap();
    let equal = [
        "s110", "s210", "s310", "s410", "s011", "s012", "s013", "s014",
    ];
    for other in equal {
        assert_eq!(cell(other).0.accuracy, one.accuracy, "{other} of {from:?}");
    }
    let free = format!("{} of its {neighbors} changes", equal.len());
    let [mean, worst] = around("s010");
    let share = of_one.share.unwrap();
    assert!(of_one.cost > 2.0 * share && of_one.lead.unwrap() > 0.0);
    let costs = [of_one.cost, share].map(|points| format!("{points:.2} points"));
    assert_eq!(of_one.words(), Some("sharp"));
    let facts = [mean.clone(), worst.clone(), free.clone()];
    says("flat", 3, &[&facts[..], &costs].concat());

    assert_eq!(of_three.words(), Some("flat"));
    let [mean_of_three, worst_of_three] = around("s111");
    let apart = three.mean - one.mean;
    let facts = [
        accuracy("s111"),
        mean_of_three,
        worst_of_three,
        free,
        mean,
        worst,
        format!("{apart:.2} points more"),
        format!("{:.2} points apart", three.accuracy - one.accuracy),
        format!("{apart:.2} on average"),
    ];
    says("flat", 4, &facts);

    let mut facts = Vec::new();
    for (recording, word) in [(Recording::demo(), "flat"), (Recording::rival(), "sharp")] {
        let found = recording.view("").genotype().unwrap().to_compact();
        assert_eq!(cell(&found).1.words(), Some(word));
        facts.push(accuracy(&found));
        facts.extend(around(&found));
    }
    let (_, of_darts) = cell(&Recording::rival().view("").genotype().unwrap().to_compact());
    assert!(of_darts.counts().unwrap().starts_with("by the mean only: "));
    assert!(2 * (of_darts.rank - 1) > of_darts.neighbors.count);
    facts.push("by the mean only".into());
    says("flat", 5, &facts);

    let better = better(cell("s443").0.accuracy);
    let facts = [
        format!("{better} cells"),
        format!("{better} of {count}"),
        accuracy("s443"),
        accuracy("s111"),
    ];
    says("flat", 6, &facts);
    assert_eq!(lesson("flat").cards.len(), 7);
    for place in 0..6 {
        says::<&str>("tour", place, &[]);
    }
}
