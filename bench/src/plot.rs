//! The outcome as a picture: milliseconds over one connection, on a logarithmic scale, a row for each scenario and a
//! bar for each server.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::outcome::{Outcome, Size};

const WIDTH: i32 = 900;
const TOP: i32 = 64;
const LEFT: i32 = 300;
const RIGHT: i32 = 70;
const BAR: i32 = 9;
const GAP: i32 = 12;
/// Ours are dark blue and light blue; nobody needs to tell red from green.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 68, 136),
    RGBColor(102, 170, 221),
    RGBColor(187, 187, 187),
    RGBColor(221, 170, 51),
    RGBColor(187, 85, 102),
    RGBColor(85, 85, 85),
];

/// Where a time lies between the edges of the picture.
struct Scale {
    least: f64,
    decades: f64,
}

impl Scale {
    /// From the power of ten below the least time to the one above the greatest.
    fn of(times: &[f64]) -> Self {
        let least = times.iter().copied().fold(f64::INFINITY, f64::min).log10().floor();
        let most = times.iter().copied().fold(f64::NEG_INFINITY, f64::max).log10().ceil();
        Scale { least, decades: (most - least).max(1.0) }
    }

    fn x(&self, time: f64) -> i32 {
        LEFT + ((time.log10() - self.least) / self.decades * f64::from(WIDTH - LEFT - RIGHT)) as i32
    }

    fn marks(&self) -> impl Iterator<Item = f64> + '_ {
        (0..=self.decades as i32).map(|decade| 10f64.powf(self.least + f64::from(decade)))
    }
}

/// Draws the scenarios of one size of calendar.
///
/// # Errors
/// Where there is nothing to draw, or the file cannot be written.
pub fn draw(outcome: &Outcome, size: &Size, file: &Path) -> Result<()> {
    let times: Vec<f64> =
        size.rows.iter().flat_map(|row| row.cells.iter().flatten().map(|cell| cell.quantile(0.5))).collect();
    if times.is_empty() {
        return Err(anyhow!("there is nothing to draw"));
    }
    let scale = Scale::of(&times);
    let group = BAR * outcome.servers.len() as i32 + GAP;
    let height = TOP + group * size.rows.len() as i32 + 30;
    let root = SVGBackend::new(file, (WIDTH as u32, height as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    legend(&root, outcome, size)?;
    for mark in scale.marks() {
        let x = scale.x(mark);
        root.draw(&PathElement::new([(x, TOP - 6), (x, height - 30)], BLACK.mix(0.15)))?;
        root.draw(&Text::new(format!("{mark} ms"), (x, height - 16), style(11, HPos::Center)))?;
    }
    for (number, row) in size.rows.iter().enumerate() {
        let top = TOP + group * number as i32;
        let middle = top + (group - GAP) / 2;
        root.draw(&Text::new(row.name, (LEFT - 10, middle), style(12, HPos::Right)))?;
        for (server, cell) in row.cells.iter().enumerate() {
            let Some(cell) = cell else { continue };
            let (time, y) = (cell.quantile(0.5), top + BAR * server as i32);
            let colour = COLOURS[server % COLOURS.len()];
            root.draw(&Rectangle::new([(LEFT, y), (scale.x(time).max(LEFT + 1), y + BAR - 1)], colour.filled()))?;
            root.draw(&Text::new(format!("{time:.2}"), (scale.x(time) + 4, y + BAR / 2), style(9, HPos::Left)))?;
        }
    }
    root.present()?;
    Ok(())
}

fn legend(root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>, outcome: &Outcome, size: &Size) -> Result<()> {
    let title = format!("A request over one connection, {} events: milliseconds (p50), logarithmic", size.events);
    root.draw(&Text::new(title, (10, 16), style(14, HPos::Left)))?;
    for (place, server) in outcome.servers.iter().enumerate() {
        let x = LEFT + 95 * place as i32;
        root.draw(&Rectangle::new([(x, 34), (x + 10, 44)], COLOURS[place % COLOURS.len()].filled()))?;
        root.draw(&Text::new(server.name, (x + 15, 39), style(12, HPos::Left)))?;
    }
    Ok(())
}

fn style(size: i32, across: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&BLACK).pos(Pos::new(across, VPos::Center))
}
