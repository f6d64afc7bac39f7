//! How numbers of other ranges than 0 to 255 become pixels.

use super::notes::Notes;

/// How far values may lie outside a range and still be of it: what interpolation makes of its ends.
const HAIR: f64 = 0.1;

/// The smallest and the largest value that were seen.
#[derive(Default)]
pub struct Range {
    ends: Option<[f64; 2]>,
    /// Whether values may have fractions.
    float: bool,
}

/// The bits of the cameras and scanners whose largest value may be `most`.
pub fn depth(most: u16) -> u32 {
    match most {
        0..256 => 8,
        256..1024 => 10,
        1024..4096 => 12,
        4096..16384 => 14,
        _ => 16,
    }
}

/// `(value − least) · factor`, rounded, and cut to a pixel.
#[derive(Clone, Copy)]
pub struct Mapping {
    least: f64,
    factor: f64,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            least: 0.0,
            factor: 1.0,
        }
    }
}

impl Mapping {
    /// The pixel of a value.
    pub fn pixel(&self, value: f64) -> u8 {
        // A cast from a float cuts at both ends.
        ((value - self.least) * self.factor).round() as u8
    }
}

impl Range {
    /// Of no value yet, of floats or of integers.
    pub fn new(float: bool) -> Self {
        Self { ends: None, float }
    }

    /// Takes note of a value.
    ///
    /// # Errors
    /// A reason where it is no number.
    pub fn take(&mut self, value: f64) -> Result<(), String> {
        if !value.is_finite() {
            return Err(format!("pixel value {value}: use 0 to 255, or 0 to 1"));
        }
        let [least, most] = self.ends.unwrap_or([value; 2]);
        self.ends = Some([least.min(value), most.max(value)]);
        Ok(())
    }

    /// What values they are: integers, floats around 0 to 1, other floats. What is of one kind is scaled alike.
    pub fn kind(&self) -> [bool; 2] {
        [self.float, self.is_unit()]
    }

    /// The range of both.
    pub fn with(self, other: &Self) -> Self {
        let ends = match (self.ends, other.ends) {
            (Some([a, b]), Some([c, d])) => Some([a.min(c), b.max(d)]),
            (ends, other) => ends.or(other),
        };
        Self {
            ends,
            float: self.float || other.float,
        }
    }

    /// Whether they are floats from -1 or 0 to 1.
    fn is_unit(&self) -> bool {
        self.float && self.within(-1.0, 1.0)
    }

    /// Whether they lie in a range, or, of floats, a hair beside it.
    fn within(&self, low: f64, high: f64) -> bool {
        let [least, most] = self.ends.unwrap_or_default();
        let hair = if self.float { HAIR * (high - low) } else { 0.0 };
        low - hair <= least && most <= high + hair
    }

    /// How the values become pixels, and says so where they are no pixels already.
    ///
    /// # Errors
    /// A reason where no usual range has them.
    pub fn mapping(&self, notes: &mut Notes) -> Result<Mapping, String> {
        let [least, most] = self.ends.unwrap_or_default();
        let (low, high, named) = if self.float && self.within(0.0, 1.0) {
            (0.0, 1.0, "from 0 to 1".to_owned())
        } else if self.is_unit() {
            (-1.0, 1.0, "from -1 to 1".to_owned())
        } else if self.within(0.0, 255.0) {
            (0.0, 255.0, "from 0 to 255".to_owned())
        } else if !self.float && least >= 0.0 && most <= f64::from(u16::MAX) {
            let bits = depth(most as u16);
            let white = f64::from((1u32 << bits) - 1);
            (0.0, white, format!("of {bits} bits"))
        } else {
            return Err(format!(
                "pixel values from {least} to {most}: use 0 to 255, 0 to 1, -1 to 1, or integers of up to 16 bits"
            ));
        };
        if least < low || most > high {
            notes.say(format!(
                "values from {least} to {most} are read as {named}, and what lies outside is cut"
            ));
        } else if high != 255.0 {
            notes.say(format!(
                "values from {least} to {most} are read as {named}, scaled to pixels from 0 to 255"
            ));
        }
        Ok(Mapping {
            least: low,
            factor: 255.0 / (high - low),
        })
    }
}
