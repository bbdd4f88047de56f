//! Exit codes: an interface, documented in `docs/exit-codes.md`.

use stormglass_checkers::verdict::Status;

/// How a command ends. The numbers are an interface for scripts and CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything was checked and held; or the command did what it was asked.
    Valid,
    /// A guarantee was broken. Wins over everything below, an interruption included.
    Invalid,
    /// A usage, scenario or input-format error.
    Usage,
    /// It could not be decided, and the verdict says why.
    Unknown,
    /// The environment: no binary, the store never became healthy, a full disk.
    Environment,
    /// Nothing was selected.
    NothingSelected,
    /// A bug of ours.
    Bug,
    /// Interrupted from the terminal.
    Interrupted,
    /// Terminated.
    Terminated,
}

impl ExitCode {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Valid,
        Self::Invalid,
        Self::Usage,
        Self::Unknown,
        Self::Environment,
        Self::NothingSelected,
        Self::Bug,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The code with this number, if there is one.
    pub fn of_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }

    /// The number.
    pub const fn number(self) -> i32 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Usage => 2,
            Self::Unknown => 3,
            Self::Environment => 4,
            Self::NothingSelected => 5,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The code of a judged run that nobody interrupted.
    pub const fn of(status: Status) -> Self {
        match status {
            Status::Valid => Self::Valid,
            Status::Invalid => Self::Invalid,
            Status::Unknown => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn the_numbers_are_the_documented_ones() {
        let page = include_str!("../../docs/exit-codes.md");
        for code in ExitCode::ALL {
            let row = format!("| {} |", code.number());
            assert!(page.contains(&row), "docs/exit-codes.md lacks a row for {code:?}");
        }
    }
}
