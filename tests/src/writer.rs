//! Somebody who writes at random, and who knows afterwards what the server has to have.

use std::collections::BTreeMap;

use crate::mirror::listed;
use crate::random::Random;
use crate::{Answer, Client, samples};

/// The calendars that are written in; [`Writer::make_calendars`] makes them.
pub const CALENDARS: [&str; 2] = ["left", "right"];

/// Names that a writer has in each calendar.
const NAMES: u64 = 4;

/// What is in the calendars, of one writer: the bodies by path.
type State = BTreeMap<String, String>;

/// A writer. Nobody else touches its names.
pub struct Writer {
    client: Client,
    name: String,
    random: Random,
    /// What was acknowledged.
    state: State,
    /// What is there if the request happened that was not answered, or was answered with a failure of the server's.
    unsure: Option<State>,
    uids: u64,
}

/// What came of a step.
#[derive(Debug)]
pub enum Step {
    /// It was acknowledged.
    Done,
    /// The server says that it failed (5xx). Whether it did [`Writer::settle`] finds out.
    Failed(Answer),
    /// No answer came.
    Lost,
}

impl Writer {
    /// A writer of that number.
    pub fn new(client: &Client, number: u64, seed: u64) -> Writer {
        Writer {
            client: client.clone(),
            name: format!("w{number}"),
            random: Random::new(seed.wrapping_mul(31) + number + 1),
            state: State::new(),
            unsure: None,
            uids: 0,
        }
    }

    /// Makes the calendars.
    #[track_caller]
    pub fn make_calendars(client: &Client) {
        for calendar in CALENDARS {
            client.make_calendar(calendar);
        }
    }

    /// The same on a server that was started again.
    pub fn go_on(&mut self, client: &Client) {
        self.client = client.clone();
    }

    /// Writes something: PUT, DELETE, or MOVE to a free name.
    #[track_caller]
    pub fn step(&mut self) -> Step {
        assert!(self.unsure.is_none(), "{} has not settled", self.name);
        let mut after = self.state.clone();
        let there: Vec<String> = self.state.keys().cloned().collect();
        let chosen = |random: &mut Random, list: &[String]| list[index(random.below(list.len() as u64))].clone();
        let request = match self.random.below(10) {
            0..2 if !there.is_empty() => {
                let path = chosen(&mut self.random, &there);
                after.remove(&path);
                self.client.request("DELETE", &path)
            }
            2..4 if !there.is_empty() => {
                let (path, to) = (chosen(&mut self.random, &there), self.path());
                if after.contains_key(&to) {
                    // Nothing is moved over an object with another UID (RFC 4791 §5.3.2.1).
                    return self.step();
                }
                let body = after.remove(&path).unwrap_or_default();
                after.insert(to.clone(), body);
                self.client.request("MOVE", &path).header("destination", &to).header("overwrite", "T")
            }
            _ => {
                let path = self.path();
                let body = self.body(&path);
                after.insert(path.clone(), body.clone());
                self.client.request("PUT", &path).header("content-type", "text/calendar").body(body)
            }
        };
        let sent = request.try_send();
        let Ok(answer) = sent else {
            self.unsure = Some(after);
            return Step::Lost;
        };
        if answer.status >= 500 {
            self.unsure = Some(after);
            return Step::Failed(answer);
        }
        answer.expect_any(&[201, 204]);
        self.state = after;
        Step::Done
    }

    /// Looks at what is there: all that was acknowledged, with what was not answered as a whole or not at all.
    #[track_caller]
    pub fn settle(&mut self) {
        let found = self.found();
        let unsure = self.unsure.take();
        if unsure.as_ref() == Some(&found) || found == self.state {
            self.state = found;
            return;
        }
        let short =
            |state: &State| format!("{:?}", state.iter().map(|(path, body)| (path, body.len())).collect::<Vec<_>>());
        panic!(
            "{}: there is {}, but it has to be {} or {}",
            self.name,
            short(&found),
            short(&self.state),
            unsure.as_ref().map_or("nothing else".to_owned(), short)
        );
    }

    #[track_caller]
    fn found(&self) -> State {
        let mut found = State::new();
        for calendar in CALENDARS {
            let path = self.client.calendars(&format!("{calendar}/"));
            let own = format!("{path}{}-", self.name);
            for (href, etag) in listed(&self.client, &path).into_iter().filter(|(href, _)| href.starts_with(&own)) {
                let answer = self.client.get(&href).expect(200);
                assert_eq!(answer.etag(), etag, "{href}: the listing and the answer differ");
                found.insert(href, answer.text().to_owned());
            }
        }
        found
    }

    fn path(&mut self) -> String {
        let calendar = CALENDARS[index(self.random.below(2))];
        self.client.calendars(&format!("{calendar}/{}-{}.ics", self.name, self.random.below(NAMES)))
    }

    /// A body for a path: with the UID of what is there, one in eight too large for its row.
    fn body(&mut self, path: &str) -> String {
        let uid = self.state.get(path).and_then(|body| body.split("UID:").nth(1)).and_then(|rest| rest.lines().next());
        let uid = uid.map(str::to_owned).unwrap_or_else(|| {
            self.uids += 1;
            format!("{}-{}", self.name, self.uids)
        });
        let length =
            if self.random.below(8) == 0 { 40_000 + self.random.below(20_000) } else { self.random.below(500) };
        samples::event(&uid, &format!("DTSTART:20260314T120000Z\nSUMMARY:{}", "v".repeat(index(length) + 1)))
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default()
}
