//! The sounds of `cargo bench -p tests --bench amd`, without an Asterisk: what its model says of them, and what the engine's
//! judge does, beside what was measured with a real one.

use engine::amd::{Judge, JudgeRules, Verdict};
use engine::words::{Micros, Span};
use simulator::amd::{AmdConf, FRAME};
use tests::lab::speech::{Kind, Speaker};

/// The bench's.
const SEED: u64 = 2_026;
const EACH: usize = 40;

/// `dialplan/amd.conf` as it was when the bench was run.
const MEASURED: AmdConf = AmdConf {
    initial_silence: Span::millis(2_500),
    greeting: Span::millis(2_100),
    after_greeting_silence: Span::millis(800),
    total_analysis_time: Span::millis(5_000),
    min_word_length: Span::millis(100),
    between_words_silence: Span::millis(50),
    maximum_word_length: Span::millis(5_000),
    maximum_number_of_words: 5,
    silence_threshold: 256,
};

/// How many of a kind are taken for persons, for machines, and for neither.
type Row = [usize; 3];

/// A table of the bench's sounds, one row a kind.
fn table(verdict: impl Fn(&[u32]) -> Verdict) -> [(Kind, Row); 6] {
    let mut speaker = Speaker::new(SEED);
    let mut rows = Kind::ALL.map(|kind| (kind, [0; 3]));
    for (kind, row) in (0..EACH).flat_map(|_| Kind::ALL).zip((0..).map(|nth| nth % Kind::ALL.len())) {
        let said = verdict(&frames(&speaker.says(kind).sound));
        rows[row].1[match said {
            Verdict::Human => 0,
            Verdict::Machine | Verdict::Fax => 1,
            Verdict::NotSure => 2,
        }] += 1;
    }
    rows
}

/// The mean of the samples of each frame.
fn frames(sound: &[u8]) -> Vec<u32> {
    let mean = |frame: &[u8]| {
        let sum: u32 = frame.iter().map(|byte| linear(*byte)).sum();
        sum / u32::try_from(frame.len()).expect("a frame is short")
    };
    sound.chunks(160).map(mean).collect()
}

/// How far a sample of G.711 is from zero.
fn linear(byte: u8) -> u32 {
    const BIAS: u32 = 0x84;
    let inverted = u32::from(!byte);
    ((((inverted & 0x0f) << 3) + BIAS) << ((inverted >> 4) & 0x07)) - BIAS
}

/// What the engine's judge says of frames, told of talk and silence as Asterisk's `TALK_DETECT` does.
fn judged(frames: &[u32]) -> Verdict {
    let rules = JudgeRules::default();
    let mut judge = Judge::new(rules, Micros(0), false);
    let (mut now, mut talks_since, mut quiet) = (Micros(0), None, Span::ZERO);
    let mut frames = frames.iter().copied().chain(core::iter::repeat(0));
    loop {
        now = now + FRAME;
        if let Some((verdict, _)) = judge.verdict(now) {
            return verdict;
        }
        if frames.next().unwrap_or_default() >= rules.talk_level {
            quiet = Span::ZERO;
            if talks_since.is_none() {
                talks_since = Some(now);
                judge.talk_began(now);
            }
            continue;
        }
        quiet = quiet + FRAME;
        if let Some(since) = talks_since.filter(|_| quiet >= rules.talk_silence) {
            talks_since = None;
            judge.talk_ended(now, (now - rules.talk_silence).since(since));
        }
    }
}

#[test]
fn the_model_of_amd_says_of_each_kind_what_the_real_one_has_said() {
    // As measured with Asterisk 22.10: the README has the same table.
    let measured = [
        (Kind::Hello, [40, 0, 0]),
        (Kind::HelloWithNoise, [40, 0, 0]),
        (Kind::SilenceThenHello, [39, 1, 0]),
        (Kind::GreetingWithBeep, [0, 40, 0]),
        (Kind::GreetingWithoutBeep, [0, 40, 0]),
        (Kind::Silence, [0, 40, 0]),
    ];
    assert_eq!(table(|frames| MEASURED.listen(frames.iter().copied()).verdict), measured);
}

#[test]
fn the_judge_says_of_each_kind_what_it_has_said_beside_a_real_asterisk() {
    let measured = Kind::ALL.map(|kind| (kind, if kind.is_human() { [40, 0, 0] } else { [0, 40, 0] }));
    assert_eq!(table(judged), measured);
}
