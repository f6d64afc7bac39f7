#[path = "../../../src/landscape/classes.rs"]
mod classes;
#[path = "../../../src/landscape/evaluator.rs"]
mod evaluator;
#[path = "../../../src/landscape/index.rs"]
mod index;
#[path = "../../../src/landscape/table.rs"]
mod table;
#[path = "../../../src/landscape/table_text.rs"]
mod table_text;

pub use evaluator::Score;
pub use table::{Table, TableError};
