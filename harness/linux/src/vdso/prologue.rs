//! The first instructions of a function, to be run from elsewhere.
//!
//! Only such are known as compilers begin functions with, and as mean the same at every
//! address: none jumps, and none names memory. A function that begins otherwise is not moved;
//! the hook then asks the kernel by a system call, which is slower and says the same.

use super::hook::JUMP_BYTES;

/// How many bytes at the beginning of `code` are whole known instructions and leave room for
/// a jump; `None` when an unknown one comes first.
pub(super) fn movable(code: &[u8]) -> Option<usize> {
    let mut length = 0;
    while length < JUMP_BYTES {
        length += instruction(code.get(length..)?)?;
    }
    (length <= code.len()).then_some(length)
}

/// The length of the first instruction, if it is a known one.
fn instruction(code: &[u8]) -> Option<usize> {
    // endbr64: a mark for indirect jumps, which does nothing.
    if code.starts_with(&[0xf3, 0x0f, 0x1e, 0xfa]) {
        return Some(4);
    }
    // A REX prefix only widens what follows.
    let (prefix, code) = match code {
        [0x40..=0x4f, rest @ ..] => (1, rest),
        code => (0, code),
    };
    let rest = match code {
        // push of a register
        [0x50..=0x57, ..] => 1,
        // and, sub, xor, cmp, test, mov between registers
        [0x21 | 0x23 | 0x29 | 0x2b | 0x31 | 0x33 | 0x39 | 0x3b | 0x85 | 0x89 | 0x8b, modrm, ..]
            if between_registers(*modrm) =>
        {
            2
        }
        // add, and, sub, cmp with a small number
        [0x83, modrm, ..] if between_registers(*modrm) => 3,
        // the same with a large number
        [0x81, modrm, ..] if between_registers(*modrm) => 6,
        // mov of a number into a register; a wide one has eight bytes
        [0xb8..=0xbf, ..] if prefix == 0 => 5,
        _ => return None,
    };
    Some(prefix + rest)
}

/// Whether the operand is a register, and not memory.
fn between_registers(modrm: u8) -> bool {
    modrm >> 6 == 0b11
}

#[cfg(test)]
mod tests {
    use super::movable;

    fn check(code: &[u8], expected: Option<usize>) {
        assert_eq!(movable(code), expected, "{code:02x?}");
    }

    #[test]
    fn usual_beginnings_are_moved_by_whole_instructions() {
        // push rbp; mov rbp, rsp; push r14; push rbx
        check(&[0x55, 0x48, 0x89, 0xe5, 0x41, 0x56, 0x53], Some(6));
        // endbr64; push rbp; ...
        check(&[0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48], Some(5));
        // cmp edi, 15; xor eax, eax
        check(&[0x83, 0xff, 0x0f, 0x31, 0xc0, 0x90], Some(5));
        // sub rsp, 0x118
        check(&[0x48, 0x81, 0xec, 0x18, 0x01, 0, 0, 0x90], Some(7));
        check(&[0xb8, 1, 0, 0, 0], Some(5));
    }

    #[test]
    fn what_depends_on_its_place_is_not_moved() {
        // push rbp; lea r10, [rip - 0x6818]
        check(&[0x55, 0x4c, 0x8d, 0x15, 0xe8, 0x97, 0xff, 0xff], None);
        // cmp edi, 15; ja
        check(&[0x83, 0xff, 0x0f, 0x77, 0x10, 0x90], None);
        // mov eax, [rip + 0x10]
        check(&[0x8b, 0x05, 0x10, 0, 0, 0], None);
        // jmp, call, ret
        check(&[0xe9, 0, 0, 0, 0], None);
        check(&[0xe8, 0, 0, 0, 0], None);
        check(&[0x55, 0xc3, 0x90, 0x90, 0x90, 0x90], None);
    }

    #[test]
    fn cut_code_is_not_moved() {
        check(&[], None);
        check(&[0x55, 0x48], None);
        check(&[0x55, 0x48, 0x81, 0xec, 0], None);
    }
}
