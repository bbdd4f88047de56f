//! The code that runs in the patched process instead of the vDSO's own, for x86_64.
//!
//! Position independent, and assembled with this program: no assembler is needed at run
//! time. It is read-only data here, and never called here.
//!
//! Two slots hold the lines of both clocks; the lowest bit of the sequence number names the
//! one that holds. A change fills the other slot and then counts the number up: readers see
//! the old lines or the new ones, never a mix, because a reader that finds the number
//! changed reads again.

use std::arch::global_asm;
use std::ptr;

use super::line::Line;

global_asm!(
    r#"
    .pushsection .rodata.stormglass_clock_hook,"a",@progbits
    .balign 64
    .globl stormglass_clock_hook
    .globl stormglass_clock_hook_end
    .hidden stormglass_clock_hook
    .hidden stormglass_clock_hook_end
stormglass_clock_hook:
    .ascii "STORMCK1"                       # 0: tells our patch from another's
.Lsequence:
    .quad 0                                 # 8
.Lslots:                                    # 16: two times (wall, monotonic)
    .rept 4
    .quad 0, 0, 0x100000000                 # base, fake, rate
    .endr
    .quad .Lclock_gettime - stormglass_clock_hook   # 112: where the parts are
    .quad .Lgettimeofday - stormglass_clock_hook
    .quad .Ltime - stormglass_clock_hook
    .quad .Loriginal - stormglass_clock_hook

    .balign 16
.Lclock_gettime:                            # int clock_gettime(edi: clock, rsi: timespec *)
    push rbx
    push r12
    push r13
    mov ebx, edi
    mov r12, rsi
    call .Loriginal
    test eax, eax
    jnz 9f                                  # the original's refusal
    cmp ebx, 11
    ja 9f
    xor r13d, r13d                          # the wall clock's line is the first
    mov ecx, 0x821                          # REALTIME 0, REALTIME_COARSE 5, TAI 11
    bt ecx, ebx
    jc 2f
    mov ecx, 0x42                           # MONOTONIC 1, MONOTONIC_COARSE 6
    bt ecx, ebx
    jnc 9f                                  # every other clock is left alone
    mov r13d, 24                            # the monotonic clock's line is the second
2:  mov rsi, [rip + .Lsequence]
    mov eax, esi
    and eax, 1
    imul eax, eax, 48
    lea r8, [rip + .Lslots]
    add r8, rax
    add r8, r13
    imul rax, [r12], 1000000000
    add rax, [r12 + 8]
    sub rax, [r8]                           # the time since the line began
    jns 3f
    test r13d, r13d
    jz 3f
    xor eax, eax                            # read before the line began: not before its start
3:  imul qword ptr [r8 + 16]
    shrd rax, rdx, 32
    add rax, [r8 + 8]
    cmp rsi, [rip + .Lsequence]
    jne 2b                                  # the lines were changed meanwhile
    test rax, rax
    jns 4f
    xor eax, eax                            # no time before 1970
4:  xor edx, edx
    mov ecx, 1000000000
    div rcx
    mov [r12], rax
    mov [r12 + 8], rdx
    xor eax, eax
9:  pop r13
    pop r12
    pop rbx
    ret

    .balign 16
.Lgettimeofday:                             # int gettimeofday(rdi: timeval *, rsi: timezone *)
    push rbx
    push r12
    sub rsp, 24
    mov rbx, rdi
    mov r12, rsi
    test rbx, rbx
    jz 1f
    xor edi, edi
    mov rsi, rsp
    call .Lclock_gettime
    mov rax, [rsp]
    mov [rbx], rax
    mov rax, [rsp + 8]
    xor edx, edx
    mov ecx, 1000
    div rcx
    mov [rbx + 8], rax
1:  test r12, r12
    jz 2f
    mov qword ptr [r12], 0                  # the kernel's time zone, which nobody sets
2:  xor eax, eax
    add rsp, 24
    pop r12
    pop rbx
    ret

    .balign 16
.Ltime:                                     # time_t time(rdi: time_t *)
    push rbx
    sub rsp, 16
    mov rbx, rdi
    mov edi, 5                              # REALTIME_COARSE, as the original does
    mov rsi, rsp
    call .Lclock_gettime
    mov rax, [rsp]
    test rbx, rbx
    jz 1f
    mov [rbx], rax
1:  add rsp, 16
    pop rbx
    ret

    .balign 16
.Loriginal:                                 # the true time: the system call, or what replaces it
    mov eax, 228
    syscall
    ret
    .fill 32, 1, 0xcc                       # room for the vDSO's own beginning
stormglass_clock_hook_end:
    .popsection
"#
);

