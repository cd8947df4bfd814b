//! Sound as PCMU bytes: what phones and callees say, and the two recordings that `dialplan/` ships.

use std::sync::Arc;
use std::time::Duration;

use super::recording::{AUDIBLE, level};

/// PCMU samples in a second.
const RATE: usize = 8000;
/// PCMU's silence.
pub(super) const SILENCE: u8 = 0xff;

/// What one party of a call says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// Sends no RTP at all.
    Mute,
    /// Says a tone for that long, then sends silence.
    Hello(Duration),
    /// Sends the pattern of the phone with that number, without end.
    Phone(u16),
    /// Sends this PCMU, then silence.
    Recording(Arc<[u8]>),
}

impl Voice {
    /// The payload of the packet that starts at this offset from the first one; None when mute.
    pub(super) fn payload(&self, offset: Duration, ptime: Duration) -> Option<Vec<u8>> {
        let length = samples(ptime);
        match self {
            Self::Mute => None,
            Self::Phone(number) => Some(pattern(*number).iter().copied().cycle().take(length).collect()),
            Self::Hello(spoken) if offset < *spoken => {
                let from = samples(offset);
                Some((from..from + length).map(|at| mu_law(triangle(at, 400, 12_000))).collect())
            }
            Self::Hello(_) => Some(vec![SILENCE; length]),
            Self::Recording(sound) => {
                let rest = sound.iter().skip(samples(offset)).copied();
                Some(rest.chain(std::iter::repeat(SILENCE)).take(length).collect())
            }
        }
    }
}

/// The four bytes that a phone repeats: a mark, then its number, which a small number makes soft. Two of them and a hello
/// add up without reaching the end of the scale, where a bridge that mixes would lose them.
fn pattern(number: u16) -> [u8; 4] {
    let [high, low] = number.to_be_bytes();
    [0x20, 0xa0, !high, !low]
}

/// The number of the phone whose pattern this payload is, wherever a bridge that passed it on has cut it.
#[must_use]
pub fn phone_heard(payload: &[u8]) -> Option<u16> {
    (0..4).find_map(|from| phone_heard_from_the_mark(payload.get(from..)?))
}

fn phone_heard_from_the_mark(payload: &[u8]) -> Option<u16> {
    let (first, _) = payload.split_first_chunk::<4>()?;
    let number = u16::from_be_bytes([!first[2], !first[3]]);
    let whole = payload.chunks_exact(4).all(|chunk| chunk == pattern(number));
    whole.then_some(number)
}

/// Anything but silence, of either sign.
#[must_use]
pub fn is_sound(payload: &[u8]) -> bool {
    payload.iter().any(|byte| byte & 0x7f != SILENCE & 0x7f)
}

/// `dialplan/sounds/en/ringmaster/safe-harbour.ulaw`: three rising tones, a placeholder for the words a site records.
#[must_use]
pub fn safe_harbour_message() -> Vec<u8> {
    [(440, 400), (0, 100), (550, 400), (0, 100), (660, 800), (0, 200)]
        .into_iter()
        .flat_map(|(pitch, ms)| note(pitch, ms))
        .collect()
}

/// `dialplan/moh/waiting.ulaw`: a soft low tone every four seconds.
#[must_use]
pub fn waiting_tone() -> Vec<u8> {
    [(220, 200), (0, 3_800)].into_iter().flat_map(|(pitch, ms)| note(pitch, ms)).collect()
}

/// A tone of that pitch in hertz: what somebody says who is to be known by it.
#[must_use]
pub fn tone(pitch: u32, length: Duration) -> Arc<[u8]> {
    let pitch = usize::try_from(pitch).unwrap_or(0);
    (0..samples(length)).map(|at| mu_law(triangle(at, pitch, 8_000))).collect()
}

/// Whether that pitch in hertz is to be heard in any tenth of a second of it, whatever else is.
#[must_use]
pub fn hears(heard: &[u8], pitch: u32) -> bool {
    let linear: Vec<i16> = heard.iter().copied().map(linear).collect();
    linear.chunks_exact(RATE / 10).any(|tenth| level(tenth, f64::from(pitch)) > AUDIBLE)
}

fn note(pitch: usize, ms: u64) -> Vec<u8> {
    let loudness = if pitch == 0 { 0 } else { 8_000 };
    (0..samples(Duration::from_millis(ms))).map(|at| mu_law(triangle(at, pitch, loudness))).collect()
}

