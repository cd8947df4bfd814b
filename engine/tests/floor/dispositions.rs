//! What agents say of their calls, and what becomes of leads and of wrap-ups by it.

use std::sync::Arc;

use engine::agent::AgentState;
use engine::lead::{Barred, Callback, Meaning};
use engine::pacing::Pacing;
use engine::words::{AttemptId, CampaignId, QueueId, Span};
use engine::{Config, Failure, Outcome, Wish};

use crate::bench::{Floor, Instead};
use crate::house::{self, OPENING, SPRING, id_of};

/// Ann's campaign, with dispositions: demanded within so long, or given within the wrap-up of 20 s.
fn house(demanded_within: Option<Span>) -> Config {
    let mut config = house::progressive(&["ann"]);
    let set = engine::lead::Dispositions { demanded_within, ..house::dispositions() };
    config.campaigns[0].dispositions = Some(Arc::new(set));
    config
}

/// Ann talks to the first of so many leads.
fn talking(demanded_within: Option<Span>, leads: u64) -> Floor {
    let mut floor = Floor::open(house(demanded_within)).staffed(&["ann"]).dials(leads);
    floor.callee(1).answers();
    floor.anew()
}

fn demanding() -> Option<Span> {
    Some(Span::secs(600))
}

fn says(floor: &mut Floor, code: &str) {
    says_of(floor, None, code, None);
}

fn says_of(floor: &mut Floor, attempt: Option<u64>, code: &str, at: Option<u64>) {
    let callback = at.map(|secs| Callback { at: OPENING + Span::secs(secs), agent: None });
    let attempt = attempt.map(AttemptId);
    floor.asks(Wish::Dispose { agent: id_of("ann"), attempt, code: code.to_owned(), callback, note: None });
}

#[test]
fn the_wrap_up_ends_with_the_disposition_which_decides_what_becomes_of_the_lead() {
    let mut floor = talking(None, 1);
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(3));
    says(&mut floor, "sold");
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > callee 1.1 leaves conversation 1
    0.000 > callee 1.1 is gone (16)
    0.000 NoteAgent ann: wrap_up on 1
    0.000 Hold ann.1
    0.000 DropBridge conversation 1
    0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; awaits a disposition until 20.000
    3.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sold", callback: None, note: None }
    3.000 NoteAgent ann: ready on 1
    3.000 Dispose attempt 1: sold, completed, ann
    3.000 Reply granted
    3.000 NoteCampaign 1: completed
    "#);
}

#[test]
fn where_nothing_is_said_in_time_the_default_is_written() {
    let mut floor = talking(None, 1);
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(21));
    says(&mut floor, "sold");
    insta::assert_snapshot!(floor.story(), @r#"
     0.000 > callee 1.1 leaves conversation 1
     0.000 > callee 1.1 is gone (16)
     0.000 NoteAgent ann: wrap_up on 1
     0.000 Hold ann.1
     0.000 DropBridge conversation 1
     0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; awaits a disposition until 20.000
    20.000 NoteAgent ann: ready on 1
    20.000 Dispose attempt 1: open by default, retry at 60.000, ann
    21.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sold", callback: None, note: None }
    21.000 Reply denied: the agent has no such call to say anything of
    "#);
}

#[test]
fn whoever_has_to_say_something_stays_in_wrap_up_until_they_have_or_the_limit_is_over() {
    let mut floor = talking(demanding(), 2);
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(300));
    floor.asks(Wish::ReadyAgent(id_of("ann")));
    says(&mut floor, "sole");
    says(&mut floor, "later");
    says_of(&mut floor, None, "sold", Some(900));
    says(&mut floor, "wrong");
    insta::assert_snapshot!(floor.story(), @r#"
      0.000 > callee 1.1 leaves conversation 1
      0.000 > callee 1.1 is gone (16)
      0.000 NoteAgent ann: wrap_up on 1
      0.000 Hold ann.1
      0.000 DropBridge conversation 1
      0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; awaits a disposition until 600.000
     60.000 Survey
    120.000 Survey
    180.000 Survey
    240.000 Survey
    300.000 Survey
    300.000 > asked: ReadyAgent(AgentId(1))
    300.000 Reply denied: the agent has first to say what came of attempt 1: `agent dispose`
    300.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sole", callback: None, note: None }
    300.000 Reply denied: the campaign has no such disposition; it has open, machine, sold, later, never, wrong
    300.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "later", callback: None, note: None }
    300.000 Reply denied: the disposition agrees on another call: say for when
    300.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sold", callback: Some(Callback { at: Micros(1700000900000000), agent: None }), note: None }
    300.000 Reply denied: the disposition agrees on no other call: leave its time out
    300.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "wrong", callback: None, note: None }
    300.000 NoteAgent ann: ready on 1
    300.000 Dispose attempt 1: wrong, exhausted by bad_number, ann
    300.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann
    300.000 Reply granted
    300.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    "#);

    let mut floor = talking(demanding(), 1);
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::millis(599_999));
    assert_eq!(floor.state_of("ann"), AgentState::WrapUp);
    floor.after(Span::millis(1));
    assert_eq!(floor.state_of("ann"), AgentState::Reserved, "and is free for the next call");
}

