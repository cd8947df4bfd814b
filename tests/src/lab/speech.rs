//! Speech-like sound, made from a seed: what persons and answering machines say when they answer, with the label that
//! whoever listens should come to.
//!
//! A syllable is a row of pulses at a voice's pitch, or noise, through three resonances, as in a formant synthesiser;
//! words and phrases are syllables with pauses. Nothing of it means anything, and all of it has the loudness, the gaps
//! and the lengths of speech on a telephone line.

use std::f64::consts::TAU;
use std::time::Duration;

use super::audio::mu_law;

/// Samples in a second.
const RATE: f64 = 8_000.0;

/// What is said to whoever calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person says a word or two.
    Hello,
    /// The same in a noisy room.
    HelloWithNoise,
    /// A person says nothing for a while, and then a word or two.
    SilenceThenHello,
    /// A machine asks for a message, and gives a tone.
    GreetingWithBeep,
    /// A machine says something long, without a tone.
    GreetingWithoutBeep,
    /// Nothing is said at all: a machine that records.
    Silence,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Hello,
        Self::HelloWithNoise,
        Self::SilenceThenHello,
        Self::GreetingWithBeep,
        Self::GreetingWithoutBeep,
        Self::Silence,
    ];

    /// Whether a person says it.
    #[must_use]
    pub const fn is_human(self) -> bool {
        matches!(self, Self::Hello | Self::HelloWithNoise | Self::SilenceThenHello)
    }

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hello => "short hello",
            Self::HelloWithNoise => "hello with noise",
            Self::SilenceThenHello => "silence, then hello",
            Self::GreetingWithBeep => "long greeting, beep",
            Self::GreetingWithoutBeep => "long greeting, no beep",
            Self::Silence => "silence",
        }
    }
}

/// One that answers, and what they say.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What it is.
    pub kind: Kind,
    /// PCMU, from the answer on; silence follows.
    pub sound: Vec<u8>,
    /// When the last of it is over: a machine's tone, where it gives one.
    pub ends: Duration,
}

/// Makes samples, the same for the same seed.
#[derive(Debug)]
pub struct Speaker {
    dice: Dice,
}

impl Speaker {
    /// One who will always say the same.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { dice: Dice(seed) }
    }

    /// The next sample of a kind.
    pub fn says(&mut self, kind: Kind) -> Sample {
        let voice = Voice::any(&mut self.dice);
        let mut line = Line::default();
        match kind {
            Kind::Hello | Kind::HelloWithNoise => {
                line.pause(self.dice.between(0.1, 0.7));
                self.hello(&mut line, &voice);
            }
            Kind::SilenceThenHello => {
                line.pause(self.dice.between(0.9, 2.2));
                self.hello(&mut line, &voice);
            }
            Kind::GreetingWithBeep | Kind::GreetingWithoutBeep => {
                line.pause(self.dice.between(0.2, 1.0));
                self.greeting(&mut line, &voice);
                if kind == Kind::GreetingWithBeep {
                    line.pause(self.dice.between(0.3, 1.0));
                    line.tone(self.dice.between(440.0, 1_400.0), self.dice.between(0.2, 0.6));
                }
            }
            Kind::Silence => line.pause(1.0),
        }
        let ends = Duration::from_secs_f64(line.0.len() as f64 / RATE);
        if kind != Kind::Silence {
            // Whoever holds the line goes on to be heard breathing, or their room.
            line.pause(6.0);
        }
        let (least, most) = if kind == Kind::HelloWithNoise { (0.003, 0.006) } else { (0.000_1, 0.000_8) };
        let hiss = self.dice.between(least, most);
        line.hiss(hiss, &mut self.dice);
        Sample { kind, sound: line.encoded(), ends }
    }

    /// A word or two, of two to five syllables together.
    fn hello(&mut self, line: &mut Line, voice: &Voice) {
        let syllables = 2 + self.dice.below(4);
        for nth in 0..syllables {
            voice.syllable(line, &mut self.dice);
            if nth == 1 && syllables > 3 {
                line.pause(self.dice.between(0.05, 0.16));
            }
        }
    }

    /// Two to five phrases of four to ten syllables.
    fn greeting(&mut self, line: &mut Line, voice: &Voice) {
        for nth in 0..2 + self.dice.below(4) {
            if nth > 0 {
                line.pause(self.dice.between(0.15, 0.6));
            }
            for syllable in 0..4 + self.dice.below(7) {
                voice.syllable(line, &mut self.dice);
                if syllable % 3 == 2 {
                    line.pause(self.dice.between(0.03, 0.12));
                }
            }
        }
    }
}

