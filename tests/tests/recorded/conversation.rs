//! Conversations: the numbered files of a directory.

use std::fs;
use std::path::Path;

use kalends_tests::{Multistatus, shared};

use crate::expectation::{Context, Expectations};
use crate::request::Request;
use crate::variables::Variables;

/// The requests that a client sends for one purpose, in their order.
pub struct Conversation {
    name: String,
    steps: Vec<Step>,
}

/// A request and what has to come back.
struct Step {
    name: String,
    request: Request,
    expectations: Expectations,
}

impl Conversation {
    /// Reads a conversation. Fails where a number is missing, a file lacks its other half, or cannot be read.
    pub fn read(recordings: &Path, client: &str, scenario: &str) -> Conversation {
        let directory = recordings.join(client).join(scenario);
        let files = crate::names(&directory, Path::is_file);
        let mut steps = Vec::new();
        for file in files.iter().filter(|file| file.ends_with(".http")) {
            let name = file.trim_end_matches(".http");
            let number = format!("{:02}-", steps.len() + 1);
            assert!(name.starts_with(&number), "{client}/{scenario}: {number} is missing before {name}");
            let read = |extension: &str| {
                let path = directory.join(format!("{name}.{extension}"));
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            };
            let place = format!("{client}/{scenario}/{name}.expect");
            let expectations = Expectations::parse(&place, &read("expect"));
            steps.push(Step { name: name.to_owned(), request: Request::parse(&read("http")), expectations });
        }
        assert!(!steps.is_empty(), "{} holds no request", directory.display());
        assert_eq!(files.len(), 2 * steps.len(), "{}: a file lacks its other half", directory.display());
        Conversation { name: format!("{client}/{scenario}"), steps }
    }

    /// Plays it with an account of its own, and returns what was not as it should be.
    pub fn play(&self) -> Vec<String> {
        let server = shared();
        let mut variables = Variables::of_account(server, &server.account());
        let mut failures = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            if let Err(reason) = self.play_step(at, &mut variables, &mut failures) {
                failures.push(format!("{}/{}: {reason}; the rest is not played", self.name, step.name));
                break;
            }
        }
        failures
    }

    /// Plays a step; what is not as it should be goes to `failures`.
    ///
    /// # Errors
    /// A placeholder without a value, so that the conversation cannot go on.
    fn play_step(&self, at: usize, variables: &mut Variables, failures: &mut Vec<String>) -> Result<(), String> {
        let step = &self.steps[at];
        let answer = step.request.send(&shared().anonymous(), variables)?;
        variables.remember(&format!("body-{:02}", at + 1), step.request.filled_body(variables)?);
        // In any other answer there is none to read.
        let multistatus = (answer.status == 207).then(|| Multistatus::parse(answer.text()));
        let context = Context { request: &step.request, answer: &answer, multistatus: multistatus.as_ref() };
        failures.extend(step.expectations.check(&context, variables));
        Ok(())
    }
}
