//! What goes wrong between the engine and everything that answers it.

use engine::words::Span;

use crate::draw::{Law, Purpose, Stream};

/// The trouble of each day.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Faults {
    /// Shares hold between these moments.
    pub(crate) from: Span,
    pub(crate) until: Option<Span>,
    /// With what the exchange tells of legs.
    pub(crate) events: Mishaps,
    /// With what the exchange is told to do.
    pub(crate) exchange: Mishaps,
    /// With what the database is told to do.
    pub(crate) database: Mishaps,
    pub(crate) restarts: Vec<Restart>,
    pub(crate) clock_jumps: Vec<ClockJump>,
}

/// What may befall a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Mishaps {
    /// Share that never comes, or is refused where it must be answered.
    pub(crate) lost: f64,
    /// Share that comes twice.
    pub(crate) doubled: f64,
    /// Some come late, and so behind others that were sent after them.
    pub(crate) late: Option<Delay>,
}

/// How many come late, and by how much.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Delay {
    pub(crate) share: f64,
    pub(crate) by: Law,
}

/// The dialer's process dies and comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Restart {
    pub(crate) at: Span,
    /// How long it is gone.
    pub(crate) down: Span,
}

/// The engine's clock runs on by so much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClockJump {
    pub(crate) at: Span,
    pub(crate) by: Span,
}

/// What befalls one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    Sound,
    Lost,
    Doubled,
    Late(Span),
}

impl Faults {
    /// Whether anything at all may go wrong on such a day.
    pub(crate) fn any(&self) -> bool {
        let mishaps = [&self.events, &self.exchange, &self.database];
        mishaps.into_iter().any(|mishaps| *mishaps != Mishaps::default())
            || !self.restarts.is_empty()
            || !self.clock_jumps.is_empty()
    }

    /// Whether shares hold so long after the opening, of a day that closes after `open`.
    pub(crate) fn hold(&self, into_day: Span, open: Span) -> bool {
        (self.from..self.until.unwrap_or(open).min(open)).contains(&into_day)
    }
}

impl Mishaps {
    /// What befalls the `nth` message of all.
    pub(crate) fn befall(&self, seed: u64, nth: u64) -> Passage {
        let mut stream = Stream::of(seed, Purpose::Fault, nth, 0);
        let lot = stream.unit();
        let late = self.late.as_ref().filter(|late| lot < self.lost + self.doubled + late.share);
        if lot < self.lost {
            Passage::Lost
        } else if lot < self.lost + self.doubled {
            Passage::Doubled
        } else if let Some(late) = late {
            Passage::Late(stream.span(&late.by))
        } else {
            Passage::Sound
        }
    }
}
