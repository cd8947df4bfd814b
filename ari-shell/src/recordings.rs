//! Recordings as people fetch them: by name, as the PBX keeps them, a stereo take as one file.
//!
//! Nothing is kept here: every fetch goes through to the PBX, piece by piece, whatever its length.

mod stereo;

use std::time::Duration;

use axum::body::Bytes;
use engine::recording::{Format, Track};
use engine::words::{Node, Signature};
use reqwest::Response;
use tokio::time::timeout;

use crate::ari::{Client, Error, Kind, RecordingName};
use stereo::{Coding, HEADER, Weave};

/// A PBX that sends nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is nothing to be had under a name, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoSound {
    /// No recording of this house has such a name.
    #[error(
        "{0:?} is no name of a recording; such a name is rm1.3fa9c2.t.42.1.1 or rm1.3fa9c2.r.42.1, and explain tells it"
    )]
    NoName(String),
    /// Another node has made it.
    #[error("{name} is kept by the Asterisk of node {node}: ask there")]
    Elsewhere {
        /// What was asked for.
        name: String,
        /// Which.
        node: Node,
    },
    /// This node has made it, with another database.
    #[error(
        "{name} is of a call that another database of node {node} knows: the names of this one's begin with {ours}, and \
         explain tells them"
    )]
    OtherDatabase {
        /// What was asked for.
        name: String,
        /// This node.
        node: Node,
        /// How it signs.
        ours: Signature,
    },
    /// The PBX has none of that name, or not yet.
    #[error("the PBX has no recording {0}")]
    Missing(String),
    /// Two sides that no file can hold together.
    #[error("{0} is in two files, which {1} cannot hold in one: ask for {0}.callee and {0}.agent")]
    Apart(String, Format),
    /// The file is not what its name says.
    #[error("the PBX has a file {0} that is not written as Asterisk writes it")]
    Unreadable(String),
    /// The PBX did not answer, or broke off.
    #[error("the PBX does not hand out {name}: {why}")]
    Pbx {
        /// What was asked for.
        name: String,
        /// Why.
        why: String,
    },
}

/// Where recordings are.
#[derive(Debug, Clone)]
pub struct Recordings {
    client: Client,
    signature: Signature,
}

/// A recording that is being read.
#[derive(Debug)]
pub(crate) struct Sound {
    name: String,
    /// How it is written.
    pub(crate) format: Format,
    /// All its bytes.
    pub(crate) length: Option<u64>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// A file as it is.
    Whole(Response),
    /// Two files as one.
    Woven(Box<Woven>),
}

#[derive(Debug)]
struct Woven {
    weave: Weave,
    sides: [Response; 2],
    /// Whether the header has been handed on.
    begun: bool,
}

impl Recordings {
    pub(crate) fn new(client: Client, signature: Signature) -> Self {
        Self { client, signature }
    }

    /// The recording of that name: of a take, of one side of it, or of what a callee said in a call flow.
    pub(crate) async fn open(&self, name: &str) -> Result<Sound, NoSound> {
        let take = self.signature.track_of(name);
        if take.is_none() && self.signature.recording_of(name).is_none() {
            return Err(self.not_ours(name.to_owned()));
        }
        match (self.file(name).await, take) {
            (Err(NoSound::Missing(_)), Some((take, Track::Both))) => {
                let [left, right] =
                    [Track::Callee, Track::Agent].map(|track| self.signature.track(take, track));
                match (self.file(&left).await, self.file(&right).await) {
                    (Ok(left), Ok(right)) => both(name, left, right).await,
                    (Err(NoSound::Missing(_)), Err(NoSound::Missing(_))) => {
                        Err(NoSound::Missing(name.to_owned()))
                    }
                    (Err(error), _) | (_, Err(error)) => Err(error),
                }
            }
            (file, _) => file.map(|(format, file)| Sound::whole(name, format, file)),
        }
    }

    fn not_ours(&self, name: String) -> NoSound {
        let (node, ours) = (self.signature.node(), self.signature.clone());
        match maker(&name) {
            Some(maker) if maker == node => NoSound::OtherDatabase { name, node, ours },
            Some(node) => NoSound::Elsewhere { name, node },
            None => NoSound::NoName(name),
        }
    }

