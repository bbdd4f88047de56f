//! What can be wrong with a scenario.

/// What is wrong with a scenario, in words that say what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The file is not a scenario.
    #[error("{origin}:{line}:{column}: {message}\n{excerpt}")]
    File {
        /// The file's name, or `catalog:NAME`.
        origin: String,
        /// Which line, from 1.
        line: usize,
        /// Where in it, in characters from 1.
        column: usize,
        /// One sentence.
        message: String,
        /// The line with a caret below the culprit.
        excerpt: String,
    },
    /// A setting of the command line does not fit the scenario.
    #[error("--set {key}={value}: {message}")]
    Setting {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// One sentence.
        message: String,
    },
    /// The catalogue has no scenario of this name.
    #[error("there is no scenario `{name}` in the catalogue{hint}")]
    NotInCatalog {
        /// The name.
        name: String,
        /// The nearest names.
        hint: String,
    },
    /// There is no built-in suite of this name.
    #[error("there is no suite `{name}`{hint}")]
    NoSuchSuite {
        /// The name.
        name: String,
        /// The nearest names.
        hint: String,
    },
    /// The version of the store cannot be compared with those of `avoid`.
    #[error("`{release}` is not a release of etcd: give a version such as 3.5.16")]
    Release {
        /// What was given.
        release: String,
    },
    /// A scenario that was built in a program, not parsed, breaks a rule.
    #[error("the scenario's {path}: {message}")]
    Invalid {
        /// Where, as a dotted key.
        path: String,
        /// One sentence.
        message: String,
    },
}
