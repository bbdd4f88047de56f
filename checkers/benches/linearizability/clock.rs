//! Processor time and memory of this process, as Linux tells them.

/// Processor time of this thread so far, in seconds: unlike the time on the wall it does
/// not depend on what else the machine does. The kernel brings it up to date with every
/// tick, some milliseconds, so short times are measured over many repetitions.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes fit")]
pub(crate) fn busy() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos: Option<u64> = text.split(' ').next().and_then(|field| field.parse().ok());
    nanos.expect("the benchmark needs /proc/thread-self/schedstat") as f64 / 1e9
}

/// What some work takes of the processor, in seconds, and its result.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = busy();
    let result = work();
    (result, busy() - begin)
}

/// Resident memory of this process, in MB.
pub(crate) fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = statm.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

/// The middle one of some numbers.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
