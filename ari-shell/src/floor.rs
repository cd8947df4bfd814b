//! The floor: the one loop that owns the engine, and the handle by which everything else talks to it.

use engine::view::View;
use engine::{Denial, Wish};
use tokio::sync::{mpsc, oneshot};

/// A way to the floor; cheap to clone. All of them gone does not stop the floor.
#[derive(Debug, Clone)]
pub struct Floor {
    calls: mpsc::UnboundedSender<Call>,
}

/// What can be asked of the floor.
#[derive(Debug)]
pub(crate) enum Call {
    Ask { wish: Wish, answer: oneshot::Sender<Result<(), Denial>> },
    View { answer: oneshot::Sender<View> },
}

/// The floor has ended and answers nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the dialer is shutting down")]
pub struct FloorGone;

impl Floor {
    pub(crate) fn channel() -> (Self, mpsc::UnboundedReceiver<Call>) {
        let (calls, inbox) = mpsc::unbounded_channel();
        (Self { calls }, inbox)
    }

    /// Asks the engine for something and waits for its reply.
    ///
    /// # Errors
    /// [`FloorGone`] where the floor has ended before it replied.
    pub async fn ask(&self, wish: Wish) -> Result<Result<(), Denial>, FloorGone> {
        let (answer, reply) = oneshot::channel();
        self.calls.send(Call::Ask { wish, answer }).map_err(|_| FloorGone)?;
        reply.await.map_err(|_| FloorGone)
    }

    /// The floor as it is now.
    ///
    /// # Errors
    /// [`FloorGone`] where the floor has ended.
    pub async fn view(&self) -> Result<View, FloorGone> {
        let (answer, view) = oneshot::channel();
        self.calls.send(Call::View { answer }).map_err(|_| FloorGone)?;
        view.await.map_err(|_| FloorGone)
    }
}
