//! What is changed of a campaign's pacing while it dials.

use engine::pacing::{DropWindow, Pacing, PacingChange, PredictiveRules, WindowSpan};
use engine::view::CampaignView;
use engine::words::{CampaignId, Milli, Span};
use engine::{Config, Wish};

use crate::bench::Floor;
use crate::house::{self, OPENING, SPRING};

fn changes(floor: &mut Floor, change: impl Into<Option<PacingChange>>) {
    floor.asks(Wish::Pace { campaign: SPRING, change: change.into() });
}

fn spring(floor: &Floor) -> CampaignView {
    floor.engine.view().campaigns.swap_remove(0)
}

/// What is in force, and what is configured where that is something else.
fn told(floor: &Floor) -> String {
    let CampaignView { pacing, configured, .. } = spring(floor);
    configured.map_or_else(|| pacing.to_string(), |configured| format!("{pacing}, not {configured}"))
}

/// When each call was dialled, in seconds from the opening.
fn dialled(floor: &Floor) -> Vec<u64> {
    let saved = floor.database.attempts.values().filter_map(|saved| saved.request.as_ref());
    saved.map(|request| request.created.since(OPENING).0 / 1_000_000).collect()
}

/// One window a day and one a month, which allow 3 and 5 %.
fn two_windows() -> Config {
    let window = |limit, span| DropWindow { limit: Milli(limit), span };
    let windows = vec![window(30, WindowSpan::Day), window(50, WindowSpan::Month)];
    let rules = PredictiveRules { windows, answer_rate: None, strict: false };
    house::ahead(Pacing::Predictive(rules), &["ann", "bob", "cid"])
}

/// Ann, bob and cid at work in a window that has earned some drops, of which one has come.
fn has_dropped_one() -> Floor {
    let mut house = two_windows();
    (house.carriers[0].channels, house.carriers[0].calls_per_second) = (100, 100);
    let mut floor = Floor::open(house);
    floor.database.has_had(120, SPRING, OPENING);
    floor.process_restarts();
    let mut floor = floor.staffed(&["ann", "bob", "cid"]).dials(90);
    floor.agent_hangs_up("ann");
    for callee in 1..=3 {
        floor.callee(callee).answers();
    }
    floor.after(Span::secs(3));
    floor.asks(Wish::LogIn(house::id_of("ann")));
    floor
}

#[test]
fn a_ratio_has_its_new_level_at_once() {
    let mut floor = Floor::open(house::ratio(1_000, &["ann"])).staffed(&["ann"]).dials(4).anew();
    changes(&mut floor, PacingChange::Level(Milli(2_500)));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Pace { campaign: CampaignId(1), change: Some(Level(Milli(2500))) }
    0.000 NoteCampaign 1: running, level: 2.5
    0.000 Reply granted
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1
    0.000 Save callee 3.1: item 3 attempt 1 by carrier 1
    0.000 Fetch 3 for campaign 1, below 5 attempts
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    0.000 Originate callee 3.1 to PJSIP/15550000003@trunk-a
    ");
    assert_eq!(told(&floor), "level 2.5, not level 1");
    changes(&mut floor, None);
    assert_eq!(told(&floor), "level 1");
    assert_eq!(spring(&floor).in_flight, 3, "calls in the air stay there");
}

#[test]
fn a_broadcast_counts_its_new_rate_from_its_last_dial_on() {
    let mut floor = Floor::open(house::ahead(Pacing::Broadcast { per_minute: 12 }, &[])).dials(20);
    floor.after(Span::secs(6));
    changes(&mut floor, PacingChange::PerMinute(30));
    floor.after(Span::secs(4));
    assert_eq!(dialled(&floor), [0, 5, 7, 9]);
    changes(&mut floor, PacingChange::PerMinute(6));
    floor.after(Span::secs(20));
    assert_eq!(dialled(&floor), [0, 5, 7, 9, 19, 29]);
    floor.after(Span::secs(6));
    changes(&mut floor, None);
    assert_eq!(told(&floor), "12 dials a minute");
    floor.after(Span::secs(6));
    assert_eq!(dialled(&floor), [0, 5, 7, 9, 19, 29, 36, 41], "what was not due before is not made up for");
}

#[test]
fn a_broadcast_that_has_dialled_nobody_yet_dials_at_once_at_any_rate() {
    let mut floor = Floor::open(house::ahead(Pacing::Broadcast { per_minute: 12 }, &[]));
    changes(&mut floor, PacingChange::PerMinute(1));
    let floor = floor.dials(2);
    assert_eq!(dialled(&floor), [0]);
}

#[test]
fn a_lower_limit_holds_for_what_the_window_has_counted_already() {
    let mut floor = has_dropped_one();
    let before = spring(&floor);
    assert_eq!([before.windows[0].answers, before.windows[0].drops], [123, 1]);
    changes(&mut floor, PacingChange::DropLimit(Milli(5)));
    let CampaignView { pacing, windows, pace, .. } = spring(&floor);
    assert_eq!(pacing.to_string(), "drops up to 0.5 % a day, 0.5 % a month");
    assert_eq!(windows, before.windows, "nothing that was counted is forgotten");
    insta::assert_snapshot!(pace.expect("it looks ahead"), @"one call for each idle agent (1 of 3) until answers have earned another drop: the limit of 0.5 % a day has room for -0.4");
    changes(&mut floor, None);
    floor.after(Span::secs(1));
    assert_eq!(spring(&floor).windows, before.windows);
    insta::assert_snapshot!(spring(&floor).pace.expect("it looks ahead"), @"up to 1 calls in the air for 3 agents, 1 of them idle, since 49.8 % of the dials are answered. It aims at dropping 2.7 % of the answers, and the limit of 3.0 % a day has room for 2.6 drops; one drop more has to bring 29 answers");
}

