//! Balls of substitutions: counting, listing and uniform sampling by rank (`method.md` §1.1, §1.2, §2).

use std::collections::BTreeSet;

use rand::{Rng, RngExt};

/// Why a neighborhood cannot be listed or sampled.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
pub enum NeighborhoodError {
    /// More members than anyone can evaluate.
    #[error(
        "{0} neighbors asked for, the limit is 200000: lower the radius or the number of samples"
    )]
    TooLarge(u128),
    /// A count beyond 2^127.
    #[error("a neighborhood of {slots} places and radius {radius} is too large to count")]
    Uncountable {
        /// Places that can change.
        slots: usize,
        /// The radius.
        radius: usize,
    },
    /// The neighbors of a DARTS genotype in the supernet view have nodes with other than two inputs.
    #[error(
        "genotypes have no neighbors in the supernet view: count by topology, encoding or mutation"
    )]
    SupernetView,
}

/// The longest list that is made.
const LIMIT: u128 = 200_000;
/// The most places that can change.
const MOST_SLOTS: usize = 1024;

/// A product of places ("slots"), each of which stays as it is at cost 0 or changes in one of several ways that cost more.
/// The ball of radius r holds the combinations of total cost 1 to r; a rank numbers them, shell after shell, so that listing and
/// uniform sampling are both a matter of ranks.
pub(super) struct Ball {
    /// Ways of every slot by cost: `[slot][cost]`, `[slot][0] = 1`.
    ways: Vec<Vec<u128>>,
    /// Combinations of the slots from one on, by their total cost: `[slot][cost up to the radius]`.
    suffix: Vec<Vec<u128>>,
}

/// A changed slot: way number `index` among those of this cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pick {
    pub slot: usize,
    pub cost: usize,
    pub index: usize,
}

impl Ball {
    pub fn new(ways: Vec<Vec<u128>>, radius: usize) -> Result<Self, NeighborhoodError> {
        let slots = ways.len();
        let uncountable = NeighborhoodError::Uncountable { slots, radius };
        if slots > MOST_SLOTS {
            return Err(uncountable);
        }
        let farthest: usize = ways.iter().map(|ways| ways.len().saturating_sub(1)).sum();
        let shells = radius.min(farthest) + 1;
        let mut suffix = vec![vec![0; shells]; slots + 1];
        suffix[slots][0] = 1;
        for slot in (0..slots).rev() {
            for cost in 0..shells {
                suffix[slot][cost] = ways[slot]
                    .iter()
                    .take(cost + 1)
                    .enumerate()
                    .try_fold(0u128, |sum, (own, ways)| {
                        sum.checked_add(ways.checked_mul(suffix[slot + 1][cost - own])?)
                    })
                    .filter(|&count| count < u128::MAX / 2)
                    .ok_or_else(|| uncountable.clone())?;
            }
        }
        let ball = Self { ways, suffix };
        // The ranks themselves must be countable, too.
        ball.suffix[0]
            .iter()
            .try_fold(0u128, |sum, &shell| sum.checked_add(shell))
            .ok_or(uncountable)?;
        Ok(ball)
    }

    /// E edges of K operations, every substitution at cost 1.
    fn hamming(edges: usize, operations: usize, radius: usize) -> Result<Self, NeighborhoodError> {
        if edges > MOST_SLOTS {
            return Err(NeighborhoodError::Uncountable {
                slots: edges,
                radius,
            });
        }
        let others = operations.saturating_sub(1) as u128;
        Self::new(vec![vec![1, others]; edges], radius)
    }

    /// Combinations at exactly this distance.
    pub fn shell(&self, radius: usize) -> u128 {
        self.suffix[0].get(radius).copied().unwrap_or(0)
    }

    /// Combinations at distance 1 to the radius.
    pub fn others(&self) -> u128 {
        self.suffix[0].iter().skip(1).sum()
    }

    /// The combination of a rank below [`Ball::others`]. Slots ascend.
    pub fn unrank(&self, mut rank: u128) -> Vec<Pick> {
        let mut picks = Vec::new();
        let mut left = 1;
        while left < self.suffix[0].len() && rank >= self.suffix[0][left] {
            rank -= self.suffix[0][left];
            left += 1;
        }
        for (slot, ways) in self.ways.iter().enumerate() {
            // Expensive ways first, so that changes of the first slots have the lowest ranks.
            for cost in (0..ways.len().min(left + 1)).rev() {
                let rest = self.suffix[slot + 1][left - cost];
                let here = ways[cost] * rest;
                if rank < here {
                    if cost > 0 {
                        let index = (rank / rest) as usize;
                        picks.push(Pick { slot, cost, index });
                        rank %= rest;
                        left -= cost;
                    }
                    break;
                }
                rank -= here;
            }
        }
        picks
    }

