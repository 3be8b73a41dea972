//! What a server uses, all its processes together, as Linux tells it under `/proc`.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result};

/// The processes that began with some of ours, by number.
pub struct Tree {
    roots: Vec<u32>,
}

/// Memory of a tree of processes, in MiB.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    /// Resident: pages that several processes share are counted in each.
    pub resident: f64,
    /// Proportional: such a page is counted once.
    pub proportional: f64,
}

impl Memory {
    /// The greater of each.
    pub fn max(self, other: Memory) -> Memory {
        Memory { resident: self.resident.max(other.resident), proportional: self.proportional.max(other.proportional) }
    }
}

impl Tree {
    /// The tree under these processes.
    pub fn new(roots: Vec<u32>) -> Self {
        Tree { roots }
    }

    /// Memory at this moment.
    ///
    /// # Errors
    /// Where `/proc` does not say.
    pub fn memory(&self) -> Result<Memory> {
        let mut memory = Memory::default();
        for process in self.processes()? {
            // It may have ended meanwhile.
            let told = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
            memory.resident += kibibytes(&told, "Rss:") / 1024.0;
            memory.proportional += kibibytes(&told, "Pss:") / 1024.0;
        }
        Ok(memory)
    }

    /// CPU time since their start, in seconds, of processes that ended among them too.
    ///
    /// # Errors
    /// Where `/proc` does not say.
    pub fn cpu_seconds(&self) -> Result<f64> {
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        let used: u64 = self.processes()?.iter().filter_map(|process| stat(*process)).map(|stat| stat.ticks).sum();
        Ok(used as f64 / ticks)
    }

    fn processes(&self) -> Result<Vec<u32>> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for entry in fs::read_dir("/proc").context("reading /proc")? {
            let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if let Some(stat) = stat(process) {
                children.entry(stat.parent).or_default().push(process);
            }
        }
        let mut found = self.roots.clone();
        let mut next = 0;
        while let Some(process) = found.get(next) {
            found.extend(children.remove(process).unwrap_or_default());
            next += 1;
        }
        Ok(found)
    }
}

struct Stat {
    parent: u32,
    ticks: u64,
}

fn stat(process: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// proc(5): the name in parentheses may hold anything; the fields after it are counted from 3.
fn parse_stat(line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(") ")?.1.split(' ').collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    // utime, stime, and those of children that were waited for.
    let ticks = number(14)? + number(15)? + number(16)? + number(17)?;
    Some(Stat { parent: u32::try_from(number(4)?).ok()?, ticks })
}

fn kibibytes(rollup: &str, name: &str) -> f64 {
    let line = rollup.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.trim().split(' ').next()?.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::{Tree, kibibytes, parse_stat};

    #[test]
    fn reads_a_process_with_a_name_in_its_way() {
        let stat = parse_stat("7 (a) b) S 3 7 7 0 -1 4194304 1 0 0 0 10 5 2 1 20 0 1 0").unwrap();
        assert_eq!((stat.parent, stat.ticks), (3, 18));
    }

    #[test]
    fn reads_a_rollup() {
        assert_eq!(kibibytes("Rss:               10240 kB\nPss:  5 kB\n", "Rss:"), 10240.0);
    }

    #[test]
    fn this_process_uses_memory() {
        let memory = Tree::new(vec![std::process::id()]).memory().unwrap();
        assert!(memory.resident > 1.0 && memory.proportional <= memory.resident);
    }
}
