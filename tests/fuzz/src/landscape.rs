#[path = "../../../src/landscape/classes.rs"]
mod classes;
#[path = "../../../src/landscape/evaluator.rs"]
mod evaluator;
#[path = "../../../src/landscape/index.rs"]
mod index;
#[path = "../../../src/landscape/table.rs"]
mod table;
#[path = "../../../src/landscape/table_column.rs"]
mod table_column;
#[path = "../../../src/landscape/table_columns.rs"]
mod table_columns;
#[path = "../../../src/landscape/table_names.rs"]
mod table_names;
#[path = "../../../src/landscape/table_sheet.rs"]
mod table_sheet;
#[path = "../../../src/landscape/table_text.rs"]
mod table_text;

pub use evaluator::Score;
pub use table::{ReadTable, Table, TableError};
