//! The colours of both themes, in one table.

/// A colour with a meaning. The outcome colours are Jepsen's, which every reader of this
/// field knows; the light theme has darker twins of them, so that they can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Behind the page.
    Ground,
    /// Behind tables and drawings.
    Panel,
    /// Text.
    Ink,
    /// Less important text.
    Dim,
    /// Axes and borders.
    Line,
    /// Links and focus.
    Accent,
    /// A broken guarantee.
    Invalid,
    /// Behind a broken guarantee.
    InvalidSoft,
    /// An undecided guarantee.
    Undecided,
    /// Behind an undecided guarantee.
    UndecidedSoft,
    /// A guarantee that held.
    Valid,
    /// Behind a guarantee that held.
    ValidSoft,
    /// An answered operation.
    Ok,
    /// A refused operation.
    Failed,
    /// An operation whose outcome nobody knows.
    Unknown,
    /// A fault.
    Fault,
    /// A member, by its place; the places repeat after the seventh.
    Member(usize),
}

/// Name of the CSS variable, the light theme's colour, the dark theme's.
type Row = (&'static str, &'static str, &'static str);

const MEMBERS: [Row; 7] = [
    ("m1", "#0B7A75", "#4FC9C2"),
    ("m2", "#B3541E", "#F09A66"),
    ("m3", "#4A5568", "#C3CBD8"),
    ("m4", "#2C6E1F", "#86D173"),
    ("m5", "#A3206B", "#F08BC3"),
    ("m6", "#1F4FA3", "#86AEF5"),
    ("m7", "#6E5A00", "#D8BE4E"),
];

impl Paint {
    /// Every colour.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let fixed = [
            Self::Ground,
            Self::Panel,
            Self::Ink,
            Self::Dim,
            Self::Line,
            Self::Accent,
            Self::Invalid,
            Self::InvalidSoft,
            Self::Undecided,
            Self::UndecidedSoft,
            Self::Valid,
            Self::ValidSoft,
            Self::Ok,
            Self::Failed,
            Self::Unknown,
            Self::Fault,
        ];
        fixed.into_iter().chain((0..MEMBERS.len()).map(Self::Member))
    }

    /// The light theme's colour, `#RRGGBB` in upper case; no two are the same.
    pub(crate) fn light(self) -> &'static str {
        self.row().1
    }

    /// The name of the CSS variable.
    pub(crate) fn variable(self) -> &'static str {
        self.row().0
    }

    /// The light theme's colour as red, green and blue.
    pub(crate) fn rgb(self) -> (u8, u8, u8) {
        rgb(self.light())
    }

    fn row(self) -> Row {
        match self {
            Self::Ground => ("ground", "#FBFBFA", "#14161A"),
            Self::Panel => ("panel", "#FFFFFF", "#1B1E24"),
            Self::Ink => ("ink", "#1B1E23", "#E8EAEE"),
            Self::Dim => ("dim", "#5B6370", "#A0A8B5"),
            Self::Line => ("line", "#E2E4E8", "#2C313A"),
            Self::Accent => ("accent", "#2B5FD9", "#8AB0FF"),
            Self::Invalid => ("invalid", "#C2261C", "#FF7B6F"),
            Self::InvalidSoft => ("invalid-soft", "#FDECEA", "#3A1A18"),
            Self::Undecided => ("undecided", "#8A5A00", "#F0B84A"),
            Self::UndecidedSoft => ("undecided-soft", "#FFF4DC", "#33270F"),
            Self::Valid => ("valid", "#1D7A3C", "#6FD28E"),
            Self::ValidSoft => ("valid-soft", "#E6F5EA", "#14301D"),
            Self::Ok => ("ok", "#3A8FD9", "#6DB6FE"),
            Self::Failed => ("failed", "#D4679F", "#FEB5DA"),
            Self::Unknown => ("unknown", "#B86E00", "#FFAA26"),
            Self::Fault => ("fault", "#7B57C8", "#B79BFF"),
            Self::Member(place) => MEMBERS[place % MEMBERS.len()],
        }
    }
}

/// The CSS declarations of every colour, of the light theme or the dark one.
pub(crate) fn variables(dark: bool) -> String {
    let declarations = Paint::all().map(|paint| {
        let (name, light_colour, dark_colour) = paint.row();
        format!("--{name}:{};", if dark { dark_colour } else { light_colour })
    });
    declarations.collect()
}

/// `#RRGGBB` as numbers.
fn rgb(colour: &str) -> (u8, u8, u8) {
    let number = u32::from_str_radix(colour.trim_start_matches('#'), 16).unwrap_or_default();
    let [_, red, green, blue] = number.to_be_bytes();
    (red, green, blue)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn luminance(colour: &str) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let (red, green, blue) = rgb(colour);
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn assert_contrast(front: Paint, back: Paint, least: f64) {
        let (front_row, back_row) = (front.row(), back.row());
        for (front_colour, back_colour) in [(front_row.1, back_row.1), (front_row.2, back_row.2)] {
            let found = contrast(front_colour, back_colour);
            assert!(found >= least, "{front:?} on {back:?}: {found:.2}, needs {least}");
        }
    }

    #[test]
    fn no_two_light_colours_are_the_same() {
        let colours: BTreeSet<_> = Paint::all().map(Paint::light).collect();
        assert_eq!(colours.len(), Paint::all().count());
    }

    #[test]
    fn text_has_the_contrast_of_wcag_aa() {
        for back in [Paint::Panel, Paint::Ground] {
            for front in [Paint::Ink, Paint::Dim, Paint::Accent, Paint::Fault] {
                assert_contrast(front, back, 4.5);
            }
            for front in [Paint::Invalid, Paint::Undecided, Paint::Valid] {
                assert_contrast(front, back, 4.5);
            }
        }
        assert_contrast(Paint::Invalid, Paint::InvalidSoft, 4.5);
        assert_contrast(Paint::Undecided, Paint::UndecidedSoft, 4.5);
        assert_contrast(Paint::Valid, Paint::ValidSoft, 4.5);
        assert_contrast(Paint::Panel, Paint::Fault, 4.5);
    }

    #[test]
    fn marks_have_the_contrast_of_wcag_aa() {
        for paint in [Paint::Ok, Paint::Failed, Paint::Unknown, Paint::Fault] {
            assert_contrast(paint, Paint::Panel, 3.0);
        }
        for place in 0..MEMBERS.len() {
            assert_contrast(Paint::Member(place), Paint::Panel, 3.0);
        }
    }
}
