//! The shell's side: a house with a database, as its users run it.

use std::time::{Duration, Instant, SystemTime};

use tests::house::{House, Logged};
use tests::lab::process;
use tests::pbx::{MESSAGE, Pbx};

use super::{Kind, Placed};

/// Dials all numbers of the kind. Gives when each originate was given out, and the shell's time on the processor.
pub(super) async fn dial(pbx: &Pbx, kind: Kind) -> (Placed, Duration) {
    let mut house = House::furnish(&pbx.url(), &rules(kind));
    house.import("bench", kind.numbers());
    house.open().await;
    let idle = process::cpu(house.pid()).expect("the shell runs");
    house.start().await;
    house.until_completed(Duration::from_secs(180)).await;
    let busy = process::cpu(house.pid()).expect("the shell runs");
    house.close().await;
    let calls = house.logged().await;
    assert_eq!(calls.len(), usize::from(kind.calls), "every call has its record");
    let clock = Clock::now();
    (calls.iter().map(|call| (call.number.clone(), clock.placed(call))).collect(), busy - idle)
}

/// The same moment on both of the system's clocks.
struct Clock {
    wall: SystemTime,
    monotonic: Instant,
}

impl Clock {
    fn now() -> Self {
        Self { wall: SystemTime::now(), monotonic: Instant::now() }
    }

    fn placed(&self, call: &Logged) -> Instant {
        let placed = call.placed_at.expect("every call was placed");
        let placed = SystemTime::UNIX_EPOCH + Duration::from_micros(placed.unsigned_abs());
        self.monotonic - self.wall.duration_since(placed).expect("it was placed before now")
    }
}

fn rules(kind: Kind) -> String {
    let mode = match kind.level {
        1 => "mode = \"progressive\"".to_owned(),
        level => format!("mode = \"ratio\"\nlevel = {level}\nmessage = \"{MESSAGE}\""),
    };
    let agents =
        (1..=kind.agents).map(|n| format!("[[agent]]\nname = \"agent-{n}\"\ncampaign = \"bench\"\n"));
    let agents: String = agents.collect();
    format!(
        "[[carrier]]\nname = \"trunk-a\"\ntrunk = \"trunk-a\"\nchannels = 10000\ncalls_per_second = 10000\n\
         [[campaign]]\nname = \"bench\"\ncarriers = [\"trunk-a\"]\n{mode}\nwrap_up = \"0s\"\n\
         [campaign.retry]\nbusy = {{ up_to = 0 }}\n{agents}"
    )
}