fn samples(time: Duration) -> usize {
    usize::try_from(time.as_micros()).map_or(0, |us| us * RATE / 1_000_000)
}

/// A triangle wave in whole numbers, so that the same bytes come out everywhere.
fn triangle(at: usize, pitch: usize, loudness: i32) -> i32 {
    let phase = i32::try_from(at * pitch % RATE * 4_000 / RATE).unwrap_or(0);
    let height = match phase {
        0..1_000 => phase,
        1_000..3_000 => 2_000 - phase,
        _ => phase - 4_000,
    };
    height * loudness / 1_000
}

/// G.711: sign, the place of the highest bit, four bits below it, all inverted.
pub(super) fn mu_law(sample: i32) -> u8 {
    const BIAS: u32 = 0x84;
    const LOUDEST: u32 = 32_635;
    let sign = if sample < 0 { 0x80 } else { 0 };
    let level = sample.unsigned_abs().min(LOUDEST) + BIAS;
    let segment = 24 - level.leading_zeros();
    let step = (level >> (segment + 3)) & 0x0f;
    let byte = (segment << 4) | step;
    !(sign | u8::try_from(byte).unwrap_or(0x7f))
}

/// What [`mu_law`] made of a sample, about.
fn linear(byte: u8) -> i16 {
    let (inverted, bias) = (!byte, 0x84);
    let (segment, step) = ((inverted >> 4) & 0x07, i16::from(inverted & 0x0f));
    let size = (((step << 3) + bias) << segment) - bias;
    if inverted & 0x80 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_silence_and_the_loudest_is_the_end_of_the_scale() {
        assert_eq!([mu_law(0), mu_law(32_767), mu_law(-32_767)], [0xff, 0x80, 0x00]);
        assert!(!is_sound(&note(0, 20)));
        assert!(is_sound(&note(440, 20)));
    }

    #[test]
    fn a_tone_is_known_by_its_pitch_and_no_other_is_heard_in_it() {
        let tone = tone(700, Duration::from_millis(300));
        assert_eq!([220, 700, 1_100].map(|pitch| hears(&tone, pitch)), [false, true, false]);
        let samples = [0, 1_000, -1_000, 30_000];
        let about =
            |sample: i32| (i32::from(linear(mu_law(sample))) - sample).abs() <= 40 + sample.abs() / 16;
        assert!(samples.into_iter().all(about));
    }

    #[test]
    fn a_phone_is_known_by_its_pattern_whatever_its_packet_time() {
        for ptime_ms in [5, 10, 20] {
            let payload = Voice::Phone(258)
                .payload(Duration::ZERO, Duration::from_millis(ptime_ms))
                .expect("a phone talks");
            assert_eq!([0, 1, 3].map(|cut| phone_heard(&payload[cut..])), [Some(258); 3]);
        }
        assert_eq!(phone_heard(&note(440, 20)), None);
        assert_eq!(phone_heard(&[]), None);
    }

    #[test]
    fn two_phones_and_a_hello_add_up_within_the_scale() {
        let loudest = |voice: Voice| {
            let payload = voice.payload(Duration::ZERO, Duration::from_millis(20)).expect("it is heard");
            payload.into_iter().map(|byte| i32::from(linear(byte)).abs()).max().expect("of many samples")
        };
        let all = [Voice::Phone(1), Voice::Phone(2), Voice::Hello(Duration::from_secs(1))];
        assert!(all.map(loudest).iter().sum::<i32>() < i32::from(i16::MAX));
    }

    #[test]
    fn the_recordings_in_the_dialplan_are_the_ones_made_here() {
        let dialplan = super::super::project().join("dialplan");
        for (file, bytes) in [
            ("sounds/en/ringmaster/safe-harbour.ulaw", safe_harbour_message()),
            ("moh/waiting.ulaw", waiting_tone()),
        ] {
            let path = dialplan.join(file);
            if std::env::var_os("RECORD_SOUNDS").is_some() {
                std::fs::write(&path, &bytes).expect("the sound file is written");
            }
            assert!(
                std::fs::read(&path).expect("the sound file is there") == bytes,
                "{file}: run this test with RECORD_SOUNDS=1"
            );
        }
    }
}
