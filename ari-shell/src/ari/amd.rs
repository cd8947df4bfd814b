//! What Asterisk's `AMD()` says, in the engine's words.

use engine::LegNews;
use engine::amd::{Verdict, VerdictCause};
use engine::words::Span;

/// The verdict in `AMDSTATUS` and `AMDCAUSE`. An empty status is left where `AMD()` could not listen: whoever has answered
/// is taken for a person, as they are where it says something unknown.
pub(super) fn judged(status: &str, cause: &str) -> LegNews {
    let verdict = match status {
        "MACHINE" => Verdict::Machine,
        "NOTSURE" => Verdict::NotSure,
        "FAX" => Verdict::Fax,
        _ => Verdict::Human,
    };
    let mut parts = cause.split('-');
    let word = parts.next().unwrap_or_default();
    let measured = parts.next().and_then(|ms| ms.parse().ok()).map_or(Span::ZERO, Span::millis);
    let cause = cause_of(status, word);
    // The first figure behind a short greeting is the silence that has followed it.
    let silence = if cause == VerdictCause::ShortGreeting { measured } else { Span::ZERO };
    LegNews::Judged { verdict, cause, silence }
}

/// The words of `app_amd.c`. It knows no faxes: a site whose dialplan does sets the status `FAX` itself.
fn cause_of(status: &str, word: &str) -> VerdictCause {
    match word {
        "HUMAN" => VerdictCause::ShortGreeting,
        "LONGGREETING" => VerdictCause::LongGreeting,
        "MAXWORDS" => VerdictCause::ManyWords,
        "MAXWORDLENGTH" => VerdictCause::LongWord,
        "INITIALSILENCE" => VerdictCause::InitialSilence,
        "TOOLONG" => VerdictCause::TooLong,
        "NOAUDIODATA" => VerdictCause::NoAudio,
        _ if status == "FAX" => VerdictCause::FaxTone,
        "" if status.is_empty() => VerdictCause::NotDetected,
        _ => VerdictCause::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_amd_has_its_meaning() {
        let ms = |ms| Span::millis(ms);
        for (status, cause, verdict, meaning, silence) in [
            ("HUMAN", "HUMAN-420-400", Verdict::Human, VerdictCause::ShortGreeting, ms(420)),
            ("MACHINE", "LONGGREETING-1500-1500", Verdict::Machine, VerdictCause::LongGreeting, ms(0)),
            ("MACHINE", "INITIALSILENCE-2500-2500", Verdict::Machine, VerdictCause::InitialSilence, ms(0)),
            ("MACHINE", "MAXWORDS-4-3", Verdict::Machine, VerdictCause::ManyWords, ms(0)),
            ("MACHINE", "MAXWORDLENGTH-5001", Verdict::Machine, VerdictCause::LongWord, ms(0)),
            ("NOTSURE", "TOOLONG-4000", Verdict::NotSure, VerdictCause::TooLong, ms(0)),
            ("NOTSURE", "NOAUDIODATA-4000", Verdict::NotSure, VerdictCause::NoAudio, ms(0)),
            ("FAX", "", Verdict::Fax, VerdictCause::FaxTone, ms(0)),
            ("", "", Verdict::Human, VerdictCause::NotDetected, ms(0)),
            ("WHATEVER", "MOON-1", Verdict::Human, VerdictCause::Other, ms(0)),
            ("HUMAN", "HUMAN-x", Verdict::Human, VerdictCause::ShortGreeting, ms(0)),
        ] {
            let judged = LegNews::Judged { verdict, cause: meaning, silence };
            assert_eq!(super::judged(status, cause), judged, "{status} {cause}");
        }
    }
}
