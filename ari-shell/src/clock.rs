//! The one clock: the system's wall time, as long as that does not run backwards.
//!
//! Calling hours, records and claims are all told by wall time, so what the system's clock says counts: where it leaps
//! forward, because it was set or the machine was suspended, time in here leaps with it, and all that has become due is
//! done. Nothing in here could bear time that runs backwards. Where the system's clock is set back, time in here goes on
//! ahead of it until the process is started again, which the operator is told once. Others go by clocks of their own meanwhile,
//! so what they hold against these is told by the system's (`Clock::wall`).

mod reckoning;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::words::{Micros, Span};
use tokio::time::Instant;

use crate::moment::utc;
use reckoning::{Reckoning, Step};

/// How often the system's clock is looked at while a moment is waited for: nothing tells that it has leapt.
const LOOK: Duration = Duration::from_secs(1);

/// Where time is read; all clones tell the same.
#[derive(Debug, Clone)]
pub struct Clock {
    began: Instant,
    wall: fn() -> Micros,
    reckoning: Arc<Mutex<Reckoning>>,
}

impl Clock {
    /// Starts the clock from the system's wall time.
    #[must_use]
    pub fn start() -> Self {
        Self::by(system)
    }

    /// Goes by another wall clock than the system's.
    pub(crate) fn by(wall: fn() -> Micros) -> Self {
        Self { began: Instant::now(), wall, reckoning: Arc::new(Mutex::new(Reckoning::from(wall()))) }
    }

    /// Now: never earlier than it was before.
    ///
    /// # Panics
    /// If a thread panicked while it read the clock.
    #[must_use]
    pub fn now(&self) -> Micros {
        // Read one after the other, or two threads could be told two moments in the wrong order.
        let mut reckoning = self.reckoning.lock().expect("to read a clock does not panic");
        let (counted, wall) = (span(self.began.elapsed()), (self.wall)());
        let (now, step) = reckoning.read(counted, wall);
        drop(reckoning);
        match step {
            Some(Step::Forward { from }) => tracing::warn!(
                from = utc(from),
                to = utc(now),
                "the system's clock has leapt forward, and time in here with it"
            ),
            Some(Step::Back) => tracing::error!(
                system = utc(wall),
                here = utc(now),
                "the system's clock was set back, and time in here goes on ahead of it: restart this process once that \
                 clock is right; calls go on meanwhile"
            ),
            None => {}
        }
        now
    }

    /// The system's wall time as it stands, which may run backwards: for what others hold against clocks of their own.
    pub(crate) fn wall(&self) -> Micros {
        (self.wall)()
    }

    /// Waits for a moment, as this clock tells it.
    pub async fn reach(&self, at: Micros) {
        loop {
            let now = self.now();
            if now >= at {
                return;
            }
            let left = Duration::from_micros(at.0 - now.0);
            tokio::time::sleep(std::cmp::min(left, LOOK)).await;
        }
    }
}

fn system() -> Micros {
    Micros(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| span(since).0))
}

fn span(time: Duration) -> Span {
    Span(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::timeout;

    use super::*;

    const NOON: Micros = Micros(1_800_000_000_000_000);

    thread_local! {
        /// What the system's clock says, on the one thread of a test.
        static WALL: Cell<Micros> = const { Cell::new(NOON) };
    }

    /// Longer than any machine takes for what is to happen.
    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_moment_that_is_waited_for_has_come_when_the_systems_clock_leaps_over_it() {
        let clock = Clock::by(|| WALL.get());
        let other = clock.clone();
        let hour = NOON + Span::secs(3_600);
        let waiting = tokio::spawn(async move { other.reach(hour).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        WALL.set(hour + Span::secs(60));
        timeout(PATIENCE, waiting).await.expect("the leap was seen").expect("no panic");
        assert!(clock.now() >= hour + Span::secs(60));
    }

    #[tokio::test]
    async fn a_moment_is_not_reached_before_it_has_come() {
        let clock = Clock::by(|| WALL.get());
        clock.reach(NOON + Span::millis(300)).await;
        assert!(clock.now() >= NOON + Span::millis(300));
    }
}
