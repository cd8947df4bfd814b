use std::fs;

use engine::Denial;
use engine::agent::PauseCode;
use engine::campaign::CampaignState;
use engine::words::{AgentId, CampaignId};
use engine::{RecordingWish, Wish};

use super::*;
use crate::http::fake::{Fake, view};

#[tokio::test]
async fn a_running_shell_is_found_and_does_what_it_is_asked() {
    let fake = Fake::start(Ok(()), view()).await;
    let shell = running(&fake).await;
    let code = PauseCode::try_from("lunch".to_owned()).expect("a code");
    shell.campaign("spring sale", CampaignVerb::Start).await.expect("granted");
    shell.agent("anna", AgentVerb::Pause(code.clone())).await.expect("granted");
    shell.hang_up(AttemptId(42)).await.expect("granted");
    shell.recording(AttemptId(42), RecordingVerb::Pause).await.expect("granted");
    shell.close().await.expect("granted");
    assert_eq!(
        fake.wishes(),
        [
            Wish::Start(CampaignId(1)),
            Wish::PauseAgent { agent: AgentId(3), code },
            Wish::HangUp(AttemptId(42)),
            Wish::Record { attempt: AttemptId(42), wish: RecordingWish::Pause },
            Wish::CloseFloor,
        ]
    );
    let board = shell.view().await.expect("a view");
    assert_eq!(board.campaigns[0].name, "spring sale");
    assert_eq!(board.campaigns[0].view, view().campaigns[0]);
    assert_eq!(board.agents[0].view, view().agents[0]);
}

#[tokio::test]
async fn a_denial_comes_through_in_its_own_words() {
    let denial = Denial::CampaignIs(CampaignState::Draining);
    let fake = Fake::start(Err(denial), view()).await;
    let error = running(&fake).await.campaign("spring sale", CampaignVerb::Start).await.expect_err("denied");
    assert_eq!(error.to_string(), "the campaign is draining");
}

#[tokio::test]
async fn no_token_or_nobody_listening_means_that_none_runs() {
    let fake = Fake::start(Ok(()), view()).await;
    let config = fake.config();
    let nowhere = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        free.local_addr().expect("an address")
    };
    Token::create(&config.data_dir, nowhere, "", None).expect("a token");
    assert!(Running::find(&config).await.expect("no error").is_none());

    fs::remove_file(Token::path(&config.data_dir)).expect("a file");
    assert!(Running::find(&config).await.expect("no error").is_none());
}

#[tokio::test]
async fn a_shell_is_found_where_it_listens_and_not_where_the_configuration_would_have_it_by_now() {
    let fake = Fake::start(Ok(()), view()).await;
    let mut config = fake.config();
    config.http.listen = "192.0.2.1:80".parse().expect("an address");
    let shell = Running::find(&config).await.expect("no error").expect("it runs");
    shell.close().await.expect("granted");
    assert_eq!(fake.wishes(), [Wish::CloseFloor]);
}

#[tokio::test]
async fn a_shell_that_does_not_know_the_token_is_a_stranger() {
    let fake = Fake::start(Ok(()), view()).await;
    let config = fake.config();
    Token::create(&config.data_dir, fake.address, "", None).expect("another token");
    let error = running(&fake).await.close().await.expect_err("a stranger");
    assert!(matches!(error, OperatorError::Stranger(_)), "{error}");
    assert_eq!(fake.wishes(), []);
}

#[test]
fn a_shell_that_listens_everywhere_is_reached_on_the_loopback() {
    for (listen, expected) in [
        ("127.0.0.1:8090", "http://127.0.0.1:8090/"),
        ("0.0.0.0:8090", "http://127.0.0.1:8090/"),
        ("[::]:8090", "http://[::1]:8090/"),
        ("192.0.2.1:80", "http://192.0.2.1/"),
    ] {
        let listen = listen.parse().expect("an address");
        assert_eq!(base(listen).as_str(), expected);
    }
}

async fn running(fake: &Fake) -> Running {
    Running::find(&fake.config()).await.expect("no error").expect("a running shell")
}
