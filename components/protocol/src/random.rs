//! Names that nobody has had.

use crate::refusal::{Refusal, Result};

/// A random UUID (RFC 9562 §5.4).
///
/// # Errors
/// 500 where the host gives no random octets.
pub fn uuid() -> Result<String> {
    let mut octets = [0u8; 16];
    getrandom::fill(&mut octets).map_err(|error| Refusal::new(500, format!("There are no random numbers: {error}")))?;
    octets[6] = (octets[6] & 0x0f) | 0x40;
    octets[8] = (octets[8] & 0x3f) | 0x80;
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}
