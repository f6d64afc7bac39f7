//! Picks the memory plan of a search before anything is allocated.

use std::path::Path;

use super::config::{KernelChoice, MemoryChoice, RunConfig, SearchConfig};
use super::error::{MemoryError, RunError};
use super::info::DeviceInfo;
use super::machine::{MachineMemory, machine_memory};
use super::monitor::sharpness_interval;
use crate::forecast::{Forecast, Memory, least_training_bytes};
use crate::search::{SearchError, Select, Strategy};
use crate::space::{Macro, count_genotype, count_supernet};

/// What a search will do with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Fused kernels and what they keep, or stock operations.
    pub fused: Option<Memory>,
    /// Architectures in one pass.
    pub lanes_a_pass: usize,
    /// Forecast peak, bytes.
    pub bytes: u64,
}

/// A megabyte.
const MB: u64 = 1_000_000;
/// Allowed where the machine does not say how much it has.
const UNKNOWN_MACHINE: u64 = 4_000 * MB;

/// The limit that was set, or half of the memory that this process may use; a GPU allows at most four of its largest buffers, since no
/// interface says how much memory it has.
fn limit(config: &SearchConfig, device: &DeviceInfo) -> u64 {
    if config.memory_limit > 0 {
        return config.memory_limit * MB;
    }
    let machine = here().map_or(UNKNOWN_MACHINE, |memory| memory.bytes / 2);
    match device.max_binding {
        0 => machine,
        binding => machine.min(4 * binding),
    }
}

/// Bytes of the largest tensor that a device takes.
fn largest_tensor(device: &DeviceInfo) -> u64 {
    match device.max_binding {
        0 => u64::MAX,
        binding => binding,
    }
}

/// Genotypes that ride in one pass when the supernet scores them; more than this many would keep a person waiting.
const SCORED_TOGETHER: usize = 16;

/// Whether a search on paths also goes through mixtures of operations: where sharpness is measured, what a neighbor keeps of its operation,
/// and where the supernet is asked for the operation that it misses.
fn mixes_operations(config: &SearchConfig) -> bool {
    sharpness_interval(config, 1).is_some()
        || config.mixes_in_neighbors()
        || config.select == Select::Perturbation
}

/// The memory that this process may use, where the system says.
fn here() -> Option<MachineMemory> {
    machine_memory(Path::new("/"))
}

impl MemoryPlan {
    /// Keeps branches where that fits with all lanes in one pass, computes them again where it does not, and goes through the
    /// lanes in chunks where even that is too much.
    pub fn choose(
        config: &SearchConfig,
        kernels: KernelChoice,
        memory: MemoryChoice,
        size: &Macro,
        device: &DeviceInfo,
    ) -> Result<Self, RunError> {
        let lanes = 1 + if config.strategy.neighborhood_aware() && config.radius > 0 {
            config.neighbors
        } else {
            0
        };
        let fair = config.allowed().map_err(SearchError::from)?.most_choices();
        match config.strategy {
            Strategy::Rsps => return Self::single_paths(config, fair, kernels, size, device),
            strategy if strategy.by_paths() && !mixes_operations(config) => {
                return Self::single_paths(config, lanes, kernels, size, device);
            }
            _ => {}
        }
        let limit = limit(config, device);
        let binding = largest_tensor(device);
        let choices: &[Option<Memory>] = match (kernels, memory) {
            (KernelChoice::Stock, _) => &[None],
            (KernelChoice::Fused, MemoryChoice::Keep) => &[Some(Memory::Keep)],
            (KernelChoice::Fused, MemoryChoice::Recompute) => &[Some(Memory::Recompute)],
            (KernelChoice::Fused, MemoryChoice::Auto) => {
                &[Some(Memory::Keep), Some(Memory::Recompute)]
            }
        };
        let parameters = count_supernet(config.space, size)?.parameters;
        let allowed = config.allowed().map_err(SearchError::from)?;
        let mut best: Option<Self> = None;
        let mut needed = 0;
        let mut too_wide = false;
        for &fused in choices {
            let gpu = device.max_binding > 0;
            let batch = config.largest_batch();
            let forecast = Forecast::among(&allowed, size, batch, parameters, fused, gpu)?;
            needed = forecast.bytes(1);
            too_wide = forecast.largest_tensor_a_lane > binding;
            let Some(lanes_a_pass) = forecast.lanes_within(lanes, limit, binding) else {
                continue;
            };
            // Recomputing pays only where it lets more lanes ride together.
            if best.is_none_or(|best| lanes_a_pass > best.lanes_a_pass) {
                best = Some(Self {
                    fused,
                    lanes_a_pass,
                    bytes: forecast.bytes(lanes_a_pass),
                });
            }
        }
        Ok(best.ok_or_else(|| MemoryError::Search {
            needed_mb: needed.div_ceil(MB),
            limit_mb: limit / MB,
            binding: if too_wide {
                " and a tensor exceeds the largest buffer of this GPU"
            } else {
                ""
            },
            batch: if config.alpha_images() > config.batch {
                "--alpha-batch"
            } else {
                "--batch"
            },
        })?)
    }

