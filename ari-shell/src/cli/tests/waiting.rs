//! What commands say and do beside a shell that waits for Asterisk.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use engine::campaign::CampaignState;
use engine::lead::Barred;
use engine::words::{CampaignId, Micros, QueueId};
use engine::{Denial, Wish};
use reqwest::{Client, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::house::House;
use super::{ok, run};
use crate::http::Token;
use crate::http::fake::{Fake, view};
use crate::instance::Instance;

/// Where the first who ask are told these words of the shell, one each, and all others reach the one at `open`.
pub(super) async fn opens_after(open: SocketAddr, words: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        for word in words {
            let (mut asks, _) = listener.accept().await.expect("a question");
            assert!(asks.read(&mut [0; 1_024]).await.expect("a request") > 0);
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", word.len());
            asks.write_all(format!("{head}{word}").as_bytes()).await.expect("answered");
        }
        while let Ok((mut from, _)) = listener.accept().await {
            let mut to = TcpStream::connect(open).await.expect("the floor is open");
            tokio::spawn(async move { copy_bidirectional(&mut from, &mut to).await });
        }
    });
    address
}

/// The file of a configuration that leads to a shell and to its database.
fn on_its_database(fake: &Fake) -> PathBuf {
    let file = fake.config_file();
    let database = file.with_file_name("floor.db").display().to_string();
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, format!("{text}[database]\nurl = 'sqlite://{database}'\n")).expect("written");
    file
}

#[tokio::test]
async fn commands_say_that_the_shell_waits_and_not_that_none_runs() {
    let house = House::new().await;
    house.migrate().await;
    house.wait().await;
    let leads = house.write("leads.csv", "phone\n15550000001\n");
    let mut told = String::new();
    for line in [
        &["import", &leads, "--list", "members", "--campaign", "spring"][..],
        &["campaign", "start", "spring"],
        &["campaign", "pause", "spring"],
        &["campaign", "close", "spring", "--at", "2099-12-01 17:30"],
        &["campaign", "list"],
        &["agent", "list"],
    ] {
        let said = house.says(line).await;
        let first = line[..2].join(" ").replace(house.folder().to_str().expect("UTF-8"), "[folder]");
        told.push_str(&format!("> {first}\n{said}"));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_callback_is_told_to_a_floor_that_has_opened_while_it_was_written_down() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = on_its_database(&fake);
    let address = opens_after(fake.address, &["waiting\n", "opening\n"]).await;
    fake.is_reached_at(address);

    let set = ["callback", "set", "--item", "7", "--at", "2126-01-01T00:00:00Z"];
    assert_eq!(
        ok(&file, &set).await,
        "queue item 7: to be called from 2126-01-01 00:00:00.000 UTC by anybody\n"
    );
    let at = Micros(4_922_899_200_000_000);
    assert_eq!(fake.wishes(), [Wish::CallBack { campaign: CampaignId(1), item: QueueId(7), at }]);
}

#[tokio::test]
async fn commands_wait_for_a_floor_that_is_about_to_open() {
    let fake = Fake::start(Ok(()), view()).await;
    fake.is_reached_at(opens_after(fake.address, &["opening\n", "opening\n"]).await);
    let start = ["campaign", "start", "spring sale"];
    assert_eq!(ok(&fake.config_file(), &start).await, "spring sale: start granted\n");
    assert_eq!(fake.wishes(), [Wish::Start(CampaignId(1))]);
}

#[tokio::test]
async fn whoever_asks_while_the_floor_opens_is_answered() {
    let house = House::new().await;
    house.migrate().await;
    // Where it was heard of a moment ago: that it may have died since is waited for.
    let elsewhere = Instance::of(&house.folder().join("elsewhere")).expect("a name");
    house.store().await.of(elsewhere).reopen().await.expect("nobody else is at work");
    let http = Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
    let base = format!("http://{}", house.config().http.listen);
    let asks = async {
        while TcpStream::connect(house.config().http.listen).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        loop {
            let said = http.get(format!("{base}/healthz")).send().await.expect("an answer").text().await;
            match said.expect("a word").as_str() {
                "waiting\n" => tokio::time::sleep(Duration::from_millis(20)).await,
                word => break assert_eq!(word, "opening\n"),
            }
        }
        let refused = http.get(format!("{base}/v1/view")).send().await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        let told: serde_json::Value = refused.json().await.expect("a problem");
        assert_eq!(
            told["detail"],
            "the floor is not open yet: what was left by the process before is being taken up"
        );
    };
    tokio::select! {
        ended = house.says(&["run"]) => panic!("{ended}"),
        () = asks => {}
    }
}

/// Longer than anything is done while a floor opens.
const OPENS: &[&str] = &["opening\n"; 400];

#[tokio::test]
async fn an_opt_out_holds_at_once_though_the_floor_is_about_to_open() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = on_its_database(&fake);
    fake.is_reached_at(opens_after(fake.address, OPENS).await);
    assert_eq!(ok(&file, &["dnc", "add", "12015550123"]).await, "12015550123 is on the list house\n");
    let listed = run(&file, &["dnc", "check", "12015550123"]).await;
    assert_eq!(listed.expect_err("it is listed").told(), (1, ""));
}

