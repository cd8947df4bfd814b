//! The two files of a stereo take as one: a WAV file, the callee on the left and the agent on the right.
//!
//! The files end together and begin within some 50 ms of each other, so the shorter one is preceded by silence.

use engine::recording::Format;

/// The length of the header of a WAV file, as Asterisk writes it and as we do.
pub(super) const HEADER: usize = 44;

/// So many frames are handed on at a time at most: a second.
const FRAMES_MAX: usize = 8_000;

/// How samples are written, in a way that a WAV file can hold for two channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    /// As in a WAV file's `fmt `: 1 is PCM, 6 A-law, 7 µ-law.
    tag: u16,
    /// Bytes of a sample.
    width: usize,
    silence: u8,
    /// What precedes the samples in a file of one side.
    pub(super) header: usize,
}

impl Coding {
    /// `None` where frames of a codec take the place of samples.
    pub(super) const fn of(format: Format) -> Option<Self> {
        match format {
            Format::Wav => Some(Self { tag: 1, width: 2, silence: 0, header: HEADER }),
            Format::Ulaw => Some(Self { tag: 7, width: 1, silence: 0xff, header: 0 }),
            Format::Alaw => Some(Self { tag: 6, width: 1, silence: 0xd5, header: 0 }),
            Format::Gsm => None,
        }
    }

    fn frames(self, bytes: u64) -> u64 {
        bytes / width(self)
    }
}

fn width(coding: Coding) -> u64 {
    u64::try_from(coding.width).expect("a sample has a byte or two")
}

/// The callee or the agent.
#[derive(Debug)]
struct Side {
    /// So many frames of silence precede it.
    lag: u64,
    /// Samples that have come and wait for the other side's.
    waiting: Vec<u8>,
}

/// Puts two sides into one.
#[derive(Debug)]
pub(super) struct Weave {
    coding: Coding,
    frames: u64,
    sides: [Side; 2],
}

impl Weave {
    /// Of sides whose samples take so many bytes.
    pub(super) fn new(coding: Coding, lengths: [u64; 2]) -> Self {
        let [left, right] = lengths.map(|bytes| coding.frames(bytes));
        let frames = left.max(right);
        let side = |own| Side { lag: frames - own, waiting: Vec::new() };
        Self { coding, frames, sides: [side(left), side(right)] }
    }

    /// The length of the whole file.
    pub(super) fn length(&self) -> u64 {
        u64::try_from(HEADER).expect("it is 44") + self.frames * 2 * width(self.coding)
    }

    /// What the file begins with. A length that its four bytes cannot hold, which takes 37 hours, is written as the greatest.
    pub(super) fn header(&self) -> Vec<u8> {
        let width = u16::try_from(self.coding.width).expect("a sample has a byte or two");
        let word = |long: u64| u32::try_from(long).unwrap_or(u32::MAX).to_le_bytes();
        let mut header = Vec::with_capacity(HEADER);
        header.extend(b"RIFF");
        header.extend(word(self.length() - 8));
        header.extend(b"WAVEfmt ");
        header.extend(16_u32.to_le_bytes());
        header.extend(self.coding.tag.to_le_bytes());
        header.extend(2_u16.to_le_bytes());
        header.extend(8_000_u32.to_le_bytes());
        header.extend((8_000 * 2 * u32::from(width)).to_le_bytes());
        header.extend((2 * width).to_le_bytes());
        header.extend((8 * width).to_le_bytes());
        header.extend(b"data");
        header.extend(word(self.length() - 44));
        header
    }

    /// Samples of a side have come.
    pub(super) fn feed(&mut self, side: usize, samples: &[u8]) {
        self.sides[side].waiting.extend(samples);
    }

    /// Which side holds up the other.
    pub(super) fn wants(&self) -> usize {
        let [left, right] = &self.sides;
        usize::from(self.ready(right) < self.ready(left))
    }

    /// What both sides have, frame by frame; empty where one has nothing yet.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let ready = self.ready(&self.sides[0]).min(self.ready(&self.sides[1]));
        let frames = usize::try_from(ready).map_or(FRAMES_MAX, |ready| ready.min(FRAMES_MAX));
        let Coding { width, silence, .. } = self.coding;
        let [left, right] = &mut self.sides;
        let [left, right] = [left, right].map(|side| side.take(frames, width, silence));
        left.chunks_exact(width).zip(right.chunks_exact(width)).flat_map(|(l, r)| [l, r].concat()).collect()
    }

    fn ready(&self, side: &Side) -> u64 {
        side.lag + u64::try_from(side.waiting.len() / self.coding.width).unwrap_or(u64::MAX)
    }
}

impl Side {
    /// So many frames of it, as many as there are at most.
    fn take(&mut self, frames: usize, width: usize, silence: u8) -> Vec<u8> {
        let silent = usize::try_from(self.lag).map_or(frames, |lag| lag.min(frames));
        self.lag -= u64::try_from(silent).expect("no more than there was");
        let mut taken = vec![silence; silent * width];
        taken.extend(self.waiting.drain(..(frames - silent) * width));
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn woven(format: Format, left: &[u8], right: &[u8]) -> Vec<u8> {
        let coding = Coding::of(format).expect("samples");
        let lengths = [left, right].map(|side| u64::try_from(side.len()).expect("a few"));
        let mut weave = Weave::new(coding, lengths);
        let (mut file, mut rest) = (weave.header(), [left, right]);
        loop {
            let taken = weave.take();
            file.extend(&taken);
            if taken.is_empty() {
                let side = weave.wants();
                // Chunks come as the network cuts them, not sample by sample.
                let (now, later) = rest[side].split_at(rest[side].len().min(3));
                if now.is_empty() {
                    assert_eq!(file.len(), usize::try_from(weave.length()).expect("short"));
                    return file;
                }
                weave.feed(side, now);
                rest[side] = later;
            }
        }
    }

    #[test]
    fn samples_of_two_bytes_alternate_and_the_shorter_side_begins_with_silence() {
        let file = woven(Format::Wav, &[1, 2, 3, 4, 5, 6], &[7, 8]);
        let mut right =
            b"RIFF\x30\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data\x0c\0\0\0"
                .to_vec();
        right.extend([1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 7, 8]);
        assert_eq!(file, right);
    }

    #[test]
    fn samples_of_one_byte_have_a_silence_of_their_own() {
        assert_eq!(woven(Format::Ulaw, &[1], &[7, 8, 9])[HEADER..], [0xff, 7, 0xff, 8, 1, 9]);
        assert_eq!(woven(Format::Alaw, &[1, 2], &[])[HEADER..], [1, 0xd5, 2, 0xd5]);
        assert_eq!(Coding::of(Format::Gsm), None);
    }

    #[test]
    fn two_files_without_samples_make_one() {
        assert_eq!(woven(Format::Wav, &[], &[]).len(), HEADER);
    }
}
