//! Protocol buffers read back: the fields of a message by their numbers.

use std::collections::BTreeMap;

/// The value of a field, as far as its message alone says what it is.
#[derive(Debug, PartialEq)]
pub enum Field {
    /// A whole number.
    Number(u64),
    /// Four or eight bytes of a number, or bytes, a text, a message or many numbers.
    Bytes(Vec<u8>),
}

impl Field {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            Field::Number(number) => panic!("{number} is no bytes"),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }
}

/// The fields of a message, each with all of its values.
pub fn parse(mut bytes: &[u8]) -> BTreeMap<u32, Vec<Field>> {
    let mut fields = BTreeMap::<u32, Vec<Field>>::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => None,
            1 => Some(8),
            2 => Some(varint(&mut bytes) as usize),
            5 => Some(4),
            wire => panic!("no such layout: {wire}"),
        };
        let value = match length {
            None => Field::Number(varint(&mut bytes)),
            Some(length) => {
                let (own, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(own.to_vec())
            }
        };
        fields.entry((key >> 3) as u32).or_default().push(value);
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for place in 0.. {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}
