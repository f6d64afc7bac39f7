//! What the edited architecture and its neighbors score, and by whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::edits::{Place, operations};
use super::flatness::{ErrorOf, Flatness, Known, share_of_one_change};
use crate::app::context::{Action, Context, table_of};
use crate::app::runs::link::SessionState;
use crate::app::runs::supernet::{JudgeOf, SupernetState};
use crate::data::short_name;
use crate::landscape::{Score, Table};
use crate::session::{ASKER, Command};
use crate::space::{Allowed, Change, Counting, Genotype, Operation, Space, neighbors_among};

pub use super::scored_by::{ScoredBy, judge_for, trust};

/// How many random architectures a supernet scores to know what is usual.
const REFERENCES: usize = 24;

/// A neighbor and its score, once it is known.
#[derive(Clone, Debug)]
pub struct ScoredNeighbor {
    /// The architecture.
    pub genotype: Genotype,
    /// The edge that differs.
    pub place: Place,
    /// How.
    pub change: Change,
    /// What it scores.
    pub score: Option<Score>,
    /// How far that accuracy is known, where a table has the mean of several runs.
    pub known: Option<Known>,
}

impl ScoredNeighbor {
    /// Whether it only has another operation.
    pub fn is_operation(&self) -> bool {
        self.change.before.from == self.change.after.from
    }
}

/// Everything that decides what the scores are.
#[derive(Clone, PartialEq)]
struct Question {
    genotype: Genotype,
    /// The candidates of the run that is shown.
    allowed: Allowed,
    by: ScoredBy,
    rewirings: bool,
    /// Address of the open table and its metric.
    table: Option<(usize, String)>,
    /// Whose weights score, which judge is wanted, and whether they are there.
    weights: Option<(Option<JudgeOf>, Option<JudgeOf>, SupernetState)>,
}

/// Scores of an architecture and its neighbors.
#[derive(Default)]
pub struct Scores {
    /// Who was asked to answer; none: whoever is best.
    pub chosen: Option<ScoredBy>,
    /// Whether rewirings count as neighbors.
    pub rewirings: bool,
    question: Option<Question>,
    allowed: Option<Allowed>,
    own: Option<Score>,
    own_known: Option<Known>,
    before: Option<Score>,
    neighbors: Vec<ScoredNeighbor>,
    references: Vec<Option<Score>>,
    reference: Option<f64>,
    problem: Option<String>,
    table: String,
    request: u64,
    waiting: bool,
    /// Whether another asks the judge, too.
    beside: bool,
    images: usize,
    asked_at_step: usize,
    trained: BTreeMap<String, (Score, usize)>,
    /// What the architecture scored with others, as long as it is the same.
    others: BTreeMap<ScoredBy, f64>,
}

impl Scores {
    /// Scores of what a run found, beside those of the editor: they take the judge that is there and look for none where the editor has another.
    pub fn of_result() -> Self {
        Self {
            request: ASKER,
            beside: true,
            ..Self::default()
        }
    }

    /// Whether a request came from [`Scores::of_result`].
    pub fn is_of_result(request: u64) -> bool {
        request >= ASKER
    }

    /// The score of the architecture.
    pub fn own(&self) -> Option<Score> {
        self.own
    }

    /// Whether they were asked for an architecture.
    pub fn are_of(&self, genotype: &Genotype) -> bool {
        let question = self.question.as_ref();
        question.is_some_and(|question| question.genotype == *genotype)
    }

    /// How far its accuracy is known, where a table has the mean of several runs.
    pub fn own_known(&self) -> Option<&Known> {
        self.own_known.as_ref()
    }

    /// What the architecture before the last edit scored with the same judge.
    pub fn before(&self) -> Option<Score> {
        self.before
    }

    /// The neighbors, cell after cell and edge after edge.
    pub fn neighbors(&self) -> &[ScoredNeighbor] {
        &self.neighbors
    }

    /// The mean accuracy of the space in percent: of the whole table, or of random architectures in the supernet.
    pub fn reference(&self) -> Option<f64> {
        self.reference
    }

