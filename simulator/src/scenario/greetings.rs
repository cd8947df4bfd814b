//! What is heard of whoever answers.

use serde::Deserialize;

use super::time::law;
use super::{Checked, Level, Probability, Time};
use crate::world;

/// What persons say when they answer, and what machines do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with `person` and `machine`")]
pub struct Greetings {
    /// Persons.
    pub person: Voice,
    /// Machines that nobody can tell from them before they are heard: `callees.voicemail`.
    pub machine: Voice,
}

/// How those of one kind sound.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { latency = { fixed = 0.3 }, talk = { fixed = 0.8 } }"
)]
pub struct Voice {
    /// Share of them that says nothing at all.
    #[serde(default)]
    pub silent: Probability,
    /// How long after the answer they begin.
    pub latency: Time,
    /// How much they say, pauses aside; two minutes at most are heard.
    pub talk: Time,
    /// How much of it before they pause; all of it, if left out.
    pub phrase: Option<Time>,
    /// How long they pause then.
    pub pause: Option<Time>,
    /// How long a word is; as long as the phrase, if left out.
    pub word: Option<Time>,
    /// How long the gap to the next one is.
    pub gap: Option<Time>,
    /// How loud they are; 1,000 to 6,000, if left out.
    #[serde(default = "usual")]
    pub loudness: Loudness,
    /// Noise around them; none, if left out.
    pub noise: Option<Noise>,
    /// The tone after it; none, if left out.
    pub tone: Option<Tone>,
}

/// How loud: even between two levels, which are means of samples.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { from = 1000, to = 6000 }")]
pub struct Loudness {
    /// The quietest.
    pub from: Level,
    /// The loudest.
    pub to: Level,
}

/// Noise, all the time.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { share = 0.05, from = 50, to = 350 }")]
pub struct Noise {
    /// The share of them that it is around.
    pub share: Probability,
    /// The quietest.
    pub from: Level,
    /// The loudest.
    pub to: Level,
}

/// A machine's tone.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { share = 0.8, after = { fixed = 0.5 }, lasts = { fixed = 0.4 } }"
)]
pub struct Tone {
    /// The share of them that gives one.
    pub share: Probability,
    /// How long after the greeting.
    pub after: Time,
    /// How long it is.
    pub lasts: Time,
}

const fn usual() -> Loudness {
    Loudness { from: Level(1_000), to: Level(6_000) }
}

impl Greetings {
    pub(super) fn check(&self, at: &str) -> Checked {
        self.person.check(&format!("{at}.person"))?;
        self.machine.check(&format!("{at}.machine"))
    }

    pub(super) fn voices(&self) -> world::Greetings {
        world::Greetings { person: self.person.voice(), machine: self.machine.voice() }
    }
}

impl Voice {
    fn check(&self, at: &str) -> Checked {
        for (field, time) in self.times() {
            time.check(&format!("{at}.{field}"))?;
        }
        for (field, goes_with, alone) in [
            ("pause", "phrase", self.pause.is_some() && self.phrase.is_none()),
            ("gap", "word", self.gap.is_some() && self.word.is_none()),
        ] {
            if alone {
                return Err((format!("{at}.{field}"), format!("goes with `{goes_with}`")));
            }
        }
        let noise = self.noise.map(|noise| (noise.from, noise.to));
        let levels = [("loudness", Some((self.loudness.from, self.loudness.to))), ("noise", noise)];
        for (field, (from, to)) in levels.into_iter().filter_map(|(field, ends)| Some((field, ends?))) {
            if from > to {
                let problem = format!("ends at {}, before it starts at {}", to.0, from.0);
                return Err((format!("{at}.{field}"), problem));
            }
        }
        Ok(())
    }

    fn times(&self) -> impl Iterator<Item = (&'static str, &Time)> {
        [
            ("latency", Some(&self.latency)),
            ("talk", Some(&self.talk)),
            ("phrase", self.phrase.as_ref()),
            ("pause", self.pause.as_ref()),
            ("word", self.word.as_ref()),
            ("gap", self.gap.as_ref()),
            ("tone.after", self.tone.as_ref().map(|tone| &tone.after)),
            ("tone.lasts", self.tone.as_ref().map(|tone| &tone.lasts)),
        ]
        .into_iter()
        .filter_map(|(field, time)| Some((field, time?)))
    }

    fn voice(&self) -> world::Voice {
        let ends = |from: Level, to: Level| (f64::from(from.0), f64::from(to.0));
        let tone = |tone: &Tone| world::Tone {
            share: tone.share.0,
            after: tone.after.law(),
            lasts: tone.lasts.law(),
        };
        world::Voice {
            silent: self.silent.0,
            latency: self.latency.law(),
            talk: self.talk.law(),
            phrase: self.phrase.as_ref().map(Time::law),
            pause: law(self.pause.as_ref()),
            word: self.word.as_ref().map(Time::law),
            gap: law(self.gap.as_ref()),
            loudness: ends(self.loudness.from, self.loudness.to),
            noisy: self.noise.map_or(0.0, |noise| noise.share.0),
            noise: self.noise.map_or((0.0, 0.0), |noise| ends(noise.from, noise.to)),
            tone: self.tone.as_ref().map(tone),
        }
    }
}