    /// All combinations at exactly this distance.
    pub fn list_shell(&self, radius: usize) -> Result<Vec<Vec<Pick>>, NeighborhoodError> {
        let size = self.shell(radius);
        if size > LIMIT {
            return Err(NeighborhoodError::TooLarge(size));
        }
        let before: u128 = self.suffix[0].iter().take(radius).skip(1).sum();
        Ok((before..before + size)
            .map(|rank| self.unrank(rank))
            .collect())
    }

    /// `count` different combinations, uniform over the ball without its centre; all of them, in rank order, where `count` is 0 or
    /// reaches the ball's size.
    pub fn sample(
        &self,
        count: usize,
        rng: &mut impl Rng,
    ) -> Result<Vec<Vec<Pick>>, NeighborhoodError> {
        let all = self.others();
        let wanted = if count == 0 {
            all
        } else {
            all.min(count as u128)
        };
        if wanted > LIMIT {
            return Err(NeighborhoodError::TooLarge(wanted));
        }
        if wanted == all {
            return Ok((0..all).map(|rank| self.unrank(rank)).collect());
        }
        // Floyd's algorithm: a uniform subset with one draw a member.
        let mut taken = BTreeSet::new();
        let mut ranks = Vec::new();
        for last in all - wanted..all {
            let drawn = rng.random_range(0..=last);
            let rank = if taken.insert(drawn) { drawn } else { last };
            taken.insert(rank);
            ranks.push(rank);
        }
        Ok(ranks.into_iter().map(|rank| self.unrank(rank)).collect())
    }
}

/// Every way to substitute operations on 1 to `radius` of `edges` edges with `operations` candidates: lists of (edge, shift) with
/// ascending edges and shifts `1..operations`, nearest first. At most 200,000.
pub fn enumerate_ball(
    edges: usize,
    operations: usize,
    radius: usize,
) -> Result<Vec<Vec<(usize, usize)>>, NeighborhoodError> {
    let ball = Ball::hamming(edges, operations, radius)?;
    let size = ball.others();
    if size > LIMIT {
        return Err(NeighborhoodError::TooLarge(size));
    }
    Ok((0..size).map(|rank| shifts(ball.unrank(rank))).collect())
}

/// `count` different members of that ball, uniform over the ball: shell k with probability C(E,k)(K−1)^k / (ball − 1)
/// (`method.md` §2). The whole ball, in the order of [`enumerate_ball`], where `count` is 0 or reaches its size.
pub fn sample_ball(
    edges: usize,
    operations: usize,
    radius: usize,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Vec<(usize, usize)>>, NeighborhoodError> {
    let picks = Ball::hamming(edges, operations, radius)?.sample(count, rng)?;
    Ok(picks.into_iter().map(shifts).collect())
}

/// The same where the edges have different numbers of candidates; a shift counts among those of its edge, and an edge with one has none.
pub fn sample_ball_of(
    candidates: &[usize],
    radius: usize,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<Vec<(usize, usize)>>, NeighborhoodError> {
    let others = |&count: &usize| vec![1, count.saturating_sub(1) as u128];
    let ball = Ball::new(candidates.iter().map(others).collect(), radius)?;
    let picks = ball.sample(count, rng)?;
    Ok(picks.into_iter().map(shifts).collect())
}

fn shifts(picks: Vec<Pick>) -> Vec<(usize, usize)> {
    picks
        .into_iter()
        .map(|pick| (pick.slot, pick.index + 1))
        .collect()
}

/// λ_j(d): what the mean over the ball of radius d multiplies an interaction of order j by, on E edges of K operations
/// (`method.md` §1.2). Exact up to the final division; NaN where `order > edges` or a term passes 2^127.
pub fn smoothing_eigenvalue(edges: usize, operations: usize, radius: usize, order: usize) -> f64 {
    let sums = || -> Option<(i128, i128)> {
        let free = edges.checked_sub(order)?;
        let others = i128::try_from(operations.checked_sub(1)?).ok()?;
        let [mut numerator, mut size] = [0i128; 2];
        for i in 0..=radius.min(edges) {
            for s in 0..=i.min(order) {
                let power = others.checked_pow(u32::try_from(i - s).ok()?)?;
                let ways = binomial(order, s)?.checked_mul(binomial(free, i - s)?)?;
                let term = power.checked_mul(ways)?;
                let signed = if s % 2 == 0 { term } else { -term };
                numerator = numerator.checked_add(signed)?;
            }
            let power = others.checked_pow(u32::try_from(i).ok()?)?;
            size = size.checked_add(power.checked_mul(binomial(edges, i)?)?)?;
        }
        Some((numerator, size))
    };
    sums().map_or(f64::NAN, |(numerator, size)| numerator as f64 / size as f64)
}

/// C(n, k), unless it passes the integer's range.
pub(super) fn binomial(n: usize, k: usize) -> Option<i128> {
    if k > n {
        return Some(0);
    }
    (0..k).try_fold(1i128, |product, i| {
        Some(product.checked_mul(i128::try_from(n - i).ok()?)? / (i as i128 + 1))
    })
}
