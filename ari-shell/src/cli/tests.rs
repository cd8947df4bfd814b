mod beside;
mod callflow;
mod check;
mod database;
mod do_not_call;
mod export;
mod house;
mod import;
mod list;
mod node;
mod outbox;
mod preflight;
mod recording;
mod standings;
mod waiting;

use std::path::Path;

use clap::CommandFactory as _;
use engine::campaign::CampaignState;
use engine::pacing::PacingChange;
use engine::view::{AgreedView, PreviewView};
use engine::words::{AttemptId, CampaignId, LeadId, Micros, Milli, Number, QueueId};
use engine::{Denial, Wish};

use super::*;
use crate::http::Token;
use crate::http::fake::{Fake, view};

#[test]
fn the_command_line_is_well_formed() {
    Args::command().debug_assert();
}

#[tokio::test]
async fn campaigns_are_listed_as_they_stand() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = fake.config_file();
    insta::assert_snapshot!(ok(&file, &["campaign", "list"]).await);
    insta::assert_snapshot!(ok(&file, &["campaign", "list", "--json"]).await);
}

#[tokio::test]
async fn agents_are_listed_with_their_campaign_and_how_long_they_do_what_they_do() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = fake.config_file();
    insta::assert_snapshot!(ok(&file, &["agent", "list"]).await);
    insta::assert_snapshot!(ok(&file, &["agent", "list", "--json"]).await);
}

#[tokio::test]
async fn without_a_shell_lists_show_what_is_configured() {
    let fake = Fake::gone().await;
    let file = fake.config_file();
    nobody_runs(&fake);
    insta::assert_snapshot!(ok(&file, &["campaign", "list"]).await);
    insta::assert_snapshot!(ok(&file, &["agent", "list", "--json"]).await);
}

#[tokio::test]
async fn a_campaign_is_explained_by_its_reason_and_what_kept_it_from_dialling() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = fake.config_file();
    insta::assert_snapshot!(ok(&file, &["explain", "--campaign", "spring sale"]).await);
    let failure = run(&file, &["explain", "--campaign", "autumn"]).await;
    let (code, told) = failure.as_ref().expect_err("there is none").told();
    assert_eq!(code, 1);
    assert_eq!(told, "there is no campaign \"autumn\"; known: spring sale");
}

#[tokio::test]
async fn a_campaign_that_does_not_run_is_told_with_what_makes_it_dial() {
    let mut told = String::new();
    for state in CampaignState::ALL {
        let mut shown = view();
        let campaign = &mut shown.campaigns[0];
        (campaign.state, campaign.reason, campaign.pace) = (state, None, None);
        campaign.refusals.clear();
        let fake = Fake::start(Ok(()), shown).await;
        told.push_str(&ok(&fake.config_file(), &["explain", "--campaign", "spring sale"]).await);
    }
    insta::assert_snapshot!(told, @"
    spring sale is ready
    It does not dial: it was not started; `campaign start` starts it.
    Its pacing: level 2.5 (configured: level 2).
    spring sale is starting
    It does not dial yet: it does as soon as its sounds are found.
    Its pacing: level 2.5 (configured: level 2).
    spring sale is running
    Nothing keeps it from dialling.
    Its pacing: level 2.5 (configured: level 2).
    spring sale is paused
    It does not dial: it is paused; `campaign start` lets it go on.
    Its pacing: level 2.5 (configured: level 2).
    spring sale is draining
    It does not dial: it is stopped once its live calls are over; `campaign start` lets it go on.
    Its pacing: level 2.5 (configured: level 2).
    spring sale is stopped
    It does not dial: it was stopped; `campaign start` starts it.
    Its pacing: level 2.5 (configured: level 2).
    spring sale is completed
    It does not dial: all its leads are done. `import` brings more, `campaign recycle` has those dialled again who were not reached; then `campaign start` starts it.
    Its pacing: level 2.5 (configured: level 2).
    ");
}

#[tokio::test]
async fn what_is_granted_is_said_and_has_reached_the_floor() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = fake.config_file();
    for (line, said) in [
        (&["campaign", "start", "spring sale"][..], "spring sale: start granted\n"),
        (&["campaign", "drain", "spring sale"], "spring sale: drain granted\n"),
        (
            &["campaign", "close", "spring sale", "--at", "2099-07-01 17:30"],
            "spring sale: will pause by itself at 2099-07-01 17:30:00 UTC\n",
        ),
        (
            &["campaign", "pace", "spring sale", "--level", "2.5"],
            "spring sale: level 2.5 from now on (before: level 2.5, configured: level 2)\n",
        ),
        (&["agent", "pause", "anna", "--code", "lunch"], "anna: pause granted\n"),
        (&["agent", "login", "anna"], "anna: login granted\n"),
    ] {
        assert_eq!(ok(&file, line).await, said);
    }
    let wishes = fake.wishes();
    assert_eq!(wishes.len(), 6);
    assert!(matches!(wishes[1], Wish::Drain(_)), "{wishes:?}");
    let at = Some(Micros(4_086_610_200_000_000));
    assert_eq!(wishes[2], Wish::CloseAt { campaign: CampaignId(1), at });
    let change = Some(PacingChange::Level(Milli(2_500)));
    assert_eq!(wishes[3], Wish::Pace { campaign: CampaignId(1), change });
    assert!(matches!(wishes[4], Wish::PauseAgent { .. }), "{wishes:?}");
}

