//! What `/proc` tells of a process.

use std::fs;
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// The clock ticks in which Linux tells times in `/proc`: 100 a second on every platform that it shares with Debian.
const TICKS_PER_SECOND: u64 = 100;

/// Time on the processor that all threads of a process have had so far, those that have ended included; `None` when
/// there is no such process.
#[must_use]
pub fn cpu(pid: u32) -> Option<Duration> {
    // The 14th and 15th field; those from the third on come after the name.
    let ticks: u64 = fields(pid)?.get(11..13)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// The most memory that a process has had at a time, KiB; `None` when there is no such process.
#[must_use]
pub fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse().ok()
}

/// Keeps a process, with all the threads that it has and will have, to one core.
///
/// # Errors
/// As the system tells: no such process, or no such core.
pub fn pin(pid: u32, core: usize) -> nix::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    keep_to(pid, &cores)
}

/// Lets a process use every core again.
///
/// # Errors
/// As the system tells: no such process.
pub fn unpin(pid: u32) -> nix::Result<()> {
    let mut cores = CpuSet::new();
    (0..all_cores()).try_for_each(|core| cores.set(core))?;
    keep_to(pid, &cores)
}

/// The machine's cores, whether or not this process may use them.
fn all_cores() -> usize {
    fs::read_to_string("/proc/cpuinfo").map_or(1, |info| info.matches("processor\t").count())
}

fn keep_to(pid: u32, cores: &CpuSet) -> nix::Result<()> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).map_err(|_| nix::Error::ESRCH)?;
    let threads = threads.flatten().filter_map(|thread| thread.file_name().to_str()?.parse().ok());
    // A thread may have ended meanwhile.
    threads.map(Pid::from_raw).try_for_each(|thread| match sched_setaffinity(thread, cores) {
        Err(nix::Error::ESRCH) => Ok(()),
        other => other,
    })
}

/// The processes that this one has started, and those that they have started, and so on.
pub(super) fn descendants(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = running().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid));
        next += 1;
    }
    found.split_off(1)
}

/// The name of its program.
pub(super) fn name(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|name| name.trim_end().to_owned())
}

fn running() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent(pid: u32) -> Option<u32> {
    fields(pid)?.get(1)?.parse().ok()
}

/// The fields of `/proc/<pid>/stat` from the third on: the second is a name in brackets, which may hold anything.
fn fields(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_had_time_and_has_a_parent() {
        let us = std::process::id();
        // On a busy machine others have the time for a while.
        let spin = std::time::Instant::now();
        while cpu(us).expect("it runs") < Duration::from_millis(20) {
            assert!(spin.elapsed() < Duration::from_secs(30), "it spins, and no time is counted");
        }
        assert!(peak_memory(us).expect("it runs") > 1_000);
        assert!(descendants(parent(us).expect("somebody started it")).contains(&us));
    }
}
