//! The date that a member says it is.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::plain::get;

/// No answer's head is nearly as long.
const HEAD_BYTES: u64 = 16 << 10;

/// The `Date` of a member's answer over HTTP, which it takes from its wall clock, in whole
/// seconds. It blocks, for `limit` at each step.
///
/// # Errors
/// When the member does not answer in time, or without a date.
pub fn date(endpoint: &str, limit: Duration) -> io::Result<Timestamp> {
    let answer = get(endpoint, "/version", limit, HEAD_BYTES)?;
    date_in(&answer).ok_or_else(|| io::Error::other("the answer has no date"))
}

fn date_in(answer: &str) -> Option<Timestamp> {
    let mut lines = answer.lines().take_while(|line| !line.is_empty());
    let date = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then(|| value.trim())
    })?;
    DateTimeParser::new().parse_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::date_in;

    #[test]
    fn the_date_is_among_the_heads_lines() {
        let answer = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\
                      Date: Sun, 29 Nov 2026 05:03:10 GMT\r\n\r\nDate: never";
        let date = date_in(answer).expect("a date");
        assert_eq!(date.to_string(), "2026-11-29T05:03:10Z");
        assert_eq!(date_in("HTTP/1.0 200 OK\r\n\r\nDate: Sun, 29 Nov 2026 05:03:10 GMT"), None);
    }
}
