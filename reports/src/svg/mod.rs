//! Drawings: every one is a readable light SVG of its own; on the page its colours become
//! the theme's variables.

mod drawing;
mod layout;
mod measure;
mod overview;
mod paint;
mod scale;
mod witness;

pub(crate) use drawing::{Anchor, Drawing, Shape, TextStyle, standalone, themed};
pub(crate) use measure::{LABEL, text_width};
pub(crate) use overview::overview;
pub(crate) use paint::{Paint, variables};
pub(crate) use scale::TimeScale;
pub(crate) use witness::{StepKind, StepView, WitnessView, witness};
