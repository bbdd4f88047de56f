//! The vDSO of a process: an ELF file in its memory.

use std::io;
use std::ops::Range;

use super::hook::JUMP_BYTES;
use super::memory::Memory;

const LOAD: u64 = 1;
const DYNAMIC: u64 = 2;
/// Tags of the dynamic section: its end, and where three tables are.
const END: u64 = 0;
const HASHES: u64 = 4;
const STRINGS: u64 = 5;
const SYMBOLS: u64 = 6;
const SYMBOL_BYTES: usize = 24;
/// No vDSO has nearly as many symbols, or such long names.
const SYMBOLS_MAX: usize = 1_000;
const NAME_MAX: usize = 100;

/// What the clocks are read through: its name in the vDSO.
const FUNCTIONS: [&[u8]; 3] = [b"__vdso_clock_gettime", b"__vdso_gettimeofday", b"__vdso_time"];

/// The vDSO as it is in a process's memory.
#[derive(Debug)]
pub(super) struct Image {
    /// Where it begins.
    pub(super) base: u64,
    /// All of its mapping.
    pub(super) bytes: Vec<u8>,
    /// Where `clock_gettime`, `gettimeofday` and `time` begin in it; the first is there.
    pub(super) functions: [Option<usize>; 3],
    /// What of it no program uses: section names and padding.
    pub(super) free: Range<usize>,
}

impl Image {
    /// Reads and understands it.
    pub(super) fn read(memory: &Memory) -> io::Result<Self> {
        let (base, end) = memory.vdso()?;
        let mut bytes = vec![0; usize::try_from(end - base).map_err(io::Error::other)?];
        memory.read(&mut bytes, base)?;
        Self::parse(base, bytes).ok_or_else(|| {
            let message = "the vDSO of this kernel is not understood, so its clocks cannot be \
                           moved: send us its `uname -r`, and run on another kernel meanwhile";
            io::Error::new(io::ErrorKind::Unsupported, message)
        })
    }

    fn parse(base: u64, bytes: Vec<u8>) -> Option<Self> {
        let elf = Elf(&bytes);
        // 64 bits, little endian.
        bytes.starts_with(b"\x7fELF\x02\x01").then_some(())?;
        let (load_end, dynamic) = elf.segments()?;
        let functions = elf.functions(dynamic)?;
        functions[0]?;
        let free = load_end.next_multiple_of(64)..bytes.len();
        (free.start <= free.end).then_some(())?;
        Some(Self { base, bytes, functions, free })
    }
}

/// Bytes of an ELF file, read with every bound checked.
struct Elf<'a>(&'a [u8]);

impl Elf<'_> {
    fn number<const N: usize>(&self, at: usize) -> Option<u64> {
        let bytes = self.0.get(at..at.checked_add(N)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    /// A number that says where something is; no vDSO is large enough for sums of them to
    /// overflow.
    fn offset<const N: usize>(&self, at: usize) -> Option<usize> {
        u32::try_from(self.number::<N>(at)?).ok().and_then(|offset| usize::try_from(offset).ok())
    }

    /// Where the loaded part ends, and where the dynamic section begins.
    fn segments(&self) -> Option<(usize, usize)> {
        let table = self.offset::<8>(32)?;
        let (size, count) = (self.offset::<2>(54)?, self.offset::<2>(56)?);
        let (mut load_end, mut dynamic) = (0, None);
        for index in 0..count {
            let header = table + index * size;
            match self.number::<4>(header)? {
                LOAD => {
                    let end = self.offset::<8>(header + 16)? + self.offset::<8>(header + 40)?;
                    load_end = load_end.max(end);
                }
                DYNAMIC => dynamic = self.offset::<8>(header + 16),
                _ => {}
            }
        }
        Some((load_end, dynamic?))
    }

    fn functions(&self, dynamic: usize) -> Option<[Option<usize>; 3]> {
        let (mut hashes, mut strings, mut symbols) = (None, None, None);
        for entry in (dynamic..self.0.len()).step_by(16) {
            let table = || self.offset::<8>(entry + 8);
            match self.number::<8>(entry)? {
                END => break,
                HASHES => hashes = table(),
                STRINGS => strings = table(),
                SYMBOLS => symbols = table(),
                _ => {}
            }
        }
        let (strings, symbols) = (strings?, symbols?);
        // Without the old hash table: the names follow the symbols in every vDSO.
        let count = match hashes {
            Some(hashes) => self.offset::<4>(hashes + 4)?,
            None => strings.checked_sub(symbols)? / SYMBOL_BYTES,
        };
        let mut found = [None; 3];
        for index in 0..count.min(SYMBOLS_MAX) {
            let symbol = symbols + index * SYMBOL_BYTES;
            let name = self.name(strings + self.offset::<4>(symbol)?)?;
            let Some(place) = FUNCTIONS.iter().position(|function| *function == name) else {
                continue;
            };
            let (at, size) = (self.offset::<8>(symbol + 8)?, self.offset::<8>(symbol + 16)?);
            // There must be room for a jump.
            let whole = size >= JUMP_BYTES && at + size <= self.0.len();
            found[place] = whole.then_some(at);
        }
        Some(found)
    }

    fn name(&self, at: usize) -> Option<&[u8]> {
        let rest = self.0.get(at..)?;
        let length = rest.iter().take(NAME_MAX).position(|byte| *byte == 0)?;
        Some(&rest[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::Image;
    use crate::vdso::memory::Memory;

    fn own() -> Image {
        let memory = Memory::open(std::process::id()).expect("this process's own memory");
        Image::read(&memory).expect("a vDSO")
    }

    #[test]
    fn this_kernels_vdso_is_understood() {
        let image = own();
        assert!(image.functions.iter().all(Option::is_some), "{:?}", image.functions);
        assert!(image.free.len() > 512, "{:?}", image.free);
        let last = image.functions.iter().flatten().max().expect("three");
        assert!(*last < image.free.start);
    }

    #[test]
    fn damaged_images_are_refused_without_a_panic() {
        let image = own();
        assert!(Image::parse(0, Vec::new()).is_none());
        for length in (0..image.free.start).step_by(8) {
            assert!(Image::parse(0, image.bytes[..length].to_vec()).is_none(), "{length}");
        }
        // Every byte of header, tables and names, spoilt.
        for at in 0..image.free.start.min(0x600) {
            let mut bytes = image.bytes.clone();
            bytes[at] = 0xff;
            let _ = Image::parse(0, bytes);
        }
    }
}