#[test]
fn what_is_said_while_the_call_goes_on_is_written_after_its_record_and_leaves_no_wrap_up() {
    let mut floor = talking(demanding(), 1);
    says(&mut floor, "machine");
    says(&mut floor, "sold");
    floor.after(Span::secs(5));
    floor.callee(1).hangs_up(16, None);
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "machine", callback: None, note: None }
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, said to be machine
    0.000 Reply granted
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sold", callback: None, note: None }
    0.000 Reply denied: it was said already what came of that call
    5.000 > callee 1.1 leaves conversation 1
    5.000 > callee 1.1 is gone (16)
    5.000 NoteAgent ann: ringing on 1
    5.000 Hold ann.1
    5.000 DropBridge conversation 1
    5.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 5.000; awaits a disposition until 605.000
    5.000 NoteAgent ann: ready on 1
    5.000 Dispose attempt 1: machine, retry at 3605.000, ann
    "#);
}

#[test]
fn a_callback_that_was_agreed_on_is_made_at_its_time() {
    let mut floor = talking(None, 1);
    floor.callee(1).hangs_up(16, None);
    says_of(&mut floor, None, "later", Some(900));
    floor.after(Span::secs(900));
    insta::assert_snapshot!(floor.story(), @r#"
      0.000 > callee 1.1 leaves conversation 1
      0.000 > callee 1.1 is gone (16)
      0.000 NoteAgent ann: wrap_up on 1
      0.000 Hold ann.1
      0.000 DropBridge conversation 1
      0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; awaits a disposition until 20.000
      0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "later", callback: Some(Callback { at: Micros(1700000900000000), agent: None }), note: None }
      0.000 NoteAgent ann: ready on 1
      0.000 Dispose attempt 1: later, retry at 900.000, ann
      0.000 Reply granted
     60.000 Survey
    120.000 Survey
    180.000 Survey
    240.000 Survey
    300.000 Survey
    360.000 Survey
    420.000 Survey
    480.000 Survey
    540.000 Survey
    600.000 Survey
    660.000 Survey
    720.000 Survey
    780.000 Survey
    840.000 Survey
    900.000 Survey
    900.000 Fetch 8 for campaign 1, below 5 attempts
    900.000 Save callee 2.1: item 1 attempt 2 by carrier 1, ann
    900.000 Originate callee 2.1 to PJSIP/15550000001@trunk-a
    "#);
}

#[test]
fn a_callback_is_promised_still_where_the_agent_says_that_nobody_was_there() {
    for (code, kept) in [("machine", true), ("open", false)] {
        let mut floor = talking(None, 1);
        floor.callee(1).hangs_up(16, None);
        let callback = Some(Callback { at: OPENING, agent: Some(id_of("ann")) });
        floor.asks(Wish::Dispose {
            agent: id_of("ann"),
            attempt: None,
            code: "later".to_owned(),
            callback,
            note: Some("ask for Eve".to_owned()),
        });
        floor.callee(2).answers();
        says(&mut floor, code);
        floor.callee(2).hangs_up(16, None);
        let row = &floor.database.items[&QueueId(1)];
        let agreed = row.item.callback.map(|callback| (callback.at, callback.agent));
        assert_eq!(agreed, kept.then(|| (OPENING + Span::secs(3_600), Some(id_of("ann")))), "{code}");
    }
}

