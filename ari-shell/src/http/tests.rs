use engine::agent::PauseCode;
use engine::campaign::CampaignState;
use engine::digits::Digits;
use engine::lead::{Barred, Callback};
use engine::pacing::{Pacing, PacingChange, UnfitChange};
use engine::view::View;
use engine::words::{AgentId, AttemptId, CampaignId, Micros, Milli};
use engine::{Denial, RecordingWish, Wish};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::fake::{Fake, SCRAPES, ids, view};
use super::{Board, metrics};
use crate::ari::fake::Act;
use crate::hopper::Standing;
use crate::outbox::SinkStanding;

#[tokio::test]
async fn the_probes_are_open_and_ready_means_that_the_pbx_is_compared() {
    let fake = Fake::start(Ok(()), view()).await;
    for path in ["/healthz", "/readyz"] {
        let reply = send(open(&fake, Method::GET, path)).await;
        assert_eq!(reply.status(), StatusCode::OK, "{path}");
    }

    let away = View { pbx: false, ..view() };
    let fake = Fake::start(Ok(()), away).await;
    let reply = send(open(&fake, Method::GET, "/healthz")).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let reply = send(open(&fake, Method::GET, "/readyz")).await;
    assert_eq!(
        problem(reply, StatusCode::SERVICE_UNAVAILABLE).await,
        "the PBX is not connected, or what it holds has not been compared yet"
    );
}

