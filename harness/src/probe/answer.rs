//! What came of asking a server for one thing.

use serde::Serialize;

/// What came of one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "answer", content = "detail")]
pub enum Answer {
    /// As etcd answers.
    Yes,
    /// Refused, or never answered, with its words.
    No(String),
    /// Answered, and not as etcd does.
    Differs(String),
    /// Not asked, and why.
    NotAsked(String),
}

impl Answer {
    /// In a word, and what more there is to say.
    pub fn told(&self) -> (&'static str, &str) {
        match self {
            Self::Yes => ("yes", ""),
            Self::No(words) => ("no", words),
            Self::Differs(how) => ("differs", how),
            Self::NotAsked(why) => ("not asked", why),
        }
    }
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it belongs to, such as `kv`.
    pub group: &'static str,
    /// What was asked for.
    pub feature: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub answer: Answer,
}

/// A step of a question: it goes on, or the answer is known.
pub(super) type Step<T = ()> = Result<T, Answer>;

/// The answer of all steps.
pub(super) fn answer_of(step: Step) -> Answer {
    match step {
        Ok(()) => Answer::Yes,
        Err(answer) => answer,
    }
}

/// Goes on if an answer is as etcd's.
pub(super) fn must(holds: bool, otherwise: impl Into<String>) -> Step {
    if holds { Ok(()) } else { Err(Answer::Differs(otherwise.into())) }
}
