use std::net::SocketAddr;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::*;

/// What a manager interface says to one who has connected: first its greeting, then after each action that it has read one
/// more text, in which `{id}` stands for the action's id. After the last it closes.
async fn interface(says: &'static [&'static str]) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let heard = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody connects");
        let mut stream = BufStream::new(stream);
        let (mut heard, mut id) = (Vec::new(), String::new());
        for (nth, text) in says.iter().enumerate() {
            stream.write_all(text.replace("{id}", &id).as_bytes()).await.expect("said");
            stream.flush().await.expect("said");
            if nth + 1 == says.len() {
                break;
            }
            let mut action = String::new();
            while !action.ends_with("\r\n\r\n") {
                if stream.read_line(&mut action).await.expect("read") == 0 {
                    return heard;
                }
            }
            let line = action.lines().find_map(|line| line.strip_prefix("ActionID: "));
            id = line.expect("every action has an id").to_owned();
            heard.push(action);
        }
        heard
    });
    (address, heard)
}

fn ami(address: SocketAddr) -> Ami {
    Ami { address: address.to_string(), user: "rm".into(), password: SecretString::from("hush") }
}

const GREETING: &str = "Asterisk Call Manager/9.0.0\r\n";
const WELL: &str = "Response: Success\r\nActionID: {id}\r\nMessage: Authentication accepted\r\n\r\n\
                    Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n";
const PONG: &str = "Response: Success\r\nActionID: {id}\r\nPing: Pong\r\n\r\n";

#[tokio::test]
async fn a_manager_logs_in_without_events_and_is_answered() {
    let (address, heard) = interface(&[GREETING, WELL, PONG]).await;
    assert_eq!(ask(&ami(address)).await.expect("it answers"), "Asterisk Call Manager/9.0.0");
    assert_eq!(
        heard.await.expect("no panic"),
        [
            "Action: Login\r\nActionID: 1\r\nUsername: rm\r\nSecret: hush\r\nEvents: off\r\n\r\n",
            "Action: Ping\r\nActionID: 2\r\n\r\n"
        ]
    );
}

#[tokio::test]
async fn whoever_is_no_manager_interface_or_does_not_let_us_in_is_told_and_the_password_is_not() {
    const REFUSED: &str = "Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n";
    for (says, told) in [
        (
            &["SSH-2.0-OpenSSH_9.2\r\n"][..],
            "\"SSH-2.0-OpenSSH_9.2\" is not how the manager interface of an Asterisk begins",
        ),
        (&[""], "the connection was closed"),
        (&[GREETING, REFUSED], "refused: Authentication failed"),
        (&[GREETING, "Response: Success\r\nActionID: 99\r\n\r\n"], "the connection was closed"),
    ] {
        let (address, _heard) = interface(says).await;
        let silence = ask(&ami(address)).await.expect_err("no manager");
        assert_eq!(silence.to_string(), told);
        assert!(!format!("{silence:?}").contains("hush"));
    }
}

#[tokio::test]
async fn an_interface_that_says_nothing_is_waited_for_no_longer_than_patience() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silence = ask(&ami(listener.local_addr().expect("an address"))).await.expect_err("nobody speaks");
    assert_eq!(silence.to_string(), "nothing was answered in 5s");
}

async fn next(events: &mut UnboundedReceiver<Event>) -> Option<Event> {
    timeout(Duration::from_secs(30), events.recv()).await.expect("in time")
}

#[tokio::test]
async fn only_a_change_is_told_and_a_session_that_comes_back_is_one() {
    let (address, first) = interface(&[GREETING, WELL]).await;
    let (events, mut told) = unbounded_channel();
    let watching = tokio::spawn(watch(ami(address), events));
    first.await.expect("the session ends after the log-in");
    assert_eq!(next(&mut told).await, Some(Event::Manager { answers: false }));

    // The tries in between are refused, which is no news.
    let listener = TcpListener::bind(address).await.expect("the port again");
    let back = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("it connects again");
        stream.write_all(GREETING.as_bytes()).await.expect("said");
        stream.write_all(WELL.replace("{id}", "1").as_bytes()).await.expect("said");
        std::future::pending::<()>().await;
    });
    assert_eq!(next(&mut told).await, Some(Event::Manager { answers: true }));
    drop(told);
    watching.await.expect("it ends when nobody listens");
    back.abort();
}
