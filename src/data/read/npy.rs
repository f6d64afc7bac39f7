//! NumPy arrays (numpy.lib.format, versions 1 to 3): `\x93NUMPY`, version, length of the header, and the header, a Python
//! dictionary of the type, the order and the shape; then the values.

use super::limits::volume;
use super::source::File;
use super::stream::Stream;
use crate::data::DataError;

/// Longest header.
const LONGEST_HEADER: usize = 1 << 16;
/// Most dimensions.
const MOST_DIMENSIONS: usize = 8;
/// Values read at once.
const BLOCK: usize = 1 << 13;

/// An array whose header is read.
pub struct Array {
    /// The values follow.
    pub stream: Stream,
    /// What they are.
    pub dtype: Dtype,
    /// First dimension fastest, else last.
    pub fortran: bool,
    /// Sizes.
    pub shape: Vec<u64>,
    /// Their product.
    pub count: usize,
}

/// A type of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtype {
    number: Number,
    /// Bytes of a value.
    pub width: usize,
    /// First byte highest.
    big: bool,
}

/// What the bytes of a value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Truth,
    Unsigned,
    Signed,
    Float,
}

impl Dtype {
    /// A type as NumPy writes it, such as `<f4`.
    fn parse(text: &str) -> Option<Self> {
        let (order, rest) = match text.as_bytes() {
            [order @ (b'|' | b'<' | b'>' | b'='), ..] => (*order, &text[1..]),
            _ => (b'|', text),
        };
        let (number, width) = match rest {
            "b1" | "?" => (Number::Truth, 1),
            "u1" | "B" => (Number::Unsigned, 1),
            "u2" => (Number::Unsigned, 2),
            "u4" => (Number::Unsigned, 4),
            "u8" => (Number::Unsigned, 8),
            "i1" | "b" => (Number::Signed, 1),
            "i2" => (Number::Signed, 2),
            "i4" => (Number::Signed, 4),
            "i8" => (Number::Signed, 8),
            "f2" => (Number::Float, 2),
            "f4" => (Number::Float, 4),
            "f8" => (Number::Float, 8),
            _ => return None,
        };
        // Without an order, more than one byte says nothing.
        (width == 1 || order != b'|').then_some(Self {
            number,
            width,
            big: order == b'>',
        })
    }

    /// Whether values are bytes as pixels are.
    pub fn is_byte(self) -> bool {
        self.width == 1 && matches!(self.number, Number::Unsigned | Number::Truth)
    }

    /// Whether values have fractions.
    pub fn is_float(self) -> bool {
        self.number == Number::Float
    }

    /// A value of [`Dtype::width`] bytes. An integer beyond 2⁵³ is rounded; all such are refused later.
    fn value(self, bytes: &[u8]) -> f64 {
        let join = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        let bits = if self.big {
            bytes.iter().fold(0, join)
        } else {
            bytes.iter().rev().fold(0, join)
        };
        let unused = 64 - 8 * self.width as u32;
        match (self.number, self.width) {
            (Number::Truth, _) => f64::from(u8::from(bits != 0)),
            (Number::Unsigned, _) => bits as f64,
            (Number::Signed, _) => ((bits << unused) as i64 >> unused) as f64,
            (Number::Float, 2) => half(bits as u16),
            (Number::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Number::Float, _) => f64::from_bits(bits),
        }
    }
}

