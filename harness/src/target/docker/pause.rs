//! The program that holds a member's network namespace: it waits, and nothing else.
//!
//! Written as bytes, because an image for it must be had on a machine with nothing but this
//! program: no compiler, no registry.

/// The architecture that it is written for, as Rust names it.
pub(super) const ARCHITECTURE: &str = "x86_64";

/// Where the program is loaded.
const BASE: u64 = 0x40_0000;
const HEADER_BYTES: u16 = 64;
const SEGMENT_BYTES: u16 = 56;

/// `again: mov eax, 34 (pause); syscall; jmp again`
const CODE: [u8; 9] = [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];

/// An executable for Linux on x86_64, of one segment, with no library.
///
/// As the first process of its container it is deaf to every signal but SIGKILL.
pub(super) fn program() -> Vec<u8> {
    let headers = u64::from(HEADER_BYTES + SEGMENT_BYTES);
    let length = headers + CODE.len() as u64;
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec(); // 64 bits, little endian
    bytes.resize(16, 0);
    bytes.extend(halves(&[2, 62])); // executable, x86_64
    bytes.extend(1_u32.to_le_bytes());
    for value in [BASE + headers, u64::from(HEADER_BYTES), 0] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(halves(&[HEADER_BYTES, SEGMENT_BYTES, 1, 0, 0, 0]));
    bytes.extend(1_u32.to_le_bytes()); // to be loaded
    bytes.extend(5_u32.to_le_bytes()); // to be read and executed
    for value in [0, BASE, BASE, length, length, 0x1000] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(CODE);
    bytes
}

fn halves(values: &[u16]) -> impl Iterator<Item = u8> {
    values.iter().flat_map(|value| value.to_le_bytes())
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;
    use std::thread::sleep;
    use std::time::Duration;

    #[test]
    fn it_runs_and_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pause");
        fs::write(&file, super::program()).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
        let mut child = Command::new(&file).spawn().expect("the kernel takes it");
        sleep(Duration::from_millis(100));
        let early = child.try_wait().expect("asked");
        child.kill().expect("killed");
        child.wait().expect("reaped");
        assert_eq!(early, None, "it ended by itself");
    }
}
