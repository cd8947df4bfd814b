//! The model behind a real socket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use simulator::pbx::server::{Handle, Server, ServerConfig};
use simulator::pbx::{Config, Fault, Invite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What nobody should have to wait for on a loopback interface.
const PATIENCE: Duration = Duration::from_secs(5);
const BASIC: &str = "Basic cmluZ21hc3RlcjpyaW5nbWFzdGVy";

async fn start() -> Handle {
    start_with(Config::default()).await
}

async fn start_with(pbx: Config) -> Handle {
    Server::start(ServerConfig { pbx, ..ServerConfig::default() }).await.expect("a free port")
}

async fn try_connect(server: &Handle, query: &str, authorization: Option<&str>) -> Result<Socket, Error> {
    let url = format!("ws://{}/ari/events?{query}", server.addr());
    let mut request = url.into_client_request()?;
    if let Some(value) = authorization {
        request.headers_mut().insert("Authorization", value.parse().expect("a header"));
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

async fn connect(server: &Handle) -> Socket {
    try_connect(server, "app=dialler", Some(BASIC)).await.expect("an event socket")
}

/// The next event that is not about variables; `None` when the socket is gone.
async fn next_event(socket: &mut Socket) -> Option<Value> {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.expect("an event, or the end")? {
            Ok(Message::Text(text)) => {
                let event: Value = serde_json::from_str(&text).expect("JSON");
                if event["type"] != "ChannelVarset" {
                    return Some(event);
                }
            }
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

async fn wait_for(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let event = next_event(socket).await.unwrap_or_else(|| panic!("{kind} before the end"));
        if event["type"] == kind {
            return event;
        }
    }
}

async fn post(server: &Handle, target: &str, body: Value) -> Response {
    let url = format!("http://{}{target}", server.addr());
    Client::new().post(url).header("Authorization", BASIC).json(&body).send().await.expect("a reply")
}

async fn get(server: &Handle, target: &str) -> Response {
    let url = format!("http://{}{target}", server.addr());
    Client::new().get(url).header("Authorization", BASIC).send().await.expect("a reply")
}

async fn call(server: &Handle, id: &str, number: &str) -> StatusCode {
    let body = json!({ "endpoint": format!("PJSIP/{number}@trunk-a"), "app": "dialler" });
    post(server, &format!("/ari/channels/{id}"), body).await.status()
}

#[tokio::test]
async fn nobody_gets_in_without_credentials() {
    let server = start().await;
    for path in ["/ari/asterisk/ping", "/ari/events?app=dialler", "/far-end/log"] {
        let url = format!("http://{}{path}", server.addr());
        let plain = Client::new().get(&url).send().await.expect("a reply");
        assert_eq!(plain.status(), 401, "{path}");
        let wrong =
            Client::new().get(&url).header("Authorization", "Basic eDp5").send().await.expect("a reply");
        assert_eq!(wrong.status(), 401, "{path}");
    }
    assert!(matches!(
        try_connect(&server, "app=dialler", None).await,
        Err(Error::Http(response)) if response.status() == 401
    ));
    assert!(try_connect(&server, "app=dialler&api_key=ringmaster:ringmaster", None).await.is_ok());
    assert_eq!(get(&server, "/ari/asterisk/ping").await.status(), 200);
    assert_eq!(get(&server, "/ari/events").await.status(), 400, "no application, no upgrade");
    server.stop().await;
}

#[tokio::test]
async fn a_call_runs_over_http_and_websocket() {
    let server = start().await;
    let mut socket = connect(&server).await;
    assert_eq!(call(&server, "c1", "15552010001").await, 200);
    let start = wait_for(&mut socket, "StasisStart").await;
    assert_eq!(start["channel"]["state"], "Up");
    assert_eq!(start["application"], "dialler");
    let url = format!("http://{}/ari/channels/c1?reason=busy", server.addr());
    let reply = Client::new().delete(url).header("Authorization", BASIC).send().await.expect("a reply");
    assert_eq!((reply.status(), reply.bytes().await.expect("a body").len()), (StatusCode::NO_CONTENT, 0));
    let destroyed = wait_for(&mut socket, "ChannelDestroyed").await;
    assert_eq!((&destroyed["cause"], &destroyed["tech_cause"]), (&json!(17), &json!(486)));
    let log: Vec<Invite> = get(&server, "/far-end/log").await.json().await.expect("the log");
    assert_eq!(log, server.log().await);
    assert_eq!(log[0].number, "15552010001");
    server.stop().await;
}

#[tokio::test]
async fn an_early_event_is_readable_before_its_reply_has_come() {
    let always = Config { early_event_ppm: 1_000_000, ..Config::default() };
    let server = start_with(always).await;
    let mut socket = connect(&server).await;
    for id in 0..20 {
        assert_eq!(call(&server, &format!("c{id}"), "15551000001").await, 200);
        let event = tokio::time::timeout(Duration::from_millis(1), socket.next()).await;
        let text = event.expect("it was sent before the reply").expect("open").expect("a frame");
        assert!(text.to_text().expect("text").contains("\"Dial\""));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_cut_socket_ends_and_its_subscriptions_serve_the_next_one() {
    let server = start().await;
    let mut socket = connect(&server).await;
    call(&server, "c1", "15552010001").await;
    wait_for(&mut socket, "StasisStart").await;
    server.cut().await;
    while next_event(&mut socket).await.is_some() {}
    let mut socket = connect(&server).await;
    let app: Value = get(&server, "/ari/applications/dialler").await.json().await.expect("the application");
    assert_eq!(app["channel_ids"], json!(["c1"]));
    let url = format!("http://{}/ari/channels/c1", server.addr());
    Client::new().delete(url).header("Authorization", BASIC).send().await.expect("a reply");
    wait_for(&mut socket, "ChannelDestroyed").await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_closes_leaves_its_application_inactive() {
    let server = start().await;
    let mut socket = connect(&server).await;
    socket.close(None).await.expect("a goodbye");
    while next_event(&mut socket).await.is_some() {}
    // The server's side may notice a moment after ours.
    tokio::time::sleep(Duration::from_millis(50)).await;
    call(&server, "c1", "15552010001").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let log = server.log().await;
    assert!(log[0].answered_at.is_some() && log[0].ended_at.is_some(), "{log:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_replaced_socket_is_told_and_stays_open() {
    let server = start().await;
    let mut first = connect(&server).await;
    let mut second = connect(&server).await;
    assert_eq!(wait_for(&mut first, "ApplicationReplaced").await["application"], "dialler");
    call(&server, "c1", "15552030001").await;
    wait_for(&mut second, "ChannelDestroyed").await;
    first.send(Message::Ping("still there?".into())).await.expect("an open socket");
    let answer = tokio::time::timeout(PATIENCE, first.next()).await.expect("a pong").expect("open");
    assert!(matches!(answer, Ok(Message::Pong(_))), "and nothing else before it: {answer:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_silent_server_answers_no_ping_until_it_speaks_again() {
    let server = start().await;
    let mut socket = connect(&server).await;
    let fault = json!({ "fault": "silence", "for_ms": 400 });
    assert_eq!(post(&server, "/far-end/faults", fault).await.status(), 204);
    socket.send(Message::Ping("hello?".into())).await.expect("an open socket");
    let silence = tokio::time::timeout(Duration::from_millis(150), socket.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    assert_eq!(get(&server, "/far-end/log").await.status(), 200, "the far end is another machine");
    let pong = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a pong").expect("open");
    assert!(matches!(pong, Ok(Message::Pong(_))));
    server.stop().await;
}

#[tokio::test]
async fn a_restart_cuts_the_socket_and_the_server_comes_back_empty() {
    let server = start().await;
    let mut socket = connect(&server).await;
    call(&server, "c1", "15552010001").await;
    server.inject(Fault::Restart { down_ms: 100 }).await;
    while next_event(&mut socket).await.is_some() {}
    tokio::time::sleep(Duration::from_millis(150)).await;
    let channels: Value = get(&server, "/ari/channels").await.json().await.expect("a list");
    assert_eq!(channels, json!([]));
    server.stop().await;
}

#[tokio::test]
async fn what_waits_for_a_sound_is_answered_when_that_is_over_and_holds_up_nothing_else() {
    let server = start().await;
    let mut socket = connect(&server).await;
    call(&server, "c1", "15552010001").await;
    wait_for(&mut socket, "StasisStart").await;
    for target in ["/ari/bridges/b1", "/ari/channels/c1/play/p1?media=tone:ring"] {
        assert!(post(&server, target, Value::Null).await.status().is_success(), "{target}");
    }
    wait_for(&mut socket, "PlaybackStarted").await;
    let add = post(&server, "/ari/bridges/b1/addChannel?channel=c1", Value::Null);
    let over = async {
        assert_eq!(get(&server, "/ari/channels/c1").await.status(), 200);
        wait_for(&mut socket, "PlaybackFinished").await;
        std::time::Instant::now()
    };
    let added = async {
        assert_eq!(add.await.status(), 204);
        std::time::Instant::now()
    };
    let (over, added) = tokio::join!(over, added);
    let apart = added.max(over) - added.min(over);
    assert!(apart < Duration::from_millis(500), "{apart:?}");
    server.stop().await;
}

#[tokio::test]
async fn stopping_frees_the_port_and_ends_sockets() {
    let server = start().await;
    let mut socket = connect(&server).await;
    let addr = server.addr();
    server.stop().await;
    while next_event(&mut socket).await.is_some() {}
    let config = ServerConfig { listen: addr, ..ServerConfig::default() };
    Server::start(config).await.expect("the port is free again").stop().await;
}

#[tokio::test]
async fn a_speed_that_makes_no_sense_is_refused() {
    for speed in [0.0, -1.0, 1e300, f64::NAN, f64::INFINITY] {
        assert!(Server::start(ServerConfig { speed, ..ServerConfig::default() }).await.is_err(), "{speed}");
    }
}

#[tokio::test]
async fn time_can_run_faster() {
    let server =
        Server::start(ServerConfig { speed: 50.0, ..ServerConfig::default() }).await.expect("a free port");
    let mut socket = connect(&server).await;
    let started = std::time::Instant::now();
    call(&server, "c1", "15551800001").await;
    wait_for(&mut socket, "ChannelDestroyed").await;
    assert!(started.elapsed() < Duration::from_secs(3), "30 s of ringing took {:?}", started.elapsed());
    server.stop().await;
}
