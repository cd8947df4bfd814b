//! How campaigns stand on each of several nodes.

use engine::campaign::CampaignState;
use engine::pacing::{Paced, Pacing, PacingChange};
use engine::words::{CampaignId, Micros, Milli, Span};
use engine::{Command, Outcome};
use sqlx::migrate::Migrator;

use super::MIGRATIONS;
use crate::store::testing::{AUTUMN, Floor, Pen, SPRING, at, on_each_database};
use crate::store::{Dialled, Named, Store, StoreError};

on_each_database! {
    how_there_was_one_standing_for_all_each_node_goes_on_from_it,
    a_closing_time_on_one_node_outlives_a_pause_on_another,
    each_node_finds_at_its_start_how_campaigns_stood_there,
    what_is_written_down_while_no_shell_runs_is_the_nodes_own,
    a_campaign_that_ended_here_goes_on_where_another_node_dials_it,
    who_dials_what_is_told_of_nodes_that_are_at_work_and_configured_with_it,
    how_campaigns_stood_on_a_node_that_has_gone_for_good_is_forgotten,
    a_campaign_that_nobody_registered_stands_nowhere,
    what_is_changed_of_a_pacing_is_the_nodes_own_until_it_is_taken_back,
    a_change_of_a_pacing_that_nobody_can_read_is_told_with_its_row,
}

const LONG_AFTER: Micros = Micros(4_000_000_000_000_000);

async fn note(store: &Store, campaign: CampaignId, state: CampaignState, closes_at: Option<Micros>) {
    let began = Some(at(0));
    let noted = Pen::new(store)
        .ask(|request| Command::NoteCampaign { request, campaign, state, began, closes_at, paced: None })
        .await;
    assert_eq!(noted, Outcome::Done);
}

/// How both campaigns stand by what a node's next process reads.
async fn stood(store: &Store) -> [(CampaignState, Option<Micros>); 2] {
    let campaigns = store.recount(&[]).await.expect("read");
    let [spring, autumn] = &campaigns[..] else { panic!("{campaigns:?}") };
    [(spring.state, spring.closes_at), (autumn.state, autumn.closes_at)]
}

async fn how_there_was_one_standing_for_all_each_node_goes_on_from_it(floor: Floor) {
    let store = floor.elsewhere().await;
    let earlier = MIGRATIONS.iter().filter(|migration| migration.version < 25).cloned().collect();
    Migrator::with_migrations(earlier).run(store.writing.for_migrations()).await.expect("the version before");
    let rows = "INSERT INTO nodes (id, name, last_session) VALUES (0, 'rm1', 0), (1, 'rm2', 0); \
                INSERT INTO campaigns (id, name, state, began_at, closes_at, flow_edition) \
                VALUES (1, 'spring', 'running', 3, 9, 'first'), (2, 'autumn', 'ready', NULL, NULL, NULL)";
    sqlx::raw_sql(rows).execute(store.pool()).await.expect("written");
    store.migrate().await.expect("run");
    let carried = "SELECT string_agg(node || ' ' || campaign_id || ' ' || state || ' ' || COALESCE(closes_at, 0) || ' ' || \
                       COALESCE(flow_edition, '-') || ' ' || served, ', ' ORDER BY node, campaign_id) AS told, \
                       COUNT(*) AS standings FROM standings";
    let row = sqlx::query(carried).fetch_one(store.pool()).await.expect("read");
    assert_eq!(
        Named::new("standings", "standings", &row).text("told"),
        Ok(String::from(
            "rm1 1 running 9 first 1, rm1 2 ready 0 - 1, rm2 1 running 9 first 1, rm2 2 ready 0 - 1"
        ))
    );
    let expected = [(CampaignState::Running, Some(Micros(9))), (CampaignState::Ready, None)];
    assert_eq!(stood(&store).await, expected);
    let began = store.recount(&[]).await.expect("read");
    assert_eq!(began[0].began, Some(Micros(3)), "that is the campaign's own");
}

async fn a_closing_time_on_one_node_outlives_a_pause_on_another(floor: Floor) {
    let other = floor.again("rm2").await;
    note(&floor.store, SPRING, CampaignState::Running, Some(LONG_AFTER)).await;
    note(&other, SPRING, CampaignState::Running, None).await;
    note(&other, SPRING, CampaignState::Paused, None).await;
    let ready = (CampaignState::Ready, None);
    assert_eq!(stood(&floor.store).await, [(CampaignState::Running, Some(LONG_AFTER)), ready]);
    assert_eq!(stood(&other).await, [(CampaignState::Paused, None), ready]);
}

