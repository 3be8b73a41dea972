//! The outcome as a Markdown text, and its place in a document.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::bars::bars;
use crate::measure::Measured;
use crate::outcome::{Outcome, Size};

const BEGIN: &str = "<!-- cargo xtask bench writes from here -->";
const END: &str = "<!-- to here -->";

/// The whole outcome.
///
/// # Errors
/// Never: writing to a string does not fail.
pub fn markdown(outcome: &Outcome) -> Result<String> {
    let mut text = String::new();
    writeln!(
        text,
        "{} A request to a server that answers nothing took {} ms over one connection (p50), through the whole run: the client, the kernel and waking up, which are in every figure.\n\n{}\n",
        outcome.machine,
        digits(outcome.least),
        outcome.effort
    )?;
    for server in &outcome.servers {
        writeln!(text, "- *{}*: {}", server.name, server.about)?;
    }
    promises(&mut text, outcome)?;
    for size in &outcome.sizes {
        tables(&mut text, outcome, size)?;
    }
    scaling(&mut text, outcome)?;
    whole(&mut text, outcome)?;
    if !outcome.notes.is_empty() {
        writeln!(text, "\nWhere there is a dash, the server lacks this, or its answer was not right:\n")?;
        for note in &outcome.notes {
            writeln!(text, "- {note}")?;
        }
    }
    Ok(text)
}

fn promises(text: &mut String, outcome: &Outcome) -> Result<()> {
    let bars = bars(outcome);
    if bars.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n| promised | measured | reached |\n|---|---|---|")?;
    for bar in bars {
        writeln!(text, "| {} | {} | {} |", bar.promise, bar.measured, if bar.reached { "yes" } else { "**no**" })?;
    }
    Ok(())
}

fn tables(text: &mut String, outcome: &Outcome, size: &Size) -> Result<()> {
    let events = size.events;
    writeln!(
        text,
        "\n**{events} events, one connection:** milliseconds, p50 / p95, and how many times the first server's p50.\n"
    )?;
    header(text, outcome)?;
    for row in &size.rows {
        line(text, row.name, outcome, |server| {
            let time = |share| move |cell: &Measured| cell.quantile(share);
            let (p50, p95) = (row.figure(server, time(0.5))?, row.figure(server, time(0.95))?);
            let ratio = compared(server, p50, row.figure(0, time(0.5)));
            Some(format!("{} / {}{ratio}", digits(p50), digits(p95)))
        })?;
    }
    writeln!(
        text,
        "\n**{events} events, several connections:** requests a second, and how many times as many the first server answers.\n"
    )?;
    header(text, outcome)?;
    for row in &size.rows {
        line(text, row.name, outcome, |server| {
            let rate = row.figure(server, Measured::throughput)?;
            let first = row.figure(0, Measured::throughput);
            Some(format!("{}{}", digits(rate), compared(server, 1.0 / rate, first.map(|first| 1.0 / first))))
        })?;
    }
    writeln!(
        text,
        "\n**{events} events:** milliseconds of CPU time of the server for a request, all of its processes.\n"
    )?;
    header(text, outcome)?;
    for row in &size.rows {
        line(text, row.name, outcome, |server| row.figure(server, Measured::cpu).map(digits))?;
    }
    Ok(())
}

fn scaling(text: &mut String, outcome: &Outcome) -> Result<()> {
    if outcome.scaling.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\n**Kalends on the native host in a small calendar and in a large one,** asked in turns: milliseconds, p50.\n"
    )?;
    writeln!(text, "| | events | | events | | ratio |\n|---|---:|---:|---:|---:|---:|")?;
    for scaling in &outcome.scaling {
        let (small, large) = scaling.sizes;
        let (before, after) = (digits(scaling.times.0), digits(scaling.times.1));
        writeln!(text, "| {} | {small} | {before} | {large} | {after} | {:.2} |", scaling.request, scaling.ratio())?;
    }
    Ok(())
}

fn whole(text: &mut String, outcome: &Outcome) -> Result<()> {
    writeln!(text, "\n**With everything loaded:**\n")?;
    header(text, outcome)?;
    let server = |place: usize| outcome.servers.get(place);
    line(text, "start to first answer, ms", outcome, |place| server(place).map(|server| digits(server.start)))?;
    line(text, "memory of all processes, MiB resident", outcome, |place| {
        server(place).map(|server| digits(server.memory.resident))
    })?;
    line(text, "the same, pages that they share counted once", outcome, |place| {
        server(place).map(|server| digits(server.memory.proportional))
    })
}

fn header(text: &mut String, outcome: &Outcome) -> Result<()> {
    let names: Vec<&str> = outcome.servers.iter().map(|server| server.name).collect();
    writeln!(text, "| | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()))?;
    Ok(())
}

fn line(text: &mut String, name: &str, outcome: &Outcome, cell: impl Fn(usize) -> Option<String>) -> Result<()> {
    let cells: Vec<String> =
        (0..outcome.servers.len()).map(|server| cell(server).unwrap_or_else(|| "–".to_owned())).collect();
    writeln!(text, "| {name} | {} |", cells.join(" | "))?;
    Ok(())
}

/// How many times the first server's figure this is, of those that have it.
fn compared(server: usize, figure: f64, first: Option<f64>) -> String {
    match first {
        Some(first) if server > 0 => format!(" ({}×)", digits(figure / first)),
        _ => String::new(),
    }
}

/// Three significant digits, or all before the point.
fn digits(figure: f64) -> String {
    match figure {
        figure if !figure.is_finite() => "–".to_owned(),
        figure if figure >= 100.0 => format!("{figure:.0}"),
        figure if figure >= 10.0 => format!("{figure:.1}"),
        figure => format!("{figure:.2}"),
    }
}

/// Puts a text between the marks of a document, in the place of what was there.
///
/// # Errors
/// Where the document lacks them, or cannot be read or written.
pub fn put_into(document: &Path, text: &str) -> Result<()> {
    let old = fs::read_to_string(document).with_context(|| format!("reading {}", document.display()))?;
    let new =
        replaced(&old, text).with_context(|| format!("{} lacks the lines {BEGIN} and {END}", document.display()))?;
    fs::write(document, new).with_context(|| format!("writing {}", document.display()))
}

fn replaced(old: &str, text: &str) -> Option<String> {
    let (before, rest) = old.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, digits, replaced};

    #[test]
    fn a_block_is_replaced_and_nothing_else() {
        let old = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let once = replaced(&old, "new\n").unwrap();
        assert_eq!(once, format!("a\n{BEGIN}\n\nnew\n\n{END}\nb\n"));
        assert_eq!(replaced(&once, "new\n").unwrap(), once);
        assert!(replaced("no marks", "new").is_none());
    }

    #[test]
    fn figures_have_three_digits() {
        assert_eq!([1.234, 12.34, 1234.4].map(digits), ["1.23", "12.3", "1234"]);
    }
}
