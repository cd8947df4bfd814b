//! The one clock: wall time that never runs backwards.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use engine::words::Micros;

/// Wall time as of the start of the process, carried on by the monotonic clock, so that a step of the system's clock
/// is never seen inside.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Instant,
    epoch: u64,
}

impl Clock {
    /// Starts the clock from the system's wall time.
    #[must_use]
    pub fn start() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
        Self { began: Instant::now(), epoch: u64::try_from(epoch).unwrap_or(u64::MAX) }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.at(Instant::now())
    }

    /// The moment of an instant that was taken after the start.
    #[must_use]
    pub fn at(&self, instant: Instant) -> Micros {
        let since = instant.saturating_duration_since(self.began).as_micros();
        Micros(self.epoch.saturating_add(u64::try_from(since).unwrap_or(u64::MAX)))
    }

    /// The instant of a moment, for arming a timer; a moment before the start is the start.
    #[must_use]
    pub fn instant(&self, at: Micros) -> Instant {
        self.began + std::time::Duration::from_micros(at.0.saturating_sub(self.epoch))
    }
}
