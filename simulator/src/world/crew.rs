//! The agents: when they are there, and how their time goes.

use engine::words::{Micros, Span};

use super::Profile;
use super::ledger::Day;
use crate::draw::{Law, Purpose, Stream};

/// A group of agents who are alike.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) agents: u32,
    pub(crate) talk: Law,
    /// What conversations are multiplied with.
    pub(crate) talk_scale: Profile,
    /// Fixed in all groups alike: the engine ends it and so knows its end. Otherwise the agent does.
    pub(crate) wrap_up: Law,
    /// When they come, and each of them how much later.
    pub(crate) from: Span,
    pub(crate) log_in: Law,
    /// When they go, closing time at the latest, and each of them how much later.
    pub(crate) until: Option<Span>,
    pub(crate) log_out: Law,
    /// How long they look at a lead before they have it dialled, where leads are shown.
    pub(crate) preview: Law,
    pub(crate) breaks: Vec<Break>,
    pub(crate) pauses: Option<Pauses>,
}

/// A break at a time of the day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Break {
    pub(crate) at: Span,
    /// Each of them so much later.
    pub(crate) within: Law,
    pub(crate) lasts: Law,
}

/// Breaks at any time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pauses {
    /// From the end of one to the beginning of the next.
    pub(crate) every: Law,
    pub(crate) lasts: Law,
}

/// What an agent is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Comes,
    Goes,
    /// A break of such a length; it begins after the call and its work.
    Breaks(Span),
    /// One of the breaks that come at any time.
    Pauses,
    Returns,
}

impl Group {
    /// What one of its agents is going to do on a day: moments after its opening. Whoever would come no earlier than
    /// they would go stays at home.
    pub(crate) fn plan(&self, seed: u64, agent: u32, day: u32) -> Vec<(Span, Turn)> {
        let mut shift = Stream::of(seed, Purpose::Shift, u64::from(agent), u64::from(day));
        let comes = self.from + shift.span(&self.log_in);
        let late = shift.span(&self.log_out);
        let goes = self.until.map(|until| until + late);
        if goes.is_some_and(|goes| goes <= comes) {
            return Vec::new();
        }
        let mut plan = vec![(comes, Turn::Comes)];
        plan.extend(goes.map(|goes| (goes, Turn::Goes)));
        for one in &self.breaks {
            let at = one.at + shift.span(&one.within);
            plan.push((at, Turn::Breaks(shift.span(&one.lasts))));
        }
        if let Some(pauses) = &self.pauses {
            plan.push((comes + shift.span(&pauses.every), Turn::Pauses));
        }
        plan
    }
}

/// One agent's place, and how their time is counted.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    duty: Duty,
    doing: Doing,
    /// Since when all this holds.
    since: Micros,
    /// What they have asked for while at work.
    wanted: Option<Wanted>,
    /// Conversations and breaks so far, which number their draws.
    pub(crate) talks: u64,
    pub(crate) breaks: u64,
    pub(crate) previews: u64,
    /// Whether they look at the last of them, as far as has been written.
    pub(crate) previewing: bool,
}

/// What an agent is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    Away,
    Work,
    Break { until: Micros },
}

/// What an agent at work has asked for. They get it once the dialer lets them go, or after their call and its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Break(Span),
    Home,
}

/// How an agent's time goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Waits,
    Talks,
    WrapsUp,
}

/// What is to be asked for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    LogIn,
    LogOut,
    /// A break, and when it ends if it has begun.
    Pause(Option<Micros>),
    /// To take calls again, after a break.
    Return,
    /// The same, after the work of a call.
    Finish,
}

impl Seat {
    pub(crate) fn new(now: Micros) -> Self {
        Self {
            duty: Duty::Away,
            doing: Doing::Waits,
            since: now,
            wanted: None,
            talks: 0,
            breaks: 0,
            previews: 0,
            previewing: false,
        }
    }

