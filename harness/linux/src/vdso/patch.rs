//! Putting the hook into a process, once.

use std::io;
use std::ops::Range;

use super::freeze::Stoppable;
use super::hook::{self, JUMP_BYTES, MAGIC, Part};
use super::image::Image;
use super::memory::Memory;
use super::prologue::movable;

/// What the hook stands in for, in the order of [`Image::functions`].
const PARTS: [Part; 3] = [Part::ClockGettime, Part::Gettimeofday, Part::Time];

/// Makes every function of the vDSO that reads a clock jump to the hook; returns where the
/// hook is. A process that is patched already, or whose parent was when it forked, is left
/// as it is.
pub(super) fn install(process: &Stoppable, memory: &Memory) -> io::Result<u64> {
    let image = Image::read(memory)?;
    let code = assembled(&image)?;
    let at = image.free.start;
    let jumps = jumps(&image, &code)?;
    let missing: Vec<&Jump> =
        jumps.iter().filter(|jump| !image.bytes[jump.at..].starts_with(&jump.bytes)).collect();
    // A thread may be within a hook that any function jumps to: only then is it left alone.
    if missing.len() == jumps.len() {
        memory.write(&code, image.base + to_address(at))?;
    } else if !image.bytes[at..].starts_with(MAGIC) {
        return Err(io::Error::other("the vDSO is half patched: this is a bug"));
    }
    if !missing.is_empty() {
        let keep_out: Vec<Range<u64>> = missing.iter().map(|jump| jump.inside(&image)).collect();
        process.while_stopped(&keep_out, || {
            let write = |jump: &&Jump| memory.write(&jump.bytes, image.base + to_address(jump.at));
            missing.iter().try_for_each(write)
        })?;
    }
    Ok(image.base + to_address(at))
}

/// A jump that is to be written over the beginning of a function.
struct Jump {
    at: usize,
    bytes: [u8; JUMP_BYTES],
}

impl Jump {
    /// Where no thread may be when it is written: behind its first byte and before its end.
    fn inside(&self, image: &Image) -> Range<u64> {
        let from = image.base + to_address(self.at);
        from + 1..from + to_address(JUMP_BYTES)
    }
}

fn jumps(image: &Image, code: &[u8]) -> io::Result<Vec<Jump>> {
    let present = image.functions.iter().zip(PARTS).filter_map(|(at, part)| Some(((*at)?, part)));
    let jump = |(at, part)| {
        let bytes = hook::jump(at, image.free.start + hook::part(code, part))?;
        Some(Jump { at, bytes })
    };
    present.map(jump).collect::<Option<Vec<_>>>().ok_or_else(no_room)
}

/// The hook for this vDSO: with the beginning of its own `clock_gettime`, if that can be
/// moved, to call the rest of it.
fn assembled(image: &Image) -> io::Result<Vec<u8>> {
    let mut code = hook::code();
    if code.len() > image.free.len() {
        return Err(no_room());
    }
    let Some(begins) = image.functions[0] else { return Ok(code) };
    let original = hook::part(&code, Part::Original);
    let room = code.len() - original;
    let own = &image.bytes[begins..];
    // Of a patched process the beginning is a jump, which is not moved; its hook stays.
    if let Some(length) = movable(&own[..room - JUMP_BYTES])
        && let Some(back) = hook::jump(image.free.start + original + length, begins + length)
    {
        code[original..original + length].copy_from_slice(&own[..length]);
        code[original + length..original + length + JUMP_BYTES].copy_from_slice(&back);
    }
    Ok(code)
}

fn no_room() -> io::Error {
    let message = "the vDSO of this kernel has no room for the clocks' hook: run on another kernel";
    io::Error::new(io::ErrorKind::Unsupported, message)
}

fn to_address(offset: usize) -> u64 {
    offset as u64
}
