//! The bytes of one file in order, counted so that every error can name its position.

use std::io::{self, BufRead, Read};

use flate2::Crc;
use flate2::bufread::MultiGzDecoder;

use super::limits::check_growth;
use crate::data::DataError;

/// A file being read.
pub struct Stream {
    file: String,
    bytes: Box<dyn BufRead>,
    offset: u64,
}

impl Stream {
    /// Starts at the first of the `bytes`; errors name `file`.
    pub fn new(file: String, bytes: Box<dyn BufRead>) -> Self {
        Self::starting_at(file, bytes, 0)
    }

    /// Bytes that start at `offset` of the file.
    pub fn starting_at(file: String, bytes: Box<dyn BufRead>, offset: u64) -> Self {
        Self {
            file,
            bytes,
            offset,
        }
    }

    /// The error of something that is wrong `back` bytes before the current position.
    pub fn error(&self, back: u64, message: impl Into<String>) -> DataError {
        DataError::File {
            file: self.file.clone(),
            offset: self.offset.saturating_sub(back),
            message: message.into(),
        }
    }

    /// Position of the next byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Up to `buffer.len()` bytes; fewer only at the end of the file.
    pub fn up_to(&mut self, buffer: &mut [u8]) -> Result<usize, DataError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.bytes.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => {
                    filled += count;
                    self.offset += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(0, reason(&error))),
            }
        }
        Ok(filled)
    }

    /// Fills `buffer`, or says that the file ends where `what` should be.
    pub fn exact(&mut self, buffer: &mut [u8], what: &str) -> Result<(), DataError> {
        if self.up_to(buffer)? < buffer.len() {
            return Err(self.error(0, format!("the file ends inside {what}")));
        }
        Ok(())
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], DataError> {
        let mut bytes = [0; N];
        self.exact(&mut bytes, what)?;
        Ok(bytes)
    }

    /// Appends exactly `count` bytes, for which the caller has made room; grows no faster than the file delivers.
    pub fn append(
        &mut self,
        target: &mut Vec<u8>,
        count: usize,
        what: &str,
    ) -> Result<(), DataError> {
        let before = target.len();
        let read = self
            .bytes
            .by_ref()
            .take(count as u64)
            .read_to_end(target)
            .map_err(|error| {
                let read = target.len() - before;
                self.offset += read as u64;
                self.error(0, reason(&error))
            })?;
        self.offset += read as u64;
        if read < count {
            return Err(self.error(0, format!("the file ends inside {what}")));
        }
        Ok(())
    }

    /// Everything that is left, if it is no more than `most` bytes.
    pub fn all(&mut self, most: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        let read = self.bytes.by_ref().take(most).read_to_end(&mut bytes);
        self.offset += bytes.len() as u64;
        read.map_err(|error| self.error(0, reason(&error)))?;
        match self.up_to(&mut [0])? {
            0 => Ok(bytes),
            _ => Err(self.error(1, format!("the file has more than {most} bytes"))),
        }
    }

    /// Refuses bytes behind the expected end. Reading to the end also checks the sums that compressed files carry.
    pub fn end(&mut self) -> Result<(), DataError> {
        match self.up_to(&mut [0])? {
            0 => Ok(()),
            _ => Err(self.error(1, "the file goes on behind its expected end")),
        }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed data end too early".to_owned(),
        _ => error.to_string(),
    }
}

/// What a zip says about a member, its size and checksum, held against what comes out.
pub struct Checked<R> {
    bytes: R,
    crc: Crc,
    left: u64,
    expected: u32,
}

impl<R: Read> Checked<R> {
    /// Expects `size` bytes with the checksum `crc`.
    pub fn new(bytes: R, size: u64, crc: u32) -> Self {
        Self {
            bytes,
            crc: Crc::new(),
            left: size,
            expected: crc,
        }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other("unpacks to more bytes than the zip states: it is damaged")
        })?;
        self.crc.update(&buffer[..count]);
        if count == 0 && !buffer.is_empty() {
            if self.left > 0 {
                return Err(io::Error::other(
                    "unpacks to fewer bytes than the zip states: it is damaged",
                ));
            }
            if self.crc.sum() != self.expected {
                return Err(io::Error::other(
                    "its checksum is not the one in the zip: it is damaged",
                ));
            }
        }
        Ok(count)
    }
}

/// Unpacks gzip, and stops when it grows like a bomb.
pub struct Gunzip<R> {
    decoder: MultiGzDecoder<Counted<R>>,
    unpacked: u64,
}

impl<R: BufRead> Gunzip<R> {
    /// From the gzip header on.
    pub fn new(packed: R) -> Self {
        Self {
            decoder: MultiGzDecoder::new(Counted {
                bytes: packed,
                count: 0,
            }),
            unpacked: 0,
        }
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(buffer)?;
        self.unpacked += count as u64;
        check_growth(self.decoder.get_ref().count, self.unpacked).map_err(io::Error::other)?;
        Ok(count)
    }
}

/// Counts the packed bytes that a decoder took.
struct Counted<R> {
    bytes: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.count += count as u64;
        self.bytes.consume(count);
    }
}
