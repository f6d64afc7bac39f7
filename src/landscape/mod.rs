//! How good and how flat: evaluators of genotypes and reports on the landscape around them (`method.md` §1, §1.2, §5, §6, §10).
//!
//! Accuracies are in percent throughout, as benchmark tables have them; losses are minimised. Only the supernet evaluator touches a tensor.

mod barrier;
mod bootstrap;
mod builtin;
mod classes;
mod differences;
mod evaluator;
mod extension;
mod index;
mod kendall;
mod matched;
mod memo;
mod neighborhood;
mod noise_comparison;
mod ranks;
mod relaxed;
mod relaxed_report;
mod sampling;
mod sampling_additive;
mod sampling_arms;
mod sampling_choice;
mod sampling_local;
mod sampling_noise;
mod sampling_report;
mod sampling_screen;
mod settled;
mod smooth;
mod spectrum;
mod statistics;
#[cfg(feature = "engine")]
mod supernet;
mod table;
mod table_column;
mod table_columns;
mod table_file;
mod table_names;
mod table_sheet;
mod table_text;
mod transform;
mod values;
mod verdict;

pub use barrier::{BarrierReport, LevelReport, PathBarriers, barrier};
pub use bootstrap::bootstrap_interval;
pub use builtin::{BUILTIN_METRIC, builtin_table};
pub use classes::{Collapse, class_count, function_string, has_live_path};
pub use differences::{
    Difference, Paired, Spread, Varying, difference, holm, interquartile_mean, plus_minus, signed,
    student_t_95,
};
pub use evaluator::{Evaluator, EvaluatorError, LandscapeError, Score, TableEvaluator};
pub use extension::Extension;
pub use index::{architecture, architecture_count, architecture_index, shells};
pub use kendall::KendallTau;
pub use matched::{Fit, Matched, MatchedFlatness, isotonic};
pub use memo::Memo;
pub use neighborhood::{
    NeighborReport, NeighborhoodOptions, NeighborhoodReport, RadiusReport, UniqueReport,
    neighborhood,
};
pub use noise_comparison::{NoiseComparison, NoiseLevel, NoiseReport, compare_under_noise};
pub use ranks::spearman;
pub use relaxed::{Ascent, RelaxedObjective, ascend};
pub use relaxed_report::{AscentReport, FoundCell, RelaxOptions, RelaxReport, relax};
pub use sampling::{Budget, SamplingOptions, SamplingOutcome};
pub use sampling_additive::{AdditiveFit, additive_search, ridge};
pub use sampling_arms::Arm;
pub use sampling_choice::{SamplingChoice, sampling_choice};
pub use sampling_local::local_search;
pub use sampling_noise::{Noise, noise};
pub use sampling_report::{
    SamplingComparison, SamplingReport, compare_sampling, compare_sampling_on, sampling_report,
    sampling_report_on,
};
pub use sampling_screen::sampling_search;
pub use smooth::neighbor_means;
pub use spectrum::{OrderEnergy, Spectrum, spectrum, transformed_spectrum};
pub use statistics::{Statistics, wilson};
#[cfg(feature = "engine")]
pub use supernet::SupernetEvaluator;
pub use table::{Networks, ReadTable, Table, TableError};
pub use transform::Transform;
pub use values::{ValueSeries, Values, ValuesError};
pub use verdict::{Verdict, skips, with_neighbors};