async fn each_node_finds_at_its_start_how_campaigns_stood_there(floor: Floor) {
    note(&floor.store, SPRING, CampaignState::Stopped, None).await;
    note(&floor.again("rm2").await, SPRING, CampaignState::Running, None).await;
    for (node, state) in [
        ("rm1", CampaignState::Stopped),
        ("rm2", CampaignState::Running),
        // Whoever has never had to do with it is started by itself.
        ("rm3", CampaignState::Ready),
    ] {
        let again = floor.again(node).await;
        again.reopen().await.expect("taken up");
        again.serve(&[SPRING, AUTUMN]).await.expect("written");
        assert_eq!(stood(&again).await, [(state, None), (CampaignState::Ready, None)], "{node}");
    }
}

async fn what_is_written_down_while_no_shell_runs_is_the_nodes_own(floor: Floor) {
    let other = floor.again("rm2").await;
    other.set_closing(SPRING, Some(LONG_AFTER)).await.expect("written");
    floor.store.set_standing(SPRING, CampaignState::Running).await.expect("written");
    floor.store.set_standing(AUTUMN, CampaignState::Stopped).await.expect("written");
    assert_eq!(
        (stood(&floor.store).await, stood(&other).await),
        (
            [(CampaignState::Running, None), (CampaignState::Stopped, None)],
            [(CampaignState::Ready, Some(LONG_AFTER)), (CampaignState::Ready, None)]
        )
    );
    other.set_standing(SPRING, CampaignState::Paused).await.expect("written");
    assert_eq!(stood(&other).await[0], (CampaignState::Paused, Some(LONG_AFTER)));
    let passed = floor.store.clock().now() - Span::secs(1);
    other.set_closing(SPRING, Some(passed)).await.expect("written");
    other.set_standing(SPRING, CampaignState::Running).await.expect("written");
    assert_eq!(stood(&other).await[0], (CampaignState::Running, None), "what has passed holds no longer");
}

async fn a_campaign_that_ended_here_goes_on_where_another_node_dials_it(floor: Floor) {
    let other = floor.again("rm2").await;
    other.serve(&[SPRING, AUTUMN]).await.expect("written");
    note(&floor.store, SPRING, CampaignState::Completed, Some(LONG_AFTER)).await;
    let here = async || {
        floor.store.serve(&[SPRING, AUTUMN]).await.expect("written");
        stood(&floor.store).await[0]
    };
    for (elsewhere, expected) in [
        (CampaignState::Completed, CampaignState::Completed),
        (CampaignState::Paused, CampaignState::Completed),
        (CampaignState::Running, CampaignState::Running),
        (CampaignState::Completed, CampaignState::Running),
    ] {
        note(&other, SPRING, elsewhere, None).await;
        assert_eq!(here().await, (expected, Some(LONG_AFTER)), "{elsewhere} there");
    }
    note(&other, SPRING, CampaignState::Running, None).await;
    for stays in [CampaignState::Stopped, CampaignState::Paused, CampaignState::Ready] {
        note(&floor.store, SPRING, stays, None).await;
        assert_eq!(here().await, (stays, None), "nobody has started it here");
    }
}

async fn who_dials_what_is_told_of_nodes_that_are_at_work_and_configured_with_it(floor: Floor) {
    let other = floor.again("rm2").await;
    let dialled = async || {
        let dialled = floor.store.dialled().await.expect("read");
        let told = dialled.iter().map(|Dialled { campaign, node }| format!("{campaign} {node}"));
        told.collect::<Vec<_>>().join(", ")
    };
    note(&other, SPRING, CampaignState::Running, None).await;
    note(&other, AUTUMN, CampaignState::Starting, None).await;
    note(&floor.store, SPRING, CampaignState::Running, None).await;
    note(&floor.store, AUTUMN, CampaignState::Draining, None).await;
    assert_eq!(dialled().await, "spring rm1", "the other has never been at work");
    other.reopen().await.expect("signed in");
    assert_eq!(dialled().await, "autumn rm2, spring rm1, spring rm2");
    other.serve(&[AUTUMN]).await.expect("written");
    assert_eq!(dialled().await, "autumn rm2, spring rm1", "it is configured without spring");
    let cards = floor.store.nodes().await.expect("read");
    let dials = cards.iter().map(|card| (card.name.as_str(), card.dials.join(", ")));
    assert_eq!(dials.collect::<Vec<_>>(), [("rm1", String::from("spring")), ("rm2", String::from("autumn"))]);
    other.serve(&[SPRING, AUTUMN]).await.expect("written");
    assert_eq!(dialled().await, "autumn rm2, spring rm1, spring rm2", "and with it again, which ran on");
    other.sign_off().await.expect("signed off");
    assert_eq!(dialled().await, "spring rm1");
}

