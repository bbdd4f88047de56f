//! Which lines of a member's log a correct member never writes.

/// Causes that lie around the store: not its fault, whatever it writes about them.
const SURROUNDINGS: &[&str] = &[
    "address already in use",
    "no space left on device",
    "permission denied",
    "too many open files",
    "cannot allocate memory",
    "out of memory",
    "input/output error",
    "read-only file system",
    "operation not permitted",
];

/// What a correct member never writes (in lower case), and what it means.
const PATTERNS: &[(&str, &str)] = &[
    ("found data inconsistency with peers", "it found its data different from its peers'"),
    ("data inconsistency", "it found inconsistent data"),
    ("hash mismatch", "a hash of its data differs"),
    ("corrupt alarm", "it raised the alarm about corrupt data"),
    ("alarm raised corrupt", "it raised the alarm about corrupt data"),
    ("alarm:corrupt", "it raised the alarm about corrupt data"),
    ("\"alarm\":\"corrupt\"", "it raised the alarm about corrupt data"),
    ("corrupt cluster", "it refuses to work with corrupt data"),
    ("corrupted, truncated, or lost", "its raft log lost entries"),
    ("snapshot file is broken", "a snapshot file is broken"),
    ("snap: corrupted", "a snapshot file is broken"),
    ("database file is corrupted", "its database file is corrupt"),
    ("crc mismatch", "a checksum does not match"),
    ("checksum mismatch", "a checksum does not match"),
    ("checksum error", "a checksum does not match"),
    ("max entry size limit exceeded", "it cannot read its own log back"),
    ("unexpected fault address", "it touched memory that it must not"),
    ("segmentation violation", "it touched memory that it must not"),
    ("data race", "two of its threads collided"),
    ("assertion failed", "it found itself in a state that cannot be"),
    ("page already freed", "its database file is corrupt"),
    ("freepages:", "its database file is corrupt"),
    ("panic: ", "it panicked"),
    ("fatal error: ", "it died"),
    ("\"level\":\"panic\"", "it panicked"),
    ("\"level\":\"dpanic\"", "it panicked"),
    ("\"level\":\"fatal\"", "it gave up"),
    (" c | ", "it gave up"),
];

/// A member repairs a log whose end was torn when the power failed, and says what was wrong with
/// it. What it may not lose so, other checkers look for.
const REPAIRS: &[&str] = &["\"msg\":\"repairing wal\"", "\"msg\":\"repaired wal\""];

/// Why a line of a member's log is suspicious: `None` for every line that a correct
/// member may write, such as settings that merely contain the word "corrupt", or a
/// failure that the surroundings caused (a full disk, a port that is taken).
pub fn suspicious(line: &str) -> Option<&'static str> {
    let line = line.to_lowercase();
    if surroundings(&line).is_some() || REPAIRS.iter().any(|repair| line.contains(repair)) {
        return None;
    }
    PATTERNS.iter().find(|(pattern, _)| line.contains(pattern)).map(|(_, meaning)| *meaning)
}

/// The cause around the store that a line names, if it names one.
pub(super) fn surroundings(line: &str) -> Option<&'static str> {
    let line = line.to_lowercase();
    SURROUNDINGS.iter().copied().find(|cause| line.contains(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_a_correct_member_never_writes_are_suspicious() {
        let cases = [
            "panic: runtime error: invalid memory address or nil pointer dereference",
            "panic: tocommit(31) is out of range [lastIndex(25)]. Was the raft log corrupted, \
             truncated, or lost?",
            "fatal error: concurrent map writes",
            "fatal error: fault",
            "unexpected fault address 0x7f3a5c4e1000",
            "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x9a1c4e]",
            r#"{"level":"panic","ts":"…","caller":"etcdserver/server.go:1","msg":"failed to apply"}"#,
            r#"{"level":"fatal","ts":"…","msg":"failed to verify","error":"wal: crc mismatch"}"#,
            r#"{"level":"error","msg":"found data inconsistency with peers","error":"…"}"#,
            r#"{"level":"warn","msg":"found hash mismatch","remote-peer-id":"8211f1d0f64f3269"}"#,
            r#"{"level":"error","msg":"alarm raised CORRUPT","member":"m1"}"#,
            r#"{"level":"fatal","msg":"discovery failed","error":"wal: max entry size limit exceeded, recBytes: 11534399, fileSize(64000000)"}"#,
            "2026-11-23 01:19:42.000000 C | etcdserver: open wal error: wal: file not found",
            "2026-11-23 01:19:42.000000 C | raft: tocommit(5) is out of range [lastIndex(4)]",
            "panic: freepages: failed to get all reachable pages (page 5: multiple references)",
            "panic: assertion failed: Page expected to be: 5, but self identifies as 0",
            "WARNING: DATA RACE",
        ];
        for line in cases {
            assert!(suspicious(line).is_some(), "{line}");
        }
    }

    #[test]
    fn lines_that_a_correct_member_may_write_are_not() {
        let cases = [
            r#"{"level":"info","msg":"starting an etcd server","initial-corrupt-check":false,"corrupt-check-time-interval":"0s"}"#,
            r#"{"level":"info","msg":"starting initial corruption check","timeout":"7s"}"#,
            r#"{"level":"info","msg":"initial corruption checking passed; no corruption"}"#,
            "2026-11-23 01:19:42.000000 I | etcdserver: enabled capabilities for version 3.3",
            "2026-11-23 01:19:42.000000 W | wal: sync duration of 1.2s, expected less than 1s",
            "2026-11-23 01:19:42.000000 N | pkg/osutil: received terminated signal, shutting down...",
            r#"{"level":"warn","msg":"failed to reach the peer URL","error":"dial tcp: i/o timeout"}"#,
            r#"{"level":"warn","msg":"prober detected unhealthy status","error":"connection refused"}"#,
            r#"{"level":"info","msg":"repairing WAL","path":"member/wal/0.wal","error":"unexpected EOF"}"#,
            r#"{"level":"info","msg":"repaired WAL","error":"unexpected EOF: [wal] max entry size limit exceeded when decoding \"0.wal\""}"#,
            r#"{"level":"warn","msg":"apply request took too long","took":"1.2s"}"#,
            r#"{"level":"error","msg":"failed to purge snap file","error":"no such file"}"#,
            r#"{"level":"warn","msg":"leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk"}"#,
            r#"{"level":"info","msg":"finished defragmenting directory","took":"12ms"}"#,
            r#"{"level":"warn","msg":"failed to apply request","error":"lease not found"}"#,
            r#"{"level":"warn","msg":"alarm raised NOSPACE"}"#,
            r#"{"level":"fatal","msg":"discovery failed","error":"listen tcp 10.0.0.1:2380: bind: address already in use"}"#,
            "panic: write member/wal/0.tmp: no space left on device",
            r#"{"level":"info","msg":"established TCP streaming connection with remote peer"}"#,
            "",
        ];
        for line in cases {
            assert_eq!(suspicious(line), None, "{line}");
        }
    }
}
