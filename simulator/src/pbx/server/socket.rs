//! One event socket.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::watch;

use super::owner::{Connection, Line};

/// Serves a socket until either side is done with it. It ends without a closing handshake, as a cut one does.
///
/// Pings are answered while the stream is read, and a silent PBX does not read.
pub(super) async fn serve(
    socket: WebSocket,
    connection: Connection,
    mut silent: watch::Receiver<bool>,
    write_timeout: Duration,
) {
    let Connection {
        mut lines,
        farewell: _farewell,
    } = connection;
    let (mut sink, mut stream) = socket.split();
    loop {
        let is_silent = *silent.borrow_and_update();
        tokio::select! {
            line = lines.recv() => {
                let Some(Line { text, sent }) = line else { return };
                let write = sink.send(Message::Text(text.into()));
                if !matches!(tokio::time::timeout(write_timeout, write).await, Ok(Ok(()))) {
                    return;
                }
                if let Some(sent) = sent {
                    let _ = sent.send(());
                }
            }
            message = stream.next(), if !is_silent => match message {
                // The application sends nothing that matters; requests over the socket are not imitated.
                Some(Ok(Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            changed = silent.changed() => if changed.is_err() { return },
        }
    }
}
