//! `porcupine-kv`: get, put and append on texts by key, a map in Clojure's notation a line.
//!
//! ```text
//! {:process 0, :type :invoke, :f :append, :key "4", :value "x 0 1 y"}
//! {:process 3, :type :ok, :f :get, :key "7", :value ""}
//! ```
//!
//! `:ok` is an answer, `:info` an unknown outcome, `:fail` a promise of no effect.

use super::fault::Malformed;
use super::log::{Log, Reading};
use super::words::Words;
use crate::history::Bytes;
use crate::spec::{Texts, TextsOp, TextsRet};

/// Reads a history.
///
/// # Errors
/// The first place that is not in the format.
pub fn read_kv(bytes: &[u8]) -> Result<Log<Texts>, Malformed> {
    let mut reading = Reading::new();
    for line in Words::lines(bytes)? {
        record(&mut reading, line)?;
    }
    Ok(reading.finish())
}

/// The functions of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Get,
    Put,
    Append,
}

/// Reads one record.
fn record(reading: &mut Reading<Texts>, line: Words<'_>) -> Result<(), Malformed> {
    let mut words = line;
    words.expect("{")?;
    words.expect(":process")?;
    let who = words;
    let process = words.number()?;
    words.expect(",")?;
    words.expect(":type")?;
    let kind = words.one_of(&[":invoke", ":ok", ":fail", ":info"])?;
    words.expect(",")?;
    words.expect(":f")?;
    let function = match words.one_of(&[":get", ":put", ":append"])? {
        ":get" => Function::Get,
        ":put" => Function::Put,
        _ => Function::Append,
    };
    words.expect(",")?;
    words.expect(":key")?;
    let key = Bytes::from(words.quoted()?);
    words.expect(",")?;
    words.expect(":value")?;
    let value = value(&mut words, function, kind)?;
    words.expect("}")?;
    if !words.is_over() {
        return Err(words.malformed("the line should end here"));
    }
    let op = match function {
        Function::Get => TextsOp::Get(key),
        Function::Put => TextsOp::Put(key, value.clone()),
        Function::Append => TextsOp::Append(key, value.clone()),
    };
    match kind {
        ":invoke" => reading.call(who, process, op),
        ":ok" => {
            let number = reading.end(who, process, |begun| *begun == op)?;
            let ret = match function {
                Function::Get => TextsRet::Text(value),
                Function::Put | Function::Append => TextsRet::Written,
            };
            reading.answer(line, number, ret);
            Ok(())
        }
        ":fail" => reading.end_without_effect(who, process, |begun| *begun == op),
        _ => reading.end(who, process, |begun| *begun == op).map(|_| ()),
    }
}

/// Reads a value. A get has none until it is answered.
fn value(words: &mut Words<'_>, function: Function, kind: &str) -> Result<Bytes, Malformed> {
    if function == Function::Get && kind != ":ok" {
        words.expect("nil")?;
        return Ok(Bytes::default());
    }
    words.quoted().map(Bytes::from)
}
