//! Recordings of conversations: begun, paused and ended while people talk, and fetched by whoever may hear them.

use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use engine::words::AttemptId;
use engine::{RecordingWish, Wish};
use futures_util::stream;

use super::api::{Done, attempt, bare, no_such_verb};
use super::{House, Problem};
use crate::recordings::{NoSound, Sound, media_type};

/// What can be asked of the recording of a conversation, in the words of addresses and commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingVerb {
    /// It begins.
    Start,
    /// It ends, and is kept.
    Stop,
    /// Silence is recorded in place of what is said.
    Pause,
    /// What is said is recorded again.
    Resume,
}

impl RecordingVerb {
    /// All of them.
    const ALL: [Self; 4] = [Self::Start, Self::Stop, Self::Pause, Self::Resume];

    /// As in an address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    const fn wish(self, attempt: AttemptId) -> Wish {
        let wish = match self {
            Self::Start => RecordingWish::Start,
            Self::Stop => RecordingWish::Stop,
            Self::Pause => RecordingWish::Pause,
            Self::Resume => RecordingWish::Resume,
        };
        Wish::Record { attempt, wish }
    }
}

/// Answered when the PBX has done it: whoever is about to say the number of a card can wait for that.
pub(super) async fn ask(
    State(house): State<House>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Done {
    let Path((id, verb)) = path?;
    let attempt = attempt(&id)?;
    let known = RecordingVerb::ALL.into_iter().find(|known| known.name() == verb);
    let verb: RecordingVerb = known.ok_or_else(|| -> Problem { no_such_verb("recording", &verb) })?;
    bare(verb.name(), &body?)?;
    house.ask(verb.wish(attempt)).await
}

/// The file, as it comes from the PBX. One that breaks off ends the connection before its time, so that nobody takes the half
/// for the whole.
pub(super) async fn fetch(
    State(house): State<House>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(name) = path?;
    let sound = house.recordings.open(&name).await?;
    let disposition = format!("attachment; filename=\"{}\"", sound.file_name());
    let length = sound.length;
    let headers = [(CONTENT_TYPE, media_type(sound.format).to_owned()), (CONTENT_DISPOSITION, disposition)];
    let pieces = stream::unfold(sound, async |mut sound: Sound| {
        let piece = sound.next().await.transpose()?;
        Some((piece, sound))
    });
    let mut response = (headers, Body::from_stream(pieces)).into_response();
    if let Some(length) = length {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    Ok(response)
}

impl From<NoSound> for Problem {
    fn from(none: NoSound) -> Self {
        let told = match none {
            NoSound::NoName(_)
            | NoSound::Elsewhere { .. }
            | NoSound::OtherDatabase { .. }
            | NoSound::Missing(_) => Self::not_found,
            NoSound::Apart(..) => Self::conflict,
            NoSound::Unreadable(_) | NoSound::Pbx { .. } => Self::unavailable,
        };
        told(none.to_string())
    }
}
