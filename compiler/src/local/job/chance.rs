//! What no two runs have alike.

/// 64 bytes that nobody knows.
pub(super) fn random() -> std::io::Result<[u8; 64]> {
    let mut bytes = [0; 64];
    let drawn = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    match drawn == bytes.len() {
        true => Ok(bytes),
        false => Err(std::io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Five letters and digits.
pub(super) fn word(random: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 31)).copied().map(char::from);
    random.iter().take(5).filter_map(letter).collect()
}

/// A UUID of version 4.
pub(super) fn uid(random: &[u8]) -> String {
    let mut bytes: Vec<u8> = random.iter().skip(8).take(16).copied().collect();
    if let Some(byte) = bytes.get_mut(6) {
        *byte = *byte & 0x0f | 0x40;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = *byte & 0x3f | 0x80;
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}
