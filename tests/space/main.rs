//! Search spaces as plain data: cells, genotypes and their texts, neighborhoods, paths. These tests need no tensors.

mod candidates;
mod cells;
mod circles;
mod genotype_text;
mod neighborhood;
mod pasted;
mod paths;