#[test]
fn who_is_not_to_be_called_any_more_is_dialled_no_more_from_that_moment_on() {
    let mut floor = talking(None, 1);
    floor.database.add_lead(SPRING, 2, "15550000001", OPENING);
    says(&mut floor, "never");
    floor.callee(1).hangs_up(16, None);
    floor.asks(Wish::LeadsAdded(SPRING));
    floor.after(Span::secs(120));
    insta::assert_snapshot!(floor.story(), @r#"
      0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "never", callback: None, note: None }
      0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, said to be never
      0.000 OptOut 15550000001
      0.000 Reply granted
      0.000 > callee 1.1 leaves conversation 1
      0.000 > callee 1.1 is gone (16)
      0.000 NoteAgent ann: ringing on 1
      0.000 Hold ann.1
      0.000 DropBridge conversation 1
      0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; awaits a disposition until 20.000
      0.000 NoteAgent ann: ready on 1
      0.000 Dispose attempt 1: never, exhausted by do_not_call, barred, ann
      0.000 NoteCampaign 1: completed
      0.000 > asked: LeadsAdded(CampaignId(1))
      0.000 NoteCampaign 1: running
      0.000 Reply granted
      0.000 Fetch 4 for campaign 1, below 5 attempts
      0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann
      0.000 NoteCampaign 1: completed
     60.000 Survey
    120.000 Survey
    "#);
}

#[test]
fn a_debt_is_still_owed_after_the_process_has_died() {
    let mut floor = talking(demanding(), 2);
    floor.callee(1).hangs_up(16, None);
    floor.process_restarts();
    let mut floor = floor.anew();
    assert_eq!(floor.state_of("ann"), AgentState::WrapUp);
    let owes = floor.engine.view().agents[0].owes.clone();
    assert_eq!(
        owes.iter().map(|debt| (debt.attempt, debt.until)).collect::<Vec<_>>(),
        [(AttemptId(1), OPENING + Span::secs(600))]
    );
    says_of(&mut floor, Some(1), "sold", None);
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(1), attempt: Some(AttemptId(1)), code: "sold", callback: None, note: None }
    0.000 NoteAgent ann: ready on 1
    0.000 Dispose attempt 1: sold, completed, ann
    0.000 Save callee 2.1: item 2 attempt 1 by carrier 1, ann
    0.000 Reply granted
    0.000 Originate callee 2.1 to PJSIP/15550000002@trunk-a
    "#);
}

#[test]
fn a_debt_whose_time_has_passed_while_no_process_ran_is_settled_by_the_default() {
    let mut floor = talking(demanding(), 1);
    floor.callee(1).hangs_up(16, None);
    floor.process_is_gone_for(Span::secs(700));
    assert_eq!(floor.state_of("ann"), AgentState::Reserved, "the default is tried again after a minute");
    assert_eq!(floor.database.attempts[&AttemptId(1)].disposed[0].code, "open");
}

#[test]
fn whoever_has_gone_home_still_owes_when_they_come_back() {
    let mut floor = talking(demanding(), 2);
    floor.asks(Wish::LogOut(id_of("ann")));
    floor.callee(1).hangs_up(16, None);
    floor.process_restarts();
    assert_eq!(floor.state_of("ann"), AgentState::Offline);
    floor.agent_logs_in("ann");
    assert_eq!(floor.state_of("ann"), AgentState::WrapUp);
    says(&mut floor, "sold");
    assert_ne!(floor.state_of("ann"), AgentState::WrapUp);
}

#[test]
fn what_could_not_be_written_is_written_again_and_granted_only_then() {
    let mut floor = talking(demanding(), 1);
    floor.callee(1).hangs_up(16, None);
    let mut floor = floor.anew();
    floor.instead("Dispose", 1, Instead::Answer(Outcome::Failed(Failure::Database)));
    says(&mut floor, "sold");
    says(&mut floor, "wrong");
    floor.after(Span::secs(5));
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sold", callback: None, note: None }
    0.000 NoteAgent ann: ready on 1
    0.000 Dispose attempt 1: sold, completed, ann
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "wrong", callback: None, note: None }
    0.000 Reply denied: the agent has no such call to say anything of
    0.780 Dispose attempt 1: sold, completed, ann
    0.780 Reply granted
    0.780 NoteCampaign 1: completed
    "#);
}

#[test]
fn nobody_says_anything_of_what_is_not_theirs() {
    let mut config = house(demanding());
    config.agents = house::progressive(&["ann", "bob"]).agents;
    let mut floor = Floor::open(config).staffed(&["ann", "bob"]).dials(1).anew();
    says(&mut floor, "sold");
    floor.callee(1).answers();
    let mut floor = floor.anew();
    let (agent, attempt, code) = (id_of("bob"), Some(AttemptId(1)), "sold".to_owned());
    let of_another = Wish::Dispose { agent, attempt, code, callback: None, note: None };
    floor.asks(of_another.clone());
    floor.callee(1).hangs_up(16, None);
    floor.asks(of_another);
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(2), attempt: Some(AttemptId(1)), code: "sold", callback: None, note: None }
    0.000 Reply denied: the agent has no such call to say anything of
    0.000 > callee 1.1 leaves conversation 1
    0.000 > callee 1.1 is gone (16)
    0.000 NoteAgent ann: wrap_up on 1
    0.000 Hold ann.1
    0.000 DropBridge conversation 1
    0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; awaits a disposition until 600.000
    0.000 > asked: Dispose { agent: AgentId(2), attempt: Some(AttemptId(1)), code: "sold", callback: None, note: None }
    0.000 Reply denied: the agent has no such call to say anything of
    "#);
}

