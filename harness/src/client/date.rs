//! The date that a member says it is, against ours.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::plain::get;
use crate::clock::utc_now;

/// No answer's head is nearly as long.
const HEAD_BYTES: u64 = 16 << 10;

/// By how many milliseconds a member's wall clock differs from ours at least: above zero where it is
/// ahead, zero where it can be right. The date of an answer over HTTP tells it, which has whole
/// seconds. It blocks, for `limit` at each step.
///
/// # Errors
/// When the member does not answer in time, or without a date.
pub fn off_by_ms(endpoint: &str, limit: Duration) -> io::Result<i64> {
    let before = utc_now();
    let answer = get(endpoint, "/version", limit, HEAD_BYTES)?;
    let date = date_in(&answer).ok_or_else(|| io::Error::other("the answer has no date"))?;
    Ok(off_by(before, date, utc_now()))
}

fn date_in(answer: &str) -> Option<Timestamp> {
    let mut lines = answer.lines().take_while(|line| !line.is_empty());
    let date = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then(|| value.trim())
    })?;
    DateTimeParser::new().parse_timestamp(date).ok()
}

/// Between two instants somebody read a clock and told the second it was in.
fn off_by(before: Timestamp, told: Timestamp, after: Timestamp) -> i64 {
    let (before, after) = (before.as_millisecond(), after.as_millisecond());
    let (first, last) = (told.as_millisecond(), told.as_millisecond() + 999);
    if last < before {
        last - before
    } else if first > after {
        first - after
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, date_in, off_by};

    #[test]
    fn the_date_is_among_the_heads_lines() {
        let answer = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\
                      Date: Sun, 29 Nov 2026 05:03:10 GMT\r\n\r\nDate: never";
        let date = date_in(answer).expect("a date");
        assert_eq!(date.to_string(), "2026-11-29T05:03:10Z");
        assert_eq!(date_in("HTTP/1.0 200 OK\r\n\r\nDate: Sun, 29 Nov 2026 05:03:10 GMT"), None);
    }

    #[test]
    fn a_date_is_wrong_when_no_instant_between_explains_it() {
        let at = |ms| Timestamp::from_millisecond(ms).expect("a time");
        let cases = [
            (10_100, 10_000, 10_120, 0),
            // The second turned meanwhile.
            (10_990, 10_000, 11_010, 0),
            (10_990, 11_000, 11_010, 0),
            (10_100, 11_000, 10_120, 880),
            (11_100, 10_000, 11_120, -101),
            (10_100, 3_610_000, 10_120, 3_599_880),
        ];
        for (before, told, after, off) in cases {
            assert_eq!(off_by(at(before), at(told), at(after)), off, "{before} {told} {after}");
        }
    }
}
