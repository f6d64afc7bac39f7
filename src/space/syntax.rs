//! What the readers of texts share: limits, and where a mistake is.

use super::genotype::GenotypeError;

/// What is wrong where a text goes on as if the genotype did.
pub(super) const AFTER: &str = "expected nothing more after the genotype";

/// The most bytes of a genotype's text.
pub(super) const LONGEST: usize = 64 * 1024;

/// Refuses texts beyond the limit.
pub(super) fn check_length(text: &str) -> Result<(), GenotypeError> {
    if text.len() > LONGEST {
        return Err(GenotypeError::TooLong(text.len()));
    }
    Ok(())
}

/// A mistake at a byte of the text.
pub(super) fn syntax(text: &str, offset: usize, message: &str) -> GenotypeError {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    GenotypeError::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.to_owned(),
    }
}