    async fn file(&self, name: &str) -> Result<(Format, Response), NoSound> {
        let failed = |error: Error| match error.kind() {
            Some(Kind::Gone) => NoSound::Missing(name.to_owned()),
            _ => NoSound::Pbx { name: name.to_owned(), why: error.to_string() },
        };
        let id = RecordingName::new(name);
        let format = self.client.stored_recording(&id).await.map_err(failed)?.format;
        let known = Format::ALL.into_iter().find(|known| known.name() == format);
        let format = known.ok_or_else(|| NoSound::Unreadable(format!("{name}.{format}")))?;
        Ok((format, self.client.stored_file(&id).await.map_err(failed)?))
    }
}

/// The node whose name for a recording that would be.
fn maker(name: &str) -> Option<Node> {
    let by = Signature::of(name)?;
    (by.track_of(name).is_some() || by.recording_of(name).is_some()).then(|| by.node())
}

/// Two sides as one.
async fn both(name: &str, left: (Format, Response), right: (Format, Response)) -> Result<Sound, NoSound> {
    let (format, mut sides) = (left.0, [left.1, right.1]);
    let coding = Coding::of(format).ok_or_else(|| NoSound::Apart(name.to_owned(), format))?;
    let mut lengths = [0; 2];
    let mut first = [Vec::new(), Vec::new()];
    for ((side, length), first) in sides.iter_mut().zip(&mut lengths).zip(&mut first) {
        let unreadable = || NoSound::Unreadable(name.to_owned());
        let header = u64::try_from(coding.header).expect("it is 44 at most");
        *length = side.content_length().and_then(|all| all.checked_sub(header)).ok_or_else(unreadable)?;
        while first.len() < coding.header {
            first.extend(piece(name, side).await?.ok_or_else(unreadable)?);
        }
        let header: Vec<u8> = first.drain(..coding.header).collect();
        if coding.header == HEADER && (&header[..4], &header[36..40]) != (b"RIFF", b"data") {
            return Err(unreadable());
        }
    }
    let mut weave = Weave::new(coding, lengths);
    for (side, samples) in first.iter().enumerate() {
        weave.feed(side, samples);
    }
    Ok(Sound {
        name: name.to_owned(),
        format: Format::Wav,
        length: Some(weave.length()),
        body: Body::Woven(Box::new(Woven { weave, sides, begun: false })),
    })
}

impl Sound {
    fn whole(name: &str, format: Format, file: Response) -> Self {
        Self { name: name.to_owned(), format, length: file.content_length(), body: Body::Whole(file) }
    }

    /// What its file is called.
    pub(crate) fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.format)
    }

    /// The next piece of it; `None` at its end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, NoSound> {
        let Woven { weave, sides, begun } = match &mut self.body {
            Body::Whole(file) => return piece(&self.name, file).await,
            Body::Woven(woven) => woven.as_mut(),
        };
        if !std::mem::replace(begun, true) {
            return Ok(Some(weave.header().into()));
        }
        loop {
            let woven = weave.take();
            if !woven.is_empty() {
                return Ok(Some(woven.into()));
            }
            let side = weave.wants();
            match piece(&self.name, &mut sides[side]).await? {
                Some(samples) => weave.feed(side, &samples),
                None => return Ok(None),
            }
        }
    }
}

async fn piece(name: &str, file: &mut Response) -> Result<Option<Bytes>, NoSound> {
    let failed = |why: String| NoSound::Pbx { name: name.to_owned(), why };
    let piece =
        timeout(PATIENCE, file.chunk()).await.map_err(|_| failed("it sends nothing more".to_owned()))?;
    piece.map_err(|error| failed(error.without_url().to_string()))
}

/// As an HTTP header names a format.
pub(crate) const fn media_type(format: Format) -> &'static str {
    match format {
        Format::Wav => "audio/wav",
        Format::Ulaw => "audio/basic",
        Format::Alaw => "audio/x-alaw-basic",
        Format::Gsm => "audio/gsm",
    }
}