    /// Whether they have gone home, or are about to.
    pub(crate) fn is_leaving(&self) -> bool {
        self.duty == Duty::Away || self.wanted == Some(Wanted::Home)
    }

    /// Whether they are there for calls, have none, and have nothing else in mind.
    pub(crate) fn waits_for_calls(&self) -> bool {
        self.duty == Duty::Work && self.doing == Doing::Waits && self.wanted.is_none()
    }

    /// Whether they have a break, or are about to.
    pub(crate) const fn rests(&self) -> bool {
        matches!(self.duty, Duty::Break { .. }) || matches!(self.wanted, Some(Wanted::Break(_)))
    }

    /// Comes to work.
    pub(crate) fn comes(&mut self, now: Micros, day: &mut Day) -> Option<Ask> {
        if self.duty != Duty::Away {
            return None;
        }
        self.count(now, day);
        self.duty = Duty::Work;
        Some(Ask::LogIn)
    }

    /// Wants to go home.
    pub(crate) fn goes(&mut self, now: Micros, day: &mut Day) -> Option<Ask> {
        match self.duty {
            Duty::Away => None,
            Duty::Break { .. } => self.closes(now, day),
            Duty::Work => {
                self.wanted = Some(Wanted::Home);
                Some(Ask::LogOut)
            }
        }
    }

    /// The house closes, and they go home. What is still to be done is nobody's time any more.
    pub(crate) fn closes(&mut self, now: Micros, day: &mut Day) -> Option<Ask> {
        if self.duty == Duty::Away {
            return None;
        }
        self.stop_waiting(now, day);
        self.count(now, day);
        self.duty = Duty::Away;
        self.wanted = None;
        Some(Ask::LogOut)
    }

    /// Wants a break. One that falls into another lasts until both are over.
    pub(crate) fn breaks(&mut self, lasts: Span, now: Micros, day: &mut Day) -> Option<Ask> {
        match (self.duty, self.wanted) {
            (Duty::Away, _) | (Duty::Work, Some(Wanted::Home)) => None,
            (Duty::Break { until }, _) => Some(self.rest(lasts.max(until.since(now)), now, day)),
            (Duty::Work, Some(Wanted::Break(other))) => Some(self.wants_break(lasts.max(other))),
            (Duty::Work, None) => Some(self.wants_break(lasts)),
        }
    }

    fn wants_break(&mut self, lasts: Span) -> Ask {
        self.wanted = Some(Wanted::Break(lasts));
        Ask::Pause(None)
    }

    /// The dialer does not keep them any more. Whoever talks, or has work to do after it, goes after that. Says when a break
    /// that begins now is over.
    pub(crate) fn is_let_go(&mut self, now: Micros, day: &mut Day) -> Option<Micros> {
        if self.duty != Duty::Work || self.doing != Doing::Waits {
            return None;
        }
        let wanted = self.wanted.take()?;
        self.stop_waiting(now, day);
        self.count(now, day);
        match wanted {
            Wanted::Home => {
                self.duty = Duty::Away;
                None
            }
            Wanted::Break(lasts) => {
                let until = now + lasts;
                self.duty = Duty::Break { until };
                Some(until)
            }
        }
    }

    fn rest(&mut self, lasts: Span, now: Micros, day: &mut Day) -> Ask {
        self.count(now, day);
        self.duty = Duty::Break { until: now + lasts };
        Ask::Pause(Some(now + lasts))
    }

    /// The break is over, if it is the one that ends now, or has ended while nobody could hear of it.
    pub(crate) fn returns(&mut self, now: Micros, day: &mut Day) -> Option<Ask> {
        if !matches!(self.duty, Duty::Break { until } if until <= now) {
            return None;
        }
        self.count(now, day);
        self.duty = Duty::Work;
        Some(Ask::Return)
    }

