//! With `KALENDS_COMPONENT=FILE` in the environment of the build, the composed component becomes part of the binary.

use std::path::PathBuf;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(embedded_component)");
    println!("cargo::rerun-if-env-changed=KALENDS_COMPONENT");
    let Some(file) = std::env::var_os("KALENDS_COMPONENT").filter(|file| !file.is_empty()) else {
        return;
    };
    // Cargo runs this in the package's directory; whoever names a file is at the top of the tree.
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    match top.join(&file).canonicalize() {
        Ok(path) => {
            println!("cargo::rerun-if-changed={}", path.display());
            println!("cargo::rustc-env=KALENDS_COMPONENT_PATH={}", path.display());
            println!("cargo::rustc-cfg=embedded_component");
        }
        Err(error) => println!("cargo::error=KALENDS_COMPONENT={}: {error}", file.display()),
    }
}
