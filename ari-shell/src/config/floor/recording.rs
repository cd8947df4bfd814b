//! `recording` of a campaign, with the keys that belong to it.

use engine::recording::{Format, Recorded, RecordingRules};

use crate::config::section::Section;

/// The keys that are nothing without `recording`.
const DETAILS: [&str; 2] = ["recording_stereo", "recording_format"];

pub(super) fn under(section: &mut Section<'_>) -> Option<RecordingRules> {
    let is_said = section.has("recording");
    let given = DETAILS.map(|key| section.has(key).then(|| section.place(key)));
    let which = section.text("recording", |text| match text {
        "none" => Ok(None),
        "all" => Ok(Some(Recorded::All)),
        "on_demand" => Ok(Some(Recorded::OnDemand)),
        other => Err(format!("{other:?} must be \"none\", \"all\" or \"on_demand\"")),
    });
    let stereo = section.flag("recording_stereo").unwrap_or(false);
    let format = section.text("recording_format", format).unwrap_or(Format::Wav);
    for (key, place) in DETAILS.into_iter().zip(given).filter(|_| !is_said) {
        if let Some(place) = place {
            section.problem(&place, key, "goes with recording = \"all\" or \"on_demand\"");
        }
    }
    which.flatten().map(|which| RecordingRules { which, stereo, format })
}

fn format(text: &str) -> Result<Format, String> {
    let names = Format::ALL.map(|format| format!("{:?}", format.name())).join(", ");
    let named = Format::ALL.into_iter().find(|format| format.name() == text);
    named.ok_or_else(|| format!("{text:?} must be one of {names}"))
}