/// Somebody's voice.
struct Voice {
    /// Hertz.
    pitch: f64,
    /// The loudest that it gets, of one.
    loudness: f64,
    /// Seconds a syllable, in the mean.
    pace: f64,
}

impl Voice {
    fn any(dice: &mut Dice) -> Self {
        Self {
            pitch: dice.between(90.0, 230.0),
            loudness: dice.between(0.06, 0.4),
            pace: dice.between(0.15, 0.24),
        }
    }

    /// A vowel with a rise and a fall, and in half of the cases a hiss before it.
    fn syllable(&self, line: &mut Line, dice: &mut Dice) {
        let length = self.pace * dice.between(0.75, 1.35);
        let mut throat = Throat::any(dice);
        if dice.below(2) == 0 {
            let count = (length * 0.3 * RATE) as usize;
            line.0.extend((0..count).map(|_| self.loudness * 0.25 * dice.between(-1.0, 1.0)));
        }
        let count = (length * RATE) as usize;
        let (mut phase, mut vowel) = (0.0, Vec::with_capacity(count));
        let glide = dice.between(-0.15, 0.15);
        for at in 0..count {
            let part = at as f64 / count as f64;
            phase += self.pitch * (1.0 + glide * part) / RATE;
            let pulse = if phase >= 1.0 {
                phase -= 1.0;
                1.0
            } else {
                0.01 * dice.between(-1.0, 1.0)
            };
            let rise = (part / 0.15).min((1.0 - part) / 0.25).clamp(0.0, 1.0);
            vowel.push(throat.hear(pulse) * rise);
        }
        let loudest = vowel.iter().fold(1e-9_f64, |loudest, sample| loudest.max(sample.abs()));
        let gain = self.loudness * dice.between(0.6, 1.0) / loudest;
        line.0.extend(vowel.into_iter().map(|sample| sample * gain));
    }
}

/// Three resonances in a row.
struct Throat([Resonance; 3]);

struct Resonance {
    forth: [f64; 2],
    past: [f64; 2],
}

impl Throat {
    fn any(dice: &mut Dice) -> Self {
        let formants = [(270.0, 800.0), (900.0, 2_200.0), (2_300.0, 3_200.0)];
        Self(
            formants.map(|(least, most)| Resonance::at(dice.between(least, most), dice.between(60.0, 160.0))),
        )
    }

    fn hear(&mut self, sample: f64) -> f64 {
        self.0.iter_mut().fold(sample, |sample, resonance| resonance.hear(sample))
    }
}

impl Resonance {
    fn at(pitch: f64, width: f64) -> Self {
        let radius = (-TAU / 2.0 * width / RATE).exp();
        let forth = [2.0 * radius * (TAU * pitch / RATE).cos(), -radius * radius];
        Self { forth, past: [0.0; 2] }
    }

    fn hear(&mut self, sample: f64) -> f64 {
        let heard = sample + self.forth[0] * self.past[0] + self.forth[1] * self.past[1];
        self.past = [heard, self.past[0]];
        heard
    }
}

/// What has been said so far, from -1 to 1.
#[derive(Default)]
struct Line(Vec<f64>);

impl Line {
    fn pause(&mut self, seconds: f64) {
        let length = self.0.len() + (seconds * RATE) as usize;
        self.0.resize(length, 0.0);
    }

    fn tone(&mut self, pitch: f64, seconds: f64) {
        let count = (seconds * RATE) as usize;
        self.0.extend((0..count).map(|at| 0.3 * (TAU * pitch * at as f64 / RATE).sin()));
    }

    fn hiss(&mut self, loudness: f64, dice: &mut Dice) {
        self.0.iter_mut().for_each(|sample| *sample += loudness * dice.between(-1.0, 1.0) * 1.7);
    }

    fn encoded(&self) -> Vec<u8> {
        self.0.iter().map(|sample| mu_law((sample.clamp(-1.0, 1.0) * 32_000.0) as i32)).collect()
    }
}

/// Steele, Lea and Flood's generator (`SplitMix64`).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    const fn below(&mut self, sides: u64) -> u64 {
        self.draw() % sides
    }

    fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_says_the_same_and_another_something_else() {
        let say = |seed| Kind::ALL.map(|kind| Speaker::new(seed).says(kind).sound);
        assert_eq!(say(1), say(1));
        assert_ne!(say(1), say(2));
    }

    #[test]
    fn persons_say_less_than_machines_and_all_fit_the_scale() {
        let mut speaker = Speaker::new(7);
        for _ in 0..50 {
            let [hello, _, _, machine, ..] = Kind::ALL.map(|kind| speaker.says(kind).ends);
            assert!(hello < Duration::from_secs(3), "{hello:?}");
            assert!(machine > Duration::from_millis(1_800), "{machine:?}");
        }
    }
}
