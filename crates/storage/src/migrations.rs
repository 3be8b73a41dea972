//! The numbered SQL files of `migrations/`, for worlds that apply them by themselves. D1's are applied by `wrangler d1
//! migrations apply`.

/// The files in their order. The first one's version is 1; each enters itself into `schema_version` at its end.
pub const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/0001_first.sql"),
    include_str!("../../../migrations/0002_sharing.sql"),
    include_str!("../../../migrations/0003_ended_shares.sql"),
    include_str!("../../../migrations/0004_listing.sql"),
    include_str!("../../../migrations/0005_span.sql"),
    include_str!("../../../migrations/0006_standing.sql"),
    include_str!("../../../migrations/0007_bounds.sql"),
];

/// The version that a database has when all of [`MIGRATIONS`] are applied.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// The statements that a database of this version still lacks, in order: an empty database is of version 0.
pub fn missing(version: i64) -> impl Iterator<Item = &'static str> {
    let applied = usize::try_from(version).unwrap_or(0);
    MIGRATIONS.iter().skip(applied).flat_map(|file| statements(file))
}

/// The statements of a file: a blank line ends each.
pub fn statements(file: &str) -> impl Iterator<Item = &str> {
    file.split("\n\n")
        .map(str::trim)
        .filter(|part| part.lines().any(|line| !line.trim_start().starts_with("--") && !line.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_split_at_blank_lines_and_comments_alone_are_no_statement() {
        let file = "-- About.\n\n-- One.\nSELECT 1;\n\nCREATE TRIGGER t BEGIN\n    SELECT 2;\nEND;\n\n";
        assert_eq!(
            statements(file).collect::<Vec<_>>(),
            ["-- One.\nSELECT 1;", "CREATE TRIGGER t BEGIN\n    SELECT 2;\nEND;"]
        );
    }

    #[test]
    fn what_is_applied_is_not_missing() {
        assert_eq!(missing(VERSION).count(), 0);
        assert!(missing(0).count() > 20);
    }
}
