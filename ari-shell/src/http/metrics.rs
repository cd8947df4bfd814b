//! The floor as Prometheus scrapes it: the figures of the board, under names that stay.
//!
//! Counters begin with the process. A series that can be counted up is there from the beginning, with 0, where it is known
//! what there may be: whoever watches its rate would miss the first one else.

use std::fmt;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use engine::agent::AgentState;
use engine::call::CallResult;
use engine::campaign::CampaignState;
use engine::view::{AgentView, CampaignView, CarrierView};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, NoLabelSet, prometheus_text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::{Board, House, Named, Problem};
use crate::hopper::Standing;
use crate::outbox::SinkStanding;

pub(super) async fn scrape(State(house): State<House>) -> Result<impl IntoResponse, Problem> {
    Ok(([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], told(house.board().await?)))
}

/// The figures of a board in Prometheus' text format.
pub(super) fn told(board: Board) -> String {
    let mut registry = Registry::with_prefix("ringmaster");
    registry.register_collector(Box::new(board));
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry).expect("a string takes whatever is written to it");
    text
}

impl Collector for Board {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut figures = Figures(encoder);
        figures.of_the_floor(self)?;
        figures.of_campaigns(&self.campaigns)?;
        figures.of_pacing(&self.campaigns)?;
        figures.of_agents(&self.agents)?;
        figures.of_carriers(&self.carriers)?;
        figures.of_sinks(&self.sinks)
    }
}

/// Where the figures are written.
struct Figures<'a>(DescriptorEncoder<'a>);

/// A figure without labels.
const ALONE: [(&str, &str); 0] = [];

