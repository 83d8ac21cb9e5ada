//! SHA-256 and hexadecimal digits.

use sha2::{Digest as _, Sha256};

/// The digits of each byte.
const DIGITS: [[u8; 2]; 256] = digits();

const fn digits() -> [[u8; 2]; 256] {
    const OF_HALF: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        digits[byte] = [OF_HALF[byte >> 4], OF_HALF[byte & 0xf]];
        byte += 1;
    }
    digits
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend_from_slice(&DIGITS[usize::from(*byte)]);
    }
    // Digits are text.
    String::from_utf8(text).unwrap_or_default()
}

/// SHA-256, in hexadecimal.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// Whether a text has the form that [`sha256`] gives.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
