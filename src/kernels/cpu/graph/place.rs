//! Places in the chunk of an image: what is not needed at the same time shares its own.

use std::ops::Range;

/// Something that needs a place from one walk backward to a later one, which has a lower number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub first: usize,
    pub last: usize,
    pub floats: usize,
}

/// Where each span begins, and the floats of all of them together. `walks`: how many there are.
pub(super) fn places(spans: &[Option<Span>], walks: usize) -> (Vec<usize>, usize) {
    let mut at = vec![0; spans.len()];
    let mut end = 0;
    let mut free: Vec<Range<usize>> = Vec::new();
    for walk in (0..walks).rev() {
        let of = |which: fn(&Span) -> usize| {
            let spans = spans.iter().enumerate();
            spans.filter_map(move |(index, span)| {
                Some((index, (*span)?)).filter(|(_, span)| which(span) == walk)
            })
        };
        for (index, span) in of(|span| span.first) {
            at[index] = take(&mut free, &mut end, span.floats);
        }
        // What ends with a walk is still read while what begins with it is written.
        for (index, span) in of(|span| span.last) {
            give_back(&mut free, at[index]..at[index] + span.floats);
        }
    }
    (at, end)
}

/// The first place that is large enough.
fn take(free: &mut Vec<Range<usize>>, end: &mut usize, floats: usize) -> usize {
    if let Some(index) = free.iter().position(|range| range.len() >= floats) {
        let start = free[index].start;
        free[index].start += floats;
        if free[index].is_empty() {
            free.remove(index);
        }
        return start;
    }
    // What is free at the end grows.
    let start = match free.pop_if(|last| last.end == *end) {
        Some(last) => last.start,
        None => *end,
    };
    *end = start + floats;
    start
}

/// Keeps the free places in order, neighbors joined.
fn give_back(free: &mut Vec<Range<usize>>, range: Range<usize>) {
    if range.is_empty() {
        return;
    }
    let index = free.partition_point(|other| other.start < range.start);
    free.insert(index, range);
    if index + 1 < free.len() && free[index].end == free[index + 1].start {
        free[index].end = free[index + 1].end;
        free.remove(index + 1);
    }
    if index > 0 && free[index - 1].end == free[index].start {
        free[index - 1].end = free[index].end;
        free.remove(index);
    }
}

/// What of a chunk may be read while a part of it is written.
#[derive(Clone, Copy)]
pub(super) struct Others<'a> {
    before: &'a [f32],
    after: &'a [f32],
    /// Where the part ends.
    end: usize,
}

impl<'a> Others<'a> {
    /// A part of a chunk, and everything else.
    pub fn of(chunk: &'a mut [f32], part: Range<usize>) -> (Self, &'a mut [f32]) {
        let (before, rest) = chunk.split_at_mut(part.start);
        let (own, after) = rest.split_at_mut(part.len());
        let others = Self {
            before,
            after,
            end: part.end,
        };
        (others, own)
    }

    /// Some of it, which is on one side of the part.
    pub fn at(self, range: Range<usize>) -> &'a [f32] {
        match range.end <= self.before.len() {
            true => &self.before[range],
            false => &self.after[range.start - self.end..range.end - self.end],
        }
    }
}
