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

/// An exact, complete landscape without a download: all 125 architectures of the 3-node NAS-Bench-201 space, each trained from
/// scratch on the digits. Columns, in percent: `ValidationAccuracy` on the 629 images of the architecture half and
/// `TestAccuracy` on the 539 of the test part, means over the seeds; then `ValidationAccuracySeed0`, `TestAccuracySeed0` and so on of
/// each seed. Made by
///
/// ```text
/// plateau tabulate --out src/landscape/builtin.csv
/// ```
pub fn builtin_table() -> &'static Table {
    &TABLE
}
