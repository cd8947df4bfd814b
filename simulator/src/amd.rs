//! Asterisk's `AMD()`: what it makes of a sound, with the parameters of `amd.conf`.
//!
//! It goes through the sound frame by frame. A frame is silence where the mean of its samples is below a threshold.
//! Talk that is long enough is a word, and the first word begins the greeting; a silence that is long enough ends it, and
//! then a person has spoken. A greeting that is too long, too many words, a word that is too long or a silence before the
//! first word that is too long are a machine's. What has none of this in time is not sure.
//!
//! It is made after the application's documentation and `amd.conf.sample`. Of the 240 sounds of `cargo bench -p tests --bench
//! amd` it says what Asterisk 22.10 has said, kind by kind: `tests/tests/sounds.rs`.

use engine::amd::{Verdict, VerdictCause};
use engine::words::Span;

/// How long a frame is.
pub const FRAME: Span = Span::millis(20);

/// The parameters of `amd.conf`, under their names there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmdConf {
    /// Who says nothing for so long is a machine.
    pub initial_silence: Span,
    /// Who talks for so long, pauses aside, is a machine.
    pub greeting: Span,
    /// Who has said less and is silent for so long is a person.
    pub after_greeting_silence: Span,
    /// After so long nobody is sure.
    pub total_analysis_time: Span,
    /// What is shorter is no word.
    pub min_word_length: Span,
    /// The silence between two words.
    pub between_words_silence: Span,
    /// A word that is so long is a machine's.
    pub maximum_word_length: Span,
    /// Who says more words is a machine. What is said from the very beginning is no word.
    pub maximum_number_of_words: u32,
    /// What is quieter is silence: a mean of samples, of 32,768.
    pub silence_threshold: u32,
}

/// What it says, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Who has answered.
    pub verdict: Verdict,
    /// Why.
    pub cause: VerdictCause,
    /// So long after it began to listen.
    pub after: Span,
    /// How long a person has been silent by then.
    pub silence: Span,
}

/// What has been heard so far.
#[derive(Debug)]
struct Heard {
    /// The present silence.
    silence: Span,
    /// Talk since the last silence between words.
    word: Span,
    /// All talk.
    talk: Span,
    words: u32,
    /// Whether the present talk, or the one before, has been counted as a word.
    in_word: bool,
    in_greeting: bool,
}

type Said = (Verdict, VerdictCause);

impl AmdConf {
    /// What comes of listening to frames, of each of which this is the mean of the samples. After the last there is silence.
    #[must_use]
    pub fn listen(&self, frames: impl IntoIterator<Item = u32>) -> Finding {
        let mut heard = Heard::new();
        let mut now = Span::ZERO;
        let mut frames = frames.into_iter();
        loop {
            now = now + FRAME;
            let mean = frames.next().unwrap_or_default();
            let said = if now >= self.total_analysis_time {
                Some((Verdict::NotSure, VerdictCause::TooLong))
            } else if mean < self.silence_threshold {
                self.hear_silence(&mut heard)
            } else {
                self.hear_talk(&mut heard)
            };
            if let Some((verdict, cause)) = said {
                let silence = if verdict == Verdict::Human { heard.silence } else { Span::ZERO };
                return Finding { verdict, cause, after: now, silence };
            }
        }
    }

    fn hear_silence(&self, heard: &mut Heard) -> Option<Said> {
        heard.silence = heard.silence + FRAME;
        if heard.silence >= self.between_words_silence {
            heard.in_word = false;
            heard.word = Span::ZERO;
        }
        if !heard.in_greeting && heard.silence >= self.initial_silence {
            return Some((Verdict::Machine, VerdictCause::InitialSilence));
        }
        let is_over = heard.in_greeting && heard.silence >= self.after_greeting_silence;
        is_over.then_some((Verdict::Human, VerdictCause::ShortGreeting))
    }

    fn hear_talk(&self, heard: &mut Heard) -> Option<Said> {
        heard.silence = Span::ZERO;
        heard.word = heard.word + FRAME;
        heard.talk = heard.talk + FRAME;
        let is_word = heard.word >= self.min_word_length;
        if is_word && !heard.in_word {
            heard.words += 1;
            heard.in_word = true;
        }
        if heard.word >= self.maximum_word_length {
            return Some((Verdict::Machine, VerdictCause::LongWord));
        }
        if heard.words > self.maximum_number_of_words {
            return Some((Verdict::Machine, VerdictCause::ManyWords));
        }
        if heard.in_greeting && heard.talk >= self.greeting {
            return Some((Verdict::Machine, VerdictCause::LongGreeting));
        }
        heard.in_greeting |= is_word;
        None
    }
}

