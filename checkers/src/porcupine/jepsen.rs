//! `porcupine-etcd`: the log of Jepsen's first test of etcd, one register.
//!
//! ```text
//! INFO  jepsen.util - 1 :invoke :cas [3 0]
//! INFO  jepsen.util - 1 :info   :cas :timed-out
//! ```
//!
//! The words are parted by white space; Jepsen writes tabs. Lines of other loggers, and of Jepsen's nemesis, are passed over. `:ok` is an answer,
//! `:info` an unknown outcome; `:fail` of a compare-and-set is the answer that the register
//! held another value, and of anything else a promise that it had no effect.

use super::fault::Malformed;
use super::log::{Log, Reading};
use super::words::Words;
use crate::spec::{Register, RegisterOp, RegisterRet};

/// The logger that writes operations.
const LOGGER: &str = "jepsen.util";

/// Reads a log.
///
/// # Errors
/// The first place that is not in the format.
pub fn read_etcd(bytes: &[u8]) -> Result<Log<Register>, Malformed> {
    let mut reading = Reading::new();
    for line in Words::lines(bytes)? {
        let mut words = line;
        if is_operation(&mut words)? {
            record(&mut reading, line, words)?;
        }
    }
    Ok(reading.finish())
}

/// Reads a line up to its process; whether it is about an operation of a client.
fn is_operation(words: &mut Words<'_>) -> Result<bool, Malformed> {
    let level = *words;
    if !words.word().bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(level.malformed("a level such as `INFO` is expected here"));
    }
    let ours = words.word() == LOGGER;
    words.expect("- ")?;
    Ok(ours && !words.is_at(':'))
}

/// What a line says of an operation.
#[derive(Clone, Copy, Debug)]
struct Said {
    /// The function.
    function: Function,
    /// The operation with its value; nothing where a word such as `:timed-out` stands.
    op: Option<RegisterOp>,
    /// Of a read: the value that it shows.
    value: Option<i64>,
}

/// The functions of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Read,
    Write,
    CompareAndSet,
}

impl Function {
    fn of(op: RegisterOp) -> Option<Self> {
        match op {
            RegisterOp::Read => Some(Self::Read),
            RegisterOp::Write(_) => Some(Self::Write),
            RegisterOp::CompareAndSet { .. } => Some(Self::CompareAndSet),
            RegisterOp::Delete => None,
        }
    }
}

impl Said {
    fn read(words: &mut Words<'_>) -> Result<Self, Malformed> {
        let at = *words;
        let function = match words.word() {
            ":read" => Function::Read,
            ":write" => Function::Write,
            ":cas" => Function::CompareAndSet,
            _ => return Err(at.malformed("`:read`, `:write` or `:cas` is expected here")),
        };
        let mut value = None;
        let op = match function {
            _ if words.is_at(':') => {
                words.word();
                None
            }
            Function::Read if words.is_at('n') => {
                words.expect("nil")?;
                Some(RegisterOp::Read)
            }
            Function::Read => {
                value = Some(words.number()?);
                Some(RegisterOp::Read)
            }
            Function::Write => Some(RegisterOp::Write(words.number()?)),
            Function::CompareAndSet => {
                words.expect("[")?;
                let (old, new) = (words.number()?, words.number()?);
                words.expect("]")?;
                Some(RegisterOp::CompareAndSet { old, new })
            }
        };
        if words.is_over() {
            Ok(Self { function, op, value })
        } else {
            Err(words.malformed("the line should end here"))
        }
    }

    /// The operation, which must be written out.
    fn whole(self, at: Words<'_>) -> Result<RegisterOp, Malformed> {
        self.op.ok_or_else(|| at.malformed("the operation's value is expected in this line"))
    }

    /// Whether it can be the end of an operation.
    fn ends(self, begun: RegisterOp) -> bool {
        Some(self.function) == Function::of(begun) && self.op.is_none_or(|op| op == begun)
    }

    /// What a successful end answers.
    fn answer(self) -> RegisterRet {
        match self.function {
            Function::Read => RegisterRet::Value(self.value),
            Function::Write => RegisterRet::Written,
            Function::CompareAndSet => RegisterRet::Done(true),
        }
    }
}

/// Reads what a client did.
fn record(
    reading: &mut Reading<Register>,
    line: Words<'_>,
    mut words: Words<'_>,
) -> Result<(), Malformed> {
    let who = words;
    let process = words.number()?;
    let kind = words.one_of(&[":invoke", ":ok", ":fail", ":info"])?;
    let what = words;
    let said = Said::read(&mut words)?;
    match kind {
        ":invoke" => reading.call(who, process, said.whole(what)?),
        ":ok" => {
            said.whole(what)?;
            let number = reading.end(who, process, |begun| said.ends(*begun))?;
            reading.answer(line, number, said.answer());
            Ok(())
        }
        ":fail" if said.function == Function::CompareAndSet && said.op.is_some() => {
            let number = reading.end(who, process, |begun| said.ends(*begun))?;
            reading.answer(line, number, RegisterRet::Done(false));
            Ok(())
        }
        ":fail" => reading.end_without_effect(who, process, |begun| said.ends(*begun)),
        _ => reading.end(who, process, |begun| said.ends(*begun)).map(|_| ()),
    }
}
