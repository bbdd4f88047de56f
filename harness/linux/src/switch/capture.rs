//! A capture of what the switch delivers, in the format that tcpdump and Wireshark read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::tun::HEADER_BYTES;

/// So many bytes of a packet are kept: headers, and the beginning of what they carry. With
/// segmentation offload a packet may have 64 KiB.
const KEPT: usize = 256;

/// libpcap's file format with times in nanoseconds, in this machine's byte order.
const MAGIC: u32 = 0xa1b2_3c4d;
const VERSION: [u16; 2] = [2, 4];
/// Packets begin with their IP header.
const LINK_TYPE_RAW: u32 = 101;

/// A file of packets, begun.
#[derive(Debug)]
pub struct Capture {
    file: BufWriter<File>,
}

impl Capture {
    /// Begins a file; one that exists is overwritten.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&MAGIC.to_ne_bytes())?;
        for part in VERSION {
            file.write_all(&part.to_ne_bytes())?;
        }
        // Zone and accuracy, which nobody uses; the length that packets are cut to.
        for word in [0, 0, length(KEPT), LINK_TYPE_RAW] {
            file.write_all(&word.to_ne_bytes())?;
        }
        file.flush()?;
        Ok(Self { file })
    }

    /// Adds a packet that is delivered now.
    pub(super) fn add(&mut self, frame: &[u8]) -> io::Result<()> {
        let packet = frame.get(HEADER_BYTES..).unwrap_or_default();
        let kept = &packet[..packet.len().min(KEPT)];
        let at = since_1970();
        let seconds = u32::try_from(at.as_secs()).unwrap_or(u32::MAX);
        for word in [seconds, at.subsec_nanos(), length(kept.len()), length(packet.len())] {
            self.file.write_all(&word.to_ne_bytes())?;
        }
        self.file.write_all(kept)
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a capture has wall-clock times, as members' logs have; nothing is judged by them"
)]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Capture, HEADER_BYTES, KEPT};

    #[test]
    fn a_file_has_its_header_and_each_packet_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("capture.pcap");
        let mut capture = Capture::create(&path).expect("the file is ours");
        let short = [&[0; HEADER_BYTES][..], b"packet"].concat();
        capture.add(&short).expect("there is room");
        capture.add(&vec![7; HEADER_BYTES + 1000]).expect("there is room");
        drop(capture);
        let bytes = std::fs::read(&path).expect("it is there");
        assert_eq!(bytes.len(), 24 + 16 + 6 + 16 + KEPT);
        let word = |at: usize| {
            u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        assert_eq!((word(0), word(16), word(20)), (0xa1b2_3c4d, 256, 101));
        assert_eq!((word(24 + 8), word(24 + 12)), (6, 6));
        assert_eq!(&bytes[40..46], b"packet");
        assert_eq!((word(46 + 8), word(46 + 12)), (256, 1000));
        assert!(word(24) > 1_700_000_000, "the time is today's");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Capture::create(&folder.path().join("nowhere/capture.pcap")).is_err());
    }
}