#[tokio::test]
async fn a_shell_whose_database_is_away_is_not_ready_until_it_is_back() {
    let fake = Fake::start(Ok(()), View { pbx: false, ..view() }).await;
    fake.database_goes_away();
    let asked = (0..20).map(|_| send(open(&fake, Method::GET, "/readyz")));
    for reply in futures_util::future::join_all(asked).await {
        assert_eq!(
            problem(reply, StatusCode::SERVICE_UNAVAILABLE).await,
            "the PBX is not connected, or what it holds has not been compared yet; the database does not answer"
        );
    }

    let fake = Fake::start(Ok(()), view()).await;
    fake.database_goes_away();
    let reply = send(open(&fake, Method::GET, "/readyz")).await;
    assert_eq!(problem(reply, StatusCode::SERVICE_UNAVAILABLE).await, "the database does not answer");
    let told =
        send(open(&fake, Method::GET, "/metrics").bearer_auth(SCRAPES)).await.text().await.expect("text");
    assert!(told.contains("\nringmaster_database_answers 0\n"), "{told}");
    let board: Board = send(get(&fake, "view")).await.json().await.expect("a board");
    assert!(!board.database);
    fake.database_comes_back();
    while send(open(&fake, Method::GET, "/readyz")).await.status() != StatusCode::OK {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_told_and_nothing_is_done() {
    let fake = Fake::start(Ok(()), view()).await;
    let own = fake.token.expose();
    let wrong = own.replace(|c: char| c.is_ascii_digit(), "x");
    for (path, method) in [
        ("/metrics", Method::GET),
        ("/metrics", Method::POST),
        ("/v1/view", Method::GET),
        ("/v1/campaigns/spring%20sale/start", Method::POST),
        ("/v1/agents/anna/login", Method::POST),
        ("/v1/attempts/42/hangup", Method::POST),
        ("/v1/attempts/42/recording/start", Method::POST),
        ("/v1/recordings/rm1.3fa9c2.t.42.1.1", Method::GET),
        ("/v1/callbacks/7/cancel", Method::POST),
        ("/v1/close", Method::POST),
        ("/v1/nothing", Method::GET),
        ("/", Method::GET),
    ] {
        for header in [
            None,
            Some(String::new()),
            Some(own.to_owned()),
            Some("Bearer".into()),
            Some("Bearer ".into()),
            Some(format!("Bearer {wrong}")),
            Some(format!("Bearer {own}0")),
            Some(format!("Basic {own}")),
        ] {
            let request = open(&fake, method.clone(), path);
            let request = match &header {
                Some(header) => request.header("authorization", header),
                None => request,
            };
            let reply = send(request).await;
            assert_eq!(reply.headers().get("www-authenticate").expect("a header"), "Bearer");
            let detail = problem(reply, StatusCode::UNAUTHORIZED).await;
            assert!(detail.contains("the first line of the file `token` in the"), "{detail}");
        }
    }
    assert_eq!(fake.wishes(), []);
}

#[tokio::test]
async fn every_wish_reaches_the_floor() {
    let fake = Fake::start(Ok(()), view()).await;
    let campaign = CampaignId(1);
    let agent = AgentId(3);
    let code = PauseCode::try_from("lunch".to_owned()).expect("a code");
    let body = "{\"code\": \"lunch\"}";
    let barred = Barred::Area("1900".to_owned());
    let area = Wish::DoNotCall { barred, campaigns: vec![campaign] };
    // Read as it is written where the house is.
    let barred = Barred::parse("31201234567").expect("a number");
    let number = Wish::DoNotCall { barred, campaigns: vec![campaign] };
    // As where its lead came from.
    let barred = Barred::parse("4930901820").expect("a number");
    let abroad = Wish::DoNotCall { barred, campaigns: vec![campaign] };
    // Also one that is not in use as far as is known.
    let barred = Barred::parse("15550000001").expect("a number");
    let unused = Wish::DoNotCall { barred, campaigns: vec![campaign] };
    // All of a country, where that is said.
    let wide = Wish::DoNotCall { barred: Barred::Area("1".to_owned()), campaigns: vec![campaign] };
    let digits = Digits::try_from("12WW#".to_owned()).expect("digits");
    let at = "{\"at\": \"2096-10-02T07:06:40Z\"}";
    let paces = |change| Wish::Pace { campaign, change };
    for (path, body, wish) in [
        ("campaigns/spring%20sale/start", "", Wish::Start(campaign)),
        ("campaigns/spring%20sale/pause", "", Wish::Pause(campaign)),
        ("campaigns/spring%20sale/drain", "", Wish::Drain(campaign)),
        ("campaigns/spring%20sale/stop", "", Wish::Stop(campaign)),
        (
            "campaigns/spring%20sale/close",
            at,
            Wish::CloseAt { campaign, at: Some(Micros(4_000_000_000_000_000)) },
        ),
        ("campaigns/spring%20sale/close", "{\"at\": \"never\"}", Wish::CloseAt { campaign, at: None }),
        ("campaigns/spring%20sale/pace", "{\"level\": 2.5}", paces(Some(PacingChange::Level(Milli(2_500))))),
        ("campaigns/spring%20sale/pace", "{\"level\": 3}", paces(Some(PacingChange::Level(Milli(3_000))))),
        ("campaigns/spring%20sale/pace", "{\"per_minute\": 90}", paces(Some(PacingChange::PerMinute(90)))),
        (
            "campaigns/spring%20sale/pace",
            "{\"drop_limit\": 0.3}",
            paces(Some(PacingChange::DropLimit(Milli(3)))),
        ),
        ("campaigns/spring%20sale/pace", "{\"as_configured\": true}", paces(None)),
        ("campaigns/spring%20sale/leads-added", "", Wish::LeadsAdded(campaign)),
        ("agents/anna/login", "", Wish::LogIn(agent)),
        ("agents/anna/logout", "", Wish::LogOut(agent)),
        ("agents/anna/pause", body, Wish::PauseAgent { agent, code }),
        ("agents/anna/ready", "", Wish::ReadyAgent(agent)),
        (
            "agents/anna/dispose",
            "{\"code\": \"later\", \"at\": \"2026-11-26T17:30:00Z\", \"mine\": true, \"note\": \"Eve\", \"attempt\": 17}",
            Wish::Dispose {
                agent,
                attempt: Some(AttemptId(17)),
                code: "later".to_owned(),
                callback: Some(Callback { at: Micros(1_795_714_200_000_000), agent: Some(agent) }),
                note: Some("Eve".to_owned()),
            },
        ),
        ("attempts/42/hangup", "", Wish::HangUp(AttemptId(42))),
        ("attempts/42/digits", "{\"digits\": \"12,#\"}", Wish::SendDigits { attempt: AttemptId(42), digits }),
        ("do-not-call/house", "{\"numbers\": \"+1900*\"}", area),
        ("do-not-call/house", "{\"numbers\": \"020 123 4567\"}", number),
        ("do-not-call/house", "{\"numbers\": \"030 901820\", \"country\": \"de\"}", abroad),
        ("do-not-call/house", "{\"numbers\": \"+1 555 000 0001\"}", unused),
        ("do-not-call/house", "{\"numbers\": \"+1*\", \"wide\": true}", wide),
        ("close", "", Wish::CloseFloor),
    ] {
        let reply = send(post(&fake, path).body(body)).await;
        assert_eq!(reply.status(), StatusCode::NO_CONTENT, "{path}");
        assert_eq!(fake.wishes().pop(), Some(wish), "{path}");
    }
}

#[tokio::test]
async fn every_wish_of_a_recording_reaches_the_floor_and_no_other_does() {
    let fake = Fake::start(Ok(()), view()).await;
    let attempt = AttemptId(42);
    for (verb, wish) in [
        ("start", RecordingWish::Start),
        ("stop", RecordingWish::Stop),
        ("pause", RecordingWish::Pause),
        ("resume", RecordingWish::Resume),
    ] {
        let reply = send(post(&fake, &format!("attempts/42/recording/{verb}"))).await;
        assert_eq!(reply.status(), StatusCode::NO_CONTENT, "{verb}");
        assert_eq!(fake.wishes().pop(), Some(Wish::Record { attempt, wish }), "{verb}");
    }
    for (path, detail) in [
        ("attempts/42/recording/rewind", "\"rewind\" is nothing that can be asked of any recording"),
        ("attempts/x/recording/start", "\"x\" is no attempt; an attempt is a number"),
    ] {
        assert_eq!(problem(send(post(&fake, path)).await, StatusCode::NOT_FOUND).await, detail);
    }
    assert_eq!(fake.wishes().len(), 4);
}

#[tokio::test]
async fn a_denial_is_told_in_the_engines_own_sentence() {
    let lunch = PauseCode::try_from("lunch".to_owned()).expect("a code");
    let unfit = UnfitChange { pacing: Pacing::Progressive, change: PacingChange::PerMinute(90) };
    for (denial, status) in [
        (Denial::CampaignIs(CampaignState::Draining), StatusCode::CONFLICT),
        (Denial::MessageMissing("sound:sorry".into()), StatusCode::CONFLICT),
        (Denial::Closing, StatusCode::CONFLICT),
        (Denial::NoSuchAttempt, StatusCode::NOT_FOUND),
        (Denial::PaceUnfit(unfit), StatusCode::BAD_REQUEST),
        (Denial::NoSuchPauseCode(vec![lunch]), StatusCode::BAD_REQUEST),
    ] {
        let fake = Fake::start(Err(denial.clone()), view()).await;
        let reply = send(post(&fake, "campaigns/spring%20sale/start")).await;
        assert_eq!(problem(reply, status).await, denial.to_string());
    }
}

#[tokio::test]
async fn an_agent_who_is_at_work_on_another_node_is_not_let_in_here_too_while_that_node_is_there() {
    let works_elsewhere = "UPDATE agents SET node = 'rm2', state = 'ready'; \
        INSERT INTO nodes (id, name, last_session, alive_until) VALUES (1, 'rm2', 0, 4102444800000000)";
    let fake = Fake::start(Ok(()), view()).await;
    fake.writes(works_elsewhere).await;
    let told = problem(send(post(&fake, "agents/anna/login")).await, StatusCode::CONFLICT).await;
    assert_eq!(
        told,
        "anna is at work on the node rm2; log them out there first, or wait until 2100-01-01 00:00:00.000 UTC if it has died"
    );
    assert_eq!(fake.wishes(), []);

    fake.writes("UPDATE nodes SET alive_until = 1").await;
    assert_eq!(send(post(&fake, "agents/anna/login")).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(fake.wishes(), [Wish::LogIn(AgentId(3))]);

    let fake = Fake::start(Ok(()), view()).await;
    fake.writes(works_elsewhere).await;
    fake.database_goes_away();
    assert_eq!(send(post(&fake, "agents/anna/login")).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(fake.wishes(), [Wish::LogIn(AgentId(3))]);
}

const TOO_WIDE: &str = "+1* is a whole country, or much of one, of which nobody would be called any more; to put it on house all the \
     same, say \"wide\": true";

#[tokio::test]
async fn what_nobody_has_is_not_found_and_what_cannot_be_read_is_refused() {
    let fake = Fake::start(Ok(()), view()).await;
    let large = format!("{{\"code\": \"{}\"}}", "x".repeat(40_000));
    let long = format!("{{\"code\": \"sold\", \"note\": \"{}\"}}", "x".repeat(5_000));
    let beyond = format!("{{\"item\": {}, \"at\": \"2026-11-28T10:00:00Z\"}}", u64::MAX);
    for (path, body, status, said) in [
        ("campaigns/autumn/start", "", 404, "there is no campaign \"autumn\""),
        ("agents/a%2Fb/login", "", 404, "there is no agent \"a/b\""),
        ("campaigns/spring%20sale/fly", "", 404, "\"fly\" is nothing that can be asked of any campaign"),
        ("agents/anna/fly", "", 404, "\"fly\" is nothing that can be asked of any agent"),
        ("attempts/x/hangup", "", 404, "\"x\" is no attempt"),
        ("nothing", "", 404, "there is nothing at /v1/nothing"),
        ("view", "", 405, "/v1/view does not take POST"),
        ("campaigns/%ff/start", "", 400, "Invalid URL"),
        ("campaigns/spring%20sale/close", "", 400, "the body must be"),
        ("campaigns/spring%20sale/close", "{}", 400, "missing field `at`"),
        ("campaigns/spring%20sale/close", "{\"at\": \"17:30\"}", 400, "write a moment such as"),
        (
            "campaigns/spring%20sale/close",
            "{\"at\": \"2001-11-26T17:30:00Z\"}",
            400,
            "at: 2001-11-26 17:30:00.000 UTC has passed; give a time to come, or pause spring sale now",
        ),
        (
            "campaigns/spring%20sale/pace",
            "",
            400,
            "the body must be {\"level\": 2.5}, {\"per_minute\": 90}, ",
        ),
        ("campaigns/spring%20sale/pace", "{}", 400, "the body must be"),
        ("campaigns/spring%20sale/pace", "{\"level\": \"2.5\"}", 400, "expected a JSON number"),
        (
            "campaigns/spring%20sale/pace",
            "{\"level\": 2.0001}",
            400,
            "level: 2.0001 is out of range; give 1 to 10",
        ),
        ("campaigns/spring%20sale/pace", "{\"level\": 1e300}", 400, "is out of range; give 1 to 10"),
        ("campaigns/spring%20sale/pace", "{\"per_minute\": 2.5}", 400, "per_minute: 2.5 is no whole number"),
        ("campaigns/spring%20sale/pace", "{\"per_minute\": -1}", 400, "per_minute: -1 is no whole number"),
        (
            "campaigns/spring%20sale/pace",
            "{\"drop_limit\": 0.02}",
            400,
            "drop_limit: 0.02 is out of range; give 0.1 to 10 percent",
        ),
        (
            "campaigns/spring%20sale/pace",
            "{\"as_configured\": false}",
            400,
            "as_configured: it can only be true",
        ),
        (
            "campaigns/spring%20sale/pace",
            "{\"mode\": \"ratio\"}",
            400,
            "unknown variant `mode`, expected one of `level`",
        ),
        ("campaigns/spring%20sale/pace", "{\"level\": 2, \"per_minute\": 9}", 400, "the body must be"),
        ("agents/anna/pause", "", 400, "the body must be"),
        ("agents/anna/pause", "{\"code\": \"\"}", 400, "is no pause code"),
        ("agents/anna/pause", "{\"code\": \"x\", \"why\": 1}", 400, "unknown field `why`"),
        (
            "agents/anna/dispose",
            "{\"code\": \"sold\", \"note\": \"a\\u0000b\"}",
            400,
            "control character U+0000",
        ),
        (
            "agents/anna/dispose",
            "{\"code\": \"later\", \"note\": \"ask for Eve\"}",
            400,
            "`note` and `mine` belong to a callback: give `at`, the moment that it is agreed for",
        ),
        (
            "agents/anna/dispose",
            "{\"code\": \"later\", \"mine\": true}",
            400,
            "`note` and `mine` belong to a callback",
        ),
        (
            "agents/anna/dispose",
            "{}",
            400,
            "the body must be {\"code\": \"sale\"}, with `attempt`, `at`, `mine` and `note` where wanted: missing field `code`",
        ),
        (
            "agents/anna/dispose",
            "{\"code\": \"sold\", \"when\": 1}",
            400,
            "where wanted: unknown field `when`",
        ),
        ("agents/anna/pause", "{}", 400, "the body must be {\"code\": \"lunch\"}: missing field `code`"),
        ("agents/anna/dispose", &long, 400, "the note has 5000 characters: 2000 are kept"),
        ("callbacks", &beyond, 400, "item: 18446744073709551615 does not fit"),
        (
            "do-not-call/house",
            "{\"numbers\": \"020 123 4567\", \"country\": \"Holland\"}",
            400,
            "country: \"Holland\" is no country; write its two letters, such as NL, DE or US",
        ),
        (
            "do-not-call/house",
            "{\"numbers\": \"020 123\", \"country\": \"NL\"}",
            400,
            "numbers: \"020 123\": is no number in use in NL; right would be such as 010 123 4567 or +31 10 123 4567",
        ),
        (
            "do-not-call/house",
            "{\"numbers\": \"1\", \"country\": \"NL\"}",
            400,
            "numbers: \"1\": is no telephone number; right would be such as 010 123 4567",
        ),
        ("do-not-call/house", "{\"numbers\": \"+1*\"}", 400, TOO_WIDE),
        ("do-not-call/house", "{\"numbers\": \"+1*\", \"wide\": false}", 400, TOO_WIDE),
        ("agents/anna/pause", &large, 413, "length limit"),
    ] {
        let reply = send(post(&fake, path).body(body.to_owned())).await;
        let status = StatusCode::from_u16(status).expect("a status");
        let detail = problem(reply, status).await;
        assert!(detail.contains(said), "{path}: {detail}");
    }
    assert_eq!(fake.wishes(), []);
}

#[tokio::test]
async fn what_takes_no_body_refuses_one_that_would_be_passed_over_in_silence() {
    let fake = Fake::start(Ok(()), view()).await;
    let paths = [
        "campaigns/spring%20sale/start",
        "campaigns/spring%20sale/pause",
        "campaigns/spring%20sale/drain",
        "campaigns/spring%20sale/stop",
        "campaigns/spring%20sale/leads-added",
        "agents/anna/login",
        "agents/anna/logout",
        "agents/anna/ready",
        "agents/anna/accept",
        "agents/anna/skip",
        "agents/anna/hold",
        "agents/anna/resume",
        "agents/anna/mute",
        "agents/anna/unmute",
        "agents/anna/complete",
        "agents/anna/join",
        "agents/anna/back",
        "attempts/42/hangup",
        "attempts/42/recording/start",
        "attempts/42/recording/stop",
        "attempts/42/recording/pause",
        "attempts/42/recording/resume",
        "close",
    ];
    let large = " ".repeat(40_000);
    for path in paths {
        let verb = path.rsplit('/').next().expect("a path");
        for body in ["{\"at\": \"17:30\"}", "{\"code\": \"lunch\"}", "[]", "null", "now"] {
            let reply = send(post(&fake, path).body(body)).await;
            let detail = problem(reply, StatusCode::BAD_REQUEST).await;
            assert!(
                detail.starts_with(&format!("{verb} takes no body, or {{}}: ")),
                "{path} {body}: {detail}"
            );
        }
        let reply = send(post(&fake, path).body(large.clone())).await;
        problem(reply, StatusCode::PAYLOAD_TOO_LARGE).await;
    }
    assert_eq!(fake.wishes(), []);
    for path in paths {
        for body in ["", "{}", " {}\r\n", "\n"] {
            let reply = send(post(&fake, path).body(body)).await;
            assert_eq!(reply.status(), StatusCode::NO_CONTENT, "{path} {body:?}");
        }
    }
    assert_eq!(fake.wishes().len(), 4 * paths.len());
}

#[tokio::test]
async fn the_view_has_names() {
    let fake = Fake::start(Ok(()), view()).await;
    let request = open(&fake, Method::GET, "/v1/view").bearer_auth(fake.token.expose());
    let shown: Value = send(request).await.json().await.expect("JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).expect("JSON"));
}

#[tokio::test]
async fn what_is_scraped_is_the_board_at_that_moment() {
    let fake = Fake::start(Ok(()), view()).await;
    for token in [fake.token.expose(), SCRAPES] {
        let reply = send(open(&fake, Method::GET, "/metrics").bearer_auth(token)).await;
        assert_eq!(reply.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        let board = Board::new(view(), true, Standing::Database, Vec::new(), &ids());
        assert_eq!(reply.text().await.expect("text"), metrics::told(board));
    }
}

#[tokio::test]
async fn who_may_scrape_may_do_nothing_else() {
    let fake = Fake::start(Ok(()), view()).await;
    for (path, method) in [
        ("/v1/view", Method::GET),
        ("/v1/agents/anna", Method::GET),
        ("/v1/close", Method::POST),
        ("/v1/nothing", Method::GET),
    ] {
        let reply = send(open(&fake, method, path).bearer_auth(SCRAPES)).await;
        let detail = problem(reply, StatusCode::UNAUTHORIZED).await;
        assert!(
            detail.starts_with("show the first line of the file `token` in the shell's data directory"),
            "{path}: {detail}"
        );
    }
    assert_eq!(fake.wishes(), []);
}

#[test]
fn every_figure_of_the_board_is_scraped_under_a_name_and_with_its_labels() {
    let away = Standing::StandIn { why: "connection refused".into() };
    let crm = SinkStanding {
        sink: "crm \"new\"".into(),
        waiting: 12,
        oldest: Some(Micros(1_795_714_200_500_000)),
        dead: 2,
        delivered: 340,
        failed: 7,
        trouble: Some("503".into()),
    };
    insta::assert_snapshot!(metrics::told(Board::new(view(), true, away, vec![crm], &ids())));
}

#[tokio::test]
async fn a_floor_that_has_ended_is_told() {
    let fake = Fake::gone().await;
    for request in [
        open(&fake, Method::GET, "/metrics").bearer_auth(fake.token.expose()),
        post(&fake, "close"),
        open(&fake, Method::GET, "/v1/view").bearer_auth(fake.token.expose()),
        open(&fake, Method::GET, "/readyz"),
    ] {
        let reply = send(request).await;
        assert_eq!(problem(reply, StatusCode::SERVICE_UNAVAILABLE).await, "the dialer is shutting down");
    }
}

/// A request that shows no token.
fn open(fake: &Fake, method: Method, path: &str) -> RequestBuilder {
    Client::builder()
        .no_proxy()
        .build()
        .expect("a client")
        .request(method, format!("http://{}{path}", fake.address))
}

fn get(fake: &Fake, path: &str) -> RequestBuilder {
    open(fake, Method::GET, &format!("/v1/{path}")).bearer_auth(fake.token.expose())
}

fn post(fake: &Fake, path: &str) -> RequestBuilder {
    open(fake, Method::POST, &format!("/v1/{path}")).bearer_auth(fake.token.expose())
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("a reply")
}

/// The sentence of a problem, whose form is checked.
async fn problem(reply: Response, status: StatusCode) -> String {
    assert_eq!(reply.status(), status);
    assert_eq!(reply.headers().get("content-type").expect("a type"), "application/problem+json");
    let body: Value = reply.json().await.expect("JSON");
    assert_eq!(body["status"], status.as_u16());
    body["detail"].as_str().expect("a sentence").to_owned()
}

#[tokio::test]
async fn a_callback_is_written_down_and_told_to_the_floor() {
    let fake = Fake::start(Ok(()), view()).await;
    let at = Micros(4_000_000_000_000_000);
    let body = |item: u64, agent: &str| {
        format!(
            "{{\"item\": {item}, \"at\": \"2096-10-02T07:06:40Z\", \"agent\": \"{agent}\", \"note\": \"Eve\"}}"
        )
    };
    let post =
        |body: String| open(&fake, Method::POST, "/v1/callbacks").bearer_auth(fake.token.expose()).body(body);
    assert_eq!(send(post(body(7, "anna"))).await.status(), StatusCode::NO_CONTENT);
    let item = engine::words::QueueId(7);
    assert_eq!(fake.wishes(), [Wish::CallBack { campaign: CampaignId(1), item, at }]);
    let shown = send(open(&fake, Method::GET, "/v1/callbacks").bearer_auth(fake.token.expose())).await;
    let shown: Value = shown.json().await.expect("a list");
    assert_eq!((&shown[0]["agent"], &shown[0]["note"]), (&"anna".into(), &"Eve".into()));

    for (body, status, told) in [
        (
            body(8, "anna"),
            StatusCode::NOT_FOUND,
            "there is no queue item 8; `explain --number` shows those of a number",
        ),
        (body(7, "eve"), StatusCode::NOT_FOUND, "there is no agent \"eve\""),
        ("{\"item\": 7, \"at\": \"noon\"}".to_owned(), StatusCode::BAD_REQUEST, "write a moment such as"),
        (body(7, "anna").replace("Eve", "\\u0000"), StatusCode::BAD_REQUEST, "control character U+0000"),
    ] {
        let told_was = problem(send(post(body)).await, status).await;
        assert!(told_was.contains(told), "{told_was}");
    }
    assert_eq!(fake.wishes().len(), 1);

    let opts_out = open(&fake, Method::POST, "/v1/do-not-call/house").bearer_auth(fake.token.expose());
    let opted_out = send(opts_out.body("{\"numbers\": \"+1555*\"}")).await;
    assert_eq!(opted_out.status(), StatusCode::NO_CONTENT);
    let told = problem(send(post(body(7, "anna"))).await, StatusCode::CONFLICT).await;
    assert!(told.starts_with("15550000001 is barred by the list \"house\""), "{told}");
}

#[tokio::test]
async fn a_callback_is_taken_back_and_the_floor_told_unless_it_is_being_made() {
    let fake = Fake::start(Ok(()), view()).await;
    let cancel = |item: &str| post(&fake, &format!("callbacks/{item}/cancel"));
    let agree = || post(&fake, "callbacks").body("{\"item\": 7, \"at\": \"2096-10-02T07:06:40Z\"}");
    assert_eq!(send(agree()).await.status(), StatusCode::NO_CONTENT);
    let told = problem(send(cancel("7").body("{\"at\": \"noon\"}")).await, StatusCode::BAD_REQUEST).await;
    assert!(told.starts_with("cancel takes no body, or {}"), "{told}");
    assert_eq!(send(cancel("7")).await.status(), StatusCode::NO_CONTENT);
    let item = engine::words::QueueId(7);
    assert_eq!(fake.wishes()[1..], [Wish::CallOff { campaign: CampaignId(1), item }]);
    let none = |item: &str| {
        format!("no call is agreed on for queue item {item}; `callback list` shows those that are")
    };
    for (item, told) in [
        ("7", none("7")),
        ("8", none("8")),
        (
            "18446744073709551615",
            "18446744073709551615 does not fit into the database: use at most 9223372036854775807".to_owned(),
        ),
        ("seven", "\"seven\" is no queue item; a queue item is a number".to_owned()),
    ] {
        assert_eq!(problem(send(cancel(item)).await, StatusCode::NOT_FOUND).await, told);
    }

    assert_eq!(send(agree()).await.status(), StatusCode::NO_CONTENT);
    fake.writes(
        "UPDATE queue SET state = 'open', attempt_id = 42, callback_at = 1; \
         INSERT INTO attempts (id, node, queue_id, campaign_id, number, ordinal, carrier_id, created_at, closed) \
         VALUES (42, 'rm1', 7, 1, '15550000001', 1, 2, 2, 0)",
    )
    .await;
    assert_eq!(
        problem(send(cancel("7")).await, StatusCode::CONFLICT).await,
        "the call that was agreed on for queue item 7 is being made, as attempt 42: hang up on that, or ask again once it is over"
    );
    assert_eq!(fake.wishes().len(), 3);
}

#[tokio::test]
async fn a_recording_is_handed_out_as_the_pbx_has_it_and_a_stereo_take_as_one_file() {
    let stored = |format| match format {
        "ulaw" => Act::Reply(200, "{\"name\": \"any\", \"format\": \"ulaw\"}"),
        _ => Act::Reply(200, "{\"name\": \"any\", \"format\": \"wav\"}"),
    };
    let missing = || Act::Reply(404, "{\"message\": \"Recording not found\"}");
    let (header, samples) = ("RIFF01234567890123456789012345678901data0123", "abcd");
    let left: &'static str = format!("{header}{samples}").leak();
    for (name, replies, kind, expected) in [
        (
            "rm1.3fa9c2.r.42.1",
            vec![stored("ulaw"), Act::Reply(200, "hello")],
            ("audio/basic", "ulaw"),
            "hello",
        ),
        ("rm1.3fa9c2.t.42.1.1", vec![stored("wav"), Act::Reply(200, left)], ("audio/wav", "wav"), left),
        ("rm1.3fa9c2.t.42.1.1.agent", vec![stored("wav"), Act::Reply(200, left)], ("audio/wav", "wav"), left),
        (
            "rm1.3fa9c2.t.42.1.1",
            vec![missing(), stored("wav"), Act::Reply(200, left), stored("wav"), Act::Reply(200, header)],
            ("audio/wav", "wav"),
            "ab\0\0cd\0\0",
        ),
    ] {
        let fake = Fake::with_recordings(replies).await;
        let reply = send(get(&fake, &format!("recordings/{name}"))).await;
        assert_eq!(reply.status(), StatusCode::OK, "{name}");
        let (media_type, ending) = kind;
        assert_eq!(reply.headers()["content-type"], media_type, "{name}");
        let disposition = format!("attachment; filename=\"{name}.{ending}\"");
        assert_eq!(reply.headers()["content-disposition"], disposition, "{name}");
        let length = reply.content_length().expect("it is told");
        let body = reply.bytes().await.expect("a body");
        assert_eq!(length, u64::try_from(body.len()).expect("short"), "{name}");
        assert!(body.ends_with(expected.as_bytes()), "{name}: {body:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_handed_out_is_told_in_words() {
    let stored = || Act::Reply(200, "{\"name\": \"any\", \"format\": \"gsm\"}");
    let odd = || Act::Reply(200, "{\"name\": \"any\", \"format\": \"wav\"}");
    let missing = || Act::Reply(404, "{\"message\": \"Recording not found\"}");
    let no_wav = "{\"this\": \"is no file with samples at all, and it is long enough\"}";
    for (name, replies, status, detail) in [
        (
            "..%2F..%2Fetc%2Fpasswd",
            vec![],
            StatusCode::NOT_FOUND,
            "\"../../etc/passwd\" is no name of a recording; such a name is rm1.3fa9c2.t.42.1.1 or rm1.3fa9c2.r.42.1, and explain tells it",
        ),
        (
            "rm1.3fa9c2.r.42.1",
            vec![missing()],
            StatusCode::NOT_FOUND,
            "the PBX has no recording rm1.3fa9c2.r.42.1",
        ),
        (
            "rm1.t.42.1.1",
            vec![],
            StatusCode::NOT_FOUND,
            "rm1.t.42.1.1 is of a call that another database of node rm1 knows: the names of this one's begin with \
             rm1.3fa9c2, and explain tells them",
        ),
        (
            "rm1.00beef.r.42.1",
            vec![],
            StatusCode::NOT_FOUND,
            "rm1.00beef.r.42.1 is of a call that another database of node rm1 knows: the names of this one's begin with \
             rm1.3fa9c2, and explain tells them",
        ),
        (
            "rm2.t.42.1.1.agent",
            vec![],
            StatusCode::NOT_FOUND,
            "rm2.t.42.1.1.agent is kept by the Asterisk of node rm2: ask there",
        ),
        (
            "rm2.00beef.r.42.1",
            vec![],
            StatusCode::NOT_FOUND,
            "rm2.00beef.r.42.1 is kept by the Asterisk of node rm2: ask there",
        ),
        (
            "rm2.t.42.1",
            vec![],
            StatusCode::NOT_FOUND,
            "\"rm2.t.42.1\" is no name of a recording; such a name is rm1.3fa9c2.t.42.1.1 or rm1.3fa9c2.r.42.1, and explain tells it",
        ),
        (
            "rm1.3fa9c2.t.42.1.1",
            vec![missing(), missing(), missing()],
            StatusCode::NOT_FOUND,
            "the PBX has no recording rm1.3fa9c2.t.42.1.1",
        ),
        (
            "rm1.3fa9c2.t.42.1.1",
            vec![missing(), stored(), Act::Reply(200, "a"), missing()],
            StatusCode::NOT_FOUND,
            "the PBX has no recording rm1.3fa9c2.t.42.1.1.agent",
        ),
        (
            "rm1.3fa9c2.t.42.1.1",
            vec![missing(), stored(), Act::Reply(200, "a"), stored(), Act::Reply(200, "b")],
            StatusCode::CONFLICT,
            "rm1.3fa9c2.t.42.1.1 is in two files, which gsm cannot hold in one: ask for rm1.3fa9c2.t.42.1.1.callee and rm1.3fa9c2.t.42.1.1.agent",
        ),
        (
            "rm1.3fa9c2.t.42.1.1",
            vec![missing(), odd(), Act::Reply(200, no_wav), odd(), Act::Reply(200, no_wav)],
            StatusCode::SERVICE_UNAVAILABLE,
            "the PBX has a file rm1.3fa9c2.t.42.1.1 that is not written as Asterisk writes it",
        ),
    ] {
        let fake = Fake::with_recordings(replies).await;
        let reply = send(get(&fake, &format!("recordings/{name}"))).await;
        assert_eq!(problem(reply, status).await, detail);
    }
}
