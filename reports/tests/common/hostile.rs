//! A run in which everything that comes from elsewhere tries to be markup, to hide, or to
//! turn the text around.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Bytes, Environment, FaultBegin, FaultEnd, FaultId, FaultRecord, MemberExit, MemberIndex,
    Nanos, Note, Span,
};
use stormglass_reports::{FileEntry, ServerFeature};

use super::story::{finding, property, step, verdict};
use super::traffic::{MS, TRAFFIC, numbered};
use super::{Run, Shape};

/// What hostile texts would run, if they could.
pub(crate) const MARKER: &str = "window.executed=1";

/// Bytes that close elements, hide, turn the text around and are not text at all.
fn hostile_bytes() -> Bytes {
    let mut bytes = text().into_bytes();
    bytes.extend([0xff, 0xfe, 0x00, 0x1b, b'[', b'3', b'1', b'm']);
    Bytes::from(bytes)
}

/// The same as text.
fn text() -> String {
    format!(
        "</script></style></svg></title>--><script>{MARKER}</script>\
         <img src=x onerror=\"{MARKER}\">'\"`&lt;|*_[x](javascript:{MARKER})\
         \u{202e}desrever\u{2066}\u{200f}\u{7}\r\n\u{feff}"
    )
}

impl Run {
    /// A run that is hostile wherever it can be.
    pub(crate) fn hostile() -> Self {
        let mut run = Self::lost_write(Shape { seconds: 3, ..Shape::DEMO });
        let (text, shown) = (text(), hostile_bytes().to_string());
        let at = TRAFFIC + 100 * MS;
        let mut steps = vec![step(0, at, at + MS, &shown, &text), step(1, at, at, &text, &shown)];
        steps[1] = steps[1].clone().contradicting();
        let mut found = finding(&text, &format!("{text} {shown}"), steps);
        found.because.push_str(&text);
        found.however.push_str(&shown);
        found.guarantee.clone_from(&text);
        let mut verdict = verdict(&text, vec![found], &[&text], 1);
        verdict.stats.insert(text.clone(), 1);
        verdict.properties = vec![property(&text, 0, 1)];
        run.judgement.sentence.clone_from(&text);
        run.judgement.verdicts.insert(0, verdict);
        run.preamble.scenario.clone_from(&text);
        run.preamble.target.clone_from(&text);
        run.preamble.members[0].name.clone_from(&text);
        run.preamble.members[1].version.clone_from(&text);
        run.plan.scenario.summary.clone_from(&text);
        run.plan.release.clone_from(&text);
        run.harm_facts(&text);
        run.harm_events(&text);
        run
    }

    fn harm_facts(&mut self, text: &str) {
        let facts = &mut self.facts;
        facts.command.push_str(text);
        facts.check_command.push_str(text);
        text.clone_into(&mut facts.started);
        facts.not_tested.push(text.to_owned());
        facts.releases.push(text.to_owned());
        facts.environment.push((text.to_owned(), text.to_owned()));
        facts.files.push(FileEntry { path: text.to_owned(), what: text.to_owned() });
        let [group, feature, here, detail] = [(); 4].map(|()| text.to_owned());
        facts.server.push(ServerFeature { group, feature, here, detail });
        let path = format!("javascript:{MARKER}");
        facts.files.push(FileEntry { path, what: "a link".to_owned() });
    }

    fn harm_events(&mut self, text: &str) {
        let owned = || text.to_owned();
        let span = Span { from: Nanos(TRAFFIC), to: Nanos(TRAFFIC + 500 * MS) };
        let fault = FaultRecord {
            kind: owned(),
            members: vec![MemberIndex(0)],
            params: BTreeMap::from([(owned(), owned())]),
        };
        let end = FaultEnd {
            id: FaultId(77),
            landed: Some(span),
            evidence: BTreeMap::from([(owned(), owned())]),
            error: Some(owned()),
        };
        let exit =
            MemberExit { status: owned(), expected: false, log_tail: vec![owned(), owned()] };
        let environment = [
            Environment::MemberExited(exit),
            Environment::LogFinding { line: owned() },
            Environment::FaultUnavailable { kind: owned(), reason: owned() },
        ];
        let mut bodies: Vec<Body> = environment.into_iter().map(Body::Environment).collect();
        bodies.push(Body::Note(Note { text: owned() }));
        bodies.push(Body::FaultBegin(FaultBegin { id: FaultId(77), fault, planned: span }));
        bodies.push(Body::FaultEnd(end));
        let mut loose: Vec<_> = self
            .events
            .drain(..)
            .map(|event| (event.at.0, event.process, event.member, event.body))
            .collect();
        loose.extend(bodies.into_iter().map(|body| (span.to.0, None, Some(MemberIndex(0)), body)));
        self.events = numbered(loose);
    }
}