#[test]
fn a_window_whose_own_limit_is_lower_keeps_it() {
    let mut floor = Floor::open(two_windows());
    changes(&mut floor, PacingChange::DropLimit(Milli(40)));
    assert_eq!(
        told(&floor),
        "drops up to 3.0 % a day, 4.0 % a month, not drops up to 3.0 % a day, 5.0 % a month"
    );
}

#[test]
fn what_does_not_go_with_the_pacing_is_refused_with_what_would() {
    use PacingChange::{DropLimit, Level, PerMinute};
    let allotted = house::ahead(Pacing::Allotted, &[]);
    let broadcast = || house::ahead(Pacing::Broadcast { per_minute: 12 }, &[]);
    let refused = [
        (house::progressive(&[]), Level(Milli(2_000))),
        (house::preview(&[]), DropLimit(Milli(10))),
        (allotted, PerMinute(60)),
        (house::ratio(2_000, &[]), PerMinute(60)),
        (house::ratio(2_000, &[]), Level(Milli(999))),
        (house::ratio(2_000, &[]), Level(Milli(10_001))),
        (broadcast(), Level(Milli(2_250))),
        (broadcast(), PerMinute(0)),
        (broadcast(), PerMinute(6_001)),
        (two_windows(), PerMinute(60)),
        (two_windows(), DropLimit(Milli(0))),
        (two_windows(), DropLimit(Milli(51))),
    ];
    let replies = refused.map(|(house, change)| {
        let mut floor = Floor::open(house).anew();
        let before = told(&floor);
        changes(&mut floor, change);
        assert_eq!(told(&floor), before);
        let story = floor.story();
        story.trim().rsplit("Reply ").next().expect("a reply").to_owned()
    });
    insta::assert_snapshot!(replies.join("\n"), @r#"
    denied: level: 2 belongs to mode = "ratio", and the campaign has mode = "progressive", of which nothing can be changed while it dials; to dial in another way, change `mode` in the file and start `run` anew
    denied: drop_limit: 1.0 % belongs to mode = "predictive", and the campaign has mode = "preview", of which nothing can be changed while it dials; to dial in another way, change `mode` in the file and start `run` anew
    denied: per_minute: 60 belongs to mode = "broadcast", and the campaign has mode = "allotted", of which nothing can be changed while it dials; to dial in another way, change `mode` in the file and start `run` anew
    denied: per_minute: 60 belongs to mode = "broadcast", and the campaign has mode = "ratio", of which level can be changed while it dials; to dial in another way, change `mode` in the file and start `run` anew
    denied: level: 0.999 is out of range; give 1 to 10
    denied: level: 10.001 is out of range; give 1 to 10
    denied: level: 2.25 belongs to mode = "ratio", and the campaign has mode = "broadcast", of which per_minute can be changed while it dials; to dial in another way, change `mode` in the file and start `run` anew
    denied: per_minute: 0 is out of range; give 1 to 6000
    denied: per_minute: 6001 is out of range; give 1 to 6000
    denied: per_minute: 60 belongs to mode = "broadcast", and the campaign has mode = "predictive", of which drop_limit can be changed while it dials; to dial in another way, change `mode` in the file and start `run` anew
    denied: drop_limit: 0.0 % is out of range; give 0.1 % to 5.0 %, the highest limit in the file
    denied: drop_limit: 5.1 % is out of range; give 0.1 % to 5.0 %, the highest limit in the file
    "#);
    let mut floor = Floor::open(house::progressive(&[])).anew();
    floor.asks(Wish::Pace { campaign: CampaignId(9), change: None });
    changes(&mut floor, None);
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Pace { campaign: CampaignId(9), change: None }
    0.000 Reply denied: no such campaign; `campaign list` shows those configured
    0.000 > asked: Pace { campaign: CampaignId(1), change: None }
    0.000 NoteCampaign 1: ready
    0.000 Reply granted
    ");
}

#[test]
fn a_change_survives_the_process_as_long_as_the_configuration_is_the_same() {
    let mut floor = Floor::open(house::ratio(1_500, &["ann"])).staffed(&["ann"]).dials(4);
    changes(&mut floor, PacingChange::Level(Milli(3_000)));
    floor.process_restarts();
    assert_eq!(told(&floor), "level 3, not level 1.5");
    let mut floor = floor.anew();
    floor.process_restarts_with(|house| house.campaigns[0].pacing = Pacing::Ratio { level: Milli(2_000) });
    assert_eq!(told(&floor), "level 2", "whoever wrote the file had the last word");
    let noted = floor.story();
    assert!(noted.contains("NoteCampaign 1: starting\n"), "{noted}");
    floor.process_restarts_with(|house| house.campaigns[0].pacing = Pacing::Ratio { level: Milli(1_500) });
    assert_eq!(told(&floor), "level 1.5", "it is forgotten for good");
}

#[test]
fn a_lower_limit_survives_with_what_its_windows_have_counted() {
    let mut floor = has_dropped_one();
    changes(&mut floor, PacingChange::DropLimit(Milli(20)));
    let before = spring(&floor);
    floor.process_restarts();
    let after = spring(&floor);
    assert_eq!((after.pacing, after.windows), (before.pacing, before.windows));
}

#[test]
fn a_change_to_what_is_configured_is_none() {
    let mut floor = Floor::open(house::ratio(1_500, &["ann"]));
    changes(&mut floor, PacingChange::Level(Milli(1_500)));
    assert_eq!(spring(&floor).configured, None);
}
