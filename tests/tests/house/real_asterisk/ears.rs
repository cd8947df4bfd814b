//! What a callee hears for a while, packet by packet.

use std::collections::BTreeMap;
use std::time::Duration;

use tests::lab::audio::{is_sound, phone_heard};
use tests::pbx::Pbx;

/// What is under way when something changes has come through after this.
const UNDER_WAY: Duration = Duration::from_millis(500);

/// What was heard in one packet's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Heard {
    /// The telephone of that number, alone.
    Phone(u16),
    /// Two of them: what each repeats every four samples, added up.
    Both,
    Music,
    Silence,
}

/// What the first callee hears from now on, and in how many packets.
pub(super) async fn listens(pbx: &mut Pbx, span: Duration) -> BTreeMap<Heard, usize> {
    tokio::time::sleep(UNDER_WAY).await;
    let from = pbx.lab().far_end.calls()[0].heard.len();
    tokio::time::sleep(span).await;
    let calls = pbx.lab().far_end.calls();
    let mut counts = BTreeMap::new();
    for packet in calls[0].heard[from..].chunks_exact(160) {
        *counts.entry(heard(packet)).or_default() += 1;
    }
    counts
}

/// What most packets had in them: on a machine that is busy, some packet comes too late to be mixed.
pub(super) fn mostly(counts: &BTreeMap<Heard, usize>) -> Option<Heard> {
    counts.iter().max_by_key(|(_, count)| **count).map(|(heard, _)| *heard)
}

/// A packet of 20 ms.
fn heard(payload: &[u8]) -> Heard {
    let repeats = payload.chunks_exact(4).all(|chunk| chunk == &payload[..4]);
    match phone_heard(payload) {
        Some(number) => Heard::Phone(number),
        None if !is_sound(payload) => Heard::Silence,
        None if repeats => Heard::Both,
        None => Heard::Music,
    }
}
