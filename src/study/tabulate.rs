//! Trains every architecture of a small space from scratch: what `plateau tabulate` does.
//!
//! Every network has weights of its own, which lanes do not have, so the networks are trained one a thread: each thread works alone
//! in a pool of one, and the numbers are the same however many threads there are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::landscape::{
    Collapse, Statistics, Table, TableError, architecture, architecture_count, function_string,
};
use crate::session::{RunError, ScratchEvaluator, TrainConfig, Trained};
use crate::space::Space;

/// The budget of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TabulateConfig {
    /// A space with complete tables.
    pub space: Space,
    /// A built-in data set.
    pub dataset: String,
    /// Share of the images that neither trains a network nor is in its validation accuracy.
    pub test_share: f64,
    /// Of every network.
    pub train: TrainConfig,
    /// The first seed; it also splits the images, once for the whole table.
    pub seed: u64,
    /// How often every architecture is trained, with the seeds `seed`, `seed + 1`, …: 1 to 31.
    pub seeds: usize,
    /// Networks trained at the same time.
    pub threads: usize,
}

/// A trained network of a table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TabulatedNetwork {
    /// Its place among all.
    pub network: usize,
    /// What it came to.
    pub trained: Trained,
}

/// Most repetitions: two columns each, and the two means, fit into a table.
const MOST_SEEDS: usize = 31;

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum TabulateError {
    /// A space with too many architectures.
    #[error("{0} has too many architectures to train them all: use nas-bench-201-small")]
    Space(Space),
    /// A number of seeds or threads out of range.
    #[error("{what} must be between 1 and {most}")]
    Range {
        /// Which number.
        what: &'static str,
        /// The largest.
        most: usize,
    },
    /// Training failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The table is not one.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No threads, or one that died.
    #[error("the training threads failed: {0}")]
    Threads(String),
}

