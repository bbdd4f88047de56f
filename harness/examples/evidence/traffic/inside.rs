//! The process that has a cluster: in namespaces of its own, where the kernel allows it.

use std::io;
use std::path::Path;
use std::process::Command;

use serde::Serialize;
use stormglass::run_dir::RunDir;
use stormglass::target::Unsupported;
use stormglass::target::local::Wiring;
use stormglass_linux::isolation;
use stormglass_linux::mounts::mount_tmpfs;

const DATA_BYTES: u64 = 4 << 30;
const TUN_DEVICE: &str = "/dev/net/tun";

/// Does some work with the best wiring that can be had here, and writes what comes of it.
/// `again` is the command of this very process, which the one in the namespaces gets.
/// Members' data belongs below `data` in the folder, which is in memory then.
pub(crate) fn in_namespaces<T: Serialize, F: Future<Output = io::Result<T>>>(
    again: Command,
    folder: &Path,
    result: &str,
    work: impl FnOnce(Wiring) -> F,
) -> io::Result<()> {
    let isolated = isolation::is_inner();
    if !isolated && isolation::probe().is_ok() {
        let isolation = isolation::enter().map_err(io::Error::other)?;
        let inner = isolation.spawn_inner(again)?;
        let status = isolation::supervise(inner)?;
        return if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) };
    }
    let mut wiring = Wiring::Loopback(Unsupported::because("namespaces are refused here"));
    if isolated {
        isolation::settle()?;
        let data = folder.join("data");
        std::fs::create_dir_all(&data)?;
        mount_tmpfs(&data, DATA_BYTES)?;
        wiring = Wiring::Switch(Path::new(TUN_DEVICE).to_owned());
    }
    // As many threads as a run of the program has.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(work(wiring))?;
    runtime.shutdown_background();
    RunDir::write(&folder.join(result), &done).map_err(io::Error::other)
}
