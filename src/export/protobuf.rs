//! Protocol buffers as they are written: numbered fields behind each other.

/// A message that is being written. A field that was not written has its default; one that is written again is repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message(Vec<u8>);

/// Ways to write a value, as the wire knows them.
const VARINT: u32 = 0;
const FIXED_64: u32 = 1;
const LENGTH: u32 = 2;
const FIXED_32: u32 = 5;

impl Message {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A whole number: `int32`, `int64`, `uint64`, an `enum` or a `bool`.
    pub fn int(&mut self, field: u32, value: i64) {
        self.key(field, VARINT);
        // Negative numbers are written in two's complement.
        varint(&mut self.0, value as u64);
    }

    /// A `float`.
    pub fn float(&mut self, field: u32, value: f32) {
        self.key(field, FIXED_32);
        self.0.extend(value.to_le_bytes());
    }

    /// A `double`.
    pub fn double(&mut self, field: u32, value: f64) {
        self.key(field, FIXED_64);
        self.0.extend(value.to_le_bytes());
    }

    /// `bytes` or a `string`.
    pub fn bytes(&mut self, field: u32, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.key(field, LENGTH);
        varint(&mut self.0, value.len() as u64);
        self.0.extend(value);
    }

    /// Another message.
    pub fn message(&mut self, field: u32, value: &Message) {
        self.bytes(field, &value.0);
    }

    /// Many `double`s, packed.
    pub fn doubles(&mut self, field: u32, values: &[f64]) {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.bytes(field, bytes);
    }

    fn key(&mut self, field: u32, kind: u32) {
        varint(&mut self.0, u64::from(field << 3 | kind));
    }
}

/// Seven bits a byte, the lowest first.
fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
