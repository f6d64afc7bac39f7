//! The table that is part of the program.

use std::sync::LazyLock;

use super::table::Table;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "a constant of the program, which a test parses"
    )]
    Table::parse(include_str!("builtin.csv")).expect("the built-in table is complete")
});

/// The column of the built-in table that is taken where none is named. Its 1,500 images tell the better cells apart, which the 750 of
/// `ValidationAccuracy` do not: Spearman's correlation of two halves of the seeds over the best quarter of the cells is 0.80 (0.72 on
/// average over all halves), and 0.02 there.
pub const BUILTIN_METRIC: &str = "TestAccuracy";

/// A complete landscape without a download: all 125 architectures of the 3-node NAS-Bench-201 space on Fashion-MNIST at 14×14, each of their
/// 60 functions trained from scratch on 750 images with twelve seeds. Columns, in percent: `ValidationAccuracy` on the 750 images of the
/// architecture half and `TestAccuracy` on the 1,500 of the test part, means over the seeds with their standard errors; and
/// `ValidationAccuracySeed0`, `TestAccuracySeed0` and so on of each seed. Made by
///
/// ```text
/// plateau tabulate --out src/landscape/builtin.csv --dataset 'fashion#size=14' --test-share 0.5 --layers 3 --epochs 20 --seeds 12
/// ```
///
/// which trained 720 networks in 1,603 s on two cores that other work was using, too.
pub fn builtin_table() -> &'static Table {
    &TABLE
}