unsafe extern "C" {
    static stormglass_clock_hook: u8;
    static stormglass_clock_hook_end: u8;
}

/// Every patch of ours begins so.
pub(super) const MAGIC: &[u8] = b"STORMCK1";
/// Where the sequence number is.
pub(super) const SEQUENCE_AT: usize = 8;
/// Where the first slot is.
const SLOTS_AT: usize = 16;
/// The lines of the wall clock and of the monotonic clock.
pub(super) const SLOT_BYTES: usize = 2 * Line::BYTES;
/// The offsets of the parts of the code follow the slots.
const PARTS_AT: usize = SLOTS_AT + 2 * SLOT_BYTES;
/// A jump with a 32-bit distance: `E9` and the distance from its end.
pub(super) const JUMP_BYTES: usize = 5;

/// Which of the two slots holds at this sequence number.
pub(super) fn slot_at(sequence: u64) -> usize {
    if sequence & 1 == 0 { SLOTS_AT } else { SLOTS_AT + SLOT_BYTES }
}

/// A function that the hook stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    ClockGettime,
    Gettimeofday,
    Time,
    Original,
}

/// The hook, to be written into a process.
pub(super) fn code() -> Vec<u8> {
    let (begin, end) = (&raw const stormglass_clock_hook, &raw const stormglass_clock_hook_end);
    let length = end.addr() - begin.addr();
    // SAFETY: both symbols are ours, in one read-only section, and what is between them is
    // initialised bytes that nothing writes to.
    let bytes: &[u8] = unsafe { &*ptr::slice_from_raw_parts(begin, length) };
    bytes.to_vec()
}

/// Where a part of the hook is in its code.
pub(super) fn part(code: &[u8], part: Part) -> usize {
    let at = PARTS_AT + 8 * part as usize;
    let mut word = [0; 8];
    word.copy_from_slice(&code[at..at + 8]);
    usize::try_from(u64::from_le_bytes(word)).unwrap_or(usize::MAX)
}

/// A jump from one place in a mapping to another; `None` when it is too far.
pub(super) fn jump(from: usize, to: usize) -> Option<[u8; JUMP_BYTES]> {
    let distance = i64::try_from(to).ok()? - i64::try_from(from + JUMP_BYTES).ok()?;
    let distance = i32::try_from(distance).ok()?.to_le_bytes();
    Some([0xe9, distance[0], distance[1], distance[2], distance[3]])
}

#[cfg(test)]
mod tests {
    use super::{MAGIC, Part, SEQUENCE_AT, code, jump, part, slot_at};
    use crate::vdso::line::Line;

    #[test]
    fn the_code_is_laid_out_as_it_is_written_to() {
        let code = code();
        assert!(code.starts_with(MAGIC));
        assert_eq!(code[SEQUENCE_AT..SEQUENCE_AT + 8], [0; 8]);
        for sequence in [0, 1, 2] {
            for line in code[slot_at(sequence)..].chunks_exact(Line::BYTES).take(2) {
                assert_eq!(Line::decode(line), Some(Line::TRUE));
            }
        }
        // push rbx, at the beginning of each function.
        for function in [Part::ClockGettime, Part::Gettimeofday, Part::Time] {
            assert_eq!(code[part(&code, function)], 0x53, "{function:?}");
        }
        assert_eq!(code[part(&code, Part::Original)..][..8], [0xb8, 0xe4, 0, 0, 0, 0x0f, 5, 0xc3]);
    }

    #[test]
    fn jumps_reach_back_and_forth() {
        assert_eq!(jump(0, 5), Some([0xe9, 0, 0, 0, 0]));
        assert_eq!(jump(0x10, 0x100), Some([0xe9, 0xeb, 0, 0, 0]));
        assert_eq!(jump(0x100, 0x10), Some([0xe9, 0x0b, 0xff, 0xff, 0xff]));
        assert_eq!(jump(0, 1 << 40), None);
    }
}
