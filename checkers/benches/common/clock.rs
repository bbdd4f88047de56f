//! Time, and processor time and memory of this process as Linux tells them.

/// Processor time of this thread so far, in seconds: unlike the time on the wall it does
/// not depend on what else the machine does. The kernel brings it up to date with every
/// tick, some milliseconds, so short times are measured over many repetitions.
///
/// # Panics
/// Where the kernel does not tell it.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes fit")]
pub fn busy() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos: Option<u64> = text.split(' ').next().and_then(|field| field.parse().ok());
    nanos.expect("the benchmark needs /proc/thread-self/schedstat") as f64 / 1e9
}

/// What some work takes of the processor, in seconds, and its result.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = busy();
    let result = work();
    (result, busy() - begin)
}

/// What some work takes on the wall, in seconds, and its result.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub fn timed_on_the_wall<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = std::time::Instant::now();
    let result = work();
    (result, begin.elapsed().as_secs_f64())
}

/// Processor time of the whole process so far, in seconds; the kernel counts hundredths.
pub fn busy_process() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that was resident since the last call of [`forget_peak`], in MB.
pub fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

/// Where the kernel refuses, the peak is that of the whole process so far.
pub fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Resident memory of this process, in MB.
pub fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = statm.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

/// The middle one of some numbers.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