/// Trains every function of the space on the weights half with every seed, on the CPU. The columns are accuracies in percent, rounded to four
/// digits: `ValidationAccuracy` on the architecture half and `TestAccuracy` on the test part, both means over the seeds with their
/// standard errors over the seeds, and `ValidationAccuracySeed0`, `TestAccuracySeed0` and so on of every seed. Architectures that compute the same
/// function, as NAS-Bench-201 counts them ([`function_string`]; up to the constants of batch norms behind a zero), share the networks of
/// the first of them. Those that are `known`, from
/// the same settings, are not trained again. `progress` hears how many of all networks are trained, and of each that is now.
///
/// # Errors
/// A space without complete tables, numbers out of range, settings out of range, training that diverges.
pub fn tabulate(
    config: &TabulateConfig,
    known: &[TabulatedNetwork],
    progress: &mut dyn FnMut(usize, usize, Option<TabulatedNetwork>),
) -> Result<Table, TabulateError> {
    let architectures =
        architecture_count(config.space).ok_or(TabulateError::Space(config.space))?;
    in_range("--seeds", config.seeds, MOST_SEEDS)?;
    in_range("--threads", config.threads, 1024)?;
    let evaluator = ScratchEvaluator::new(
        config.space,
        &config.dataset,
        config.test_share,
        &config.train,
        config.seed,
        &burn::tensor::Device::flex(),
    )?;
    let (firsts, functions) = functions(config.space, architectures);
    let total = firsts.len() * config.seeds;
    let mut trained = of_known(known, total);
    let jobs: Vec<usize> = (0..total).filter(|job| trained[*job].is_none()).collect();
    let mut done = total - jobs.len();
    progress(done, total, None);

    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let (results, arrived) = mpsc::channel();
    let work = || -> Result<(), TabulateError> {
        let results = results.clone();
        // A pool of one keeps Burn's operations from waiting for the other networks' threads.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.map_err(|error| TabulateError::Threads(error.to_string()))?;
        while !failed.load(Ordering::Relaxed) {
            let Some(&job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let first = firsts.get(job / config.seeds);
            let Some(genotype) = first.and_then(|&index| architecture(config.space, index)) else {
                break;
            };
            let seed = config.seed.wrapping_add((job % config.seeds) as u64);
            let trained = pool.install(|| pollster::block_on(evaluator.train(&genotype, seed)));
            failed.fetch_or(trained.is_err(), Ordering::Relaxed);
            // The receiver lives until all threads have ended.
            let _received = results.send((job, trained?));
        }
        Ok(())
    };
    let mut take = |(job, result)| {
        trained[job] = Some(result);
        done += 1;
        let now = TabulatedNetwork {
            network: job,
            trained: result,
        };
        progress(done, total, Some(now));
    };
    thread::scope(|scope| -> Result<(), TabulateError> {
        let threads: Vec<_> = (0..config.threads).map(|_| scope.spawn(work)).collect();
        let mut awaited = jobs.len();
        while awaited > 0 && threads.iter().any(|thread| !thread.is_finished()) {
            let patience = std::time::Duration::from_millis(200);
            if let Ok(one) = arrived.recv_timeout(patience) {
                take(one);
                awaited -= 1;
            }
        }
        for thread in threads {
            thread
                .join()
                .map_err(|_| TabulateError::Threads("one of them panicked".into()))??;
        }
        Ok(())
    })?;
    arrived.try_iter().for_each(&mut take);
    let trained: Vec<Trained> = trained.into_iter().flatten().collect();
    if trained.len() != total {
        return Err(TabulateError::Threads("some networks are missing".into()));
    }
    let seeds = config.seeds;
    let of_each = functions
        .iter()
        .flat_map(|&function| trained[function * seeds..][..seeds].iter().copied());
    Ok(table(config, &of_each.collect::<Vec<_>>())?)
}

/// The first architecture of every function, and of each architecture the place of its function among them.
fn functions(space: Space, architectures: usize) -> (Vec<usize>, Vec<usize>) {
    let mut firsts: Vec<usize> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let functions = (0..architectures)
        .map(|index| {
            let genotype = architecture(space, index);
            let function = genotype.and_then(|one| function_string(&one, Collapse::SkipAndZero));
            *places
                .entry(function.unwrap_or_else(|| index.to_string()))
                .or_insert_with(|| {
                    firsts.push(index);
                    firsts.len() - 1
                })
        })
        .collect();
    (firsts, functions)
}

/// Of every network what is known of it.
fn of_known(known: &[TabulatedNetwork], total: usize) -> Vec<Option<Trained>> {
    let mut all = vec![None; total];
    for TabulatedNetwork { network, trained } in known {
        let mut shares = [trained.validation.share, trained.test.share].into_iter();
        if let Some(place) = all.get_mut(*network)
            && shares.all(|share| (0.0..=1.0).contains(&share))
        {
            *place = Some(*trained);
        }
    }
    all
}

fn in_range(what: &'static str, value: usize, most: usize) -> Result<(), TabulateError> {
    if (1..=most).contains(&value) {
        Ok(())
    } else {
        Err(TabulateError::Range { what, most })
    }
}

/// The columns of networks `[architecture][seed]`.
fn table(config: &TabulateConfig, trained: &[Trained]) -> Result<Table, TableError> {
    let percent: [fn(&Trained) -> f64; 2] = [
        |trained| 100.0 * trained.validation.share,
        |trained| 100.0 * trained.test.share,
    ];
    let rounded = |value: f64| (1e4 * value).round() / 1e4;
    let mut metrics = Vec::new();
    let mut values = Vec::new();
    let mut errors = Vec::new();
    for (name, percent) in ["ValidationAccuracy", "TestAccuracy"].iter().zip(percent) {
        metrics.push((*name).to_owned());
        let seeds = trained.chunks_exact(config.seeds);
        let (mut means, mut own_errors) = (Vec::new(), Vec::new());
        for seeds in seeds {
            let accuracies: Vec<f64> = seeds.iter().map(percent).collect();
            let Some(Statistics { mean, std, .. }) = Statistics::of(&accuracies) else {
                continue;
            };
            means.push(rounded(mean));
            // Of one seed, or of equal ones, nothing is known about others.
            let error = rounded(std / (accuracies.len() as f64 - 1.0).sqrt());
            own_errors.push((error > 0.0 && error.is_finite()).then_some(error));
        }
        values.push(means);
        errors.push(own_errors);
    }
    for seed in 0..config.seeds {
        for (name, percent) in ["ValidationAccuracy", "TestAccuracy"].iter().zip(percent) {
            metrics.push(format!(
                "{name}Seed{}",
                config.seed.wrapping_add(seed as u64)
            ));
            let own = trained.chunks_exact(config.seeds).map(|seeds| &seeds[seed]);
            values.push(own.map(|trained| rounded(percent(trained))).collect());
        }
    }
    Ok(Table::new(config.space, metrics, values)?.with_standard_errors(errors))
}
