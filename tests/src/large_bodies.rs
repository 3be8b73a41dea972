//! Large bodies that are written and deleted while `kalends collect` is at work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;

use crate::{Client, samples};

/// Clients that write at once.
const WRITERS: usize = 3;

/// An event that is too large for its row. Each number is another body.
pub fn large(number: usize) -> String {
    samples::event(&format!("large-{number}"), &format!("DTSTART:20260314T120000Z\nSUMMARY:{}", "v".repeat(50_000)))
}

/// Does something while several write and delete large bodies, each another one. Returns how many were stored.
///
/// # Panics
/// Where a body that was stored is lost.
pub fn while_they_come_and_go(client: &Client, calendar: &str, mut work: impl FnMut()) -> usize {
    let stop = &AtomicBool::new(false);
    scope(|scope| {
        let begin = |writer| scope.spawn(move || come_and_go(client, calendar, writer, stop));
        let writers: Vec<_> = (1..=WRITERS).map(begin).collect();
        work();
        stop.store(true, Ordering::Release);
        writers.into_iter().map(|writer| writer.join().expect("a body was lost")).sum()
    })
}

/// Until it is told to stop. What is collected between the body and its row is refused with 503.
fn come_and_go(client: &Client, calendar: &str, writer: usize, stop: &AtomicBool) -> usize {
    let path = format!("{calendar}{writer}.ics");
    let mut stored = 0;
    for number in 0.. {
        if stop.load(Ordering::Acquire) {
            break;
        }
        let body = large(writer * 1_000_000 + number);
        if client.put(&path, &body).expect_any(&[201, 204, 503]).status != 503 {
            stored += 1;
            assert!(client.get(&path).expect(200).text() == body, "{path} has lost its body");
            client.delete(&path).expect(204);
        }
    }
    stored
}