    /// The table and the metric that answered.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// What the architecture scored with all who were asked, the cheapest first.
    pub fn by_all(&self) -> impl Iterator<Item = (ScoredBy, f64)> {
        self.others.iter().map(|(&by, &accuracy)| (by, accuracy))
    }

    /// Why there are no scores.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether answers are still to come.
    pub fn waiting(&self) -> bool {
        self.waiting
    }

    /// After how many steps of the search the supernet was asked.
    pub fn asked_at_step(&self) -> usize {
        self.asked_at_step
    }

    /// Asks again: the supernet has learned more since.
    pub fn ask_again(&mut self) {
        self.question = None;
    }

    /// The architecture that was asked for among the neighbors of other operations, once all have scores.
    pub fn flatness(&self, genotype: &Genotype) -> Option<Flatness> {
        let of_operations = self.neighbors.iter().filter(|one| one.is_operation());
        let known: Option<Vec<f64>> = of_operations
            .clone()
            .map(|one| one.score.map(|score| score.accuracy))
            .collect();
        let known_to: Vec<_> = of_operations.map(|one| one.known.as_ref()).collect();
        let share = share_of_one_change(genotype);
        let flatness = Flatness::of(self.own?.accuracy, &known?, self.reference, share)?;
        Some(flatness.with_errors(self.own_known.as_ref(), &known_to, share))
    }

    /// How much better than the architecture a neighbor is, in points of accuracy.
    pub fn gain(&self, neighbor: usize) -> Option<f64> {
        let score = self.neighbors.get(neighbor)?.score?;
        Some(score.accuracy - self.own?.accuracy)
    }

    /// The standard error of that gain, in points, where a table has those of both accuracies; 0 where both are of the same networks.
    pub fn gain_error(&self, neighbor: usize) -> Option<f64> {
        let other = self.neighbors.get(neighbor)?.known.as_ref()?;
        let own = self.own_known.as_ref()?;
        Some(match own.of == other.of {
            true => 0.0,
            false => own.error.hypot(other.error),
        })
    }

