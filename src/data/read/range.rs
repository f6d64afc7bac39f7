//! How numbers of other ranges than 0 to 255 become pixels.

use super::notes::Notes;

/// How far values may lie outside a range and still be of it: what interpolation makes of its ends.
const HAIR: f64 = 0.100_001;

/// Floats that do not reach below this are none from -1 to 1.
const CLEARLY_BELOW: f64 = -0.5;
/// Floats that do not reach this far are no values from 0 to 255.
const LEAST_WHITE: f64 = 64.0;

/// The smallest and the largest value that were seen.
#[derive(Clone, Copy)]
pub struct Range {
    ends: Option<[f64; 2]>,
    float: bool,
    /// Whether no value had a fraction.
    whole: bool,
}

/// What values are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Floats from 0 or -1 to 1.
    Unit,
    /// Whole numbers, or floats from 0 to 255.
    Pixels,
    /// Floats of another range, such as those that are standardised.
    Own,
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
        Self {
            ends: None,
            float,
            whole: true,
        }
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
        self.whole &= value.fract() == 0.0;
        Ok(())
    }

    /// Whether the values may have fractions.
    pub fn is_float(&self) -> bool {
        self.float
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
            whole: self.whole && other.whole,
        }
    }

    /// What the values are.
    pub fn scale(&self) -> Scale {
        let [least, most] = self.ends.unwrap_or_default();
        let from_below = least <= CLEARLY_BELOW && self.within(-1.0, 1.0);
        if self.float && (self.within(0.0, 1.0) || from_below) {
            Scale::Unit
        } else if !self.float || self.is_whole() || (most > LEAST_WHITE && self.within(0.0, 255.0))
        {
            Scale::Pixels
        } else {
            Scale::Own
        }
    }

    /// Whether they are numbers that integers without a sign could be.
    fn is_whole(&self) -> bool {
        let [least, most] = self.ends.unwrap_or_default();
        self.whole && least >= 0.0 && most <= f64::from(u16::MAX)
    }

    /// Whether they lie in a range, or, of floats with fractions, a hair beside it.
    fn within(&self, low: f64, high: f64) -> bool {
        let [least, most] = self.ends.unwrap_or_default();
        let hair = match self.float && !self.whole {
            true => HAIR * (high - low),
            false => 0.0,
        };
        low - hair <= least && most <= high + hair
    }

    /// How the values become pixels, and says so where they are no pixels already.
    ///
    /// # Errors
    /// A reason where no usual range has them.
    pub fn mapping(&self, notes: &mut Notes) -> Result<Mapping, String> {
        let [least, most] = self.ends.unwrap_or_default();
        let (low, high, named) = match self.scale() {
            Scale::Unit if self.within(0.0, 1.0) => (0.0, 1.0, "from 0 to 1".to_owned()),
            Scale::Unit => (-1.0, 1.0, "from -1 to 1".to_owned()),
            Scale::Pixels if self.within(0.0, 255.0) => (0.0, 255.0, "from 0 to 255".to_owned()),
            Scale::Pixels if least >= 0.0 && most <= f64::from(u16::MAX) => {
                let bits = depth(most as u16);
                let white = f64::from((1u32 << bits) - 1);
                (0.0, white, format!("of {bits} bits"))
            }
            // Where all are equal there is nothing to stretch.
            Scale::Own if most > least && (most - least).is_finite() => {
                (least, most, "of no usual range".to_owned())
            }
            _ => {
                return Err(format!(
                    "pixel values from {least} to {most}: use 0 to 255, 0 to 1, -1 to 1, or integers of up to 16 bits"
                ));
            }
        };
        if least < low || most > high {
            notes.say(format!(
                "values from {} to {} are read as {named}, and what lies outside is cut",
                least as f32, most as f32
            ));
        } else if [low, high] != [0.0, 255.0] {
            notes.say(format!(
                "values from {} to {} are read as {named}, scaled to pixels from 0 to 255",
                least as f32, most as f32
            ));
        }
        Ok(Mapping {
            least: low,
            factor: 255.0 / (high - low),
        })
    }
}
