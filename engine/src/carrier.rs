//! Through whom? Carriers: their turn in the rotation, their limits and their health.

mod acceptance;
mod caller_ids;
mod health;
mod limits;
mod rotation;

use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use acceptance::Acceptance;
use caller_ids::CallerIds;
pub use caller_ids::{CallerIdPool, Pick};
use health::Health;
pub(crate) use health::Verdict;
use limits::Rate;
pub(crate) use rotation::Rotation;

use crate::call::Lines;
use crate::digits::QueuedDigits;
use crate::roster::Roster;
use crate::view::CarrierView;
use crate::words::{CarrierId, Micros, Number, PoolId, Prefix, Span};

/// What the house decides about a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CarrierRules {
    /// The id that every row and variable carries.
    pub id: CarrierId,
    /// The name that operators use.
    pub name: String,
    /// How a number becomes a dial string.
    pub route: Route,
    /// Share of the calls against the campaign's other carriers; 1 to 1,000.
    pub weight: u32,
    /// Most calls at a time that have not ended; 1 to 100,000.
    pub channels: u32,
    /// Most new calls a second; 1 to 10,000.
    pub calls_per_second: u32,
    /// Put in front of the number and the campaign's prefix, outermost.
    pub prefix: Prefix,
    /// Overrides the campaign's caller id.
    pub caller_id: Option<String>,
    /// The pool of caller ids that overrides the campaign's, where it has none of its own.
    #[cfg_attr(feature = "serde", serde(default))]
    pub caller_ids: Option<PoolId>,
    /// Overrides the campaign's ring time-out; not below 15 s.
    pub ring_timeout: Option<Span>,
    /// Overrides the campaign's keys.
    #[cfg_attr(feature = "serde", serde(default))]
    pub digits: QueuedDigits,
    /// Channel variables of its own.
    pub variables: Vec<(String, String)>,
    /// So many trunk failures in a row take it out of the rotation; 1 to 1,000.
    pub failures_to_rest: u32,
    /// For so long; then one call probes it. 1 s to 1 h.
    pub rest: Span,
}

/// What a campaign wants to be shown, unless the carrier overrides it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) caller_id: Option<&'a String>,
    pub(crate) pool: Option<PoolId>,
}

impl CarrierRules {
    /// The pool that a call takes its caller id from. What the carrier has goes before what the campaign has, and one caller
    /// id before a pool.
    fn pool(&self, wanted: Wanted<'_>) -> Option<PoolId> {
        match (&self.caller_id, self.caller_ids, wanted.caller_id) {
            (Some(_), ..) | (None, None, Some(_)) => None,
            (None, Some(pool), _) => Some(pool),
            (None, None, None) => wanted.pool,
        }
    }
}

/// How a number becomes a dial string.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Route {
    /// Straight to a PJSIP trunk: `PJSIP/<number>@<endpoint>`.
    Trunk {
        /// The PJSIP endpoint.
        endpoint: String,
    },
    /// Straight to a peer of the older SIP driver, which Asterisk had up to version 20: `SIP/<number>@<peer>`.
    Sip {
        /// The peer of `sip.conf`.
        peer: String,
    },
    /// Over a telephone line or trunk card: `DAHDI/<group>/<number>`.
    Dahdi {
        /// A group of channels such as `g1` (`G1`, `r1` and `R1` choose in another order), one channel, or a span: `i2`.
        group: String,
    },
    /// Through the dialplan: `Local/<number>@<context>/n`, which dials the trunk itself.
    Local {
        /// The dialplan context, such as `from-campaign`.
        context: String,
        /// The codec of the leg, such as `ulaw`. Without one Asterisk would transcode every call of this form.
        codec: String,
    },
}

/// All carriers, with what each has in use.
#[derive(Debug, Clone)]
pub(crate) struct Carriers {
    all: Roster<CarrierId, Carrier>,
    caller_ids: CallerIds,
}

#[derive(Debug, Clone)]
struct Carrier {
    rules: CarrierRules,
    channels: u32,
    rate: Rate,
    health: Health,
}

/// Why a carrier cannot take a call now, from the worst to the shortest-lived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unfit {
    Down {
        back_at: Option<Micros>,
    },
    /// Every caller id that it could show is used up.
    CallerIds {
        free_at: Micros,
    },
    Full,
    Rate {
        free_at: Micros,
    },
}

impl Unfit {
    /// When it passes, where only time is in the way.
    pub(crate) const fn passes_at(self) -> Option<Micros> {
        match self {
            Self::Down { back_at } => back_at,
            Self::Full => None,
            Self::CallerIds { free_at } | Self::Rate { free_at } => Some(free_at),
        }
    }

    /// Whether it may have passed by then. A call may end at any time, and a carrier that cannot be reached may never come back.
    pub(crate) fn may_pass_by(self, then: Micros) -> bool {
        match self {
            Self::Full => true,
            Self::Down { .. } | Self::CallerIds { .. } | Self::Rate { .. } => {
                self.passes_at().is_some_and(|at| at <= then)
            }
        }
    }
}

impl Carriers {
    pub(crate) fn new(
        rules: impl Iterator<Item = CarrierRules>,
        pools: impl Iterator<Item = CallerIdPool>,
    ) -> Self {
        let carrier = |rules: CarrierRules| Carrier {
            channels: 0,
            rate: Rate::new(rules.calls_per_second),
            health: Health::new(rules.failures_to_rest, rules.rest),
            rules,
        };
        let all = Roster::new(rules.map(|rules| (rules.id, carrier(rules))));
        Self { all, caller_ids: CallerIds::new(pools) }
    }

