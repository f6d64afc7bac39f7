//! Fewer points that look the same: what many points share a place of is drawn once, and how many they are is told by the colour.

use std::ops::Range;

use eframe::egui::{Pos2, Rect};
use egui_plot::{PlotPoint, PlotTransform};

/// Points closer together than this many pixels are drawn as one.
const CELL: f32 = 2.0;
/// Side of the squares that points are counted in to tell how dense they are, pixels; three by three count together.
const SQUARE: f32 = 4.0;
/// How many levels of density are told apart.
pub const LEVELS: usize = 5;

/// A grid of squares over a frame.
struct Grid {
    frame: Rect,
    side: f32,
    columns: usize,
    rows: usize,
}

impl Grid {
    fn new(frame: Rect, side: f32) -> Self {
        let count = |length: f32| (length / side).ceil().clamp(1.0, 8192.0) as usize;
        Self {
            frame,
            side,
            columns: count(frame.width()),
            rows: count(frame.height()),
        }
    }

    /// Column and row of a place; nothing outside.
    fn cell(&self, place: Pos2) -> Option<[usize; 2]> {
        let at = (place - self.frame.min) / self.side;
        let inside =
            at.x >= 0.0 && at.y >= 0.0 && at.x < self.columns as f32 && at.y < self.rows as f32;
        inside.then_some([at.x as usize, at.y as usize])
    }
}

/// How many points lie around each place of a frame.
pub struct Density {
    grid: Grid,
    counts: Vec<u32>,
}

impl Density {
    /// Counts the places in a frame, pixels.
    pub fn of(places: &[Pos2], frame: Rect) -> Self {
        let grid = Grid::new(frame, SQUARE);
        let mut counts = vec![0; grid.columns * grid.rows];
        for [column, row] in places.iter().filter_map(|&place| grid.cell(place)) {
            counts[row * grid.columns + column] += 1;
        }
        Self { grid, counts }
    }

    /// The density around a place, below [`LEVELS`]: 0 for a point that is about alone.
    pub fn level(&self, place: Pos2) -> usize {
        let Some([column, row]) = self.grid.cell(place) else {
            return 0;
        };
        let columns = column.saturating_sub(1)..(column + 2).min(self.grid.columns);
        let rows = row.saturating_sub(1)..(row + 2).min(self.grid.rows);
        let near: u32 = rows
            .flat_map(|row| columns.clone().map(move |column| (row, column)))
            .map(|(row, column)| self.counts[row * self.grid.columns + column])
            .sum();
        match near {
            0..=2 => 0,
            3..=6 => 1,
            7..=16 => 2,
            17..=40 => 3,
            _ => 4,
        }
    }
}

/// One point for each occupied cell of the screen, by how dense the points around it are. What is outside is left out, except the
/// outermost points, so that automatic bounds stay those of all points.
pub fn thin_dots(points: &[PlotPoint], transform: &PlotTransform) -> [Vec<[f64; 2]>; LEVELS] {
    let frame = *transform.frame();
    let place = |point: &PlotPoint| transform.position_from_point(point);
    let places: Vec<Pos2> = points.iter().map(place).collect();
    let density = Density::of(&places, frame);
    let grid = Grid::new(frame, CELL);
    let mut taken = vec![false; grid.columns * grid.rows];
    let mut levels: [Vec<[f64; 2]>; LEVELS] = Default::default();
    for (point, &place) in points.iter().zip(&places) {
        if let Some([column, row]) = grid.cell(place)
            && !std::mem::replace(&mut taken[row * grid.columns + column], true)
        {
            levels[density.level(place)].push([point.x, point.y]);
        }
    }
    levels[0].extend(outermost(points));
    levels
}

/// The leftmost, rightmost, lowest and highest point.
fn outermost(points: &[PlotPoint]) -> impl Iterator<Item = [f64; 2]> {
    let by_x = |a: &&PlotPoint, b: &&PlotPoint| a.x.total_cmp(&b.x);
    let by_y = |a: &&PlotPoint, b: &&PlotPoint| a.y.total_cmp(&b.y);
    [
        points.iter().min_by(by_x),
        points.iter().max_by(by_x),
        points.iter().min_by(by_y),
        points.iter().max_by(by_y),
    ]
    .into_iter()
    .flatten()
    .map(|point| [point.x, point.y])
}

/// The parts of ascending points that share a pixel column. All that is left or right of the view is one column each.
fn columns(points: &[PlotPoint], transform: &PlotTransform) -> impl Iterator<Item = Range<usize>> {
    let [left, right] = [
        transform.frame().left() - 1.0,
        transform.frame().right() + 1.0,
    ];
    let column = move |point: &PlotPoint| {
        transform
            .position_from_point_x(point.x)
            .clamp(left, right)
            .floor()
    };
    let mut start = 0;
    std::iter::from_fn(move || {
        let own = column(points.get(start)?);
        // Few are asked for their place: there may be very many.
        let length = points[start..].partition_point(|point| column(point) <= own);
        let range = start..start + length.max(1);
        start = range.end;
        Some(range)
    })
}

/// The lowest and the highest value of a band in every pixel column, and its end. The points ascend in x, and there are as many upper values.
pub fn thin_band(
    points: &[PlotPoint],
    upper: &[f64],
    transform: &PlotTransform,
) -> Vec<(PlotPoint, f64)> {
    let mut kept = Vec::new();
    for range in columns(points, transform) {
        let (lower, upper) = (&points[range.clone()], &upper[range]);
        let low = lower
            .iter()
            .map(|point| point.y)
            .fold(f64::INFINITY, f64::min);
        let high = upper.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        kept.push((PlotPoint::new(lower[0].x, low), high));
    }
    kept.extend(points.last().copied().zip(upper.last().copied()));
    kept
}

/// The lowest and the highest point of every pixel column, in their order, and both ends. The points ascend in x.
pub fn thin_line(points: &[PlotPoint], transform: &PlotTransform) -> Vec<PlotPoint> {
    let mut kept = Vec::new();
    for range in columns(points, transform) {
        let group = &points[range];
        let extreme = |sign: f64| {
            let by_height = |a: &(usize, &PlotPoint), b: &(usize, &PlotPoint)| {
                (sign * a.1.y).total_cmp(&(sign * b.1.y))
            };
            group
                .iter()
                .enumerate()
                .max_by(by_height)
                .map(|(place, _)| place)
        };
        let mut places: Vec<usize> = [extreme(-1.0), extreme(1.0)]
            .into_iter()
            .flatten()
            .collect();
        places.sort_unstable();
        places.dedup();
        kept.extend(places.into_iter().map(|place| group[place]));
    }
    let ends = [points.first(), points.last()].into_iter().flatten();
    for (place, &end) in ends.enumerate() {
        match place {
            0 if kept.first() != Some(&end) => kept.insert(0, end),
            1 if kept.last() != Some(&end) => kept.push(end),
            _ => {}
        }
    }
    kept
}
