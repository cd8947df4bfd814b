//! `recording`: what is recorded of a conversation while it goes on, and what was recorded.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use engine::recording::Format;
use output::Place;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use super::call::Meant;
use super::{Failure, Out, running};
use crate::config::Config;
use crate::http::RecordingVerb;
use crate::recordings;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Record a conversation from now on.
    Start(Meant),
    /// End the recording of a conversation, and keep it.
    Stop(Meant),
    /// Record silence in place of what is said, such as the number of a card.
    Pause(Meant),
    /// Record what is said again.
    Resume(Meant),
    /// Fetch a recording from the PBX: a stereo take as one file.
    Fetch(Fetched),
}

/// Which recording, and where it goes.
#[derive(Debug, Args)]
pub(super) struct Fetched {
    /// Its name, such as rm1.3fa9c2.t.42.1.1, as `explain` tells it; rm1.3fa9c2.t.42.1.1.agent is one side of a stereo take.
    name: String,
    /// The new file; without it, one of that name in this folder.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

pub(super) async fn run(command: Command, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let (meant, verb) = match command {
        Command::Start(meant) => (meant, RecordingVerb::Start),
        Command::Stop(meant) => (meant, RecordingVerb::Stop),
        Command::Pause(meant) => (meant, RecordingVerb::Pause),
        Command::Resume(meant) => (meant, RecordingVerb::Resume),
        Command::Fetch(fetched) => return fetch(fetched, config, out).await,
    };
    let shell = running(config).await?;
    let attempt = meant.attempt(&shell).await?;
    shell.recording(attempt, verb).await?;
    Ok(out.line(format_args!("recording of attempt {attempt}: {} granted", verb.name()))?)
}

async fn fetch(Fetched { name, to }: Fetched, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut recording = running(config).await?.fetch(&name).await?;
    let to = to.unwrap_or_else(|| PathBuf::from(format!("{name}.{}", ending(&recording))));
    let bytes = keep(&mut recording, &to)
        .await
        .map_err(|error| Failure::failed(format!("{}: {error}", to.display())))?;
    Ok(out.line(format_args!("{}: {bytes} bytes", to.display()))?)
}

/// What a file's name ends in for what it holds.
fn ending(recording: &Response) -> &'static str {
    let media_type = recording.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let format = Format::ALL.into_iter().find(|format| Some(recordings::media_type(*format)) == media_type);
    format.unwrap_or(Format::Wav).name()
}

/// Writes it down as `to`; gives how many bytes that were.
async fn keep(recording: &mut Response, to: &Path) -> io::Result<u64> {
    let mut file = Place::of_new(to)?.begin()?;
    let mut bytes = 0;
    while let Some(piece) = recording.chunk().await.map_err(io::Error::other)? {
        file.write_all(&piece)?;
        bytes += u64::try_from(piece.len()).expect("a piece fits into memory");
    }
    file.keep()?;
    Ok(bytes)
}
