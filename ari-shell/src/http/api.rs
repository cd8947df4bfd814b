//! What each request does.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::Wish;
use engine::lead::Barred;
use engine::view::{AgentView, View};
use engine::words::{AgentId, AttemptId};
use tokio::join;
use tokio::time::timeout;

use super::verbs::nothing;
use super::{AgentVerb, BarBody, Board, CampaignVerb, Closing, House, Named, Problem, has_passed};
use crate::moment::utc;
use crate::names::unknown;
use crate::numbers::{Listed, Numbering, too_wide};
use crate::store::StoreError;

/// A floor that takes longer for a view is stuck.
const VIEW_PATIENCE: Duration = Duration::from_secs(5);

pub(super) type Done = Result<StatusCode, Problem>;

pub(super) async fn healthz() -> &'static str {
    "up\n"
}

pub(super) async fn readyz(State(house): State<House>) -> Result<&'static str, Problem> {
    let (view, database) = house.seen().await?;
    let pbx = (!view.pbx).then_some("the PBX is not connected, or what it holds has not been compared yet");
    let database = (!database).then_some("the database does not answer");
    let lacking: Vec<_> = [pbx, database].into_iter().flatten().collect();
    if lacking.is_empty() { Ok("ready\n") } else { Err(Problem::unavailable(lacking.join("; "))) }
}

pub(super) async fn view(State(house): State<House>) -> Result<Json<Board>, Problem> {
    Ok(Json(house.board().await?))
}

