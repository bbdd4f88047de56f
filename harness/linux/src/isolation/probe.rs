//! Tries everything that isolation asks of the kernel, in a child that ends at once.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::steps::{Failure, Plan, Step};
use super::{IsolationRefused, explain_here, lifeline};
use crate::call::{check, errno, or_errno};
use crate::lever::Devices;
use crate::{disk, mounts, tun};

/// The step was not reached, because one that it needs failed.
const NOT_TRIED: i32 = -1;
const RECORD_BYTES: usize = Step::ALL.len() * size_of::<i32>();

/// What each step answered: 0, an `errno`, or [`NOT_TRIED`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    answers: [i32; Step::ALL.len()],
    pub(crate) user_namespace: bool,
}

impl Probe {
    /// The first failure among the steps, in the order in which they are tried. A step that
    /// was not tried counts as failed with the step that kept it from being tried.
    pub(crate) fn first_failure(&self, steps: &[Step]) -> Option<Failure> {
        let untried = steps.iter().any(|step| self.answer(*step) == NOT_TRIED);
        Step::ALL
            .into_iter()
            .filter(|step| untried || steps.contains(step))
            .map(|step| Failure { step, errno: self.answer(step) })
            .find(|failure| failure.errno > 0)
    }

    fn answer(&self, step: Step) -> i32 {
        self.answers[step as usize]
    }
}

/// Whether [`super::enter`] and [`super::settle`] would work, without changing this process.
///
/// A forked child tries it and ends at once; threads of this process are no hindrance.
///
/// # Errors
/// One sentence that says what is refused and how to allow it.
pub fn probe() -> Result<(), IsolationRefused> {
    let devices = Devices::default();
    let probe = attempt(&devices).map_err(|error| {
        IsolationRefused::new(format!("the probe could not run ({error})"), "try again")
    })?;
    let needed = [Step::Unshare, Step::MapIdentity, Step::PrivateMounts, Step::FreshProc];
    match probe.first_failure(&needed) {
        Some(failure) => Err(explain_here(failure, probe.user_namespace)),
        None => Ok(()),
    }
}

/// Tries every step and says what each answered.
pub(crate) fn attempt(devices: &Devices) -> io::Result<Probe> {
    let plan = Plan::for_this_process();
    let path = |device: &Path| CString::new(device.as_os_str().as_bytes());
    let paths = (path(&devices.tun)?, path(&devices.fuse)?);
    let (read, write) = lifeline::pipe()?;
    // SAFETY: the child (also of a process with threads) runs only `report`, which makes
    // async-signal-safe calls on memory prepared above, and leaves by _exit.
    let child = check(unsafe { libc::fork() }, "fork")?;
    if child == 0 {
        report(&plan, (&paths.0, &paths.1), &write);
    }
    drop(write);
    let mut record = [0; RECORD_BYTES];
    let result = File::from(read).read_exact(&mut record);
    wait_for(child);
    result?;
    Ok(Probe { answers: decode(&record), user_namespace: plan.has_user_namespace() })
}

/// The child: tries the steps, writes the record and ends.
fn report(plan: &Plan, devices: (&CStr, &CStr), write: &OwnedFd) -> ! {
    let record = encode(&try_steps(plan, devices));
    // SAFETY: the pointer and length are those of one live array; _exit runs no destructor of
    // the parent's state that this child holds a copy of.
    unsafe {
        libc::write(write.as_raw_fd(), record.as_ptr().cast(), record.len());
        libc::_exit(0)
    }
}

