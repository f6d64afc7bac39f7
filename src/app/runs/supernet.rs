//! Supernets that score architectures: whether a session has their weights, and the judge, which has a session of its own.

use super::link::Line;
use crate::data::EMBEDDED;
use crate::packed::unpacked;
use crate::record::RunView;
use crate::session::{Checkpoint, MAX_CHECKPOINT_BYTES, RunConfig, SCORE_BATCHES, judge_name};
use crate::space::Space;

/// Whether a session has the weights of a supernet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SupernetState {
    /// Nobody has asked for them.
    #[default]
    Unknown,
    /// They are looked for, or a session takes them up.
    Asked,
    /// A session scores with them.
    Ready {
        /// Architectures of this space.
        space: Space,
        /// On so many images.
        images: usize,
        /// The number of the weights: others are another answer.
        serial: u64,
    },
    /// They are not to be had, and why.
    Missing(String),
}

impl SupernetState {
    /// That of the search that a session makes now; `serial`: the number of its weights.
    pub fn of_live(run: &RunView, serial: u64) -> Self {
        let search = run.config.as_ref().and_then(|run| run.search.as_ref());
        let Some((search, dataset)) = search.zip(run.dataset.as_ref()) else {
            return Self::Unknown;
        };
        let [_, architecture, _] = dataset.split;
        Self::Ready {
            space: search.space,
            images: architecture.min(SCORE_BATCHES * search.batch),
            serial,
        }
    }
}

/// Which judge: of which images, for which space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeOf {
    /// The data set by the name that runs give it.
    pub dataset: String,
    /// The space.
    pub space: Space,
}

impl JudgeOf {
    /// Whether a run trains this judge.
    pub fn is_trained_by(&self, config: &RunConfig) -> bool {
        let space = config.search.as_ref().map(|search| search.space);
        config.dataset == self.dataset && space == Some(self.space)
    }
}

/// The name of the judge that comes with the program: of DARTS cells on the digits, trained as the window trains them, its weights rounded to
/// 7 bits of mantissa.
const SHIPPED: &str = "judge-digits-darts";

/// What a judge is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worth {
    /// Kendall's τ between its scores and the accuracies of networks trained from scratch.
    pub tau: f64,
    /// The 95 % interval of that, by bootstrap.
    pub interval: [f64; 2],
    /// Of so many cells drawn at random.
    pub cells: usize,
}

/// That of the judge that comes with the program; `src/manual/judge.md` says by which command, and a test that both say the same.
const SHIPPED_WORTH: Worth = Worth {
    tau: 0.11,
    interval: [-0.11, 0.33],
    cells: 40,
};

impl std::fmt::Display for Worth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [low, high] = self.interval;
        let text = format!("{:.2} [{low:.2}, {high:.2}]", self.tau);
        f.write_str(&text.replace('-', "−"))
    }
}

/// What a judge is worth, where that was measured.
pub fn worth(of: &JudgeOf) -> Option<Worth> {
    shipped_name(of).map(|_| SHIPPED_WORTH)
}

/// The file of a judge that comes with the program, without its ending.
pub fn shipped_name(of: &JudgeOf) -> Option<&'static str> {
    // The name alone could be that of images of one's own.
    let fits = of.dataset == EMBEDDED[0] && judge_name(&of.dataset, of.space) == SHIPPED;
    fits.then_some(SHIPPED)
}

/// A judge that comes with the program, from its packed file.
///
/// # Errors
/// What is wrong with the file.
pub fn shipped(packed: &[u8]) -> Result<Box<Checkpoint>, String> {
    let damaged = |_| "the judge that comes with the program is damaged".to_owned();
    let bytes = unpacked(packed, MAX_CHECKPOINT_BYTES).map_err(damaged)?;
    let judge = Checkpoint::from_bytes(&bytes).map_err(|error| error.to_string())?;
    Ok(Box::new(judge))
}

/// The judge that scores cells by hand, in a session of its own: a supernet that was trained on single paths.
#[derive(Default)]
pub struct Judge {
    /// Its session, once there is one.
    pub line: Line,
    /// Which one it is; none before a cell has asked.
    pub of: Option<JudgeOf>,
    /// Whether it can score.
    pub state: SupernetState,
    /// How often its session was asked to take up weights and has not answered.
    pub opening: u32,
    /// The run that trains it here.
    pub training: RunView,
    /// Whether that shall go on from a checkpoint and has made no step since.
    pub resumed: bool,
    /// What training it would take, where it is not to be had and that is known.
    pub cost: Option<String>,
}

impl Judge {
    /// Whether its session trains it now, or is about to.
    pub fn is_training(&self) -> bool {
        self.line.state().is_taken()
    }
}
