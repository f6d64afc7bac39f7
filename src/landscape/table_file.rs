//! Tables of accuracies as files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::table::{MOST_BYTES, ReadTable, Table, TableError};
use super::table_text;
use crate::packed::{PackedError, unpacked};
use crate::space::without_mark;

impl Table {
    /// Reads a file without asking for a metric, and forgets the notes. See [`ReadTable::read`].
    ///
    /// # Errors
    /// As [`ReadTable::read`].
    pub fn read(path: &Path) -> Result<Self, TableError> {
        ReadTable::read(path, &[]).map(|read| read.table)
    }

    /// Reads the content of a file without asking for a metric, and forgets the notes. See [`ReadTable::from_bytes`].
    ///
    /// # Errors
    /// As [`ReadTable::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TableError> {
        ReadTable::from_bytes(bytes, &[]).map(|read| read.table)
    }

    /// Reads a text without asking for a metric, and forgets the notes. See [`ReadTable::from_bytes`].
    ///
    /// # Errors
    /// As [`ReadTable::from_bytes`].
    pub fn parse(text: &str) -> Result<Self, TableError> {
        table_text::parse(text, &[]).map(|read| read.table)
    }

    /// The CSV layout, rows in the order of [`architecture_index`](super::architecture_index). [`Table::parse`] gives the same table again, bit for bit.
    pub fn to_csv(&self) -> String {
        table_text::to_csv(self)
    }
}

impl ReadTable {
    /// Reads a file, plain or gzip (told apart by its first bytes), of at most 32 MiB packed and unpacked. See
    /// [`ReadTable::from_bytes`].
    ///
    /// # Errors
    /// A file that cannot be read, is too large or damaged; those of [`ReadTable::from_bytes`].
    pub fn read(path: &Path, wanted: &[&str]) -> Result<Self, TableError> {
        let bytes = File::open(path)
            .and_then(|file| {
                let mut bytes = Vec::new();
                file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
                Ok(bytes)
            })
            .map_err(|error| TableError::Read {
                path: path.display().to_string(),
                reason: error.to_string(),
            })?;
        Self::from_bytes(&bytes, wanted)
    }

    /// Reads the content of a file, in either layout. One of them has lines `[o1, …, o6],accuracy` with the indices of
    /// [`Space::operations`](crate::space::Space::operations) on [`Space::edges`](crate::space::Space::edges), all of NAS-Bench-201; its metric is named `CIFAR10TestAccuracy200Epochs`, which it
    /// holds. The other has a header and a row an architecture, parted by commas, semicolons or tabs: one column has cells of either
    /// space, `UniqueString` is ignored, and every other column that is one of accuracies by its name and its values is a metric.
    /// Runs of one metric become their mean. Rows come in any order; empty lines are ignored. The manual's page *Benchmark tables*
    /// has everything that is understood.
    ///
    /// A column of `wanted` is read whatever its name says, and refused where it cannot be.
    ///
    /// # Errors
    /// Unknown operations, repeated or missing architectures, wanted columns that are no accuracies, with the line; no metric at all.
    pub fn from_bytes(bytes: &[u8], wanted: &[&str]) -> Result<Self, TableError> {
        let text = unpacked(bytes, MOST_BYTES).map_err(|error| match error {
            PackedError::Gzip(error) => TableError::Gzip(error),
            PackedError::TooLarge => TableError::TooLarge,
        })?;
        let text = without_mark(&text);
        if let Ok(text) = std::str::from_utf8(&text) {
            return table_text::parse(text, wanted);
        }
        let control = |byte: &u8| byte.is_ascii_control() && !b"\t\r\n".contains(byte);
        if text.iter().any(control) {
            return Err(TableError::NotText);
        }
        // Spreadsheets of Western Europe: only names of columns and blanks can have such bytes.
        let latin: String = text.iter().map(|&byte| char::from(byte)).collect();
        let mut read = table_text::parse(&latin, wanted)?;
        let note = "the file is not UTF-8; names of its columns are read as Latin-1";
        read.notes.insert(0, note.to_owned());
        Ok(read)
    }
}
