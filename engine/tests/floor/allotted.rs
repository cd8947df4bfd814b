//! Dials that are allotted from outside.

use engine::Wish;
use engine::pacing::Pacing;
use engine::words::{CampaignId, Span};

use crate::bench::{Floor, state};
use crate::house::{self, SPRING};

const fn allot(dials: u32) -> Wish {
    Wish::Allot { campaign: SPRING, dials }
}

#[test]
fn it_dials_what_is_allotted_whoever_is_ready_and_no_more() {
    let floor = Floor::open(house::ahead(Pacing::Allotted, &["ann"])).dials(5);
    assert_eq!(state(&floor, SPRING), "running (not_due)");
    assert!(floor.database.attempts.is_empty(), "nothing was allotted");
    let mut floor = floor.anew();
    floor.asks(allot(2));
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Allot { campaign: CampaignId(1), dials: 2 }
    0.000 Reply granted
    0.000 Save callee 1.1: item 1 attempt 1 by carrier 1
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1
    0.000 Fetch 2 for campaign 1, below 5 attempts
    0.000 Originate callee 1.1 to PJSIP/15550000001@trunk-a
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    ");
    floor.after(Span::secs(9));
    assert_eq!(floor.database.attempts.len(), 2);
    assert_eq!(state(&floor, SPRING), "running (not_due)");
}

#[test]
fn what_is_not_used_lapses_at_the_next_allotment_and_not_before() {
    let mut floor = Floor::open(house::ahead(Pacing::Allotted, &[])).dials(1);
    let dialled = |floor: &Floor| floor.database.attempts.len();
    floor.asks(allot(3));
    assert_eq!(dialled(&floor), 1, "there is one lead");
    floor.adds_leads(2..=2);
    floor.asks(Wish::LeadsAdded(SPRING));
    assert_eq!(dialled(&floor), 2, "two of the three were left");
    floor.asks(allot(0));
    floor.adds_leads(3..=9);
    floor.asks(Wish::LeadsAdded(SPRING));
    assert_eq!(dialled(&floor), 2, "the last one has lapsed");
    floor.asks(allot(1));
    assert_eq!(dialled(&floor), 3);
}

#[test]
fn nothing_is_allotted_to_a_campaign_that_paces_itself_or_is_not_there() {
    let mut floor = Floor::open(house::ratio(2_000, &["ann"])).anew();
    floor.asks(allot(2));
    floor.asks(Wish::Allot { campaign: CampaignId(9), dials: 2 });
    insta::assert_snapshot!(floor.story(), @"
    0.000 > asked: Allot { campaign: CampaignId(1), dials: 2 }
    0.000 Reply denied: the campaign's own pacing decides how many calls it places
    0.000 > asked: Allot { campaign: CampaignId(9), dials: 2 }
    0.000 Reply denied: no such campaign; `campaign list` shows those configured
    ");
}
