//! What a step of α moved.

use crate::app::draw::heat_map::weights;
use crate::session::SearchStep;

/// The entry of α that a step moved most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// The cell, by its place among the space's cells.
    pub cell: usize,
    /// The edge.
    pub edge: usize,
    /// The operation.
    pub operation: usize,
    /// Its weight before the step, 0 to 1.
    pub before: f32,
    /// And after.
    pub after: f32,
}

/// The entry whose weight the step at `position` moved most; none at the first step, which has nothing before it.
pub fn moved(steps: &[SearchStep], position: usize) -> Option<Moved> {
    let before = steps.get(position.checked_sub(1)?)?;
    let after = steps.get(position)?;
    let mut most: Option<Moved> = None;
    // At the same temperature, so that only what moved counts.
    let relaxation = after.relaxation();
    for (cell, (before, after)) in before.alpha.iter().zip(&after.alpha).enumerate() {
        for (edge, (before, after)) in before.iter().zip(after).enumerate() {
            let [before, after] = [before, after].map(|row| weights(row, &relaxation));
            let pairs = before.into_iter().zip(after);
            for (operation, (before, after)) in pairs.enumerate() {
                let further =
                    |other: Moved| (after - before).abs() > (other.after - other.before).abs();
                if most.is_none_or(further) {
                    most = Some(Moved {
                        cell,
                        edge,
                        operation,
                        before,
                        after,
                    });
                }
            }
        }
    }
    most
}