/// The campaign that ann has moved to.
const OTHER: CampaignId = CampaignId(2);

#[test]
fn whoever_works_for_another_campaign_by_now_leaves_the_call_that_they_agree_on_to_those_who_are_left() {
    let mut floor = talking(demanding(), 1);
    floor.callee(1).hangs_up(16, None);
    floor.process_restarts_with(|config| {
        let other = house::campaign(OTHER, "autumn", Pacing::Progressive);
        config.campaigns.push(other);
        config.agents[0].campaign = OTHER;
    });
    let mut floor = floor.anew();
    let callback = |agent| Some(Callback { at: OPENING + Span::secs(900), agent });
    for agent in [Some(id_of("ann")), None] {
        let (code, callback) = ("later".to_owned(), callback(agent));
        floor.asks(Wish::Dispose { agent: id_of("ann"), attempt: None, code, callback, note: None });
    }
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "later", callback: Some(Callback { at: Micros(1700000900000000), agent: Some(AgentId(1)) }), note: None }
    0.000 Reply denied: the agent does not work for the call's campaign any more: leave `mine` out, and anybody there may call
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "later", callback: Some(Callback { at: Micros(1700000900000000), agent: None }), note: None }
    0.000 NoteAgent ann: ready on 1
    0.000 Dispose attempt 1: later, retry at 900.000, ann
    0.000 Reply granted
    "#);
}

#[test]
fn a_number_of_which_an_agent_has_said_never_is_not_dialled_before_that_is_written_either() {
    for said_on_the_call in [true, false] {
        let mut floor = talking(None, 1);
        floor.instead("Dispose", 1, Instead::Later);
        if said_on_the_call {
            says(&mut floor, "never");
        }
        floor.callee(1).hangs_up(16, None);
        if !said_on_the_call {
            says(&mut floor, "never");
        }
        // It is the number of another lead, too, of which the database knows nothing yet.
        floor.database.add_lead(SPRING, 2, "15550000001", OPENING);
        floor.asks(Wish::LeadsAdded(SPRING));
        floor.after(Span::secs(8));
        assert_eq!(floor.database.attempts.len(), 1, "{}", floor.story());
        floor.goes_on();
        floor.after(Span::secs(30));
        assert_eq!(floor.database.attempts.len(), 1, "{}", floor.story());
    }
}

#[test]
fn that_nobody_is_to_call_any_more_is_not_forgotten_where_the_process_dies_before_the_call_is_over() {
    let mut floor = talking(None, 1);
    says(&mut floor, "never");
    floor.process_restarts();
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(90));
    assert_eq!(floor.database.attempts.len(), 1, "{}", floor.story());
    assert!(!floor.story().contains("Originate callee 2"), "{}", floor.story());
}

/// What is written of ann's first call.
fn disposed(floor: &Floor) -> Vec<(String, bool, Option<Callback>)> {
    let disposed = &floor.database.attempts[&AttemptId(1)].disposed;
    disposed.iter().map(|disposed| (disposed.code.clone(), disposed.said, disposed.callback)).collect()
}

#[test]
fn what_was_said_of_a_call_that_goes_on_holds_where_the_process_dies_before_it_is_written() {
    let agreed = Callback { at: OPENING + Span::secs(900), agent: None };
    for recorded_before in [false, true] {
        let mut floor = talking(demanding(), 1);
        floor.instead("Dispose", 1, Instead::Silence);
        says_of(&mut floor, None, "later", Some(900));
        if recorded_before {
            floor.callee(1).hangs_up(16, None);
        }
        floor.process_restarts();
        if !recorded_before {
            floor.callee(1).hangs_up(16, None);
        }
        floor.after(Span::secs(10));
        let later = ("later".to_owned(), true, Some(agreed));
        assert_eq!(disposed(&floor), [later], "{}", floor.story());
        assert_ne!(floor.state_of("ann"), AgentState::WrapUp, "she has said it");
    }
}

