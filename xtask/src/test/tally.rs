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
        if !self.is_success() {
            bail!("{self}");
        }
        if self.passed == 0 {
            bail!("no test ran");
        }
        Ok(self)
    }

    /// One test.
    pub fn of_one(passed: bool) -> Tally {
        Tally { passed: passed.into(), failed: (!passed).into(), ..Tally::default() }
    }

    /// What a test program has written tells of its tests, and its exit status the rest.
    pub fn of_output(written: &str, succeeded: bool) -> Tally {
        let mut tally = Tally { broken: !succeeded, ..Tally::default() };
        written.lines().filter_map(Tally::from_line).for_each(|counted| tally += counted);
        tally
    }

    /// Whether nothing failed.
    pub fn is_success(&self) -> bool {
        self.failed == 0 && !self.broken
    }

    /// What a line says of the count; none for a line that says nothing of it. Cargo writes
    /// `test result: ok. 3 passed; 0 failed; ...`, pytest `3 passed, 1 failed, 5 subtests passed in 2.10s`, Node
    /// `# pass 3` or the same with another mark.
    fn from_line(line: &str) -> Option<Tally> {
        if let Some(fact) = line.strip_prefix("# ").or_else(|| line.strip_prefix("\u{2139} ")) {
            let (what, number) = fact.split_once(' ')?;
            return Tally::of([(number, what)]);
        }
        if !line.starts_with("test result: ") && !ends_with_duration(line) {
            return None;
        }
        let words: Vec<&str> = line.split([' ', ',', ';']).filter(|word| !["", "subtests"].contains(word)).collect();
        Tally::of(words.windows(2).map(|pair| (pair[0], pair[1])))
    }

    /// What pairs of a number and a word say together; none where they say nothing.
    fn of<'a>(facts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Tally> {
        let mut tally = Tally::default();
        let mut found = false;
        for (number, what) in facts {
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            let count = match what {
                "passed" | "pass" => &mut tally.passed,
                "failed" | "fail" | "error" | "errors" | "cancelled" => &mut tally.failed,
                "ignored" | "skipped" => &mut tally.skipped,
                _ => continue,
            };
            *count += number;
            found = true;
        }
        found.then_some(tally)
    }
}

/// Whether a line ends as pytest's last one does: ` in 2.10s`, or ` in 75.10s (0:01:15)`.
fn ends_with_duration(line: &str) -> bool {
    let Some((_, duration)) = line.rsplit_once(" in ") else {
        return false;
    };
    let seconds = duration.split(' ').next().and_then(|word| word.strip_suffix('s'));
    seconds.is_some_and(|seconds| seconds.parse::<f64>().is_ok())
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
    fn counts_what_cargo_says() {
        let line = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 9 filtered out; finished in 0.00s";
        assert_eq!(Tally::from_line(line), Some(Tally { passed: 3, failed: 1, skipped: 2, broken: false }));
    }

    #[test]
    fn counts_what_pytest_says() {
        let counted = Some(Tally { passed: 12, failed: 3, skipped: 0, broken: false });
        assert_eq!(Tally::from_line("1 failed, 12 passed, 2 errors in 3.21s"), counted);
        assert_eq!(Tally::from_line("1 failed, 12 passed, 2 errors in 75.10s (0:01:15)"), counted);
        assert_eq!(Tally::from_line("1 failed, 2 passed, 2 errors, 10 subtests passed in 3.21s"), counted);
    }

    #[test]
    fn counts_what_node_says() {
        assert_eq!(Tally::from_line("# pass 7"), Some(Tally { passed: 7, ..Tally::default() }));
        assert_eq!(Tally::from_line("\u{2139} fail 2"), Some(Tally { failed: 2, ..Tally::default() }));
    }

    #[test]
    fn counts_what_a_program_has_written() {
        let written = "running 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(Tally::of_output(written, true), Tally { passed: 3, ..Tally::default() });
        assert!(Tally::of_output(written, true).is_success());
        assert!(!Tally::of_output(written, false).is_success());
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["2 lines in 3 files", "3 passed", "# duration_ms 12", "no tests ran in 0.01s"] {
            assert_eq!(Tally::from_line(line), None, "{line}");
        }
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert!(Tally::default().verdict().is_err());
        assert!(Tally { passed: 5, broken: true, ..Tally::default() }.verdict().is_err());
        assert!(Tally { passed: 5, ..Tally::default() }.verdict().is_ok());
    }
}
