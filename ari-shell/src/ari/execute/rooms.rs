//! Rooms: one mixing bridge each, which whoever comes first makes. And how bridges go down.

use engine::Outcome;
use engine::words::{Bridge, Label, Leg};

use super::{Executor, done};
use crate::ari::reply::Error;
use crate::ari::wire::BridgeId;

impl Executor {
    /// Puts a leg into the bridge of a room. Operators see the room's own name on the bridge.
    pub(super) async fn confer(&self, leg: Leg, bridge: Bridge, room: Label) -> Outcome {
        let id = self.bridge(bridge);
        done(match self.make_mixing_bridge(&id, &format!("ringmaster-conference-{room}")).await {
            Ok(()) => self.client.add_channel(&id, &[&self.channel(leg)]).await,
            refused @ Err(_) => refused,
        })
    }

    /// With the last one the bridge goes.
    pub(super) async fn take_out(&self, leg: Leg, bridge: Bridge, last: bool) -> Result<(), Error> {
        if last {
            self.drop_bridge(bridge).await
        } else {
            self.client.remove_channel(&self.bridge(bridge), &[&self.channel(leg)]).await
        }
    }

    /// Takes a bridge down. Asterisk answers that before those who are in it have left, and a sound that a leg is to hear
    /// meanwhile never ends. So whoever goes on alone, after a transfer or a room, is taken out first: that is answered when
    /// they have left.
    pub(super) async fn drop_bridge(&self, bridge: Bridge) -> Result<(), Error> {
        let id = self.bridge(bridge);
        match bridge {
            Bridge::Transfer { .. } | Bridge::Conference { .. } => self.empty(&id).await,
            Bridge::Conversation(_) | Bridge::Hold => {}
        }
        self.client.destroy_bridge(&id).await
    }

    /// Whoever cannot be taken out is leaving, or leaves with the bridge.
    async fn empty(&self, id: &BridgeId) {
        let Ok(bridge) = self.client.bridge(id).await else { return };
        for channel in &bridge.channels {
            if let Err(error) = self.client.remove_channel(id, &[channel]).await {
                tracing::debug!(%error, "a leg could not be taken out of a bridge that goes down");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::words::AttemptId;

    use super::*;
    use crate::ari::execute::testing::executor;
    use crate::ari::fake::{Act, Fake};

    #[tokio::test]
    async fn whoever_is_in_a_bridge_that_goes_down_is_taken_out_of_it_first() {
        let there = r#"{"id": "rm1.bt.1.1", "channels": ["rm1.c.1.1", "rm1.x.1.1"]}"#;
        let gone = Act::Reply(404, r#"{"message": "Channel not found"}"#);
        let fake = Fake::start(vec![Act::Reply(200, there), gone], vec![]).await;
        let bridge = Bridge::Transfer { attempt: AttemptId(1), ordinal: 1 };
        executor(&fake).drop_bridge(bridge).await.expect("it goes down");
        assert_eq!(
            fake.lines(),
            [
                "GET /ari/bridges/rm1.bt.1.1",
                "POST /ari/bridges/rm1.bt.1.1/removeChannel?channel=rm1.c.1.1",
                "POST /ari/bridges/rm1.bt.1.1/removeChannel?channel=rm1.x.1.1",
                "DELETE /ari/bridges/rm1.bt.1.1",
            ],
            "one that cannot be taken out holds up nothing"
        );
    }
}