    /// A conversation begins.
    pub(crate) fn talks(&mut self, now: Micros, day: &mut Day) {
        self.stop_waiting(now, day);
        self.count(now, day);
        // They were chosen before they were let go, so the break has to wait.
        if let Duty::Break { until } = self.duty {
            self.duty = Duty::Work;
            self.wanted = Some(Wanted::Break(until.since(now)));
        }
        self.doing = Doing::Talks;
        self.talks += 1;
    }

    /// It is over, and leaves some work.
    pub(crate) fn wraps_up(&mut self, now: Micros, day: &mut Day) {
        self.count(now, day);
        self.doing = Doing::WrapsUp;
    }

    /// The work after a conversation is done.
    pub(crate) fn is_done(&mut self, now: Micros, day: &mut Day) -> Option<Ask> {
        self.count(now, day);
        self.doing = Doing::Waits;
        match (self.duty, self.wanted.take()) {
            (Duty::Work, Some(Wanted::Break(lasts))) => Some(self.rest(lasts, now, day)),
            (Duty::Work, Some(Wanted::Home)) => {
                self.duty = Duty::Away;
                None
            }
            (Duty::Work, None) => Some(Ask::Finish),
            (Duty::Away | Duty::Break { .. }, _) => None,
        }
    }

    fn stop_waiting(&self, now: Micros, day: &mut Day) {
        if self.duty == Duty::Work && self.doing == Doing::Waits {
            day.waited(self.since, now);
        }
    }

