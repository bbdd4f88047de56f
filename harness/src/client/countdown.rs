//! A time limit that a member counts down by its own monotonic clock.
//!
//! gRPC sends the limit of a request with it, and the server ends the request when that is
//! over. A stream of watches without a watch asks for nothing else, so all that is measured
//! is the member's clock. Client libraries keep the limit too, by their own clock, and would
//! be first where the member's is slow: hence these few frames of HTTP/2 by hand (RFC 9113).

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::plain::connect;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEAD: usize = 9;
/// Kinds of frames.
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The first stream that a client opens.
const STREAM: u8 = 1;
/// Bound on each step of the way there.
const STEP: Duration = Duration::from_secs(2);
/// gRPC writes limits with eight digits at most.
const DIGITS_MAX: u128 = 99_999_999;

/// A request under way, whose time limit the member counts down.
#[derive(Debug)]
pub struct Countdown {
    stream: TcpStream,
}

impl Countdown {
    /// Sends it; blocks until the member has spoken, so that nothing but the request is on
    /// the way when the member begins to count.
    ///
    /// # Errors
    /// When the member cannot be reached.
    pub fn start(endpoint: &str, limit: Duration) -> io::Result<Self> {
        let mut stream = connect(endpoint, STEP)?;
        stream.write_all(PREFACE)?;
        stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
        if read_frame(&mut stream)?.kind != SETTINGS {
            return Err(io::Error::other("the member does not speak HTTP/2"));
        }
        stream.write_all(&frame(HEADERS, END_HEADERS, STREAM, &headers(limit)))?;
        Ok(Self { stream })
    }

    /// Blocks until the member has ended it, or nothing came for as long as `patience`.
    ///
    /// # Errors
    /// When the member ended the connection instead, or was silent.
    pub fn wait(mut self, patience: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(patience.max(Duration::from_millis(1))))?;
        loop {
            let frame = read_frame(&mut self.stream)?;
            match frame.kind {
                HEADERS if frame.stream == STREAM && frame.flags & END_STREAM != 0 => return Ok(()),
                RESET if frame.stream == STREAM => return Ok(()),
                GO_AWAY => return Err(ErrorKind::ConnectionAborted.into()),
                _ => {}
            }
        }
    }
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u8,
}

fn read_frame(stream: &mut TcpStream) -> io::Result<Frame> {
    let mut head = [0; FRAME_HEAD];
    stream.read_exact(&mut head)?;
    let [a, b, c, kind, flags, .., number] = head;
    let length = u32::from_be_bytes([0, a, b, c]);
    io::copy(&mut stream.take(u64::from(length)), &mut io::sink())?;
    Ok(Frame { kind, flags, stream: number })
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut frame = length.to_vec();
    frame.extend([kind, flags, 0, 0, 0, stream]);
    frame.extend(payload);
    frame
}

/// The request's head, each field written out (RFC 7541, 6.2.2: never indexed in a table).
fn headers(limit: Duration) -> Vec<u8> {
    let limit = grpc_timeout(limit);
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/etcdserverpb.Watch/Watch"),
        (":authority", "stormglass"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("grpc-timeout", limit.as_str()),
    ];
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            // Shorter than 127 bytes, so the length is one byte.
            block.extend(u8::try_from(text.len()));
            block.extend(text.as_bytes());
        }
    }
    block
}

/// Microseconds, or milliseconds where those have too many digits.
fn grpc_timeout(limit: Duration) -> String {
    match limit.as_micros() {
        micros @ ..=DIGITS_MAX => format!("{micros}u"),
        micros => format!("{}m", (micros / 1_000).min(DIGITS_MAX)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{END_HEADERS, HEADERS, frame, grpc_timeout, headers};

    #[test]
    fn limits_are_written_as_grpc_wants_them() {
        assert_eq!(grpc_timeout(Duration::from_millis(1_500)), "1500000u");
        assert_eq!(grpc_timeout(Duration::from_secs(1_800)), "1800000m");
    }

    #[test]
    fn a_request_is_one_frame() {
        let block = headers(Duration::from_millis(2));
        assert!(block.starts_with(b"\0\x07:method\x04POST\0\x07:scheme\x04http"));
        assert!(block.ends_with(b"\0\x0cgrpc-timeout\x052000u"));
        let frame = frame(HEADERS, END_HEADERS, 1, &block);
        let length = u8::try_from(block.len()).expect("short");
        assert_eq!(frame[..9], [0, 0, length, 1, 4, 0, 0, 0, 1]);
    }
}
