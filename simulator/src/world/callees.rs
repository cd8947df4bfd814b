//! What the callee does with a call.

use engine::words::Span;

use super::sound::Sound;
use super::{Greetings, Profile};
use crate::draw::{Law, Purpose, Stream};

/// The people who are called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Callees {
    /// The share of dials that a person answers, before what follows is multiplied in.
    pub(crate) answer_rate: Profile,
    /// By the number of the attempt; the last holds for all later ones. Without any, nothing changes.
    pub(crate) by_attempt: Vec<f64>,
    /// From each day of the window on, counted from 0.
    pub(crate) by_list_age: Vec<(u32, f64)>,
    pub(crate) answer: Law,
    /// What answer times are multiplied with.
    pub(crate) answer_scale: Profile,
    /// How long after the answer they hang up if nobody has come; `None` if never.
    pub(crate) patience: Option<Law>,
    pub(crate) busy: f64,
    pub(crate) busy_after: Law,
    /// Of the dials that no person answers, those that a machine takes which nobody can tell from a person.
    pub(crate) voicemail: f64,
    /// How long an agent listens to it.
    pub(crate) voicemail_talk: Law,
    /// Of the same, those that a machine takes which the carrier knows as one.
    pub(crate) machine: f64,
    pub(crate) machine_after: Law,
    /// What is heard of whoever answers, where anything is.
    pub(crate) greetings: Option<Greetings>,
    pub(crate) ring_out: Law,
    /// How many leads there are; `None` if the list never ends.
    pub(crate) leads: Option<u64>,
}

/// One call to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dial {
    pub(crate) lead: u64,
    /// Which attempt on the lead this is, from 1.
    pub(crate) nth: u32,
    /// Which day of the window, from 0, and how long after its opening.
    pub(crate) day: u32,
    pub(crate) into_day: Span,
}

/// What a callee does, and how long after the first ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// A person answers, and hangs up when this patience is at its end.
    Answers {
        after: Span,
        patience: Option<Span>,
    },
    /// A machine answers, as a person would.
    Voicemail {
        after: Span,
    },
    IsBusy {
        after: Span,
    },
    /// Rings out, or a machine takes it that the carrier knows as one: it ends unanswered.
    EndsUnanswered {
        after: Span,
    },
}

impl Callees {
    /// The reaction of a lead to a call.
    pub(crate) fn react(&self, seed: u64, dial: Dial) -> Reaction {
        let mut stream = Stream::of(seed, Purpose::Callee, dial.lead, u64::from(dial.nth));
        let answered = self.answered(dial);
        let others = 1.0 - answered;
        let lot = stream.unit();
        let answers =
            |stream: &mut Stream| scaled(stream.span(&self.answer), self.answer_scale.at(dial.into_day));
        if lot < answered {
            let after = answers(&mut stream);
            Reaction::Answers { after, patience: self.patience.as_ref().map(|law| stream.span(law)) }
        } else if lot < answered + self.busy {
            Reaction::IsBusy { after: stream.span(&self.busy_after) }
        } else if lot < answered + self.busy + self.machine * others {
            Reaction::EndsUnanswered { after: stream.span(&self.machine_after) }
        } else if lot < answered + self.busy + (self.machine + self.voicemail) * others {
            Reaction::Voicemail { after: answers(&mut stream) }
        } else {
            Reaction::EndsUnanswered { after: stream.span(&self.ring_out) }
        }
    }

    /// What is heard of a lead who has answered such an attempt, or of its machine.
    pub(crate) fn sound(&self, seed: u64, lead: u64, nth: u32, machine: bool) -> Sound {
        let greetings = self.greetings.as_ref().expect("detection needs something to go by, as checked");
        let voice = if machine { &greetings.machine } else { &greetings.person };
        voice.says(&mut Stream::of(seed, Purpose::Sound, lead, u64::from(nth)))
    }

    /// The share of such dials that a person answers.
    fn answered(&self, dial: Dial) -> f64 {
        let nth = (dial.nth as usize).min(self.by_attempt.len());
        let attempt = nth.checked_sub(1).map_or(1.0, |place| self.by_attempt[place]);
        let age = self.by_list_age.iter().rev().find(|(from, _)| *from <= dial.day);
        let share = self.answer_rate.at(dial.into_day) * attempt * age.map_or(1.0, |(_, factor)| *factor);
        share.min(1.0)
    }
}

/// A time multiplied by a factor.
pub(crate) fn scaled(span: Span, factor: f64) -> Span {
    // Most factors are 1, and then nothing may be lost by rounding.
    if factor == 1.0 { span } else { Span((span.0 as f64 * factor) as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Callees {
        Callees {
            answer_rate: Profile::Steps(vec![(0.0, 0.2), (4.0, 0.4)]),
            by_attempt: vec![1.0, 0.5],
            by_list_age: vec![(0, 1.0), (7, 0.5)],
            answer: Law::Fixed { seconds: 6.0 },
            answer_scale: Profile::Steps(vec![(4.0, 2.0)]),
            patience: Some(Law::Fixed { seconds: 1.0 }),
            busy: 0.1,
            busy_after: Law::Fixed { seconds: 2.0 },
            voicemail: 0.25,
            voicemail_talk: Law::Fixed { seconds: 8.0 },
            machine: 0.25,
            machine_after: Law::Fixed { seconds: 15.0 },
            greetings: None,
            ring_out: Law::Fixed { seconds: 22.0 },
            leads: None,
        }
    }

    /// The shares of a person, a voicemail, a busy line and all else, among many leads.
    fn shares(nth: u32, day: u32, hour: u64) -> [f64; 4] {
        let (callees, into_day) = (people(), Span::secs(hour * 3_600));
        let mut counts = [0_u32; 4];
        for lead in 0..40_000 {
            let place = match callees.react(3, Dial { lead, nth, day, into_day }) {
                Reaction::Answers { .. } => 0,
                Reaction::Voicemail { .. } => 1,
                Reaction::IsBusy { .. } => 2,
                Reaction::EndsUnanswered { .. } => 3,
            };
            counts[place] += 1;
        }
        counts.map(|count| f64::from(count) / 40_000.0)
    }

    #[test]
    fn who_answers_goes_by_the_hour_the_attempt_and_the_age_of_the_list() {
        for ((nth, day, hour), person) in
            [((1, 0, 0), 0.2), ((1, 0, 5), 0.4), ((2, 0, 5), 0.2), ((9, 0, 5), 0.2), ((2, 8, 5), 0.1)]
        {
            let expected = [person, 0.25 * (1.0 - person), 0.1, 0.9 - person - 0.25 * (1.0 - person)];
            for (seen, expected) in shares(nth, day, hour).into_iter().zip(expected) {
                assert!((seen - expected).abs() < 0.01, "attempt {nth}, day {day}, hour {hour}: {seen}");
            }
        }
    }

    #[test]
    fn answers_take_longer_from_the_moment_the_scenario_says() {
        let patience = Some(Span::secs(1));
        for (hour, after) in [(0, 6), (4, 12)] {
            let answers = |lead| {
                let dial = Dial { lead, nth: 1, day: 0, into_day: Span::secs(hour * 3_600) };
                let reaction = people().react(3, dial);
                matches!(reaction, Reaction::Answers { .. }).then_some(reaction)
            };
            let first = (0..).find_map(answers);
            assert_eq!(first, Some(Reaction::Answers { after: Span::secs(after), patience }));
        }
    }
}