#[test]
fn what_was_said_of_a_call_that_goes_on_is_granted_once_it_is_noted() {
    let mut floor = talking(None, 1);
    floor.instead("Note", 1, Instead::Answer(Outcome::Failed(Failure::Database)));
    says(&mut floor, "sold");
    says(&mut floor, "wrong");
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sold", callback: None, note: None }
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, said to be sold
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "wrong", callback: None, note: None }
    0.000 Reply denied: it was said already what came of that call
    0.780 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, said to be sold
    0.780 Reply granted
    "#);
}

#[test]
fn whoever_waits_for_what_they_have_said_to_be_noted_is_answered_once_when_the_call_ends_before() {
    let mut floor = talking(None, 1);
    floor.instead("Note", 1, Instead::Later);
    says(&mut floor, "sold");
    floor.callee(1).hangs_up(16, None);
    floor.goes_on();
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "sold", callback: None, note: None }
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, said to be sold
    0.000 > callee 1.1 leaves conversation 1
    0.000 > callee 1.1 is gone (16)
    0.000 NoteAgent ann: ringing on 1
    0.000 Hold ann.1
    0.000 DropBridge conversation 1
    0.000 Record attempt 1: connected (Bridged, -) [1: carrier 1 16], ann; placed 0.000, answered 0.000, bridged 0.000, ended 0.000; awaits a disposition until 20.000
    0.000 NoteAgent ann: ready on 1
    0.000 Dispose attempt 1: sold, completed, ann
    0.000 Reply granted
    0.000 NoteCampaign 1: completed
    "#);
}

#[test]
fn what_was_said_before_is_owed_anew_where_the_next_process_does_not_know_it_any_more() {
    let mut floor = talking(demanding(), 1);
    says(&mut floor, "sold");
    floor.process_restarts_with(|config| {
        let set = config.campaigns[0].dispositions.as_mut().map(Arc::make_mut);
        set.expect("there are dispositions").list.retain(|disposition| disposition.code != "sold");
    });
    floor.callee(1).hangs_up(16, None);
    assert_eq!(disposed(&floor), []);
    assert_eq!(floor.state_of("ann"), AgentState::WrapUp);
    says(&mut floor, "wrong");
    assert_eq!(disposed(&floor), [("wrong".to_owned(), true, None)]);
}

#[test]
fn that_a_campaign_is_not_to_call_any_more_is_written_at_once_on_its_own_list_and_again_until_it_is() {
    let mut config = house(None);
    let set = config.campaigns[0].dispositions.as_mut().map(Arc::make_mut).expect("there are dispositions");
    let never = set.list.iter_mut().find(|disposition| disposition.code == "never").expect("it is there");
    never.meaning = Meaning::DoNotCall { list: Some("own".to_owned()) };
    let mut floor = Floor::open(config).staffed(&["ann"]).dials(1);
    floor.callee(1).answers();
    let mut floor = floor.anew();
    floor.instead("OptOut", 1, Instead::Answer(Outcome::Failed(Failure::Database)));
    says(&mut floor, "never");
    floor.after(Span::secs(2));
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "never", callback: None, note: None }
    0.000 Note attempt 1: placed 0.000, answered 0.000, bridged 0.000, ann, said to be never
    0.000 OptOut 15550000001 on own
    0.000 Reply granted
    0.780 OptOut 15550000001 on own
    "#);
    floor.process_restarts();
    floor.callee(1).hangs_up(16, None);
    floor.after(Span::secs(90));
    assert_eq!(floor.database.attempts.len(), 1, "{}", floor.story());
}

#[test]
fn a_lead_whose_number_was_barred_during_the_talk_has_come_to_its_end_whatever_is_said_of_it() {
    let mut floor = talking(None, 1);
    let barred = Barred::parse("15550000001").expect("a number");
    floor.asks(Wish::DoNotCall { barred, campaigns: vec![SPRING] });
    floor.callee(1).hangs_up(16, None);
    let mut floor = floor.anew();
    says(&mut floor, "open");
    insta::assert_snapshot!(floor.story(), @r#"
    0.000 > asked: Dispose { agent: AgentId(1), attempt: None, code: "open", callback: None, note: None }
    0.000 NoteAgent ann: ready on 1
    0.000 Dispose attempt 1: open, exhausted by do_not_call, ann
    0.000 Reply granted
    0.000 NoteCampaign 1: completed
    "#);
}

#[test]
fn what_an_agent_owes_who_is_configured_no_longer_is_decided_by_the_default() {
    let mut floor = talking(None, 1);
    floor.callee(1).hangs_up(16, None);
    floor.process_restarts_with(|config| config.agents[0].id = id_of("bob"));
    floor.after(Span::secs(21));
    let story = floor.story();
    assert!(story.contains("20.000 Dispose attempt 1: open by default, retry at 60.000"), "{story}");
}
