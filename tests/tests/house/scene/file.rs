//! A scenario file as it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tempfile::NamedTempFile;
use tests::lab::far_end::Keys;
use toml::{Table, Value};

use super::deeds::Step;
use super::expect::Expect;
use super::times::Time;

/// The one campaign's name.
pub(super) const CAMPAIGN: &str = "scene";

/// One scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scene {
    /// What it shows, as a sentence.
    pub(super) title: String,
    /// As in `ringmaster.toml`; name and carriers are added, and the message that both PBXs have.
    campaign: Table,
    carrier: Vec<Carrier>,
    pub(super) agents: Agents,
    /// How many numbers of each code.
    pub(super) leads: ByCode<u16>,
    /// A call flow as in its file; the version is added.
    flow: Option<Table>,
    /// A set of dispositions, as in `ringmaster.toml`; the name is added.
    dispositions: Option<Table>,
    /// As in `ringmaster.toml`.
    #[serde(default)]
    pause_codes: Vec<Table>,
    /// What the callees of a code press: each key with its time after the answer or after the key before.
    #[serde(default)]
    keys: ByCode<Vec<(Time, char)>>,
    /// What happens meanwhile, one after the other.
    #[serde(default)]
    pub(super) step: Vec<Step>,
    pub(super) expect: Expect,
}

/// One carrier, named after the trunk that it uses.
#[derive(Debug, Deserialize)]
struct Carrier {
    trunk: String,
    way: Way,
    /// The response that its trunk gives to every call; for `trunk-a` alone.
    refuses: Option<u16>,
    /// As in `ringmaster.toml`.
    #[serde(flatten)]
    rest: Table,
}

/// How a call comes to its trunk.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Straight,
    Local,
}

/// The agents: `agent-1` and on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agents {
    pub(super) count: u16,
    seat: Option<String>,
    ring_timeout: Option<String>,
    missed_rings: Option<u8>,
    /// Those whose phones nobody picks up.
    #[serde(default)]
    pub(super) do_not_pick_up: BTreeSet<u16>,
}

/// Something for each code of a number. TOML's keys are texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ByCode<V>(pub(super) BTreeMap<u16, V>);

impl<V> Default for ByCode<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ByCode<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = BTreeMap::<String, V>::deserialize(deserializer)?;
        let entry = |(code, value): (String, V)| Ok((code.parse().map_err(D::Error::custom)?, value));
        entries.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Scene {
    pub(super) fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).expect("the scenario can be read");
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// The keys that callees press.
    pub(super) fn keys(&self) -> Keys {
        let pressed = |(after, key): &(Time, char)| (after.0, *key);
        self.keys.0.iter().map(|(code, keys)| (*code, keys.iter().map(pressed).collect())).collect()
    }

    /// The call flow's file, as long as it is held.
    pub(super) fn flow_file(&self) -> Option<NamedTempFile> {
        let mut flow = self.flow.clone()?;
        flow.insert("version".to_owned(), 1.into());
        let file =
            tempfile::Builder::new().prefix("flow").suffix(".toml").tempfile().expect("a temporary file");
        std::fs::write(&file, toml::to_string(&flow).expect("tables can be written")).expect("it is written");
        Some(file)
    }

    /// The type of each node of the call flow, by name.
    pub(super) fn node_types(&self) -> BTreeMap<String, String> {
        let nodes = self.flow.iter().filter_map(|flow| flow.get("node")?.as_array()).flatten();
        let word = |node: &Value, key| node.get(key).and_then(Value::as_str).map(str::to_owned);
        nodes.filter_map(|node| Some((word(node, "name")?, word(node, "type")?))).collect()
    }

    /// The part of `ringmaster.toml` that is the scene's.
    pub(super) fn rules(&self, flow: Option<&Path>) -> String {
        let carriers: Vec<Value> = self.carrier.iter().map(|carrier| carrier.trunk.clone().into()).collect();
        let mut campaign = self.campaign.clone();
        campaign.insert("name".to_owned(), CAMPAIGN.into());
        campaign.insert("carriers".to_owned(), carriers.into());
        campaign.entry("message").or_insert(tests::pbx::MESSAGE.into());
        if self.dispositions.is_some() {
            campaign.insert("dispositions".to_owned(), CAMPAIGN.into());
        }
        if let Some(flow) = flow {
            campaign.insert("flow".to_owned(), flow.display().to_string().into());
        }
        let agents = (1..=self.agents.count).map(|agent| self.agents.rules(agent)).collect::<Vec<_>>();
        let mut rules = Table::from_iter([
            ("carrier".to_owned(), Value::Array(self.carrier.iter().map(Carrier::rules).collect())),
            ("campaign".to_owned(), Value::Array(vec![campaign.into()])),
        ]);
        if let Some(mut set) = self.dispositions.clone() {
            set.insert("name".to_owned(), CAMPAIGN.into());
            rules.insert("dispositions".to_owned(), Value::Array(vec![set.into()]));
        }
        if !self.pause_codes.is_empty() {
            let codes = self.pause_codes.iter().cloned().map(Value::from).collect();
            rules.insert("pause_codes".to_owned(), Value::Array(codes));
        }
        if !agents.is_empty() {
            rules.insert("agent".to_owned(), Value::Array(agents));
        }
        toml::to_string(&rules).expect("tables can be written")
    }

    /// What `trunk-a` refuses every call with, if it does.
    pub(super) fn broken(&self) -> Option<u16> {
        let broken = self.carrier.iter().find_map(|carrier| Some((&carrier.trunk, carrier.refuses?)))?;
        assert_eq!(broken.0, "trunk-a", "only trunk-a can be out of order");
        Some(broken.1)
    }
}

impl Carrier {
    fn rules(&self) -> Value {
        let mut rules = self.rest.clone();
        rules.insert("name".to_owned(), self.trunk.clone().into());
        match self.way {
            Way::Straight => rules.insert("trunk".to_owned(), self.trunk.clone().into()),
            Way::Local => rules.insert("local".to_owned(), "from-campaign".into()),
        };
        rules.entry("calls_per_second").or_insert(100.into());
        rules.into()
    }
}

impl Agents {
    fn rules(&self, agent: u16) -> Value {
        let mut rules = Table::new();
        rules.insert("name".to_owned(), format!("agent-{agent}").into());
        rules.insert("campaign".to_owned(), CAMPAIGN.into());
        for (key, value) in [("seat", &self.seat), ("ring_timeout", &self.ring_timeout)] {
            if let Some(value) = value {
                rules.insert(key.to_owned(), value.clone().into());
            }
        }
        if let Some(missed_rings) = self.missed_rings {
            rules.insert("missed_rings".to_owned(), i64::from(missed_rings).into());
        }
        rules.into()
    }
}