impl Heard {
    const fn new() -> Self {
        Self {
            silence: Span::ZERO,
            word: Span::ZERO,
            talk: Span::ZERO,
            words: 0,
            // Talk right from the beginning is no new word.
            in_word: true,
            in_greeting: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONF: AmdConf = AmdConf {
        initial_silence: Span::millis(2_500),
        greeting: Span::millis(1_500),
        after_greeting_silence: Span::millis(800),
        total_analysis_time: Span::millis(5_000),
        min_word_length: Span::millis(100),
        between_words_silence: Span::millis(60),
        maximum_word_length: Span::millis(2_000),
        maximum_number_of_words: 3,
        silence_threshold: 256,
    };

    /// Frames with talk of such a level in these stretches, in milliseconds, and noise besides.
    fn frames(talk: &[(u64, u64)], level: u32, noise: u32) -> Vec<u32> {
        let end = talk.last().map_or(0, |&(_, until)| until).max(6_000);
        let talks = |at: u64| talk.iter().any(|&(from, until)| (from..until).contains(&at));
        (0..end).step_by(20).map(|at| if talks(at) { level + noise } else { noise }).collect()
    }

    #[test]
    fn each_parameter_decides_what_it_is_named_for() {
        use Verdict::{Human, Machine, NotSure};
        use VerdictCause::{InitialSilence, LongGreeting, LongWord, ManyWords, ShortGreeting, TooLong};
        let hello = &[(200, 700)][..];
        let ms = Span::millis;
        for (talk, noise, conf, verdict, cause, after) in [
            // A word and a silence, of which noise below the threshold takes nothing.
            (hello, 0, CONF, Human, ShortGreeting, 1_500),
            (hello, 255, CONF, Human, ShortGreeting, 1_500),
            (hello, 256, CONF, Machine, LongGreeting, 1_500),
            (hello, 400, AmdConf { silence_threshold: 500, ..CONF }, Human, ShortGreeting, 1_500),
            (hello, 0, AmdConf { after_greeting_silence: ms(400), ..CONF }, Human, ShortGreeting, 1_100),
            // Too quiet, too short to be a word, or never.
            (hello, 0, AmdConf { silence_threshold: 1_001, ..CONF }, Machine, InitialSilence, 2_500),
            (&[(200, 280)], 0, CONF, Machine, InitialSilence, 2_780),
            (&[(200, 280)], 0, AmdConf { min_word_length: ms(60), ..CONF }, Human, ShortGreeting, 1_080),
            (&[], 0, CONF, Machine, InitialSilence, 2_500),
            (&[], 0, AmdConf { initial_silence: ms(9_000), ..CONF }, NotSure, TooLong, 5_000),
            // Long, with a pause that does not end it; as long with one that does; and all in one word.
            (&[(0, 1_000), (1_300, 3_000)], 0, CONF, Machine, LongGreeting, 1_800),
            (&[(0, 1_000), (1_900, 3_000)], 0, CONF, Human, ShortGreeting, 1_800),
            (&[(0, 3_000)], 0, AmdConf { greeting: ms(4_000), ..CONF }, Machine, LongWord, 2_000),
            // Words are told apart by silences; the talk that it begins with is none.
            (&[(100, 300), (400, 600), (700, 900), (1_000, 1_200)], 0, CONF, Machine, ManyWords, 1_100),
            (&[(0, 200), (300, 500), (600, 800), (900, 1_100)], 0, CONF, Human, ShortGreeting, 1_900),
            (&[(100, 300), (340, 540), (580, 780), (820, 1_020)], 0, CONF, Human, ShortGreeting, 1_820),
        ] {
            let silence = if verdict == Human { conf.after_greeting_silence } else { Span::ZERO };
            let expected = Finding { verdict, cause, after: ms(after), silence };
            assert_eq!(conf.listen(frames(talk, 1_000, noise)), expected, "{talk:?} {noise} {conf:?}");
        }
    }

    proptest! {
        #[test]
        fn there_is_a_verdict_in_time_and_more_patience_makes_nobody_a_person(
            means in prop::collection::vec(prop_oneof![0..256_u32, 256..2_000_u32], 0..300),
            more in 0..1_000_u64,
        ) {
            let found = CONF.listen(means.iter().copied());
            prop_assert!(found.after <= CONF.total_analysis_time);
            let after_greeting_silence = CONF.after_greeting_silence + Span::millis(more);
            let patient = AmdConf { after_greeting_silence, ..CONF }.listen(means);
            prop_assert!(found.verdict == Verdict::Human || patient.verdict != Verdict::Human);
        }
    }
}