impl Figures<'_> {
    fn of_the_floor(&mut self, board: &Board) -> fmt::Result {
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        self.gauge("build_info", "The version that runs", [(version, 1_u64)])?;
        let about = "Whether the event stream from Asterisk stands and what it holds has been compared";
        self.gauge("pbx_connected", about, [(ALONE, u64::from(board.pbx))])?;
        self.gauge("database_answers", "Whether the database answers", [(ALONE, u64::from(board.database))])?;
        let about = "Whether errors of Asterisk or of the database keep everything from being dialled";
        self.gauge("breaker_open", about, [(ALONE, u64::from(board.breaker_until.is_some()))])?;
        let about =
            "Whether the database stands in for a Redis that is configured and cannot hold the hopper";
        let stands_in = matches!(board.hopper, Standing::StandIn { .. });
        self.gauge("redis_away", about, [(ALONE, u64::from(stands_in))])?;
        self.counter("attempts_opened", "Attempts whose intent was saved", [(ALONE, board.opened)])?;
        self.counter("attempts_recorded", "Attempts whose record is written", [(ALONE, board.closed)])?;
        let stray = board.stray.iter().map(|(kind, count)| ([("kind", kind.as_str())], *count));
        self.counter("stray_events", "Events that came too late, twice or for nobody", stray)
    }

    fn of_campaigns(&mut self, campaigns: &[Named<CampaignView>]) -> fmt::Result {
        let states = campaigns.iter().flat_map(|campaign| {
            CampaignState::ALL
                .map(|state| (with(campaign, "state", state.name()), u64::from(campaign.view.state == state)))
        });
        self.gauge("campaign_state", "1 for the state that a campaign is in, 0 for the others", states)?;
        let hopper = campaigns.iter().map(|campaign| (of(campaign), campaign.view.hopper));
        self.gauge("campaign_hopper_leads", "Leads held ready to be dialled", hopper)?;
        let calls = campaigns.iter().flat_map(|campaign| {
            let CampaignView { in_flight, waiting, talking, handed, .. } = campaign.view;
            [("in_flight", in_flight), ("waiting", waiting), ("talking", talking), ("handed", handed)]
                .map(|(stage, calls)| (with(campaign, "stage", stage), calls))
        });
        self.gauge("campaign_calls", "Calls that are not over, by how far they have come", calls)?;
        let results = campaigns.iter().flat_map(|campaign| {
            let count = |result| campaign.view.results.get(&result).copied().unwrap_or_default();
            CallResult::ALL.map(|result| (with(campaign, "result", result.name()), count(result)))
        });
        self.counter("campaign_results", "Attempts whose record is written, by their result", results)?;
        let refusals = campaigns.iter().flat_map(|campaign| {
            let refusals = campaign.view.refusals.iter();
            refusals.map(|(reason, count)| (with(campaign, "reason", reason.name()), *count))
        });
        let about = "How often something began to keep a campaign from dialling, by the reason";
        self.counter("campaign_refusals", about, refusals)?;
        let skipped = campaigns.iter().map(|campaign| (of(campaign), campaign.view.skipped));
        self.counter(
            "campaign_skipped_leads",
            "Leads that agents looked at and did not have dialled",
            skipped,
        )
    }

    fn of_pacing(&mut self, campaigns: &[Named<CampaignView>]) -> fmt::Result {
        let paces = || campaigns.iter().filter_map(|campaign| Some((of(campaign), campaign.view.pace?)));
        let up_to = paces().map(|(campaign, pace)| (campaign, pace.up_to));
        self.gauge("campaign_dials_up_to", "Calls in the air up to which predictive pacing dials", up_to)?;
        let left = paces().map(|(campaign, pace)| (campaign, pace.drops_left as f64 / 100.0));
        let about = "Drops that the window which rules still allows; below 0 where it is over its limit";
        self.gauge("campaign_drops_left", about, left)?;
        let windows = || {
            campaigns.iter().flat_map(|campaign| {
                let numbered = (1_u32..).zip(&campaign.view.windows);
                numbered.map(|(nth, window)| ((of(campaign), [("window", nth)]), window))
            })
        };
        let answers = windows().map(|(labels, window)| (labels, window.answers));
        let about =
            "People who have answered in a drop window that goes on, by its number in the configuration";
        self.gauge("campaign_window_answers", about, answers)?;
        let drops = windows().map(|(labels, window)| (labels, window.drops));
        self.gauge("campaign_window_drops", "Those of them whom no agent took in time", drops)
    }

    fn of_agents(&mut self, agents: &[Named<AgentView>]) -> fmt::Result {
        let count = |state| agents.iter().filter(|agent| agent.view.state == state).count();
        let states = AgentState::ALL.map(|state| ([("state", state.name())], count(state)));
        self.gauge("agents", "Agents, by their state", states)
    }

    fn of_carriers(&mut self, carriers: &[Named<CarrierView>]) -> fmt::Result {
        let named = || carriers.iter().map(|carrier| ([("carrier", carrier.name.as_str())], &carrier.view));
        let healthy = named().map(|(carrier, view)| (carrier, u64::from(view.healthy)));
        self.gauge("carrier_healthy", "Whether a carrier is in the rotation", healthy)?;
        let channels = named().map(|(carrier, view)| (carrier, view.channels));
        self.gauge("carrier_channels", "Calls of this dialer on a carrier", channels)
    }

    fn of_sinks(&mut self, sinks: &[SinkStanding]) -> fmt::Result {
        let named = || sinks.iter().map(|sink| ([("sink", sink.sink.as_str())], sink));
        let waiting = named().map(|(name, sink)| (name, sink.waiting));
        self.gauge("outbox_waiting_events", "Events that are to be sent to a receiver", waiting)?;
        let oldest = named().filter_map(|(name, sink)| Some((name, sink.oldest?.0 as f64 / 1e6)));
        let about = "When the oldest of them happened, in seconds since 1970";
        self.gauge("outbox_oldest_event_timestamp_seconds", about, oldest)?;
        let dead = named().map(|(name, sink)| (name, sink.dead));
        self.gauge("outbox_dead_events", "Events that were given up and that nobody has seen to", dead)?;
        let delivered = named().map(|(name, sink)| (name, sink.delivered));
        self.counter("outbox_delivered_events", "Events that a receiver took", delivered)?;
        let failed = named().map(|(name, sink)| (name, sink.failed));
        self.counter("outbox_failed_deliveries", "Deliveries that failed", failed)
    }

    fn gauge<Labels: EncodeLabelSet, Value: EncodeGaugeValue>(
        &mut self,
        name: &str,
        about: &str,
        figures: impl IntoIterator<Item = (Labels, Value)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, about, None, MetricType::Gauge)?;
        figures
            .into_iter()
            .try_for_each(|(labels, value)| family.encode_family(&labels)?.encode_gauge(&value))
    }

    /// Its name gets a `_total` at its end.
    fn counter<Labels: EncodeLabelSet>(
        &mut self,
        name: &str,
        about: &str,
        figures: impl IntoIterator<Item = (Labels, u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, about, None, MetricType::Counter)?;
        figures.into_iter().try_for_each(|(labels, value)| {
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)
        })
    }
}

fn of(campaign: &Named<CampaignView>) -> [(&str, &str); 1] {
    [("campaign", &campaign.name)]
}

fn with<'c>(campaign: &'c Named<CampaignView>, key: &'c str, value: &'c str) -> [(&'c str, &'c str); 2] {
    [("campaign", &campaign.name), (key, value)]
}
