//! Hours: of a campaign, of its callees, and what becomes of leads outside them. Every test begins on a Tuesday at 22:13:20
//! UTC.

use engine::lead::{Area, Geography, Hours, Jurisdiction, OpenWindow, Place};
use engine::words::Span;
use engine::zone::{Offset, Zone};
use engine::{Config, Reason, Wish};

use crate::bench::{Floor, Instead, state};
use crate::house::{self, OPENING, SPRING};

pub(crate) fn daily(from: u16, to: u16) -> Hours {
    Hours { week: std::array::from_fn(|_| vec![OpenWindow { from, to }]), holidays: Vec::new() }
}

/// Clocks that are ahead of UTC by so many hours.
fn ahead(hours: i32) -> Zone {
    Zone::try_from(vec![Offset { from: engine::words::Micros(0), ahead: hours * 3_600 }]).expect("a zone")
}

/// Calls that take 37 seconds at most until they have rung out, with the guard; one more is kept for saving.
fn open_until(hour: u16, minute: u16) -> Config {
    let mut config = house::progressive(&["ann"]);
    config.campaigns[0].hours = Some(daily(9 * 60, hour * 60 + minute));
    config
}

/// Lead 1 is five hours ahead of UTC and sleeps, lead 9 may be there, and lead 8 is under a law; all but 1 are seven hours
/// behind or may be.
fn by_callees() -> Config {
    let mut config = house::progressive(&["ann"]);
    config.campaigns[0].callee_hours = Some(daily(9 * 60, 20 * 60));
    config.campaigns[0].law = true;
    let place = |prefix: &str, zones: &[u16]| Place { prefix: prefix.to_owned(), zones: zones.to_vec() };
    config.geography = Geography {
        zones: vec![ahead(5), ahead(-7)],
        names: vec![("East".to_owned(), 0), ("West".to_owned(), 1)],
        places: vec![place("1555", &[1]), place("15550000001", &[0]), place("15550000009", &[0, 1])],
        jurisdictions: vec![Jurisdiction { name: "late".to_owned(), hours: Some(daily(16 * 60, 18 * 60)) }],
        areas: vec![Area { prefix: "15550000008".to_owned(), jurisdiction: 0 }],
    };
    config
}

#[test]
fn an_automatic_hopper_does_not_grow_by_leads_that_are_put_off_until_their_hours_open() {
    let mut config = by_callees();
    config.campaigns[0].hopper_size = None;
    config.geography.places = vec![Place { prefix: "1555".to_owned(), zones: vec![0] }];
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(100);
    let story = floor.story();
    let asked = |line: &str| line.trim().strip_prefix("0.000 Fetch ").map(str::to_owned);
    let asked: Vec<String> = story.lines().filter_map(asked).collect();
    assert_eq!(asked, ["20 for campaign 1, below 5 attempts"; 6], "all of them sleep");
}

/// What happened but for the looks at the exchange.
fn story(floor: &mut Floor) -> String {
    let story = floor.story();
    story.lines().filter(|line| !line.ends_with("Survey")).collect::<Vec<_>>().join("\n")
}