    /// The neighbors, the best first, those without a score last.
    pub fn ranked(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.neighbors.len()).collect();
        let worth = |index: usize| {
            let score = self.neighbors[index].score;
            score.map_or(f64::NEG_INFINITY, |score| score.accuracy)
        };
        order.sort_by(|&a, &b| worth(b).total_cmp(&worth(a)));
        order
    }

    /// Who answers for an architecture: who was chosen, else the best.
    pub fn by(&self, genotype: &Genotype, context: &Context) -> ScoredBy {
        self.chosen.unwrap_or_else(|| self.best(genotype, context))
    }

    /// The best who can score an architecture: a table that has it, the judge, weights of a search; the judge where nobody can, since it can be
    /// trained. A result is not scored by the weights that chose it.
    pub fn best(&self, genotype: &Genotype, context: &Context) -> ScoredBy {
        let weights = (!self.beside).then_some(ScoredBy::Supernet);
        [ScoredBy::Table, ScoredBy::Judge]
            .into_iter()
            .chain(weights)
            .find(|&by| self.can_score(by, genotype, context))
            .unwrap_or(ScoredBy::Judge)
    }

    /// Whether somebody has scores of an architecture, or may have.
    fn can_score(&self, by: ScoredBy, genotype: &Genotype, context: &Context) -> bool {
        match by {
            ScoredBy::Table => table_of(genotype.space(), context.table).is_some(),
            ScoredBy::Judge => {
                let missing = matches!(context.judge.state, SupernetState::Missing(_));
                !missing || context.judge.of.as_ref() != Some(&judge_for(genotype, context))
            }
            ScoredBy::Supernet => matches!(
                context.supernet,
                SupernetState::Ready { space, .. } if *space == genotype.space()
            ),
            ScoredBy::Training => self.trained.contains_key(&genotype.canonical()),
        }
    }

    /// Leaves the choice to the best where who was chosen has no score of an architecture that comes from elsewhere. Who was chosen, and who
    /// scores instead.
    pub fn reconsider(&mut self, genotype: &Genotype, context: &Context) -> Option<[ScoredBy; 2]> {
        self.take_trained(context);
        let chosen = self.chosen?;
        let best = self.best(genotype, context);
        if chosen == best || self.can_score(chosen, genotype, context) {
            return None;
        }
        self.chosen = None;
        Some([chosen, best])
    }

    /// Brings the scores up to date with what is edited and what is open. Tables answer at once, others through
    /// [`Scores::take`] and a session.
    pub fn refresh(&mut self, genotype: &Genotype, context: &mut Context) {
        let by = self.by(genotype, context);
        let question = Question {
            genotype: genotype.clone(),
            allowed: context.run.allowed(genotype.space()),
            by,
            rewirings: self.rewirings,
            table: context
                .table
                .map(|open| (Arc::as_ptr(&open.table) as usize, open.metric.clone())),
            weights: match by {
                ScoredBy::Judge => Some((
                    context.judge.of.clone(),
                    Some(judge_for(genotype, context)),
                    context.judge.state.clone(),
                )),
                ScoredBy::Supernet => Some((None, None, context.supernet.clone())),
                ScoredBy::Table | ScoredBy::Training => None,
            },
        };
        self.take_trained(context);
        if self.question.as_ref() != Some(&question) {
            let same_scorer = self.question.as_ref().is_some_and(|last| {
                last.by == question.by
                    && last.table == question.table
                    && last.weights == question.weights
            });
            let edited = self
                .question
                .as_ref()
                .is_some_and(|last| last.genotype != question.genotype);
            if edited {
                self.others.clear();
            }
            self.before = match (same_scorer, edited) {
                (true, true) => self.own,
                (true, false) => self.before,
                (false, _) => None,
            };
            self.ask(&question, context);
            self.question = Some(question);
        }
        self.hear_the_end(by, context);
        if let Some(own) = self.own {
            self.others.insert(by, own.accuracy);
        }
    }

    /// An answer that cannot come any more is not waited for.
    fn hear_the_end(&mut self, by: ScoredBy, context: &Context) {
        if !self.waiting {
            return;
        }
        let gone = match by {
            ScoredBy::Judge => context.judge.line.state() == SessionState::Gone,
            _ => context.session == SessionState::Gone,
        };
        if gone {
            self.waiting = false;
            self.problem = Some("the session has ended".into());
        }
    }

    /// A session cannot answer a request.
    pub fn refuse(&mut self, request: u64, message: &str) {
        if request == self.request && self.waiting {
            self.waiting = false;
            self.problem = Some(message.to_owned());
        }
    }

    fn ask(&mut self, question: &Question, context: &mut Context) {
        let genotype = &question.genotype;
        self.own = None;
        self.own_known = None;
        self.reference = None;
        self.references.clear();
        self.problem = None;
        self.waiting = false;
        // The answers to earlier questions are of no use any more.
        self.request += 1;
        self.neighbors = list_neighbors(genotype, question.rewirings, &question.allowed);
        self.allowed = Some(question.allowed);
        match question.by {
            ScoredBy::Table => self.ask_table(genotype, context),
            ScoredBy::Judge => self.ask_judge(genotype, context),
            ScoredBy::Supernet => self.ask_supernet(genotype, context),
            ScoredBy::Training => {
                let trained = self.trained.get(&genotype.canonical());
                self.own = trained.map(|&(score, _)| score);
                self.own_known = trained.map(|&(score, images)| {
                    Known::on_images(score.accuracy, images, ErrorOf::Images)
                });
                for neighbor in &mut self.neighbors {
                    let trained = self.trained.get(&neighbor.genotype.canonical());
                    neighbor.score = trained.map(|&(score, _)| score);
                    neighbor.known = trained.map(|&(score, images)| {
                        Known::on_images(score.accuracy, images, ErrorOf::ImagesOfNeighbors)
                    });
                }
            }
        }
    }

    /// Looks everything up in the open table, or in the built-in one where that has cells of this space and the open one does not.
    fn ask_table(&mut self, genotype: &Genotype, context: &Context) {
        let space = genotype.space();
        let Some((table, metric)) = table_of(space, context.table) else {
            self.problem = Some(match context.table {
                Some(open) => format!(
                    "the open table has {} cells, this is a {} cell",
                    title(open.table.space()),
                    title(space)
                ),
                None => format!("no table of {} cells is open", title(space)),
            });
            return;
        };
        let Some(column) = table.column(metric) else {
            self.problem = Some(format!("the table has no metric \"{metric}\""));
            return;
        };
        self.table = match context.table {
            Some(open) if open.table.space() == space => format!("{}, {metric}", open.name),
            _ => format!("built-in landscape, {metric}"),
        };
        self.own = look_up(table, column, genotype);
        self.own_known = Known::of(table, metric, genotype);
        for neighbor in &mut self.neighbors {
            neighbor.score = look_up(table, column, &neighbor.genotype);
            neighbor.known = Known::of(table, metric, &neighbor.genotype);
        }
        // What a change costs in a part of the space is not to be told from the whole.
        let mean = column.iter().sum::<f64>() / column.len().max(1) as f64;
        self.reference = self.of_whole_space().then_some(mean);
    }

    /// Asks the weights of the shown run.
    fn ask_supernet(&mut self, genotype: &Genotype, context: &mut Context) {
        match context.supernet {
            SupernetState::Unknown if context.run.config.is_none() => {
                self.problem =
                    Some("no search has run: start one, then its weights score cells".into());
            }
            SupernetState::Unknown => context.actions.push(Action::OpenSupernet),
            // Answers cannot come before it is there; then the question is another.
            SupernetState::Asked => {}
            SupernetState::Missing(why) => self.problem = Some(why.clone()),
            SupernetState::Ready { space, images, .. } => {
                let (space, images) = (*space, *images);
                if space != genotype.space() {
                    self.problem = Some(format!(
                        "the shown search is in the {} space, this is a {} cell",
                        title(space),
                        title(genotype.space())
                    ));
                    return;
                }
                self.asked_at_step = context.run.steps.len();
                let command = self.request(genotype, images);
                context.actions.push(Action::Send(command));
            }
        }
    }

    /// Asks the judge of the shown run's images.
    fn ask_judge(&mut self, genotype: &Genotype, context: &mut Context) {
        let wanted = judge_for(genotype, context);
        if context.judge.of.as_ref() != Some(&wanted) {
            if context.judge.is_training() {
                self.problem = Some(
                    "another judge is being trained; this cell can be scored after that".into(),
                );
            } else if self.beside && context.judge.of.is_some() {
                self.problem = Some("the judge scores other cells now; Edit brings it here".into());
            } else {
                context.actions.push(Action::FindJudge(wanted));
            }
            return;
        }
        match &context.judge.state {
            SupernetState::Unknown | SupernetState::Asked => {}
            SupernetState::Missing(why) => {
                self.problem = Some(format!(
                    "no judge of {} cells on {}: {why}",
                    title(wanted.space),
                    short_name(&wanted.dataset)
                ));
            }
            SupernetState::Ready { images, .. } => {
                let command = self.request(genotype, *images);
                context.actions.push(Action::ToJudge(command));
            }
        }
    }

    /// The request for everything that weights score on so many images.
    fn request(&mut self, genotype: &Genotype, images: usize) -> Command {
        let mut genotypes = vec![genotype.clone()];
        genotypes.extend(self.neighbors.iter().map(|one| one.genotype.clone()));
        let references = match self.of_whole_space() {
            true => draw_references(genotype),
            false => Vec::new(),
        };
        self.references = vec![None; references.len()];
        genotypes.extend(references);
        self.waiting = true;
        self.images = images;
        Command::Score {
            request: self.request,
            genotypes,
        }
    }

    /// Whether an operation is a candidate of the shown run on an edge of a cell, from one state to another.
    pub fn allows(&self, cell: usize, edge: [usize; 2], operation: Operation) -> bool {
        let [from, to] = edge;
        let allowed = self.allowed.as_ref();
        allowed.is_none_or(|allowed| allowed.choices_between(cell, from, to).contains(&operation))
    }

    /// Whether all operations are candidates.
    fn of_whole_space(&self) -> bool {
        self.allowed.as_ref().is_none_or(Allowed::is_all)
    }

    /// On how many images weights have scored.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Takes up scores that a session sent; those of an old question are dropped.
    pub fn take(&mut self, request: u64, first: usize, scores: &[Score]) {
        if request != self.request || !self.waiting {
            return;
        }
        let count = self.neighbors.len();
        for (index, &score) in (first..).zip(scores) {
            let score = Some(score).filter(|s| s.accuracy.is_finite() && s.loss.is_finite());
            let known = |of| score.map(|one| Known::on_images(one.accuracy, self.images, of));
            if index == 0 {
                self.own = score;
                self.own_known = known(ErrorOf::Images);
                if score.is_none() {
                    self.problem = Some("the score is not a number: the supernet diverged".into());
                }
            } else if let Some(neighbor) = self.neighbors.get_mut(index - 1) {
                neighbor.score = score;
                neighbor.known = known(ErrorOf::ImagesOfNeighbors);
            } else if let Some(reference) = self.references.get_mut(index - 1 - count) {
                *reference = score;
            }
        }
        if first + scores.len() > count + self.references.len() {
            self.waiting = false;
            let known: Vec<f64> = self
                .references
                .iter()
                .flatten()
                .map(|s| s.accuracy)
                .collect();
            if !known.is_empty() {
                self.reference = Some(known.iter().sum::<f64>() / known.len() as f64);
            }
        }
    }

    /// Remembers what trainings from scratch have found: that of the open run, and the one in the background, whose word is the newer.
    fn take_trained(&mut self, context: &Context) {
        let mut said = BTreeMap::new();
        for view in [Some(context.run), context.trained].into_iter().flatten() {
            let Some((training, tested)) = view.training.as_ref().zip(view.tested()) else {
                continue;
            };
            let score = Score {
                loss: f64::from(tested.loss),
                accuracy: 100.0 * tested.accuracy,
            };
            said.insert(training.genotype.canonical(), (score, tested.images));
        }
        for (key, said) in said {
            let new = self.trained.insert(key, said) != Some(said);
            if new
                && self
                    .question
                    .as_ref()
                    .is_some_and(|last| last.by == ScoredBy::Training)
            {
                self.question = None;
            }
        }
    }
}

