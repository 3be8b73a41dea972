//! A disk and a clock that fail when a test says so (`faults.c`, put under the native host by `LD_PRELOAD`). It takes a
//! C compiler, as building SQLite does, and no privileges.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::command::{succeed, target};

/// What happens to those who write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// There is no space left.
    Full,
    /// The file system is read-only.
    ReadOnly,
    /// What was written cannot be brought to the disk.
    Unsynced,
}

/// The disk and the clock of one server.
pub struct Machine {
    control: PathBuf,
    below: PathBuf,
}

impl Machine {
    /// For a server that keeps its data in `directory`. All is well at first.
    #[track_caller]
    pub fn new(directory: &Path) -> Machine {
        Machine::below(directory, &directory.join("data"))
    }

    /// For a server of which only the files below a directory concern the faults.
    #[track_caller]
    pub fn below(directory: &Path, below: &Path) -> Machine {
        let machine = Machine { control: directory.join("faults"), below: below.to_owned() };
        // Beside the control, so that whoever can reach that (PostgreSQL's user) can reach it as well.
        let copied = fs::copy(library(), machine.library());
        copied.unwrap_or_else(|error| panic!("making {}: {error}", machine.library().display()));
        let written = fs::write(&machine.control, *b"-       \0\0\0\0\0\0\0\0");
        written.unwrap_or_else(|error| panic!("making {}: {error}", machine.control.display()));
        machine
    }

    /// The variables that a server has to be started with.
    #[track_caller]
    pub fn variables(&self) -> [(&'static str, String); 3] {
        let text = |path: &Path| path.to_str().map(str::to_owned).unwrap_or_else(|| panic!("{path:?} is no UTF-8"));
        [
            ("LD_PRELOAD", text(&self.library())),
            ("KALENDS_FAULTS", text(&self.control)),
            ("KALENDS_FAULTS_BELOW", text(&self.below)),
        ]
    }

    fn library(&self) -> PathBuf {
        self.control.with_extension("so")
    }

    /// From now on that happens.
    #[track_caller]
    pub fn set(&self, fault: Fault) {
        let letter = match fault {
            Fault::None => b'-',
            Fault::Full => b'F',
            Fault::ReadOnly => b'R',
            Fault::Unsynced => b'I',
        };
        self.write(0, &[letter]);
    }

    /// From now on the clock is so many seconds off.
    #[track_caller]
    pub fn shift_clock(&self, seconds: i64) {
        self.write(8, &seconds.to_ne_bytes());
    }

    #[track_caller]
    fn write(&self, at: u64, bytes: &[u8]) {
        let written = File::options().write(true).open(&self.control).and_then(|mut file| {
            file.seek(SeekFrom::Start(at))?;
            file.write_all(bytes)
        });
        written.unwrap_or_else(|error| panic!("writing {}: {error}", self.control.display()));
    }
}

/// The library, built once a test program.
#[track_caller]
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/faults.c");
        let library = target().join("tmp").join(format!("faults-{}.so", std::process::id()));
        let mut compiler = std::process::Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl");
        succeed(&mut compiler);
        library
    })
}
