//! Does the PBX place what it is given? What it refuses says something of what it was asked for: of what all calls of one campaign
//! through one carrier have in common. Other campaigns go on through the same carrier.

use super::{CarrierRules, Health, Unfit, Verdict};
use crate::call::{Ending, Phase};
use crate::roster::Roster;
use crate::words::{CarrierId, Micros};

/// How one campaign's calls through each of its carriers fare with the PBX. A run of refusals rests the way as a run of trunk failures
/// rests the carrier, and as long; so a mistake in the configuration costs a few leads an attempt and not the whole list.
#[derive(Debug, Clone)]
pub(crate) struct Acceptance(Roster<CarrierId, Health>);

impl Acceptance {
    /// Nothing is refused so far.
    pub(crate) fn new<'r>(carriers: impl Iterator<Item = &'r CarrierRules>) -> Self {
        let health = |rules: &CarrierRules| Health::new(rules.failures_to_rest, rules.rest);
        Self(Roster::new(carriers.map(|rules| (rules.id, health(rules)))))
    }

    /// Whether the PBX may be given one more call through that carrier.
    pub(crate) fn fit(&self, carrier: CarrierId, now: Micros) -> Result<(), Unfit> {
        match self.0.get(carrier) {
            Some(health) if !health.usable(now) => Err(Unfit::Down { back_at: health.back_at() }),
            Some(_) | None => Ok(()),
        }
    }

    /// A call is to be given to it; after a rest that call is the probe.
    pub(crate) fn used(&mut self, carrier: CarrierId, now: Micros) {
        if let Some(health) = self.0.get_mut(carrier) {
            health.used(now);
        }
    }

    /// It has placed the call that was made for it at that moment. Says whether others may follow again.
    pub(crate) fn placed(&mut self, carrier: CarrierId, made: Micros) -> bool {
        self.0.get_mut(carrier).is_some_and(|health| health.went_through(made))
    }

    /// The call that was made for it at that moment is over. What an earlier process has placed may have gone by a carrier that is the
    /// campaign's no more.
    pub(crate) fn came_back(
        &mut self,
        carrier: CarrierId,
        ending: Option<&Ending>,
        made: Micros,
        now: Micros,
    ) {
        if let Some(health) = self.0.get_mut(carrier) {
            health.came_back(ending.map_or(Verdict::Untried, verdict), made, now);
        }
    }
}

/// What the end of a call says of whether the PBX has placed it. Where it has not answered, and nothing was heard, nobody can tell.
fn verdict(ending: &Ending) -> Verdict {
    match ending.unplaced {
        Some(_) if ending.is_refusal() => Verdict::Failed,
        None if ending.phase != Phase::Placed || ending.cause.is_some() => Verdict::Worked,
        Some(_) | None => Verdict::Untried,
    }
}
