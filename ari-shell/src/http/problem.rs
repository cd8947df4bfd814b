//! What a request that fails is answered with: RFC 9457, one sentence in `detail`.

use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::Denial;
use serde_json::json;

use crate::floor::FloorGone;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub(super) fn not_allowed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        let status = match &denial {
            Denial::NoSuchCampaign | Denial::NoSuchAgent | Denial::NoSuchAttempt => StatusCode::NOT_FOUND,
            Denial::NoSuchDisposition(_)
            | Denial::NoSuchPauseCode(_)
            | Denial::NoSuchDestination(_)
            | Denial::PaceUnfit(_)
            | Denial::NoMoment
            | Denial::NoCallback => StatusCode::BAD_REQUEST,
            Denial::MessageMissing(_)
            | Denial::MessageUnchecked
            | Denial::CampaignIs(_)
            | Denial::PacesItself
            | Denial::AgentIs(_)
            | Denial::UnderWay
            | Denial::NotDone
            | Denial::Owes(_)
            | Denial::NothingOwed
            | Denial::SaidAlready
            | Denial::NotTheirs
            | Denial::NoNumber(_)
            | Denial::Consults
            | Denial::ConsultsNobody
            | Denial::NobodyThereYet
            | Denial::NoPreview
            | Denial::NoSkipping
            | Denial::NotNow(_)
            | Denial::NotRecorded
            | Denial::RecordsAll
            | Denial::NotTalking
            | Denial::RecordedAlready
            | Denial::NothingRecorded
            | Denial::TakesUsedUp
            | Denial::Closing => StatusCode::CONFLICT,
        };
        Self::new(status, denial.to_string())
    }
}

impl From<FloorGone> for Problem {
    fn from(gone: FloorGone) -> Self {
        Self::unavailable(gone.to_string())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Json(json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        }));
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
