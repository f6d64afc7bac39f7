//! Records as TensorFlow writes them one behind the other into a file: length, its checksum, content, its checksum.

/// CRC32C of every byte, after Castagnoli's polynomial with its bits reversed.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ (0x82f6_3b78 * (sum & 1));
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

/// The checksum CRC32C (RFC 3720).
pub fn crc32c(bytes: &[u8]) -> u32 {
    let step = |sum: u32, &byte: &u8| TABLE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8);
    !bytes.iter().fold(!0, step)
}

/// The checksum as it is written: that of bytes with a checksum in them would otherwise be a weak one.
fn masked(bytes: &[u8]) -> [u8; 4] {
    let sum = crc32c(bytes).rotate_right(15);
    sum.wrapping_add(0xa282_ead8).to_le_bytes()
}

/// Appends a record to a file.
pub fn append(file: &mut Vec<u8>, content: &[u8]) {
    let length = (content.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked(&length));
    file.extend(content);
    file.extend(masked(content));
}