/// The value of a float of 16 bits (IEEE 754: 1 sign, 5 exponent, 10 fraction).
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    let size = match i32::from(bits >> 10 & 0x1f) {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

impl Array {
    /// Reads the header.
    ///
    /// # Errors
    /// [`DataError::File`] for anything but numbers and plain shapes; arrays of objects are refused, as they are pickles.
    pub fn open(file: &File) -> Result<Self, DataError> {
        let mut stream = file.open()?;
        let what = "the NPY header";
        let magic: [u8; 8] = stream.array(what)?;
        if !magic.starts_with(b"\x93NUMPY") {
            return Err(stream.error(8, "no NPY array"));
        }
        let length = match magic[6] {
            1 => usize::from(u16::from_le_bytes(stream.array(what)?)),
            2 | 3 => u32::from_le_bytes(stream.array(what)?) as usize,
            version => return Err(stream.error(2, format!("NPY version {version}: use 1 to 3"))),
        };
        if length > LONGEST_HEADER {
            return Err(stream.error(4, format!("an NPY header of {length} bytes is too long")));
        }
        let mut header = vec![0; length];
        stream.exact(&mut header, what)?;
        let header = String::from_utf8(header)
            .map_err(|_| stream.error(length as u64, "the NPY header is not text"))?;
        let mut parser = Parser {
            text: &header,
            at: 0,
        };
        let (dtype, fortran, shape) = parser
            .header()
            .map_err(|message| stream.error((length - parser.at) as u64, message))?;
        let count = volume(&shape).map_err(|message| stream.error(length as u64, message))?;
        // Memory may be taken for all values at once: they must be there.
        let stated = stream.offset() + (count * dtype.width) as u64;
        if stated != file.size() {
            return Err(file.error(
                stated.min(file.size()),
                format!("the array has {} bytes and states {stated}", file.size()),
            ));
        }
        Ok(Self {
            stream,
            dtype,
            fortran,
            shape,
            count,
        })
    }

    /// Gives every value with its position in C order (last dimension fastest), in the order of the file, and then checks
    /// that the file ends.
    ///
    /// # Errors
    /// [`DataError::File`] where the file is too short or too long, or where `take` refuses a value.
    pub fn for_each(
        &mut self,
        mut take: impl FnMut(usize, f64) -> Result<(), String>,
    ) -> Result<(), DataError> {
        let width = self.dtype.width;
        let mut bytes = vec![0; BLOCK * width];
        let mut walk = Walk::new(&self.shape, self.fortran);
        let mut left = self.count;
        while left > 0 {
            let block = left.min(BLOCK);
            let bytes = &mut bytes[..block * width];
            self.stream.exact(bytes, "the array's values")?;
            for (index, value) in bytes.chunks_exact(width).enumerate() {
                take(walk.next(), self.dtype.value(value)).map_err(|message| {
                    self.stream.error(((block - index) * width) as u64, message)
                })?;
            }
            left -= block;
        }
        self.stream.end()
    }
}

/// Positions in C order of values that come in C or Fortran order.
struct Walk {
    /// Size and stride in C order, fastest dimension first. One dimension covers an array in C order.
    dimensions: Vec<(usize, usize)>,
    counter: Vec<usize>,
    position: usize,
}

impl Walk {
    /// The sizes multiply to a `usize`, as [`volume`] has checked.
    fn new(shape: &[u64], fortran: bool) -> Self {
        let mut stride = 1;
        let mut dimensions: Vec<(usize, usize)> = shape
            .iter()
            .rev()
            .map(|&size| {
                let size = size as usize;
                let dimension = (size, stride);
                stride *= size;
                dimension
            })
            .collect();
        if fortran {
            dimensions.reverse();
        } else {
            dimensions = vec![(usize::MAX, 1)];
        }
        Self {
            counter: vec![0; dimensions.len()],
            dimensions,
            position: 0,
        }
    }

    fn next(&mut self) -> usize {
        let position = self.position;
        for (counter, &(size, stride)) in self.counter.iter_mut().zip(&self.dimensions) {
            *counter += 1;
            self.position += stride;
            if *counter < size {
                break;
            }
            self.position -= size * stride;
            *counter = 0;
        }
        position
    }
}

/// The Python dictionary of a header.
struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn header(&mut self) -> Result<(Dtype, bool, Vec<u64>), String> {
        let (mut dtype, mut fortran, mut shape) = (None, None, None);
        self.symbol('{')?;
        while !self.take('}') {
            let key = self.string()?;
            self.symbol(':')?;
            match key {
                "descr" => dtype = Some(self.dtype()?),
                "fortran_order" => fortran = Some(self.truth()?),
                "shape" => shape = Some(self.shape()?),
                _ => return Err("an unknown key in the NPY header".to_owned()),
            }
            if !self.take(',') {
                self.symbol('}')?;
                break;
            }
        }
        match (dtype, fortran, shape) {
            (Some(dtype), Some(fortran), Some(shape)) if self.rest().is_empty() => {
                Ok((dtype, fortran, shape))
            }
            _ => Err("the NPY header must have descr, fortran_order and shape, and no more".into()),
        }
    }

    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn take(&mut self, symbol: char) -> bool {
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    fn symbol(&mut self, symbol: char) -> Result<(), String> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(format!("expected '{symbol}' in the NPY header"))
        }
    }

    fn string(&mut self) -> Result<&'a str, String> {
        // Python 2 marks texts.
        let _mark = self.take('u') || self.take('b');
        let quote = if self.take('"') { '"' } else { '\'' };
        if quote == '\'' {
            self.symbol(quote)?;
        }
        let rest = &self.text[self.at..];
        let end = rest
            .find(quote)
            .ok_or("a text in the NPY header has no end")?;
        self.at += end + 1;
        Ok(&rest[..end])
    }

    fn dtype(&mut self) -> Result<Dtype, String> {
        if self.rest().starts_with(['[', '(']) {
            return Err("records of several values: save plain arrays".to_owned());
        }
        let text = self.string()?;
        if let Some(dtype) = Dtype::parse(text) {
            return Ok(dtype);
        }
        let kind = text.trim_start_matches(['|', '<', '>', '=']);
        Err(if kind.starts_with('O') {
            "an array of Python objects is a pickle, which is never read: save numbers".to_owned()
        } else if kind.starts_with(['U', 'S']) {
            "an array of texts: save numbers, as numpy.unique(labels, return_inverse=True)[1] gives them".to_owned()
        } else {
            format!(
                "values of type {}: use u1, u2, i4, i8, f4 or f8",
                super::names::shorten(text)
            )
        })
    }

    fn truth(&mut self) -> Result<bool, String> {
        for (word, value) in [("True", true), ("False", false)] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err("expected True or False in the NPY header".to_owned())
    }

    fn shape(&mut self) -> Result<Vec<u64>, String> {
        self.symbol('(')?;
        let mut shape = Vec::new();
        while !self.take(')') {
            let rest = self.rest();
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let size = rest[..digits]
                .parse()
                .map_err(|_| "expected a size in the NPY header")?;
            self.at += digits;
            // Python 2 marks long integers.
            let _long = self.take('L') || self.take('l');
            shape.push(size);
            if shape.len() > MOST_DIMENSIONS {
                return Err(format!("more than {MOST_DIMENSIONS} dimensions"));
            }
            if !self.take(',') {
                self.symbol(')')?;
                break;
            }
        }
        Ok(shape)
    }
}
