//! What call flows leave in the database.

use std::sync::Arc;

use engine::call::Record;
use engine::campaign::{CampaignRules, CampaignState};
use engine::flow::{CallFlow, FlowEnd, FlowLog, Step, StepOutcome};
use engine::words::AttemptId;
use engine::{Command, Outcome};

use crate::config::Config;
use crate::explain::{Explanation, Question, explain};
use crate::store::ListRules;
use crate::store::testing::{AUTUMN, BOTH, Floor, How, Pen, SPRING, at, number, on_each_database, record};

on_each_database! {
    whoever_opts_out_on_the_phone_is_on_the_house_list_and_their_lead_comes_to_its_end,
    whoever_opts_out_of_a_campaign_is_on_its_own_list_and_the_others_leads_wait_on,
    a_way_through_a_flow_comes_back_as_it_was_recorded_and_is_explained,
    a_campaign_that_is_under_way_goes_on_with_the_edition_that_it_was_started_with,
    each_node_goes_on_with_the_edition_that_a_campaign_was_started_with_there,
}

async fn whoever_opts_out_on_the_phone_is_on_the_house_list_and_their_lead_comes_to_its_end(floor: Floor) {
    floor.leads(SPRING, &["15550000001", "15550000002"]).await;
    let house = ListRules { name: "house", max_age: None, campaigns: vec![(SPRING, false)] };
    floor.store.keep_lists(&BOTH, &[house]).await.expect("a list");
    let mut pen = floor.writer();
    for _ in 0..2 {
        let number = number("15550000002");
        let opt_out = |request| Command::OptOut { request, number, list: None };
        assert_eq!(pen.ask(opt_out).await, Outcome::Done);
    }
    assert_eq!(floor.store.lists_with(number("15550000002")).await.expect("asked"), ["house"]);
    let items = floor.rows("SELECT id, state, last_result FROM queue ORDER BY id").await;
    assert_eq!(items, ["1 waiting -", "2 exhausted do_not_call"]);
}

async fn whoever_opts_out_of_a_campaign_is_on_its_own_list_and_the_others_leads_wait_on(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    floor.leads(AUTUMN, &["15550000001"]).await;
    let own = ListRules { name: "own", max_age: None, campaigns: vec![(SPRING, false)] };
    floor.store.keep_lists(&BOTH, &[own]).await.expect("a list");
    let number = number("15550000001");
    let opt_out = |request| Command::OptOut { request, number, list: Some("own".to_owned()) };
    assert_eq!(floor.writer().ask(opt_out).await, Outcome::Done);
    assert_eq!(floor.store.lists_with(number).await.expect("asked"), ["own"]);
    let items = floor.rows("SELECT campaign_id, state, last_result FROM queue ORDER BY campaign_id").await;
    assert_eq!(items, ["1 exhausted do_not_call", "2 waiting -"]);
}

fn way() -> FlowLog {
    let step = |node: &str, ms, outcome, keys: &str, recording: Option<&str>| Step {
        node: node.to_owned(),
        at: at(ms),
        outcome,
        keys: keys.to_owned(),
        recording: recording.map(str::to_owned),
        recorded_ms: recording.map(|_| 4_000),
        stayed_ms: (outcome == StepOutcome::Left).then_some(61_500),
    };
    FlowLog {
        flow: "survey".to_owned(),
        edition: "0123456789abcdef".to_owned(),
        end: FlowEnd::Done,
        complete: true,
        steps: vec![
            step("menu", 1_000, StepOutcome::Answered, "1", None),
            step("word", 2_500, StepOutcome::Recorded, "", Some("rm1.r.1.1")),
            step("lounge", 6_900, StepOutcome::Left, "", None),
            step("bye", 68_400, StepOutcome::Said, "", None),
        ],
    }
}

