//! What is heard of whoever answers: their talk and their pauses, a machine's tone, and the noise behind it all.
//!
//! It is drawn as lengths and levels and not as samples: the engine's judge and Asterisk's `AMD()` go by nothing else.

use engine::words::Span;

use crate::amd::FRAME;
use crate::draw::{Law, Stream};

/// However long the law says that they talk, and however short each word is.
const LONGEST_TALK: Span = Span::secs(120);
const SHORTEST_WORD: Span = Span::millis(20);
/// Noise that is as loud as talk goes on for longer than anybody listens.
const FOR_EVER: Span = Span::secs(24 * 3_600);

/// What persons say when they answer, and what machines do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Greetings {
    pub(crate) person: Voice,
    pub(crate) machine: Voice,
}

/// How those of one kind sound.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Voice {
    /// The share of them that says nothing at all.
    pub(crate) silent: f64,
    /// From the answer to the first word.
    pub(crate) latency: Law,
    /// How much they say, pauses aside.
    pub(crate) talk: Law,
    /// How much of it before they pause; all of it, if `None`. And how long they pause.
    pub(crate) phrase: Option<Law>,
    pub(crate) pause: Law,
    /// How long a word is, and the gap to the next; a phrase is one word, if `None`.
    pub(crate) word: Option<Law>,
    pub(crate) gap: Law,
    /// How loud they are: from, to.
    pub(crate) loudness: (f64, f64),
    /// The share of them that there is noise around, and how loud it is.
    pub(crate) noisy: f64,
    pub(crate) noise: (f64, f64),
    pub(crate) tone: Option<Tone>,
}

/// What a machine ends its greeting with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tone {
    /// The share of them that gives one.
    pub(crate) share: f64,
    /// How long after the greeting.
    pub(crate) after: Law,
    pub(crate) lasts: Law,
}

/// What is heard of one call, from the answer on. Levels are means of samples, of 32,768.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sound {
    /// Talk and tone, in order.
    pub(crate) talk: Vec<Stretch>,
    /// How loud these are.
    pub(crate) loudness: u32,
    /// How loud everything is besides.
    pub(crate) noise: u32,
}

/// From then until then, after the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) from: Span,
    pub(crate) until: Span,
}

impl Voice {
    /// What one of them says.
    pub(crate) fn says(&self, stream: &mut Stream) -> Sound {
        let loudness = level(stream, self.loudness);
        let is_noisy = stream.unit() < self.noisy;
        let noise = level(stream, self.noise);
        let is_silent = stream.unit() < self.silent;
        let talk = if is_silent { Vec::new() } else { self.greets(stream) };
        Sound { talk, loudness, noise: if is_noisy { noise } else { 0 } }
    }

    fn greets(&self, stream: &mut Stream) -> Vec<Stretch> {
        let mut said = Vec::new();
        let mut at = stream.span(&self.latency);
        let mut left = stream.span(&self.talk).clamp(SHORTEST_WORD, LONGEST_TALK);
        loop {
            let phrase = part_of(left, self.phrase.as_ref(), stream);
            at = self.phrase(phrase, at, stream, &mut said);
            left = Span(left.0 - phrase.0);
            if left == Span::ZERO {
                break;
            }
            at = at + stream.span(&self.pause);
        }
        if let Some(tone) = self.tone.as_ref().filter(|tone| stream.unit() < tone.share) {
            let from = at + stream.span(&tone.after);
            said.push(Stretch { from, until: from + stream.span(&tone.lasts) });
        }
        said
    }

    /// Says so much without a pause, and tells when it is over.
    fn phrase(&self, length: Span, mut at: Span, stream: &mut Stream, said: &mut Vec<Stretch>) -> Span {
        let mut left = length;
        loop {
            let word = part_of(left, self.word.as_ref(), stream);
            said.push(Stretch { from: at, until: at + word });
            at = at + word;
            left = Span(left.0 - word.0);
            if left == Span::ZERO {
                return at;
            }
            at = at + stream.span(&self.gap);
        }
    }
}

/// A level between two.
fn level(stream: &mut Stream, (from, to): (f64, f64)) -> u32 {
    (from + (to - from) * stream.unit()) as u32
}

/// How much of what is left comes at once; all of it where no law says otherwise.
fn part_of(left: Span, law: Option<&Law>, stream: &mut Stream) -> Span {
    law.map_or(left, |law| stream.span(law).max(SHORTEST_WORD).min(left))
}

impl Sound {
    /// The means of its frames, without end.
    pub(crate) fn frames(&self) -> impl Iterator<Item = u32> {
        Frames { sound: self, now: Span::ZERO, next: 0 }
    }

    /// When the last of it is over.
    pub(crate) fn ends(&self) -> Span {
        self.talk.last().map_or(Span::ZERO, |last| last.until)
    }

