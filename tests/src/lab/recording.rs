//! What Asterisk has recorded: how long it is, and who is to be heard in it.

use std::path::Path;
use std::time::Duration;

/// Samples in a second.
const RATE: usize = 8_000;
/// The pitch of a callee's hello, and the one that any phone's pattern of four bytes repeats with.
const HELLO: f64 = 400.0;
const PHONE: f64 = 2_000.0;
/// The amplitude from which a pitch is heard in a tenth of a second. The hello has overtones, one of which is the phone's
/// pitch at 400.
pub(super) const AUDIBLE: f64 = 1_000.0;

/// A recording of one channel or two, as 16-bit samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The samples of each channel.
    pub channels: Vec<Vec<i16>>,
}

/// Who is to be heard in a stretch of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The callee's hello.
    pub callee: bool,
    /// Some agent's phone.
    pub phone: bool,
}

impl Recording {
    /// Reads a WAV file.
    ///
    /// # Panics
    /// Where it cannot be read, or is none with 16-bit samples.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self::parse(&bytes)
    }

    /// The same from its bytes.
    ///
    /// # Panics
    /// Where they are no WAV file with 16-bit samples.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        assert_eq!((&bytes[..4], &bytes[8..12]), (&b"RIFF"[..], &b"WAVE"[..]), "it is a WAV file");
        let channels = usize::from(u16::from_le_bytes([bytes[22], bytes[23]]));
        assert_eq!(u16::from_le_bytes([bytes[34], bytes[35]]), 16, "bits a sample");
        let data = bytes.windows(4).position(|name| name == b"data").expect("it has samples") + 8;
        let samples = bytes[data..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        let samples: Vec<i16> = samples.collect();
        let channel = |nth| samples.iter().copied().skip(nth).step_by(channels).collect();
        Self { channels: (0..channels).map(channel).collect() }
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Duration {
        let samples = self.channels[0].len();
        Duration::from_micros(u64::try_from(samples * 1_000_000 / RATE).unwrap_or(u64::MAX))
    }

    /// Who is to be heard in any tenth of a second of a channel.
    #[must_use]
    pub fn heard(&self, channel: usize) -> Heard {
        let tenths = || self.channels[channel].chunks_exact(RATE / 10);
        Heard {
            callee: tenths().any(|tenth| level(tenth, HELLO) > AUDIBLE),
            phone: tenths().any(|tenth| level(tenth, PHONE) > AUDIBLE),
        }
    }

    /// For how long a channel is as silent as only a mute is, in tenths of a second.
    #[must_use]
    pub fn mute_tenths(&self, channel: usize) -> usize {
        let is_mute = |tenth: &&[i16]| tenth.iter().all(|sample| sample.unsigned_abs() < 20);
        self.channels[channel].chunks_exact(RATE / 10).filter(is_mute).count()
    }
}

/// The amplitude of one pitch, by Goertzel's algorithm.
pub(super) fn level(samples: &[i16], pitch: f64) -> f64 {
    let turn = 2.0 * (std::f64::consts::TAU * pitch / 8_000.0).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in samples {
        (last, before) = (f64::from(sample) + turn * last - before, last);
    }
    let power = last * last + before * before - turn * last * before;
    2.0 * power.max(0.0).sqrt() / f64::from(u32::try_from(samples.len()).unwrap_or(u32::MAX))
}
