//! What requests cost in the Worker's isolate, and what its start costs: `cargo xtask bench worker`, in a workerd of
//! its own.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What was measured.
pub struct Profile {
    /// Events in the calendar.
    pub events: usize,
    /// The request that took the most CPU time in the isolate, with instances reused, and its milliseconds.
    pub most: (String, f64),
    /// Milliseconds by the clock from the isolate's creation until the script is evaluated.
    pub start: f64,
    /// Megabytes of the script, compressed.
    pub compressed: f64,
}

impl Profile {
    /// Has the profiler measure requests in a calendar of so many events.
    ///
    /// # Errors
    /// Where the Worker does not run, or answers wrongly.
    pub fn measure(events: usize) -> Result<Self> {
        let xtask = env::var_os("KALENDS_XTASK").context("KALENDS_XTASK is not set: use `cargo xtask bench`")?;
        let mut worker = Command::new(xtask);
        worker.args(["bench", "worker", "--json", "--events", &events.to_string()]);
        let output = worker.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("the profile of the Worker failed");
        }
        Self::parse(&String::from_utf8(output.stdout)?)
    }

    /// Of the last line: others are the tools' own.
    fn parse(text: &str) -> Result<Self> {
        let line = text.lines().last().context("the profile is empty")?;
        let measured: Value = serde_json::from_str(line).context("the profile cannot be understood")?;
        let figure = |value: &Value| value.as_f64().context("the profile lacks a figure");
        let mut most = (String::new(), 0.0);
        for request in measured["requests"].as_array().context("the profile lacks requests")? {
            let time = figure(&request["reused"])?;
            if time > most.1 {
                most = (request["name"].as_str().unwrap_or_default().to_owned(), time);
            }
        }
        let events = usize::try_from(measured["events"].as_u64().context("the profile lacks the size")?)?;
        let compressed = figure(&measured["size"]["compressed"])? / 1e6;
        Ok(Self { events, most, start: figure(&measured["startUp"])?, compressed })
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn the_most_expensive_request_is_found() {
        let text = r#"Building
{"events":7,"requests":[{"name":"GET","reused":1.5,"fresh":9},{"name":"PUT","reused":2.5,"fresh":8}],"startUp":150.5,"size":{"octets":5,"compressed":1700000}}
"#;
        let profile = Profile::parse(text).unwrap();
        assert_eq!((profile.events, profile.most), (7, ("PUT".to_owned(), 2.5)));
        assert!((profile.compressed - 1.7).abs() < 1e-9 && (profile.start - 150.5).abs() < 1e-9);
        assert!(Profile::parse(r#"{"requests":[]}"#).is_err());
    }
}