/// The name of a space for people.
pub fn title(space: Space) -> &'static str {
    space.title()
}

fn look_up(table: &Table, column: &[f64], genotype: &Genotype) -> Option<Score> {
    let accuracy = *column.get(table.index_of(genotype)?)?;
    Some(Score {
        loss: 1.0 - accuracy / 100.0,
        accuracy,
    })
}

/// All architectures one change away, edge after edge.
fn list_neighbors(genotype: &Genotype, rewirings: bool, allowed: &Allowed) -> Vec<ScoredNeighbor> {
    let counting = if rewirings {
        Counting::Mutation
    } else {
        Counting::Topology
    };
    let kinds = genotype.space().cell_kinds();
    let inputs = genotype.space().inputs();
    let mut listed: Vec<ScoredNeighbor> = neighbors_among(genotype, 1, counting, allowed)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|neighbor| {
            let change = *neighbor.changes.first()?;
            let cell = kinds.iter().position(|&kind| kind == change.cell)?;
            let sources = &genotype.cells()[cell].nodes[change.node - inputs];
            let input = sources.iter().position(|input| *input == change.before)?;
            Some(ScoredNeighbor {
                genotype: neighbor.genotype,
                place: Place {
                    cell,
                    node: change.node,
                    input,
                },
                change,
                score: None,
                known: None,
            })
        })
        .collect();
    listed.sort_by_key(|one| (one.place, one.change.after.from, one.change.after.operation));
    listed
}

/// Random operations on the genotype's wiring, always the same ones.
fn draw_references(genotype: &Genotype) -> Vec<Genotype> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let choices = operations(genotype.space());
    (0..REFERENCES)
        .filter_map(|_| {
            let mut cells = genotype.cells().to_vec();
            for input in cells.iter_mut().flat_map(|cell| &mut cell.nodes).flatten() {
                input.operation = choices[rng.random_range(0..choices.len())];
            }
            Genotype::new(genotype.space(), cells).ok()
        })
        .collect()
}