#[tokio::test]
async fn a_denial_fails_with_one_and_a_wrong_configuration_with_two() {
    let denial = Denial::CampaignIs(CampaignState::Draining);
    let fake = Fake::start(Err(denial), view()).await;
    let file = fake.config_file();
    let start: &[&str] = &["campaign", "start", "spring sale"];
    let failure = run(&file, start).await.expect_err("denied");
    assert_eq!(failure.told(), (1, "the campaign is draining"));

    nobody_runs(&fake);
    let (code, told) = {
        let failure = run(&file, start).await.expect_err("nobody there");
        let (code, told) = failure.told();
        (code, told.to_owned())
    };
    assert_eq!(code, 1);
    assert!(told.ends_with("run `ari-shell migrate` first"), "{told}");

    let failure = run(Path::new("no/such.toml"), start).await.expect_err("no file");
    assert_eq!(failure.told().0, 2);
}

#[tokio::test]
async fn a_call_is_ended_by_its_attempt_or_by_the_agent_who_has_it() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = fake.config_file();
    for call in [["--attempt", "7"], ["--agent", "anna"]] {
        ok(&file, &["hangup", call[0], call[1]]).await;
    }
    assert_eq!(fake.wishes(), [7, 42].map(|attempt| Wish::HangUp(AttemptId(attempt))));
    let failure = run(&file, &["hangup", "--agent", "ana"]).await.expect_err("unknown");
    assert_eq!(failure.told(), (1, "there is no agent \"ana\"; known: anna"));
}

#[tokio::test]
async fn what_was_agreed_on_is_taken_back_by_the_shell_that_runs() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = fake.config_file();
    ok(&file, &["callback", "set", "--item", "7", "--at", "2126-01-01T00:00:00Z"]).await;
    let cancel = ["callback", "cancel", "--item", "7"];
    assert_eq!(ok(&file, &cancel).await, "queue item 7: no call is agreed on any more\n");
    assert_eq!(fake.wishes()[1..], [Wish::CallOff { campaign: CampaignId(1), item: QueueId(7) }]);
    let failure = run(&file, &cancel).await.expect_err("it is off");
    assert_eq!(
        failure.told(),
        (1, "no call is agreed on for queue item 7; `callback list` shows those that are")
    );
}

#[tokio::test]
async fn an_agent_is_told_what_was_agreed_on_before_the_call_and_on_it() {
    let mut shown = view();
    let agreed = AgreedView { at: Micros(1_795_714_200_000_000), note: Some("ask for Eve".to_owned()) };
    shown.agents[0].agreed = Some(agreed.clone());
    let fake = Fake::start(Ok(()), shown.clone()).await;
    let file = fake.config_file();
    insta::assert_snapshot!(ok(&file, &["agent", "lead", "anna"]).await, @"
    anna looks at no lead just now
    their call was agreed on for 2026-11-26 17:30:00.000 UTC: ask for Eve
    ");
    let told = ok(&file, &["agent", "show", "anna"]).await;
    assert!(told.contains("\nagreed on for 2026-11-26 17:30:00.000 UTC: ask for Eve\n"), "{told}");

    shown.agents[0].agreed = None;
    shown.agents[0].preview = Some(PreviewView {
        item: QueueId(7),
        lead: LeadId(5),
        number: Number::parse("15550000001").expect("a number"),
        attempts: 2,
        attributes: vec![("FIRST_NAME".to_owned(), "Eve".to_owned())],
        agreed: Some(agreed),
        until: Micros(0),
    });
    let fake = Fake::start(Ok(()), shown).await;
    insta::assert_snapshot!(ok(&fake.config_file(), &["agent", "lead", "anna"]).await, @"
    lead 5, queue item 7: 15550000001, 2 attempts so far
      FIRST_NAME = Eve
    agreed on for 2026-11-26 17:30:00.000 UTC: ask for Eve
    0:00 left to `agent accept` or `agent skip`
    ");
}

#[test]
fn a_wrong_command_line_is_told_before_anything_is_read() {
    for line in [
        &["campaign", "fly"][..],
        &["campaign", "start"],
        &["campaign", "close", "spring"],
        &["campaign", "close", "spring", "--at", "half past five"],
        &["agent", "pause", "anna"],
        &["agent", "pause", "anna", "--code", ""],
        &["explain"],
        &["explain", "--lead", "1", "--attempt", "1"],
        &["hangup"],
        &["hangup", "--attempt", "1", "--agent", "anna"],
        &["import", "leads.csv"],
        &["import", "--campaign", "spring"],
        &["import", "leads.csv", "--list", "members", "--country", "Holland"],
        &["import", "leads.csv", "--list", "members", "--map", "Telefoon"],
        &["import", "leads.csv", "--undo", "1"],
        &["report", "--since", "soon"],
        &["report", "--from", "2026-02-30"],
        &["report", "--to", "2026-02-20"],
        &["report", "--since", "1h", "--from", "2026-02-20"],
    ] {
        let error = Args::try_parse_from([&["ari-shell"], line].concat()).expect_err("wrong");
        assert_eq!(error.exit_code(), 2, "{line:?}");
    }
}

fn nobody_runs(fake: &Fake) {
    std::fs::remove_file(Token::path(&fake.config().data_dir)).expect("a token file");
}

async fn ok(config: &Path, line: &[&str]) -> String {
    run(config, line).await.expect("it works")
}

/// What the command prints.
async fn run(config: &Path, line: &[&str]) -> Result<String, Failure> {
    let mut printed = Vec::new();
    run_into(&mut printed, config, line).await?;
    Ok(String::from_utf8(printed).expect("UTF-8"))
}

async fn run_into(printed: &mut Vec<u8>, config: &Path, line: &[&str]) -> Result<(), Failure> {
    let config = config.to_str().expect("UTF-8");
    let line = [&["ari-shell", "--config", config], line].concat();
    let args = Args::try_parse_from(line).expect("a right command line");
    execute(args, &mut Out::new(printed)).await
}