    pub(crate) fn rules(&self, id: CarrierId) -> &CarrierRules {
        &self.get(id).rules
    }

    pub(crate) fn contains(&self, id: CarrierId) -> bool {
        self.all.get(id).is_some()
    }

    /// Whether a carrier can take one more call of a campaign now; without `wanted`, one that shows what no carrier decides.
    pub(crate) fn fit(&self, id: CarrierId, wanted: Option<Wanted<'_>>, now: Micros) -> Result<(), Unfit> {
        let carrier = self.get(id);
        if !carrier.health.usable(now) {
            return Err(Unfit::Down { back_at: carrier.health.back_at() });
        }
        if let Some(pool) = wanted.and_then(|wanted| carrier.rules.pool(wanted)) {
            let free_at = self.caller_ids.free_at(pool, now);
            if free_at > now {
                return Err(Unfit::CallerIds { free_at });
            }
        }
        if carrier.channels >= carrier.rules.channels {
            return Err(Unfit::Full);
        }
        match carrier.rate.free_at(now) {
            at if at <= now => Ok(()),
            free_at => Err(Unfit::Rate { free_at }),
        }
    }

    /// The caller id that a call shows; it counts as shown from then on. `seen` is what the callee saw before, and is kept for
    /// the next time where the pool keeps it.
    pub(crate) fn caller_id(
        &mut self,
        id: CarrierId,
        wanted: Wanted<'_>,
        callee: Number,
        seen: &mut Option<String>,
        now: Micros,
    ) -> Option<String> {
        let rules = &self.get(id).rules;
        let Some(pool) = rules.pool(wanted) else {
            let shown = rules.caller_id.as_ref().or(wanted.caller_id).cloned();
            // It may be in a pool all the same, whose limits are of how often it is seen.
            shown.iter().for_each(|shown| self.caller_ids.was_shown(shown, now));
            return shown;
        };
        let shown = self.caller_ids.show(pool, callee, seen.as_deref(), now);
        if self.caller_ids.keeps(pool) {
            *seen = Some(shown.clone());
        }
        Some(shown)
    }

    /// The caller id that was chosen at that moment was seen by nobody: the try came to nothing before any phone rang.
    pub(crate) fn was_not_shown(&mut self, caller_id: &str, at: Micros) {
        self.caller_ids.was_not_shown(caller_id, at);
    }

    /// A caller id was shown that no carrier decides about, or by an earlier process.
    pub(crate) fn was_shown(&mut self, caller_id: &str, at: Micros) {
        self.caller_ids.was_shown(caller_id, at);
    }

    /// A call takes a channel.
    pub(crate) fn take(&mut self, id: CarrierId, now: Micros) {
        let carrier = self.get_mut(id);
        assert!(carrier.channels < carrier.rules.channels, "a call passed the gate without a channel");
        carrier.channels += 1;
        carrier.rate.intend(now);
        carrier.health.used(now);
    }

    /// A call that has taken a channel leaves the house.
    pub(crate) fn leaves(&mut self, id: CarrierId, now: Micros) {
        self.get_mut(id).rate.place(now);
    }

    /// A call that has taken a channel stays in the house.
    pub(crate) fn stays(&mut self, id: CarrierId) {
        self.get_mut(id).rate.forgo();
    }

    /// A call that an earlier process placed has a channel.
    pub(crate) fn adopt(&mut self, id: CarrierId) {
        self.get_mut(id).channels += 1;
    }

    /// A call that took its channel at that moment has come through to the callee's phone. Says whether that brings its
    /// carrier back.
    pub(crate) fn went_through(&mut self, id: CarrierId, taken: Micros) -> bool {
        self.get_mut(id).health.went_through(taken)
    }

    /// A call gives the channel back that it took at that moment.
    pub(crate) fn give_back(&mut self, id: CarrierId, verdict: Verdict, taken: Micros, now: Micros) {
        let carrier = self.get_mut(id);
        carrier.channels = carrier.channels.checked_sub(1).expect("a channel was given back twice");
        carrier.health.came_back(verdict, taken, now);
    }

    pub(crate) fn set_reachable(&mut self, id: CarrierId, reachable: bool) {
        self.get_mut(id).health.set_reachable(reachable);
    }

    /// What is in use of each carrier, to be held against a recount.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (CarrierId, Lines)> + '_ {
        let lines =
            |carrier: &Carrier| Lines { channels: carrier.channels, intended: carrier.rate.intended() };
        self.all.iter().map(move |(id, carrier)| (id, lines(carrier)))
    }

    pub(crate) fn view(&self, now: Micros) -> Vec<CarrierView> {
        let view = |(id, carrier): (CarrierId, &Carrier)| CarrierView {
            id,
            healthy: carrier.health.usable(now),
            channels: carrier.channels,
        };
        self.all.iter().map(view).collect()
    }

    fn get(&self, id: CarrierId) -> &Carrier {
        self.all.get(id).expect("carriers are checked when the engine is made")
    }

    fn get_mut(&mut self, id: CarrierId) -> &mut Carrier {
        self.all.get_mut(id).expect("carriers are checked when the engine is made")
    }
}
