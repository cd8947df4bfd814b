//! Which Asterisk a dialer may trust.
//!
//! The version string is `system.version` of `GET /asterisk/info`. It is written by whoever built the server, so
//! reading it is lenient: what follows the numbers is looked at for a pre-release or a certified release only.

use std::cmp::Ordering;

/// What the version of the server means for dialling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// Do not start: results would be recorded wrongly.
    Refuse(&'static str),
    /// Start, and say this loudly.
    Warn(&'static str),
    /// Nothing to say.
    Fine,
}

/// Judges the version string of a server.
///
/// A string that names no version at all is a warning, not a refusal: self-built servers without git metadata
/// report `UNKNOWN__and_probably_unsupported`.
#[must_use]
pub fn floor(version: &str) -> Floor {
    let Some(version) = Version::parse(version) else {
        return Floor::Warn("the version of this Asterisk is not known, 22.10.1 or later is needed");
    };
    if version < Version::release(22, 8, 0) {
        return Floor::Refuse(
            "before 22.8 an unanswered call is reported with cause 0, so results would be wrong; use 22.10.1 or later",
        );
    }
    if version.major > 22 {
        return Floor::Warn(
            "this Asterisk is newer than 22, the only series the client was measured against",
        );
    }
    if version.minor.is_none() {
        return Floor::Warn("this is a build from git: whether it has the fixes of 22.10.1 cannot be told");
    }
    within_22(version)
}

fn within_22(version: Version) -> Floor {
    if version < Version::release(22, 9, 0) {
        return Floor::Warn(
            "before 22.9 hangup causes of redirected and refused calls are wrong, and before 22.10.1 a read-only user can write; use 22.10.1 or later",
        );
    }
    if version < Version::release(22, 10, 0) {
        return Floor::Warn(
            "22.9 deadlocks at a hundred ARI calls a minute (RTP statistics set under a channel lock); use 22.10.1 or later",
        );
    }
    if version < Version::release(22, 10, 1) {
        return Floor::Warn(
            "before 22.10.1 a read-only ARI user can write, and ARI ignores live_dangerously",
        );
    }
    let eleven_candidate = version.minor == Some(11) && matches!(version.stage, Stage::Before(..));
    if eleven_candidate {
        return Floor::Warn(
            "candidates of 22.11.0 crash when a client sends a WebSocket Pong; use the final release",
        );
    }
    Floor::Fine
}

/// The version of an Asterisk, ordered from older to newer.
///
/// Pre-releases sort before their release, certified releases after the release they are based on, and a build from
/// a git branch after every release of its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The series, `22`. A build of the development branch has the greatest number.
    pub major: u32,
    /// The feature release within the series; `None` for a build from git, which does not say.
    pub minor: Option<u32>,
    /// The fix within the feature release; 0 where the string has none.
    pub patch: u32,
    /// Where on the way to (or past) the release this build stands.
    pub stage: Stage,
}

/// Where on the way to, or past, its release a build stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A pre-release and its number.
    Before(PreRelease, u32),
    /// The release itself.
    Final,
    /// A certified release and its number, as in `22.8-cert1`.
    Certified(u32),
}

/// The kinds of pre-release, earliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PreRelease {
    /// `-pre1` or `-alpha1`.
    Alpha,
    /// `-beta1`.
    Beta,
    /// `-rc1`.
    Candidate,
}

impl Version {
    /// Reads a version string; `None` when it holds no version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("Asterisk ").unwrap_or(text);
        if let Some(branch) = text.strip_prefix("GIT-") {
            return Self::of_branch(branch);
        }
        let text = text.strip_prefix("certified").map_or(text, |rest| rest.trim_start_matches(['-', '/']));
        Self::of_release(text)
    }

    /// The final release with these numbers.
    #[must_use]
    pub const fn release(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor: Some(minor), patch, stage: Stage::Final }
    }

    fn of_branch(branch: &str) -> Option<Self> {
        let name = branch.split('-').next().unwrap_or_default();
        let major = match name {
            "master" | "trunk" => u32::MAX,
            series => leading_number(series)?.0,
        };
        Some(Self { major, minor: None, patch: 0, stage: Stage::Final })
    }

    fn of_release(text: &str) -> Option<Self> {
        let (major, rest) = leading_number(text)?;
        let (minor, rest) = leading_number(rest.strip_prefix('.')?)?;
        let (patch, rest) = rest.strip_prefix('.').and_then(leading_number).unwrap_or((0, rest));
        Some(Self { major, minor: Some(minor), patch, stage: Stage::parse(rest) })
    }
}