    /// The plan of training single paths: as many side by side as fit, `most` of them.
    fn single_paths(
        config: &SearchConfig,
        most: usize,
        kernels: KernelChoice,
        size: &Macro,
        device: &DeviceInfo,
    ) -> Result<Self, RunError> {
        let fused = (kernels == KernelChoice::Fused).then_some(Memory::Keep);
        let parameters = count_supernet(config.space, size)?.parameters;
        let gpu = device.max_binding > 0;
        let forecast = Forecast::single_paths(
            config.space,
            size,
            config.largest_batch(),
            parameters,
            fused.is_some(),
            gpu,
        )?;
        let limit = limit(config, device);
        let binding = largest_tensor(device);
        let lanes_a_pass =
            forecast
                .lanes_within(most, limit, binding)
                .ok_or_else(|| MemoryError::Search {
                    needed_mb: forecast.bytes(1).div_ceil(MB),
                    limit_mb: limit / MB,
                    binding: "",
                    batch: "--batch",
                })?;
        Ok(Self {
            fused,
            lanes_a_pass,
            bytes: forecast.bytes(lanes_a_pass),
        })
    }

    /// Genotypes that are scored in one pass on batches of so many images: as many as the forecast of a search step allows, which needs
    /// more than a score does.
    pub fn score_lanes(
        config: &SearchConfig,
        batch: usize,
        fused: Option<Memory>,
        size: &Macro,
        device: &DeviceInfo,
    ) -> Result<usize, RunError> {
        let parameters = count_supernet(config.space, size)?.parameters;
        let fused = fused.map(|_| Memory::Recompute);
        let gpu = device.max_binding > 0;
        let forecast = Forecast::new(config.space, size, batch, parameters, fused, gpu)?;
        let binding = largest_tensor(device);
        let lanes = forecast.lanes_within(SCORED_TOGETHER, limit(config, device), binding);
        Ok(lanes.unwrap_or(1))
    }

    /// Refuses training that cannot fit, of `images` images: before a search begins that it would follow. What it will really need is
    /// more, and depends on the genotype.
    ///
    /// # Errors
    /// [`MemoryError::Training`]; a network that cannot be built.
    pub fn check_training(
        run: &RunConfig,
        size: &Macro,
        images: usize,
        device: &DeviceInfo,
    ) -> Result<(), RunError> {
        let (space, parameters) = match (&run.genotype, &run.search) {
            (Some(genotype), _) => (genotype.space(), count_genotype(genotype, size)?.parameters),
            (None, Some(search)) => (search.space, 0),
            (None, None) => return Ok(()),
        };
        let batch = run.train.batch.min(images);
        let (needed, largest) = least_training_bytes(space, size, batch, parameters)?;
        let has = match (device.max_binding, here()) {
            (0, Some(memory)) if needed > memory.bytes => {
                let who = match memory.limited {
                    true => "the limit of this container or job is",
                    false => "this machine has",
                };
                format!("{who} {} MB", memory.bytes / MB)
            }
            (binding, _) if binding > 0 && largest > binding => format!(
                "one of its tensors {} MB, more than the largest buffer of this GPU",
                largest.div_ceil(MB)
            ),
            _ => return Ok(()),
        };
        Err(MemoryError::Training {
            needed_mb: needed.div_ceil(MB),
            has,
        }
        .into())
    }

    /// For people: `keep`, `recompute` or `stock`.
    pub fn name(&self) -> &'static str {
        match self.fused {
            Some(Memory::Keep) => "keep",
            Some(Memory::Recompute) => "recompute",
            None => "stock",
        }
    }
}
