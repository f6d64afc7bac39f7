//! Search spaces as plain data: no tensors, no input or output.

mod aggregation;
mod allowed;
mod ball;
mod candidates;
mod cell;
mod compact;
mod count;
mod derive;
mod document;
mod draw;
mod encoding;
mod find;
mod genotype;
mod likeliest;
mod literal;
mod neighborhood;
mod network;
mod operation;
mod path;
mod preset;
mod python;
mod reading;
mod syntax;
mod text;
mod wiring;

pub use aggregation::{Aggregation, AggregationError};
pub use allowed::{Allowed, NO_CANDIDATE};
pub use ball::{
    NeighborhoodError, enumerate_ball, sample_ball, sample_ball_of, smoothing_eigenvalue,
};
pub use candidates::{Candidates, CandidatesError};
pub use cell::{CellKind, Edge, Space, UnknownSpace};
pub use count::{
    Count, StageCount, count_genotype, count_stages, count_supernet, count_supernet_among,
};
pub use derive::{DeriveError, derive, derive_independent};
pub use encoding::without_mark;
pub use genotype::{Genotype, GenotypeError, LONGEST_TEXT};
pub use likeliest::likeliest;
pub use neighborhood::{
    Change, Counting, Neighbor, Substitution, distance, hamming, neighbors, neighbors_among,
    sample_neighbors, sample_neighbors_among, shell_size, shell_size_among, substitutions,
};
pub use network::{CellSpec, Macro, MacroError, Stage, genotype_stages, macro_stages};
pub use operation::{Operation, UnknownOperation};
pub use path::{MOST_LISTED_EDGES, PathError, differing_edges, sample_paths, shortest_paths};
pub use preset::PRESETS;
pub use reading::Reading;
pub use wiring::{Cell, Input};
