//! Request ids.

/// Whether a caller's request id is valid: 1 to 64 letters, digits, `_` or `-`.
pub(crate) fn is_request_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A new request id: `req_` and 26 characters of base32.
pub fn new_request_id(random: [u8; 16]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bits = u128::from_be_bytes(random);
    let letters = (0..26).map(|index| char::from(ALPHABET[(bits >> (index * 5)) as usize % 32]));
    format!("req_{}", letters.collect::<String>())
}
