//! The house, held against the code: which package may use which, what the pure packages
//! must not know, how long a file may be, and what is documented.

mod arrows;
mod pages;
mod tidy;
mod workspace;
