//! Writes the tables of the README that come from files: `make readme`.
#![expect(clippy::print_stderr, reason = "a program for people")]

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use stormglass_scenarios::scenario::catalog_table;

const BEGIN: &str = "<!-- scenarios: written by `make readme` -->\n";
const END: &str = "<!-- end of scenarios -->\n";

fn main() -> ExitCode {
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the README could not be written: {error}");
            ExitCode::from(4)
        }
    }
}

fn write() -> io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = fs::read_to_string(&path)?;
    let table = catalog_table().map_err(io::Error::other)?;
    let parts = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| rest.split_once(END).map(|(_, after)| (before, after)));
    let Some((before, after)) = parts else {
        return Err(io::Error::other("its marks of the scenarios' table are gone: put them back"));
    };
    fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}"))
}