pub(super) async fn campaign(
    State(house): State<House>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Done {
    let Path((name, verb)) = path?;
    let campaign = named(&house.ids.campaigns, "campaign", &name)?;
    let asked = CampaignVerb::parse(&verb, &body?).ok_or_else(|| no_such_verb("campaign", &verb))?;
    let right = match verb.as_str() {
        "pace" => Some(
            "{\"level\": 2.5}, {\"per_minute\": 90}, {\"drop_limit\": 2} (percent) or {\"as_configured\": true}",
        ),
        "close" => Some("{\"at\": \"2026-11-26T17:30:00Z\"} or {\"at\": \"never\"}"),
        _ => None,
    };
    let verb = asked.map_err(|error| bad_body(&verb, right, &error))?;
    if let CampaignVerb::Close(Closing(Some(at))) = verb
        && at <= house.store.clock().now()
    {
        return Err(Problem::bad(format!("at: {}", has_passed(utc(at), &name))));
    }
    house.ask(verb.wish(campaign)).await
}

pub(super) async fn agent(
    State(house): State<House>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Done {
    let Path((name, verb)) = path?;
    let agent = named(&house.ids.agents, "agent", &name)?;
    let asked = AgentVerb::parse(&verb, &body?).ok_or_else(|| no_such_verb("agent", &verb))?;
    let right = match verb.as_str() {
        "transfer" | "consult" => Some("{\"to\": \"reception\"}"),
        "dispose" => Some("{\"code\": \"sale\"}, with `attempt`, `at`, `mine` and `note` where wanted"),
        "pause" => Some("{\"code\": \"lunch\"}"),
        _ => None,
    };
    let asked = asked.map_err(|error| bad_body(&verb, right, &error))?;
    if asked == AgentVerb::LogIn {
        works_nowhere_else(&house, agent, &name).await?;
    }
    house.ask(asked.wish(agent)).await
}

/// Nobody has two phones at their ear. While the database does not answer nobody can tell, and nobody is kept from coming.
async fn works_nowhere_else(house: &House, agent: AgentId, name: &str) -> Result<(), Problem> {
    if !house.store.answers().await {
        return Ok(());
    }
    match house.store.at_work_elsewhere(agent).await {
        Ok(None) => Ok(()),
        Ok(Some((node, until))) => Err(Problem::conflict(format!(
            "{name} is at work on the node {node}; log them out there first, or wait until {} if it has died",
            utc(until)
        ))),
        Err(problem) => {
            house.store.cannot(&problem, "whether an agent is at work elsewhere is not looked up");
            Ok(())
        }
    }
}

pub(super) async fn agent_view(
    State(house): State<House>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Named<AgentView>>, Problem> {
    let Path(name) = path?;
    let agent = named(&house.ids.agents, "agent", &name)?;
    let view = house.view().await?.agents.into_iter().find(|view| view.id == agent);
    let view = view.expect("whoever has an id is configured");
    Ok(Json(Named { name, view }))
}

pub(super) async fn hang_up(
    State(house): State<House>,
    path: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Done {
    let Path(id) = path?;
    let attempt = attempt(&id)?;
    bare("hangup", &body?)?;
    house.ask(Wish::HangUp(attempt)).await
}

/// What a request puts on a list. Nobody looks at what a program sends: a number that is not in use as far as is known here is taken
/// only in full, as leads have it, and is otherwise a slip.
fn barred(numbering: Numbering, text: &str) -> Result<Barred, String> {
    let Listed { barred, unused } = numbering.listed(text)?;
    match unused {
        Some(slip) if !text.starts_with('+') => Err(slip),
        Some(_) | None => Ok(barred),
    }
}

/// An opt-out: durable first, and answered once the floor has heard of it.
pub(super) async fn bar(
    State(house): State<House>,
    path: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Done {
    let Path(list) = path?;
    let body = serde_json::from_slice::<BarBody>(&body?);
    let right = "{\"numbers\": \"+15551234567\"}, with \"country\" and \"wide\" where wanted";
    let body = body.map_err(|error| Problem::bad(format!("the body must be {right}: {error}")))?;
    let BarBody { numbers, country, wide } = body;
    let numbering = country.as_deref().map_or(Ok(house.numbering), Numbering::of);
    let numbering = numbering.map_err(|bad| Problem::bad(format!("country: {bad}")))?;
    let barred = barred(numbering, &numbers);
    let barred = barred.map_err(|bad| Problem::bad(format!("numbers: {numbers:?}: {bad}")))?;
    if let Some(why) = too_wide(&barred, &list, "\"wide\": true").filter(|_| !wide) {
        return Err(Problem::bad(why));
    }
    let kept_off = house.store.bar(&list, &barred).await.map_err(|error| {
        let unknown = matches!(error, StoreError::Unregistered { .. });
        let told = if unknown { Problem::not_found } else { Problem::unavailable };
        told(error.to_string())
    })?;
    let campaigns = kept_off.into_iter().map(|kept_off| kept_off.campaign).collect();
    house.ask(Wish::DoNotCall { barred, campaigns }).await
}

pub(super) async fn close(State(house): State<House>, body: Result<Bytes, BytesRejection>) -> Done {
    bare("close", &body?)?;
    house.ask(Wish::CloseFloor).await
}

impl House {
    /// Waits as long as the engine does, which for a start includes a question to the PBX.
    pub(super) async fn ask(&self, wish: Wish) -> Done {
        self.floor.ask(wish).await??;
        Ok(StatusCode::NO_CONTENT)
    }

    pub(super) async fn board(&self) -> Result<Board, Problem> {
        let Self { floor, ids, .. } = self;
        let (view, database) = self.seen().await?;
        Ok(Board::new(view, database, floor.standing(), floor.sinks(), ids))
    }

    /// The floor as it is, and whether the database answers.
    async fn seen(&self) -> Result<(View, bool), Problem> {
        let (view, database) = join!(self.view(), self.store.answers());
        Ok((view?, database))
    }

    async fn view(&self) -> Result<View, Problem> {
        let view = timeout(VIEW_PATIENCE, self.floor.view())
            .await
            .map_err(|_| Problem::unavailable("the floor does not answer"))?;
        Ok(view?)
    }
}

pub(super) fn named<Id: Copy>(ids: &BTreeMap<String, Id>, kind: &str, name: &str) -> Result<Id, Problem> {
    ids.get(name)
        .copied()
        .ok_or_else(|| Problem::not_found(unknown(kind, name, ids.keys().map(String::as_str))))
}

pub(super) fn attempt(id: &str) -> Result<AttemptId, Problem> {
    let no_number = |_| Problem::not_found(format!("{id:?} is no attempt; an attempt is a number"));
    id.parse().map(AttemptId).map_err(no_number)
}

/// Sees to it that what takes no body has none.
pub(super) fn bare(verb: &str, body: &[u8]) -> Result<(), Problem> {
    nothing(body).map_err(|error| bad_body(verb, None, &error))
}

/// Why a body is not taken; `right` is one that would be, where the verb takes any.
fn bad_body(verb: &str, right: Option<&str>, error: &serde_json::Error) -> Problem {
    Problem::bad(match right {
        Some(right) => format!("the body must be {right}: {error}"),
        None => format!("{verb} takes no body, or {{}}: {error}"),
    })
}

pub(super) fn no_such_verb(kind: &str, verb: &str) -> Problem {
    Problem::not_found(format!("{verb:?} is nothing that can be asked of any {kind}"))
}