fn try_steps(plan: &Plan, (tun, fuse): (&CStr, &CStr)) -> [i32; Step::ALL.len()] {
    let mut answers = [NOT_TRIED; Step::ALL.len()];
    let mut note = |step: Step, result: Result<(), i32>| {
        answers[step as usize] = result.err().unwrap_or(0);
        result.is_ok()
    };
    let isolated = match plan.carry_out() {
        Ok(()) => note(Step::Unshare, Ok(())) && note(Step::MapIdentity, Ok(())),
        Err(Failure { step: Step::Unshare, errno }) => note(Step::Unshare, Err(errno)),
        Err(Failure { step, errno }) => {
            note(Step::Unshare, Ok(()));
            note(step, Err(errno))
        }
    };
    if isolated && note(Step::PrivateMounts, mounts::make_private()) {
        note(Step::Tun, tun::try_device(tun));
        note(Step::FreshProc, try_fresh_proc());
        let flags = libc::MS_NOSUID | libc::MS_NODEV;
        note(Step::Tmpfs, mounts::mount((c"tmpfs", c"tmpfs"), c"/", flags, Some(c"size=65536")));
        note(Step::Disk, disk::try_device(fuse));
    }
    answers
}

/// Only a process *in* the new pid namespace may mount its /proc: the next child is.
fn try_fresh_proc() -> Result<(), i32> {
    // SAFETY: as for the first fork: the child makes one system call and leaves by _exit.
    let child = or_errno(unsafe { libc::fork() })?;
    if child == 0 {
        // Exit codes hold a byte; every errno of Linux fits.
        let code = mounts::mount_proc().err().unwrap_or(0);
        // SAFETY: ends this child without running anything else.
        unsafe { libc::_exit(code) }
    }
    let status = wait_for(child).ok_or(libc::ECHILD)?;
    match (libc::WIFEXITED(status), libc::WEXITSTATUS(status)) {
        (true, 0) => Ok(()),
        (true, errno) => Err(errno),
        (false, _) => Err(libc::EIO),
    }
}

/// Waits for a child of this module, which ends by itself. `None` when the process lets the
/// kernel reap its children (SIGCHLD ignored): then the child is gone, too.
fn wait_for(child: libc::pid_t) -> Option<libc::c_int> {
    let mut status = 0;
    loop {
        // SAFETY: the pointer is to one integer that outlives the call.
        if unsafe { libc::waitpid(child, &raw mut status, 0) } == child {
            return Some(status);
        }
        if errno() != libc::EINTR {
            return None;
        }
    }
}

fn encode(answers: &[i32; Step::ALL.len()]) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    for (slot, answer) in record.chunks_exact_mut(size_of::<i32>()).zip(answers) {
        slot.copy_from_slice(&answer.to_ne_bytes());
    }
    record
}

fn decode(record: &[u8; RECORD_BYTES]) -> [i32; Step::ALL.len()] {
    let mut answers = [NOT_TRIED; Step::ALL.len()];
    for (answer, bytes) in answers.iter_mut().zip(record.chunks_exact(size_of::<i32>())) {
        let mut word = [0; size_of::<i32>()];
        word.copy_from_slice(bytes);
        *answer = i32::from_ne_bytes(word);
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::{Failure, NOT_TRIED, Probe, Step, decode, encode};

    #[test]
    fn the_record_survives_the_pipe() {
        let answers = [0, libc::EPERM, NOT_TRIED, 0, libc::ENOENT, NOT_TRIED, 0];
        assert_eq!(decode(&encode(&answers)), answers);
    }

    #[test]
    fn a_step_not_tried_is_blamed_on_what_kept_it() {
        let mut answers = [NOT_TRIED; Step::ALL.len()];
        answers[..2].copy_from_slice(&[0, libc::EPERM]);
        let probe = Probe { answers, user_namespace: true };
        let blamed = Failure { step: Step::MapIdentity, errno: libc::EPERM };
        assert_eq!(probe.first_failure(&[Step::Tun]), Some(blamed));
        assert_eq!(probe.first_failure(&[Step::Unshare]), None);
    }

    #[test]
    fn one_refused_lever_does_not_blame_another() {
        let probe = Probe { answers: [0, 0, 0, libc::ENOENT, 0, 0, 0], user_namespace: false };
        assert_eq!(probe.first_failure(&[Step::Tmpfs, Step::FreshProc]), None);
        let blamed = Failure { step: Step::Tun, errno: libc::ENOENT };
        assert_eq!(probe.first_failure(&[Step::Tun]), Some(blamed));
    }
}