async fn how_campaigns_stood_on_a_node_that_has_gone_for_good_is_forgotten(floor: Floor) {
    let other = floor.again("rm2").await;
    note(&floor.store, SPRING, CampaignState::Running, None).await;
    note(&other, SPRING, CampaignState::Running, Some(LONG_AFTER)).await;
    other.forget_standings().await.expect("written");
    assert_eq!(stood(&other).await[0], (CampaignState::Ready, None));
    assert_eq!(stood(&floor.store).await[0], (CampaignState::Running, None));
}

async fn a_campaign_that_nobody_registered_stands_nowhere(floor: Floor) {
    let nobody = CampaignId(9);
    for refused in [
        floor.store.set_standing(nobody, CampaignState::Running).await,
        floor.store.set_closing(nobody, None).await,
        floor.store.set_paced(nobody, None).await,
    ] {
        assert!(matches!(refused, Err(StoreError::Unregistered { .. })), "{refused:?}");
    }
    floor.store.serve(&[nobody]).await.expect("nothing to be written");
    assert_eq!(
        floor.rows("SELECT campaign_id FROM standings WHERE campaign_id = 9").await,
        Vec::<String>::new()
    );
}

fn paced() -> Paced {
    Paced { from: Pacing::Ratio { level: Milli(2_000) }, change: PacingChange::Level(Milli(2_500)) }
}

/// What was changed of the first campaign's pacing, by what the next process and whoever lists campaigns read.
async fn paces(store: &Store) -> [Option<Paced>; 2] {
    let opened = store.recount(&[]).await.expect("read").swap_remove(0);
    let standings = store.standings().await.expect("read");
    let listed = standings.into_iter().find(|standing| standing.id == SPRING).expect("it is registered");
    [opened.paced, listed.paced]
}

async fn what_is_changed_of_a_pacing_is_the_nodes_own_until_it_is_taken_back(floor: Floor) {
    let other = floor.again("rm2").await;
    let some = || [Some(paced()), Some(paced())];
    other.set_paced(SPRING, Some(&paced())).await.expect("written");
    assert_eq!((paces(&other).await, paces(&floor.store).await), (some(), [None, None]));
    assert_eq!(stood(&other).await[0], (CampaignState::Ready, None), "nobody has started it");
    other.set_standing(SPRING, CampaignState::Running).await.expect("written");
    other.set_closing(SPRING, Some(LONG_AFTER)).await.expect("written");
    assert_eq!(paces(&other).await, some());
    assert_eq!(stood(&other).await[0], (CampaignState::Running, Some(LONG_AFTER)));
    other.set_paced(SPRING, None).await.expect("written");
    assert_eq!(paces(&other).await, [None, None]);
    assert_eq!(stood(&other).await[0], (CampaignState::Running, Some(LONG_AFTER)));
    other.set_paced(SPRING, Some(&paced())).await.expect("written");
    note(&other, SPRING, CampaignState::Running, None).await;
    assert_eq!(paces(&other).await, [None, None], "a floor notes all at once, and its own is as configured");
    other.set_paced(SPRING, Some(&paced())).await.expect("written");
    other.forget_standings().await.expect("written");
    assert_eq!(paces(&other).await, [None, None]);
}

async fn a_change_of_a_pacing_that_nobody_can_read_is_told_with_its_row(floor: Floor) {
    floor.store.set_paced(SPRING, Some(&paced())).await.expect("written");
    floor.sql("UPDATE standings SET paced = '{\"from\": 1}'").await;
    for error in
        [floor.store.recount(&[]).await.expect_err("bad"), floor.store.standings().await.expect_err("bad")]
    {
        let error = error.to_string();
        let told = "campaigns 1: paced is \"{\\\"from\\\": 1}\"; it should be a change of a campaign's pacing, or NULL (";
        assert!(error.contains(told), "{error}");
    }
}
