//! What one call may cost.

/// Octets of one card. A photo of some megabytes fits.
pub const CARD_OCTETS: usize = 10 * 1024 * 1024;

/// Octets of a stream of cards.
pub const STREAM_OCTETS: usize = 64 * 1024 * 1024;

/// Cards in a stream.
pub const STREAM_CARDS: usize = 50_000;

/// Content lines of one card. A group of some thousand members fits.
pub const CARD_LINES: usize = 20_000;

/// How deep cards may be nested in one another (AGENT of vCard 2.1).
pub const NESTING: usize = 4;
