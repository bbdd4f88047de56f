//! An SVG in the making.

use std::fmt::Write as _;

use super::measure::LABEL;
use super::paint::Paint;

const FONTS: &str = "system-ui,-apple-system,Segoe UI,Roboto,DejaVu Sans,sans-serif";
const MONOSPACE: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace";

/// How a shape looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Colour of the inside.
    pub(crate) fill: Option<Paint>,
    /// Opacity of the inside.
    pub(crate) fill_opacity: f64,
    /// Colour of the outline.
    pub(crate) stroke: Option<Paint>,
    /// Width of the outline in pixels.
    pub(crate) width: f64,
}

impl Shape {
    /// Filled, without an outline.
    pub(crate) fn filled(paint: Paint, opacity: f64) -> Self {
        Self { fill: Some(paint), fill_opacity: opacity, stroke: None, width: 0.0 }
    }

    /// Outlined, empty.
    pub(crate) fn outlined(paint: Paint, width: f64) -> Self {
        Self { fill: None, fill_opacity: 1.0, stroke: Some(paint), width }
    }

    fn attributes(&self) -> String {
        let mut text = match self.fill {
            Some(paint) => format!("fill=\"{}\"", paint.light()),
            None => "fill=\"none\"".to_owned(),
        };
        if self.fill.is_some() && self.fill_opacity < 1.0 {
            let _ = write!(text, " fill-opacity=\"{:.2}\"", self.fill_opacity);
        }
        if let Some(paint) = self.stroke {
            let _ = write!(text, " stroke=\"{}\" stroke-width=\"{}\"", paint.light(), self.width);
        }
        text
    }
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextStyle {
    pub(crate) paint: Paint,
    pub(crate) anchor: Anchor,
    pub(crate) size: f64,
    pub(crate) monospace: bool,
}

impl TextStyle {
    /// Label text of a colour.
    pub(crate) fn label(paint: Paint) -> Self {
        Self { paint, anchor: Anchor::Start, size: LABEL, monospace: false }
    }

    /// The same, anchored elsewhere.
    pub(crate) fn at(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

/// An SVG in the making: a light drawing on its own ground.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    width: f64,
    height: f64,
    /// What it shows, for those who cannot see it.
    label: String,
    body: String,
}

impl Drawing {
    /// An empty one.
    pub(crate) fn new(width: f64, height: f64, label: impl Into<String>) -> Self {
        Self { width, height, label: label.into(), body: String::new() }
    }

    /// Sets the height, once it is known.
    pub(crate) fn set_height(&mut self, height: f64) {
        self.height = height;
    }

    /// Elements that somebody else has drawn.
    pub(crate) fn elements(&mut self, elements: &str) {
        self.body.push_str(elements);
    }

    /// What `draw` draws, as one step of a witness: the event that begins it.
    pub(crate) fn step(&mut self, event: u64, draw: impl FnOnce(&mut Self)) {
        let _ = writeln!(self.body, "<g data-event=\"{event}\">");
        draw(self);
        self.body.push_str("</g>\n");
    }

    /// A rectangle with slightly rounded corners.
    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), shape: &Shape) {
        let (width, height) = (width.max(0.0), height.max(0.0));
        let radius = (height / 4.0).min(3.0);
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"{radius:.1}\" {}/>",
            shape.attributes()
        );
    }

    /// A straight line; `dashes` as in SVG's `stroke-dasharray`, empty for none.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), shape: &Shape, dashes: &str) {
        let _ = write!(
            self.body,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" {}",
            from.0,
            from.1,
            to.0,
            to.1,
            shape.attributes()
        );
        if !dashes.is_empty() {
            let _ = write!(self.body, " stroke-dasharray=\"{dashes}\"");
        }
        self.body.push_str("/>\n");
    }

    /// A line through points.
    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], shape: &Shape) {
        self.points("polyline", points, shape);
    }

    /// An area between points.
    pub(crate) fn polygon(&mut self, points: &[(f64, f64)], shape: &Shape) {
        self.points("polygon", points, shape);
    }

    fn points(&mut self, element: &str, points: &[(f64, f64)], shape: &Shape) {
        let _ = write!(self.body, "<{element} {} points=\"", shape.attributes());
        for (x, y) in points {
            let _ = write!(self.body, "{x:.1},{y:.1} ");
        }
        self.body.push_str("\"/>\n");
    }

    /// A text whose base line begins (or ends, or has its middle) at the point.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), text: &str, style: &TextStyle) {
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let font =
            if style.monospace { format!(" font-family=\"{MONOSPACE}\"") } else { String::new() };
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{}\" fill=\"{}\"{anchor}{font}>{}</text>",
            style.size,
            style.paint.light(),
            escaped(text)
        );
    }

    /// The finished light drawing.
    pub(crate) fn finish(&self) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{label}\" \
             font-family=\"{FONTS}\" direction=\"ltr\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>\n{body}</svg>\n",
            width = self.width.round(),
            height = self.height.round(),
            label = escaped(&self.label),
            ground = Paint::Panel.light(),
            body = self.body,
        )
    }
}

/// The drawing for the page: its colours become the theme's variables.
pub(crate) fn themed(svg: &str) -> String {
    // Quotes inside texts are escaped, so only whole attributes can match.
    Paint::all().fold(svg.to_owned(), |svg, paint| {
        let variable = format!("\"var(--{})\"", paint.variable());
        svg.replace(&format!("\"{}\"", paint.light()), &variable)
    })
}

/// The drawing as a file of its own, with a title above it.
pub(crate) fn standalone(drawing: &Drawing, title: &str, subtitle: &str) -> String {
    const HEADING: f64 = 48.0;
    let mut whole = Drawing::new(drawing.width, drawing.height + HEADING, &*drawing.label);
    let style = TextStyle { size: 15.0, ..TextStyle::label(Paint::Ink) };
    whole.text((12.0, 22.0), title, &style);
    whole.text((12.0, 40.0), subtitle, &TextStyle::label(Paint::Dim));
    let _ = writeln!(whole.body, "<g transform=\"translate(0,{HEADING})\">\n{}</g>", drawing.body);
    whole.finish()
}

/// Text for an element or an attribute in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML 1.0 has no place for these, escaped or not.
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_leave_their_element() {
        let mut drawing = Drawing::new(10.0, 10.0, "\"><script>");
        drawing.text((0.0, 0.0), "</text><script>\"#3A8FD9\"", &TextStyle::label(Paint::Ink));
        let svg = themed(&drawing.finish());
        assert!(!svg.contains("<script>"), "{svg}");
        assert!(svg.contains("&quot;#3A8FD9&quot;"), "{svg}");
    }

    #[test]
    fn on_the_page_only_variables_colour() {
        let mut drawing = Drawing::new(10.0, 10.0, "");
        for paint in Paint::all() {
            drawing.rect((0.0, 0.0), (1.0, 1.0), &Shape::filled(paint, 1.0));
        }
        assert!(!themed(&drawing.finish()).contains("\"#"));
    }
}
