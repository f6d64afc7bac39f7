//! When everything of a graph is computed, forward and backward, on every device.
//!
//! A *stage* is one walk over all images; behind it the statistics of its units are known. The gradients are computed in the same stages
//! backward.

use super::graph::{Graph, Source, Value};

/// Who reads a unit.
#[derive(Debug, Clone, Copy)]
pub enum Reader {
    /// A term of a state, with the place of its factor.
    Term(usize, Option<usize>),
    /// The second half of a separable convolution.
    Unit(usize),
}

/// The walks backward, by the numbers of their stages, in which the gradient of a state is added to.
#[derive(Debug, Clone, Copy)]
pub struct Walks {
    /// In which it is written for the first time. Walks go from the last stage to the first.
    pub first: usize,
    /// Behind whose units it is complete.
    pub last: usize,
}

impl Walks {
    fn with(walks: Option<Self>, walk: usize) -> Self {
        match walks {
            Some(Self { first, last }) => Self {
                first: first.max(walk),
                last: last.min(walk),
            },
            None => Self {
                first: walk,
                last: walk,
            },
        }
    }
}

/// The order of a graph.
#[derive(Debug, Clone)]
pub struct Order {
    /// The stage of every state.
    pub of_state: Vec<usize>,
    /// The stage of every unit.
    pub of_unit: Vec<usize>,
    /// Who reads every unit; none where nothing that is returned depends on it.
    pub readers: Vec<Option<Reader>>,
    /// When the gradient of every state is computed; none where nothing that is returned depends on it.
    pub walks: Vec<Option<Walks>>,
}

impl Order {
    /// The order of a graph.
    pub fn new(graph: &Graph) -> Self {
        let (of_state, of_unit) = schedule(graph);
        let mut order = Self {
            of_state,
            of_unit,
            readers: readers(graph),
            walks: vec![None; graph.states.len()],
        };
        order.walk(graph);
        order
    }

    /// How many stages there are.
    pub fn stages(&self) -> usize {
        let all = self.of_state.iter().chain(&self.of_unit);
        1 + all.max().copied().unwrap_or(0)
    }

    /// Finds out when every gradient is complete.
    fn walk(&mut self, graph: &Graph) {
        let last = self.stages() - 1;
        let walks = &mut self.walks;
        let mut add = |state: usize, walk: usize| {
            walks[state] = Some(Walks::with(walks[state], walk));
        };
        for &state in graph.outputs.iter().flatten() {
            add(state, last);
        }
        for (unit, reader) in self.readers.iter().enumerate() {
            if let (Some(_), Source::States(states)) = (reader, &graph.units[unit].source) {
                for &state in states {
                    add(state, self.of_unit[unit]);
                }
            }
        }
        for state in (0..graph.states.len()).rev() {
            let Some(Walks { last, .. }) = self.walks[state] else {
                continue;
            };
            for term in &graph.states[state].terms {
                if let Value::State(from) | Value::Pool(_, from) = term.value {
                    self.walks[from] = Some(Walks::with(self.walks[from], last));
                }
            }
        }
    }
}

/// The stage of every state and unit: as early as what it reads allows.
fn schedule(graph: &Graph) -> (Vec<usize>, Vec<usize>) {
    let mut of_state = vec![0; graph.states.len()];
    let mut of_unit = vec![0; graph.units.len()];
    // States and units refer to each other; every round settles at least one more.
    loop {
        let before = (of_state.clone(), of_unit.clone());
        for (unit, stage) in graph.units.iter().zip(0..) {
            of_unit[stage] = match &unit.source {
                Source::States(states) => states.iter().map(|&s| of_state[s]).max().unwrap_or(0),
                Source::Unit(first) => of_unit[*first] + 1,
            };
        }
        for (state, index) in graph.states.iter().zip(0..) {
            let stage = |value| match value {
                Value::Unit(unit) => of_unit[unit] + 1,
                Value::State(from) | Value::Pool(_, from) => of_state[from],
            };
            let latest = state.terms.iter().map(|term| stage(term.value)).max();
            of_state[index] = latest.unwrap_or(0);
        }
        if before == (of_state.clone(), of_unit.clone()) {
            return before;
        }
    }
}

/// Who reads every unit that something returned depends on.
fn readers(graph: &Graph) -> Vec<Option<Reader>> {
    let mut live = vec![false; graph.states.len()];
    let mut readers = vec![None; graph.units.len()];
    let mut waiting: Vec<usize> = graph.outputs.iter().flatten().copied().collect();
    while let Some(state) = waiting.pop() {
        if std::mem::replace(&mut live[state], true) {
            continue;
        }
        for term in &graph.states[state].terms {
            let mut value = term.value;
            let mut reader = Reader::Term(state, term.factor);
            while let Value::Unit(unit) = value {
                debug_assert!(readers[unit].is_none(), "a unit is read once");
                readers[unit] = Some(reader);
                match &graph.units[unit].source {
                    Source::States(states) => {
                        waiting.extend(states);
                        break;
                    }
                    Source::Unit(first) => {
                        reader = Reader::Unit(unit);
                        value = Value::Unit(*first);
                    }
                }
            }
            if let Value::State(from) | Value::Pool(_, from) = value {
                waiting.push(from);
            }
        }
    }
    readers
}
