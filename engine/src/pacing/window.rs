//! Over which stretches of time drops are held against answers.

use crate::words::{Micros, Milli, Span};
use crate::zone::Zone;

/// So many drops at most for the answers of each stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DropWindow {
    /// Most drops per answered call, in thousandths; 1 to 100. The common limit is 30: 16 CFR 310.4(b)(4)(i) and
    /// 47 CFR 64.1200(a)(7).
    pub limit: Milli,
    /// The stretch of time.
    pub span: WindowSpan,
}

/// How windows follow each other: always without a gap, whether or not anybody is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum WindowSpan {
    /// Blocks of this length, 1 h to 31 days, from the campaign's first start on: the 30 days of 16 CFR 310.4(b)(4)(i)
    /// and 47 CFR 64.1200(a)(7).
    Block(Span),
    /// Days of the campaign's zone, of 23 or 25 hours where clocks are changed: Ofcom's 24 hours.
    Day,
    /// Calendar months of the campaign's zone: those of Canada's Unsolicited Telecommunications Rules.
    Month,
}

/// What one window has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WindowCount {
    /// Its first moment.
    pub since: Micros,
    /// People who have answered in it.
    pub answers: u64,
    /// Those of them whom no agent took in time, and as many as machines who may have been persons come to.
    pub drops: u64,
    /// What such machines come to of one drop more, in thousandths; below 1,000.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_none"))]
    pub doubtful: Milli,
}

/// A whole drop, in thousandths.
pub(super) const WHOLE: u32 = 1_000;

impl WindowCount {
    /// What has been counted since then: people who answered, those of them who were dropped, and what machines who may have been
    /// persons come to, in thousandths of a drop. As many of these as make whole drops are counted with them.
    pub fn recounted(since: Micros, answers: u64, drops: u64, doubtful: u64) -> Self {
        let whole = u64::from(WHOLE);
        let left = u32::try_from(doubtful % whole).expect("less than a thousand");
        Self { since, answers, drops: drops + doubtful / whole, doubtful: Milli(left) }
    }
}

#[cfg(feature = "serde")]
const fn is_none(milli: &Milli) -> bool {
    milli.0 == 0
}

impl WindowSpan {
    /// The window of this kind that a moment lies in, of a campaign that began at `began`: its first moment and that of
    /// the next one. What is before the campaign began, where a clock was set back, belongs to the first block.
    pub fn around(self, at: Micros, began: Micros, zone: &Zone) -> (Micros, Micros) {
        match self {
            Self::Block(length) => {
                let blocks = at.since(began).0 / length.0;
                let from = began + Span(blocks * length.0);
                (core::cmp::Ord::min(from, at), from + length)
            }
            Self::Day => zone.day(at),
            Self::Month => zone.month(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_parts_as_make_whole_drops_are_counted_with_them_and_the_rest_is_kept() {
        let recounted = |doubtful| {
            let count = WindowCount::recounted(Micros(7), 40, 3, doubtful);
            (count.since, count.answers, count.drops, count.doubtful)
        };
        for (doubtful, drops, left) in [(0, 3, 0), (999, 3, 999), (1_000, 4, 0), (2_050, 5, 50)] {
            assert_eq!(recounted(doubtful), (Micros(7), 40, drops, Milli(left)));
        }
    }
}