    /// What is at least so loud, of which whatever is no further apart than `silence` is one.
    pub(crate) fn louder_than(&self, level: u32, silence: Span) -> Vec<Stretch> {
        if self.noise >= level {
            return vec![Stretch { from: Span::ZERO, until: FOR_EVER }];
        }
        let mut heard: Vec<Stretch> = Vec::new();
        for &next in self.talk.iter().filter(|_| self.loudness + self.noise >= level) {
            match heard.last_mut().filter(|last| next.from < last.until + silence) {
                Some(last) => last.until = next.until,
                None => heard.push(next),
            }
        }
        heard
    }
}

/// Frames of a sound, of each of which this is the mean of the samples.
#[derive(Debug)]
struct Frames<'s> {
    sound: &'s Sound,
    now: Span,
    /// The first stretch that is not over.
    next: usize,
}

impl Iterator for Frames<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (from, until) = (self.now, self.now + FRAME);
        self.now = until;
        let talk = &self.sound.talk;
        while talk.get(self.next).is_some_and(|stretch| stretch.until <= from) {
            self.next += 1;
        }
        let within = talk[self.next..].iter().take_while(|stretch| stretch.from < until);
        let heard: u64 = within.map(|stretch| stretch.until.min(until).0 - stretch.from.max(from).0).sum();
        let mean = u64::from(self.sound.loudness) * heard / FRAME.0;
        Some(self.sound.noise + u32::try_from(mean).expect("no louder than all of it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Purpose;

    const fn fixed(seconds: f64) -> Law {
        Law::Fixed { seconds }
    }

    /// Says 1.3 s in phrases of 0.8 s and words of 0.3 s, and gives a tone.
    fn machine() -> Voice {
        Voice {
            silent: 0.0,
            latency: fixed(0.5),
            talk: fixed(1.3),
            phrase: Some(fixed(0.8)),
            pause: fixed(0.4),
            word: Some(fixed(0.3)),
            gap: fixed(0.1),
            loudness: (1_000.0, 1_000.0),
            noisy: 0.0,
            noise: (300.0, 300.0),
            tone: Some(Tone { share: 1.0, after: fixed(0.6), lasts: fixed(0.2) }),
        }
    }

    fn stream(lead: u64) -> Stream {
        Stream::of(1, Purpose::Sound, lead, 1)
    }

    fn stretches(pairs: &[(u64, u64)]) -> Vec<Stretch> {
        let stretch = |&(from, until)| Stretch { from: Span::millis(from), until: Span::millis(until) };
        pairs.iter().map(stretch).collect()
    }

    #[test]
    fn a_greeting_is_words_in_phrases_and_a_tone_and_who_listens_joins_what_is_near() {
        let sound = machine().says(&mut stream(1));
        let words =
            [(500, 800), (900, 1_200), (1_300, 1_500), (1_900, 2_200), (2_300, 2_500), (3_100, 3_300)];
        assert_eq!(sound, Sound { talk: stretches(&words), loudness: 1_000, noise: 0 });
        let heard = |level, ms| sound.louder_than(level, Span::millis(ms));
        assert_eq!(heard(256, 250), stretches(&[(500, 1_500), (1_900, 2_500), (3_100, 3_300)]));
        assert_eq!(heard(256, 500), stretches(&[(500, 2_500), (3_100, 3_300)]));
        assert_eq!(heard(1_001, 250), [], "nobody hears them");
    }

    #[test]
    fn a_frame_is_as_loud_as_what_is_said_in_it() {
        let talk = stretches(&[(20, 50), (55, 60), (90, 200)]);
        let sound = Sound { talk, loudness: 1_000, noise: 10 };
        let means: Vec<u32> = sound.frames().take(11).collect();
        assert_eq!(means, [10, 1_010, 760, 10, 510, 1_010, 1_010, 1_010, 1_010, 1_010, 10]);
    }

    #[test]
    fn shares_of_them_are_silent_in_noise_or_without_a_tone() {
        let voice = Voice { silent: 0.3, noisy: 0.2, tone: Some(Tone { share: 0.6, ..tone() }), ..machine() };
        let sounds: Vec<Sound> = (0..20_000).map(|lead| voice.says(&mut stream(lead))).collect();
        let share = |of: &dyn Fn(&Sound) -> bool| {
            sounds.iter().filter(|sound| of(sound)).count() as f64 / sounds.len() as f64
        };
        for (seen, expected) in [
            (share(&|sound| sound.talk.is_empty()), 0.3),
            (share(&|sound| sound.talk.len() == 6), 0.7 * 0.6),
            (share(&|sound| sound.louder_than(256, Span::ZERO)[..] == [NOISE]), 0.2),
        ] {
            assert!((seen - expected).abs() < 0.01, "{seen} and not {expected}");
        }
    }

    const NOISE: Stretch = Stretch { from: Span::ZERO, until: FOR_EVER };

    fn tone() -> Tone {
        machine().tone.expect("it gives one")
    }
}