    fn count(&mut self, now: Micros, day: &mut Day) {
        if self.duty == Duty::Work {
            day.spent(self.doing, self.since, now);
        }
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::super::ledger::Answered;
    use super::*;

    const fn at(second: u64) -> Micros {
        Micros(second * 1_000_000)
    }

    #[test]
    fn of_breaks_that_meet_each_other_none_is_lost() {
        let (mut seat, mut day) = (Seat::new(at(0)), Day::new(Answered::default()));
        seat.comes(at(0), &mut day);
        seat.breaks(Span::secs(60), at(10), &mut day);
        assert_eq!(seat.is_let_go(at(10), &mut day), Some(at(70)));
        // Lunch falls into a short break, and a short break into lunch.
        assert_eq!(seat.breaks(Span::secs(1_800), at(20), &mut day), Some(Ask::Pause(Some(at(1_820)))));
        assert_eq!(seat.breaks(Span::secs(60), at(30), &mut day), Some(Ask::Pause(Some(at(1_820)))));
        assert_eq!(seat.returns(at(70), &mut day), None, "that was the short one");
        assert_eq!(seat.returns(at(1_820), &mut day), Some(Ask::Return));
        // Both are due before they are let go: a call is in the air, and finds them.
        seat.breaks(Span::secs(1_800), at(1_890), &mut day);
        seat.talks(at(1_900), &mut day);
        seat.breaks(Span::secs(60), at(1_920), &mut day);
        assert_eq!(seat.is_let_go(at(1_925), &mut day), None, "they talk");
        seat.wraps_up(at(1_930), &mut day);
        assert_eq!(seat.is_done(at(2_000), &mut day), Some(Ask::Pause(Some(at(3_800)))));
    }

    #[test]
    fn time_counts_from_log_in_to_log_out_without_breaks_and_as_busy_while_there_is_a_call() {
        let (mut seat, mut day) = (Seat::new(at(0)), Day::new(Answered::default()));
        assert_eq!(seat.comes(at(10), &mut day), Some(Ask::LogIn));
        seat.talks(at(30), &mut day);
        // A break that is wanted during the call begins after it.
        assert_eq!(seat.breaks(Span::secs(100), at(40), &mut day), Some(Ask::Pause(None)));
        seat.wraps_up(at(50), &mut day);
        assert_eq!(seat.is_done(at(60), &mut day), Some(Ask::Pause(Some(at(160)))));
        assert_eq!(seat.returns(at(140), &mut day), None, "that was another break");
        assert_eq!(seat.returns(at(160), &mut day), Some(Ask::Return));
        seat.talks(at(165), &mut day);
        assert_eq!(seat.goes(at(200), &mut day), Some(Ask::LogOut));
        assert_eq!(seat.breaks(Span::secs(100), at(210), &mut day), None, "they are about to go home");
        assert_eq!(seat.is_done(at(250), &mut day), None, "they have gone home");
        assert_eq!((day.staffed_s, day.busy_s, day.talk_s, day.idle_s), (140.0, 115.0, 105.0, 25.0));
        assert_eq!(day.waits.len(), 2);
    }

    #[test]
    fn time_goes_on_until_the_dialer_lets_them_go_or_the_house_closes() {
        let (mut seat, mut day) = (Seat::new(at(0)), Day::new(Answered::default()));
        seat.comes(at(0), &mut day);
        assert_eq!(seat.is_let_go(at(5), &mut day), None, "they have asked for nothing");
        assert_eq!(seat.breaks(Span::secs(100), at(10), &mut day), Some(Ask::Pause(None)));
        assert_eq!(seat.is_let_go(at(30), &mut day), Some(at(130)));
        assert_eq!(seat.returns(at(130), &mut day), Some(Ask::Return));
        assert_eq!(seat.goes(at(140), &mut day), Some(Ask::LogOut));
        assert_eq!(seat.closes(at(160), &mut day), Some(Ask::LogOut));
        assert_eq!(seat.is_let_go(at(170), &mut day), None, "they have gone home");
        assert_eq!((day.staffed_s, day.idle_s, day.waits.len()), (60.0, 60.0, 2));
    }

    #[test]
    fn who_was_chosen_before_the_break_takes_the_call_first() {
        let (mut seat, mut day) = (Seat::new(at(0)), Day::new(Answered::default()));
        seat.comes(at(0), &mut day);
        seat.breaks(Span::secs(60), at(10), &mut day);
        assert_eq!(seat.is_let_go(at(10), &mut day), Some(at(70)));
        seat.talks(at(20), &mut day);
        assert_eq!(seat.returns(at(70), &mut day), None);
        assert_eq!(seat.is_done(at(90), &mut day), Some(Ask::Pause(Some(at(140)))));
        assert_eq!((day.staffed_s, day.busy_s), (80.0, 70.0));
    }

    #[test]
    fn whoever_would_come_after_they_would_have_gone_does_not_come() {
        for (log_in, log_out, comes) in [(539, 0, true), (540, 0, false), (541, 0, false), (541, 7, true)] {
            let mut group = group();
            group.log_in = Law::Fixed { seconds: f64::from(log_in) };
            group.log_out = Law::Fixed { seconds: f64::from(log_out) };
            assert_eq!(!group.plan(1, 1, 0).is_empty(), comes, "{log_in} s late, until {log_out} s late");
        }
    }

    #[test]
    fn a_plan_has_the_shift_the_breaks_and_the_first_pause() {
        let plan =
            [(65, Turn::Comes), (607, Turn::Goes), (309, Turn::Breaks(Span::secs(30))), (85, Turn::Pauses)];
        assert_eq!(group().plan(1, 1, 0), plan.map(|(second, turn)| (Span::secs(second), turn)));
    }

    /// One who comes after a minute and 5 s, and goes after ten minutes and 7 s.
    fn group() -> Group {
        Group {
            agents: 1,
            talk: Law::AT_ONCE,
            talk_scale: Profile::Steps(Vec::new()),
            wrap_up: Law::AT_ONCE,
            from: Span::secs(60),
            log_in: Law::Fixed { seconds: 5.0 },
            until: Some(Span::secs(600)),
            log_out: Law::Fixed { seconds: 7.0 },
            preview: Law::AT_ONCE,
            breaks: vec![Break {
                at: Span::secs(300),
                within: Law::Fixed { seconds: 9.0 },
                lasts: Law::Fixed { seconds: 30.0 },
            }],
            pauses: Some(Pauses { every: Law::Fixed { seconds: 20.0 }, lasts: Law::AT_ONCE }),
        }
    }
}
