//! The command line, on the real binary: the commands that need no cluster.

#[path = "cli/support.rs"]
mod support;

#[path = "cli/cleaning.rs"]
mod cleaning;
#[path = "cli/explaining.rs"]
mod explaining;
#[path = "cli/gallery.rs"]
mod gallery;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/looking.rs"]
mod looking;
#[path = "cli/pipelines.rs"]
mod pipelines;
#[path = "cli/releases.rs"]
mod releases;
#[path = "cli/searching.rs"]
mod searching;
#[path = "cli/selftesting.rs"]
mod selftesting;
#[path = "cli/simulating.rs"]
mod simulating;
#[path = "cli/storing.rs"]
mod storing;
#[path = "cli/suites.rs"]
mod suites;
#[path = "cli/writing.rs"]
mod writing;