#[test]
fn outside_its_hours_a_campaign_fetches_nothing_and_goes_on_when_they_open() {
    let mut floor = Floor::open(open_until(20, 0)).staffed(&["ann"]).anew().dials(1);
    assert_eq!(state(&floor, SPRING), "running (outside_hours)");
    let view = floor.engine.view();
    assert_eq!(view.campaigns[0].opens_at.map(|at| at.since(OPENING)), Some(Span::secs(38_800)), "09:00 UTC");
    floor.after(Span::secs(38_800));
    insta::assert_snapshot!(story(&mut floor), @"
        0.000 > asked: Start(CampaignId(1))
        0.000 NoteCampaign 1: running
        0.000 Reply granted
    38800.000 Fetch 4 for campaign 1, below 5 attempts
    38800.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    38800.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    ");
}

#[test]
fn nothing_is_dialled_that_could_still_ring_when_the_hours_end_and_what_is_ready_goes_back() {
    // Calls have to have rung out by 22:15, in 100 s: those that begin by 62 s from now have.
    let mut floor = Floor::open(open_until(22, 15)).staffed(&["ann"]).anew();
    floor.asks(Wish::Start(SPRING));
    floor.after(Span::secs(61));
    floor.adds_leads(1..=2);
    floor.asks(Wish::LeadsAdded(SPRING));
    floor.after(Span::secs(1));
    floor.callee(1).hangs_up(17, 486);
    insta::assert_snapshot!(story(&mut floor), @"
     0.000 > asked: Start(CampaignId(1))
     0.000 NoteCampaign 1: running
     0.000 Reply granted
     0.000 Fetch 4 for campaign 1, below 5 attempts
     0.000 NoteCampaign 1: completed
    61.000 > asked: LeadsAdded(CampaignId(1))
    61.000 NoteCampaign 1: running
    61.000 Reply granted
    61.000 Fetch 4 for campaign 1, below 5 attempts
    61.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    61.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    62.000 > callee 1.1 is gone (17/486)
    62.000 Record attempt 1: busy (Placed, -) [1: carrier 1 17/486]; placed 61.000, ended 62.000; retry at 662.000
    62.000 Release 2 as they were
    ");
    assert_eq!(state(&floor, SPRING), "running (outside_hours)");
}

#[test]
fn a_lead_outside_its_hours_goes_back_until_they_open_and_those_behind_it_are_dialled() {
    let mut floor = Floor::open(by_callees()).staffed(&["ann"]).anew();
    floor.adds_leads([1, 2, 8, 9]);
    floor.asks(Wish::Start(SPRING));
    insta::assert_snapshot!(story(&mut floor), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Release 1 from 20800.000 on
    0.000 Save callee 1.1: item 2 attempt 1 by carrier 1, ann
    0.000 Fetch 2 for campaign 1, below 5 attempts
    0.000 Originate callee 1.1 to PJSIP/15550000002@trunk-a
    ");
    floor.callee(1).hangs_up(17, 486);
    // By its law the eighth may be called from 16:00 on, in 2,800 s where it lives. The ninth may be where it is never day
    // at the same time as where else it may be; it is looked at again in 31 days.
    insta::assert_snapshot!(story(&mut floor), @"
    0.000 > callee 1.1 is gone (17/486)
    0.000 Record attempt 1: busy (Placed, -) [1: carrier 1 17/486]; placed 0.000, ended 0.000; retry at 600.000
    0.000 Release 8 from 2800.000 on
    0.000 Release 9 from 2678400.000 on
    ");
}

#[test]
fn the_zone_of_the_lead_itself_goes_before_what_its_number_says() {
    let mut floor = Floor::open(by_callees()).staffed(&["ann"]).anew();
    floor.adds_leads([1, 2]);
    floor.database.lives_in(1, "West");
    floor.database.lives_in(2, "East");
    floor.asks(Wish::Start(SPRING));
    assert_eq!(floor.database.attempts.len(), 1);
    let saved = floor.database.attempts.values().next().and_then(|saved| saved.request.as_ref());
    assert_eq!(saved.map(|request| request.lead.0), Some(1));
}

#[test]
fn a_campaign_whose_leads_all_sleep_says_so_and_wakes_with_the_first_of_them() {
    let mut floor = Floor::open(by_callees()).staffed(&["ann"]).anew();
    floor.adds_leads([1]);
    floor.asks(Wish::Start(SPRING));
    assert_eq!(state(&floor, SPRING), "running (outside_hours)");
    let view = floor.engine.view();
    // 09:00 five hours ahead of UTC is 04:00.
    assert_eq!(view.campaigns[0].opens_at.map(|at| at.since(OPENING)), Some(Span::secs(20_800)));
    assert_eq!(view.campaigns[0].refusals.get(&Reason::OutsideHours), Some(&1));
    floor.after(Span::secs(20_799));
    assert!(floor.database.attempts.is_empty());
    floor.after(Span::secs(1));
    assert_eq!(floor.database.attempts.len(), 1);
}

#[test]
fn a_call_whose_intent_took_too_long_to_be_saved_does_not_leave_the_house() {
    // Calls have to have rung out by 22:14, in 40 s; this one takes 37.
    let mut floor = Floor::open(open_until(22, 14)).staffed(&["ann"]).anew();
    floor.instead("Save", 1, Instead::Later);
    floor.adds_leads([1]);
    floor.asks(Wish::Start(SPRING));
    floor.after(Span::secs(4));
    floor.goes_on();
    insta::assert_snapshot!(story(&mut floor), @"
    0.000 > asked: Start(CampaignId(1))
    0.000 NoteCampaign 1: running
    0.000 Reply granted
    0.000 Fetch 4 for campaign 1, below 5 attempts
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1, ann
    4.000 Record attempt 1: technical (Placed, -) [1: carrier 1 - NotSent]; ended 4.000; retry at 304.000
    ");
}

#[test]
fn a_callback_that_its_hours_put_off_is_asked_for_when_they_open_though_the_hopper_is_full() {
    let mut config = by_callees();
    config.campaigns[0].hopper_size = Some(20);
    config.campaigns[0].talk_limit = Span::secs(3_600);
    config.geography.zones[0] = ahead(10);
    let mut floor = Floor::open(config).staffed(&["ann"]);
    floor.adds_leads(1..=40);
    floor.database.agree(1, OPENING, None);
    floor.asks(Wish::Start(SPRING));
    floor.callee(1).answers();
    assert!(story(&mut floor).contains("Release 1 from 2800.000 on"));
    floor.after(Span::secs(2_800));
    let story = story(&mut floor);
    assert!(story.contains("2800.000 Fetch 8 for campaign 1"), "{story}");
}