async fn a_way_through_a_flow_comes_back_as_it_was_recorded_and_is_explained(floor: Floor) {
    floor.leads(SPRING, &["15550000001"]).await;
    let mut pen = floor.writer();
    let call = pen.open(SPRING, 1).await;
    let ended = Record { flow: Some(Box::new(way())), ..record(&call, How::Talked(400, 60_000)) };
    assert_eq!(pen.record(ended.clone()).await, Outcome::Done);
    let told = explain(&floor.store, Question::Attempt(AttemptId(1))).await.expect("explained");
    let Explanation::Attempt(card) = &told else { panic!("{told:?}") };
    assert_eq!(card.record, Some(ended));
    let text = told.to_string();
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("call flow") || line.contains("  node  ")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// The campaign of the example, with a flow of that many steps at most.
fn with_flow(most_steps: u32) -> CampaignRules {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ringmaster.example.toml");
    let config = Config::load(&example, []).expect("the example is right");
    let ids = crate::config::Ids {
        campaigns: config.campaigns.iter().map(|campaign| (campaign.name.clone(), SPRING)).collect(),
        carriers: config.carriers.iter().map(|c| (c.name.clone(), engine::words::CarrierId(1))).collect(),
        agents: config.agents.iter().map(|a| (a.name.clone(), engine::words::AgentId(1))).collect(),
    };
    let engine = config.engine(&ids, config.node.clone().into(), AttemptId(1), engine::words::SessionId(1));
    let flow = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows/survey.toml");
    let flow = crate::config::flow::read(&flow).expect("the example is right");
    let edition = format!("with {most_steps} steps");
    let flow = CallFlow { most_steps, edition, ..flow };
    CampaignRules { flow: Some(Arc::new(flow)), ..engine.campaigns[0].clone() }
}

async fn a_campaign_that_is_under_way_goes_on_with_the_edition_that_it_was_started_with(floor: Floor) {
    let sealed = async |campaign: CampaignRules| {
        let mut campaigns = [campaign];
        floor.store.seal_flows(&mut campaigns).await.expect("sealed");
        let [campaign] = campaigns;
        campaign.flow.map(|flow| (*flow).clone())
    };
    let (first, second) = (with_flow(10), with_flow(20));
    let flow_of = |campaign: &CampaignRules| campaign.flow.as_deref().cloned();
    assert_eq!(sealed(first.clone()).await, flow_of(&first));
    assert_eq!(sealed(second.clone()).await, flow_of(&second), "it has not been started yet");
    let stands = async |state| {
        let note = |request| Command::NoteCampaign {
            request,
            campaign: SPRING,
            state,
            began: Some(at(0)),
            closes_at: None,
            paced: None,
        };
        assert_eq!(floor.writer().ask(note).await, Outcome::Done);
    };
    for under_way in [CampaignState::Running, CampaignState::Paused, CampaignState::Draining] {
        stands(under_way).await;
        assert_eq!(sealed(first.clone()).await, flow_of(&second), "{under_way}");
        assert_eq!(sealed(CampaignRules { flow: None, ..first.clone() }).await, flow_of(&second));
    }
    stands(CampaignState::Stopped).await;
    assert_eq!(sealed(first.clone()).await, flow_of(&first));
    // Started between two processes, it begins with what the file says then, and goes on with it.
    floor.store.seal_flow(SPRING, second.flow.as_deref()).await.expect("sealed");
    floor.store.set_standing(SPRING, CampaignState::Running).await.expect("noted");
    assert_eq!(sealed(first.clone()).await, flow_of(&second));
}

async fn each_node_goes_on_with_the_edition_that_a_campaign_was_started_with_there(floor: Floor) {
    let other = floor.again("rm2").await;
    let (first, second) = (with_flow(10), with_flow(20));
    let flow_of = |campaign: &CampaignRules| campaign.flow.as_deref().cloned();
    for (store, file) in [(&floor.store, &first), (&other, &second)] {
        store.seal_flows(&mut [file.clone()]).await.expect("sealed");
        let (state, began) = (CampaignState::Running, Some(at(0)));
        let note = |request| Command::NoteCampaign {
            request,
            campaign: SPRING,
            state,
            began,
            closes_at: None,
            paced: None,
        };
        assert_eq!(Pen::new(store).ask(note).await, Outcome::Done);
    }
    for (store, started_with) in [(&floor.store, &first), (&other, &second)] {
        let mut campaigns = [CampaignRules { flow: None, ..first.clone() }];
        store.seal_flows(&mut campaigns).await.expect("sealed");
        assert_eq!(flow_of(&campaigns[0]), flow_of(started_with));
    }
}
