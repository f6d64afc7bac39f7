//! Functionally equal NAS-Bench-201 cells (`method.md` §5).

use plateau::landscape::{Collapse, architecture, class_count, function_string, has_live_path};
use plateau::space::{Genotype, Space};

use super::cell;

#[test]
fn the_benchmark_has_its_published_numbers_of_unique_cells() {
    let count = |collapse| class_count(Space::NasBench201, collapse).unwrap();
    assert_eq!(count(Collapse::Skip), 12_751);
    assert_eq!(count(Collapse::SkipAndZero), 6466);
    assert_eq!(count(Collapse::ZeroTerms), 5390);
}

#[test]
fn all_but_341_cells_have_a_live_path() {
    let live = (0..15_625)
        .filter(|&index| has_live_path(&architecture(Space::NasBench201, index).unwrap()).unwrap())
        .count();
    assert_eq!(live, 15_284);
}

#[test]
fn a_dead_cell_is_zero_once_zero_terms_are_dropped() {
    let dead = cell("|skip_connect~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|");
    assert_eq!(has_live_path(&dead), Some(false));
    assert_eq!(function_string(&dead, Collapse::ZeroTerms).unwrap(), "#");
    for index in 0..15_625 {
        let genotype = architecture(Space::NasBench201, index).unwrap();
        let zero = function_string(&genotype, Collapse::ZeroTerms).unwrap() == "#";
        assert_eq!(zero, !has_live_path(&genotype).unwrap());
    }
}

#[test]
fn a_function_is_spelled_out() {
    let genotype =
        cell("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|");
    let text = |collapse| function_string(&genotype, collapse).unwrap();
    assert_eq!(
        text(Collapse::ZeroTerms),
        "((0)@nor_conv_3x3)@nor_conv_1x1+0"
    );
    assert_eq!(
        text(Collapse::SkipAndZero),
        "#+(#+(0)@nor_conv_3x3)@nor_conv_1x1+0"
    );
}

#[test]
fn cells_that_differ_by_relabelled_nodes_are_the_same_function() {
    let a = cell("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|avg_pool_3x3~2|");
    let b = cell("|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|skip_connect~2|");
    let function = |genotype, collapse| function_string(genotype, collapse).unwrap();
    assert_eq!(
        function(&a, Collapse::ZeroTerms),
        function(&b, Collapse::ZeroTerms)
    );
    assert_ne!(
        function(&a, Collapse::SkipAndZero),
        function(&b, Collapse::SkipAndZero)
    );
}

#[test]
fn darts_genotypes_have_no_classes() {
    let genotype = Genotype::preset("darts-v2").unwrap();
    assert_eq!(function_string(&genotype, Collapse::Skip), None);
    assert_eq!(has_live_path(&genotype), None);
    assert_eq!(class_count(Space::Darts, Collapse::Skip), None);
}