impl Stage {
    /// Anything that is not a pre-release or a certified release is packaging, and packaging is final.
    fn parse(suffix: &str) -> Self {
        let word = suffix.trim_start_matches(['-', '~']);
        let number_after = |name: &str| {
            let rest = word.strip_prefix(name)?;
            Some(leading_number(rest).map_or(0, |(number, _)| number))
        };
        if let Some(number) = number_after("cert") {
            return Self::Certified(number);
        }
        let stages = [
            ("rc", PreRelease::Candidate),
            ("beta", PreRelease::Beta),
            ("alpha", PreRelease::Alpha),
            ("pre", PreRelease::Alpha),
        ];
        stages
            .into_iter()
            .find_map(|(name, stage)| Some(Self::Before(stage, number_after(name)?)))
            .unwrap_or(Self::Final)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |version: &Self| {
            // A branch is ahead of all its releases, and `None` would sort before them.
            let minor = version.minor.unwrap_or(u32::MAX);
            (version.major, minor, version.patch, version.stage)
        };
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The number at the start of the text and what follows it.
fn leading_number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_refuses_warns_or_accepts_each_known_version() {
        let table = [
            ("18.20.0", "refuse"),
            ("21.12.0", "refuse"),
            ("22.0.0", "refuse"),
            ("22.7.1", "refuse"),
            ("22.8.0-rc1", "refuse"),
            ("certified-20.7-cert8", "refuse"),
            ("GIT-20-0a1b2c3d", "refuse"),
            ("22.8.0", "cause"),
            ("certified-22.8-cert1", "cause"),
            ("certified/22.8-cert2", "cause"),
            ("22.9.0", "deadlock"),
            ("22.9.1", "deadlock"),
            ("22.10.0-rc1", "deadlock"),
            ("22.10.0", "read-only"),
            ("22.10.0~dfsg+~cs6.15.60671435-1", "read-only"),
            ("22.10.1", "fine"),
            ("22.10.1~dfsg+~cs6.15.60671435-1", "fine"),
            ("Asterisk 22.10.2", "fine"),
            ("22.11.0-rc1", "Pong"),
            ("22.11.0~rc2~dfsg-1", "Pong"),
            ("22.11.0", "fine"),
            ("22.12.0-rc1", "fine"),
            ("23.4.1", "newer"),
            ("GIT-master-69535d4837", "newer"),
            ("GIT-22-69535d4837M", "git"),
            ("UNKNOWN__and_probably_unsupported", "not known"),
            ("", "not known"),
            ("22", "not known"),
            ("99999999999.1.1", "not known"),
        ];
        for (text, expected) in table {
            let (word, reason) = match floor(text) {
                Floor::Refuse(reason) => ("refuse", reason),
                Floor::Warn(reason) => ("warn", reason),
                Floor::Fine => ("fine", ""),
            };
            let as_expected = match expected {
                "refuse" | "fine" => word == expected,
                in_reason => word == "warn" && reason.contains(in_reason),
            };
            assert!(as_expected, "{text}: {word} {reason}, expected {expected}");
        }
    }

    #[test]
    fn versions_sort_from_older_to_newer() {
        let ascending = [
            "20.19.0",
            "22.0.0-pre1",
            "22.0.0-beta1",
            "22.0.0-rc1",
            "22.0.0",
            "22.8.0",
            "certified-22.8-cert1",
            "certified-22.8-cert2",
            "22.8.1",
            "22.9.0",
            "22.10.0",
            "22.10.1",
            "22.11.0-rc1",
            "22.11.0-rc2",
            "22.11.0",
            "GIT-22-69535d4837",
            "23.0.0",
            "GIT-master-69535d4837",
        ];
        let parsed: Vec<_> = ascending.iter().map(|text| Version::parse(text).expect(text)).collect();
        assert!(parsed.windows(2).all(|pair| pair[0] < pair[1]), "{parsed:?}");
    }

    #[test]
    fn packaging_does_not_change_a_version() {
        assert_eq!(Version::parse("22.10.1~dfsg+~cs6.15.60671435-1"), Some(Version::release(22, 10, 1)));
        assert_eq!(Version::parse(" 22.10.1 "), Some(Version::release(22, 10, 1)));
    }
}
