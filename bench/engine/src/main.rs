//! How long the iCalendar engine takes for an object: compiled for this machine, and as a component in wasmtime, where
//! what goes in and comes out is copied. Both answer the same questions, and are checked to give the same answers.

mod component;
mod measure;
mod native;
mod objects;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;
use component::InComponent;
use measure::{Question, microseconds};
use native::Native;
use report::Row;

/// Measures the iCalendar engine natively and as a component.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench engine")]
struct Arguments {
    /// Where the components are, as they were built.
    #[arg(long, env = "KALENDS_COMPONENTS")]
    components: PathBuf,
    /// Seconds for each question about each object, natively and as a component.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// A document to write the tables into, between its marks.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Something that answers a question about objects.
trait Engine {
    /// Asks the question of as many copies of an object as the server would at once; a text of the answer for the last.
    fn ask(&mut self, question: Question, objects: &[Vec<u8>]) -> Result<String>;
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let time = Duration::from_secs_f64(arguments.seconds);
    let mut component = InComponent::load(&arguments.components.join("kalends_icalendar.wasm"))?;
    let mut rows = Vec::new();
    for object in objects::all() {
        let mut figures = Vec::new();
        for question in Question::ALL {
            let copies = vec![object.text.clone(); question.at_once()];
            let (ours, theirs) = (Native.ask(question, &copies)?, component.ask(question, &copies)?);
            ensure!(ours == theirs, "{question:?} of {}: {ours} natively, {theirs} as a component", object.name);
            for engine in [&mut Native as &mut dyn Engine, &mut component] {
                figures.push(microseconds(time, copies.len(), || engine.ask(question, &copies).map(drop))?);
            }
        }
        rows.push(Row { name: object.name, octets: object.text.len(), figures });
    }
    let text = report::markdown(&rows, &report::sizes(&arguments.components)?);
    println!("{text}");
    arguments.write.map_or(Ok(()), |document| report::put_into(&document, &text))
}
