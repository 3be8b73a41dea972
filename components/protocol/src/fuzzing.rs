//! Inputs for tests that no reader may stumble over: texts that are right, changed at random, the same ones at every
//! run.

/// Changes of each text that a test sees.
const CHANGES: usize = 4_000;

/// A generator of numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from((number ^ (number >> 31)) % bound).unwrap_or(0)
    }
}

/// Hands changed texts to a check. `pieces` are put in between, beside octets of any kind.
pub fn with_changes(texts: &[&str], pieces: &[&str], mut check: impl FnMut(&[u8])) {
    let mut random = Random(2026);
    for text in texts {
        for _ in 0..CHANGES {
            let mut octets = text.as_bytes().to_vec();
            for _ in 0..=random.below(4) {
                change(&mut octets, pieces, &mut random);
            }
            check(&octets);
        }
    }
}

fn change(octets: &mut Vec<u8>, pieces: &[&str], random: &mut Random) {
    let start = random.below(octets.len() + 1);
    let end = start + random.below((octets.len() - start).min(24) + 1);
    match random.below(6) {
        0 => drop(octets.drain(start..end)),
        1 => {
            let copy = octets[start..end].to_vec();
            octets.splice(start..start, copy);
        }
        2 => octets.insert(start, u8::try_from(random.below(256)).unwrap_or(0)),
        3 => octets.truncate(start),
        _ => drop(octets.splice(start..end, pieces[random.below(pieces.len())].bytes())),
    }
}