#[tokio::test]
async fn the_shell_that_runs_takes_whatever_was_put_on_a_list() {
    let fake = Fake::start(Ok(()), view()).await;
    let file = on_its_database(&fake);
    let mut told = String::new();
    // The shell reads numbers by a country in which the first is not in use.
    for line in [&["dnc", "add", "15550000002"][..], &["dnc", "add", "+4*", "--wide"]] {
        told.push_str(&ok(&file, line).await);
    }
    assert_eq!(
        told,
        "15550000002 is on the list house\n\
         4* is on the list house; no lead that waits is in it\n"
    );
    let wish = |barred: &str| Wish::DoNotCall {
        barred: Barred::parse(barred).expect("a number or an area"),
        campaigns: vec![CampaignId(1)],
    };
    assert_eq!(fake.wishes(), [wish("15550000002"), wish("4*")]);
}

#[tokio::test]
async fn an_opt_out_of_which_the_shell_cannot_be_told_holds_all_the_same() {
    let fake = Fake::start(Err(Denial::NotDone), view()).await;
    let file = on_its_database(&fake);
    assert_eq!(
        ok(&file, &["dnc", "add", "12015550123"]).await,
        "12015550123 is on the list house, which is looked at before each call; the shell that runs could not be told (the PBX did \
         not do it, or nobody can tell; ask again)\n"
    );
}

#[tokio::test]
async fn leads_of_which_the_shell_cannot_be_told_are_there_for_it_to_find() {
    let fake = Fake::start(Err(Denial::CampaignIs(CampaignState::Draining)), view()).await;
    let file = on_its_database(&fake);
    let leads = file.with_file_name("leads.csv");
    std::fs::write(&leads, "phone\n15550000002\n").expect("a file");
    let import = ["import", leads.to_str().expect("UTF-8"), "--list", "members", "--campaign", "spring sale"];
    let mut told = String::new();
    for opens in [false, true] {
        if opens {
            fake.is_reached_at(opens_after(fake.address, OPENS).await);
        }
        for line in [
            &import[..],
            &["list", "attach", "members", "spring sale"],
            &["campaign", "recycle", "spring sale"],
        ] {
            told.push_str(ok(&file, line).await.lines().last().expect("a line"));
            told.push('\n');
        }
    }
    insta::assert_snapshot!(told, @"
    Imported 1 lead into the list members as import 1. 1 more to dial for spring sale. The running shell could not be told (the campaign is draining); they are stored, and it finds them by itself within seconds.
    spring sale dials members: 0 more leads. The running shell could not be told (the campaign is draining); they are stored, and it finds them by itself within seconds.
    spring sale: 0 leads wait for another round of attempts. The running shell could not be told (the campaign is draining); they are stored, and it finds them by itself within seconds.
    Imported 0 leads into the list members as import 1. 0 more to dial for spring sale. The shell is about to open its floor, which will find them.
    spring sale dials members: 0 more leads. The shell is about to open its floor, which will find them.
    spring sale: 0 leads wait for another round of attempts. The shell is about to open its floor, which will find them.
    ");
}

#[tokio::test]
async fn beside_a_floor_that_is_about_to_open_check_says_so_at_once() {
    let house = House::new().await;
    house.migrate().await;
    let config = house.config();
    let opens = opens_after(config.http.listen, OPENS).await;
    Token::create(&config.data_dir, opens, &config.database.digest(), None).expect("a token");
    let told = house.says(&["check"]).await;
    assert!(
        told.contains("\nwarn  shell: is about to open its floor at [shell]; ask again once it has\n"),
        "{told}"
    );
    assert!(told.ends_with("\nexit 0\n"), "{told}");
}
