//! Calls that are agreed on. They stand in the database, so they are written there first and the floor is told then.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::Wish;
use engine::words::{CampaignId, Micros, QueueId};
use serde::{Deserialize, Serialize};

use super::api::{Done, bare, named};
use super::{House, Problem};
use crate::moment::{micros, timestamp};
use crate::note::Note;
use crate::store::{AgreeError, Agreed, Agreement, CallOffError, StoreError};

/// A call to be agreed on, as a body.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackBody {
    /// The queue item.
    pub(crate) item: u64,
    /// When.
    pub(crate) at: Moment,
    /// The agent's name; anybody may call where there is none.
    #[serde(default)]
    pub(crate) agent: Option<String>,
    /// What to know before the call.
    #[serde(default)]
    pub(crate) note: Option<Note>,
}

/// A moment of RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(pub Micros);

impl TryFrom<String> for Moment {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let at = text.parse().ok().and_then(micros);
        at.map(Self).ok_or("write a moment such as 2026-11-26T17:30:00Z")
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        timestamp(moment.0).to_string()
    }
}

pub(super) async fn list(State(house): State<House>) -> Result<Json<Vec<Agreed>>, Problem> {
    house.store.agreed().await.map(Json).map_err(|error| Problem::unavailable(error.to_string()))
}

pub(super) async fn agree(State(house): State<House>, body: Result<Bytes, BytesRejection>) -> Done {
    let right =
        "{\"item\": 17, \"at\": \"2026-11-26T17:30:00Z\", \"agent\": \"ann\", \"note\": \"ask for Eve\"}";
    let body: CallbackBody = serde_json::from_slice(&body?)
        .map_err(|error| Problem::bad(format!("the body must be {right}: {error}")))?;
    let agent = body.agent.as_deref().map(|name| named(&house.ids.agents, "agent", name)).transpose()?;
    let item = QueueId(body.item);
    let (campaign, at) = house
        .store
        .agree(item, &Agreement { at: body.at.0, agent, note: body.note.map(String::from) })
        .await?;
    tell(&house, campaign, Wish::CallBack { campaign, item, at }).await
}

pub(super) async fn call_off(
    State(house): State<House>,
    path: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Done {
    let Path(id) = path?;
    let no_number = |_| Problem::not_found(format!("{id:?} is no queue item; a queue item is a number"));
    let item = id.parse().map(QueueId).map_err(no_number)?;
    bare("cancel", &body?)?;
    let campaign = house.store.call_off(item).await?;
    tell(&house, campaign, Wish::CallOff { campaign, item }).await
}

/// Tells the floor what was written down. A campaign that is not configured any more has its leads dialled by nobody, now or later.
async fn tell(house: &House, campaign: CampaignId, wish: Wish) -> Done {
    if house.ids.campaigns.values().any(|&known| known == campaign) {
        house.ask(wish).await
    } else {
        Ok(StatusCode::NO_CONTENT)
    }
}

impl From<AgreeError> for Problem {
    fn from(error: AgreeError) -> Self {
        match &error {
            AgreeError::NoSuchItem(_) => Self::not_found(error.to_string()),
            AgreeError::WorksElsewhere(_) | AgreeError::Barred { .. } | AgreeError::NotAllowed { .. } => {
                Self::conflict(error.to_string())
            }
            AgreeError::Store(StoreError::TooLarge(_)) => Self::bad(format!("item: {error}")),
            AgreeError::Store(_) => Self::unavailable(error.to_string()),
        }
    }
}

impl From<CallOffError> for Problem {
    fn from(error: CallOffError) -> Self {
        match &error {
            // An id that is too large for the database is nobody's.
            CallOffError::NotAgreed(_) | CallOffError::Store(StoreError::TooLarge(_)) => {
                Self::not_found(error.to_string())
            }
            CallOffError::BeingMade { .. } => Self::conflict(error.to_string()),
            CallOffError::Store(_) => Self::unavailable(error.to_string()),
        }
    }
}
