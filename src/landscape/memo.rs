//! An evaluator that never scores the same architecture twice.

use std::collections::{HashMap, HashSet};

use super::evaluator::{Evaluator, EvaluatorError, Score};
use super::index::architecture_index;
use crate::space::{Allowed, Genotype, Space};

/// What equal architectures share: their number where the space has numbers, which is much faster, otherwise
/// [`Genotype::canonical`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    Number(usize),
    Text(String),
}

impl Key {
    pub(super) fn of(genotype: &Genotype) -> Self {
        architecture_index(genotype).map_or_else(|| Key::Text(genotype.canonical()), Key::Number)
    }
}

/// Remembers the scores of another evaluator, equal architectures being one, and counts the evaluations made.
#[derive(Clone, Debug)]
pub struct Memo<E> {
    evaluator: E,
    scores: HashMap<Key, Score>,
    requests: usize,
}

impl<E: Evaluator> Memo<E> {
    /// A memo with nothing in it.
    pub fn new(evaluator: E) -> Self {
        Self {
            evaluator,
            scores: HashMap::new(),
            requests: 0,
        }
    }

    /// How many different architectures have been evaluated.
    pub fn evaluations(&self) -> usize {
        self.scores.len()
    }

    /// Whether an architecture has been evaluated.
    pub(super) fn knows(&self, key: &Key) -> bool {
        self.scores.contains_key(key)
    }

    /// How many scores have been asked for.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// The evaluator inside.
    pub fn into_inner(self) -> E {
        self.evaluator
    }
}

impl<E: Evaluator> Evaluator for Memo<E> {
    fn space(&self) -> Space {
        self.evaluator.space()
    }

    fn allowed(&self) -> Allowed {
        self.evaluator.allowed()
    }

    async fn scores(&mut self, genotypes: &[Genotype]) -> Result<Vec<Score>, EvaluatorError> {
        let keys: Vec<Key> = genotypes.iter().map(Key::of).collect();
        let mut asked = HashSet::new();
        let mut unknown = Vec::new();
        for (key, genotype) in keys.iter().zip(genotypes) {
            if !self.scores.contains_key(key) && asked.insert(key) {
                unknown.push((key, genotype.clone()));
            }
        }
        if !unknown.is_empty() {
            let (new_keys, new): (Vec<&Key>, Vec<Genotype>) = unknown.into_iter().unzip();
            let scores = self.evaluator.scores(&new).await?;
            if scores.len() != new.len() {
                return Err(EvaluatorError::Count {
                    expected: new.len(),
                    found: scores.len(),
                });
            }
            self.scores
                .extend(new_keys.into_iter().cloned().zip(scores));
        }
        self.requests += genotypes.len();
        // Every key has a score by now.
        Ok(keys.iter().map(|key| self.scores[key]).collect())
    }
}
