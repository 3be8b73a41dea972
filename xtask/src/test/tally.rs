//! Counting tests while their output passes by.

use anyhow::{Context, Result, bail};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

/// How many tests ran, and how they ended.
#[derive(Debug, Default, PartialEq)]
pub struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// A test program said that it failed, whatever it counted: it did not compile, say.
    broken: bool,
}

impl Tally {
    /// The tally, where it is that of a suite that ran and passed.
    pub fn verdict(self) -> Result<Tally> {
        if self.failed > 0 || self.broken {
            bail!("{self}");
        }
        if self.passed == 0 {
            bail!("no test ran");
        }
        Ok(self)
    }

    /// What a line says of the count: cargo's `test result: ok. 3 passed; 0 failed; ...`, pytest's `3 passed, 1 failed in 2.10s`.
    /// None for every other line.
    fn from_line(line: &str) -> Option<Tally> {
        let cargo = line.starts_with("test result: ");
        let pytest = line.ends_with('s') && line.contains(" in ");
        if !cargo && !pytest {
            return None;
        }
        let words: Vec<&str> = line.split([' ', ',', ';', '=']).filter(|word| !word.is_empty()).collect();
        let mut tally = Tally::default();
        let mut found = false;
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else {
                continue;
            };
            let count = match pair[1] {
                "passed" => &mut tally.passed,
                "failed" | "error" | "errors" => &mut tally.failed,
                "ignored" | "skipped" => &mut tally.skipped,
                _ => continue,
            };
            *count += number;
            found = true;
        }
        found.then_some(tally)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.broken |= other.broken;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed", self.passed)?;
        if self.failed > 0 {
            write!(f, ", {} failed", self.failed)?;
        }
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        if self.broken && self.failed == 0 {
            write!(f, ", and then the test program failed")?;
        }
        Ok(())
    }
}

/// Runs a test program, passing on what it writes, and counts its tests.
pub fn count(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().to_string_lossy()))?;
    let output = child.stdout.take().context("the test program has no output")?;
    let mut tally = Tally::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(counted) = Tally::from_line(&line) {
            tally += counted;
        }
    }
    tally.broken = !child.wait()?.success();
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn counts_what_test_programs_say() {
        let cargo = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 9 filtered out; finished in 0.00s";
        let expected = Tally { passed: 3, failed: 1, skipped: 2, broken: false };
        assert_eq!(Tally::from_line(cargo), Some(expected));
        let pytest = "=== 1 failed, 12 passed, 2 errors in 3.21s ===";
        assert_eq!(Tally::from_line(pytest), None);
        let pytest = "1 failed, 12 passed, 2 errors in 3.21s";
        let expected = Tally { passed: 12, failed: 3, skipped: 0, broken: false };
        assert_eq!(Tally::from_line(pytest), Some(expected));
        assert_eq!(Tally::from_line("2 lines in 3 files"), None);
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert!(Tally::default().verdict().is_err());
        assert!(Tally { passed: 5, broken: true, ..Tally::default() }.verdict().is_err());
        assert!(Tally { passed: 5, ..Tally::default() }.verdict().is_ok());
    }
}
