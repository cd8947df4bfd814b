//! What a simulated PBX is told before it starts.

use std::collections::{BTreeMap, BTreeSet};

use super::callee::{AgentConduct, Directory};

/// The PBX's own settings. No randomness and no addresses: those belong to its creator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `system.version` of `GET /asterisk/info`.
    pub version: String,
    /// `asterisk_id` on every event.
    pub entity_id: String,
    /// Wall time, in microseconds since 1970, at which the model's clock stands at 0.
    pub epoch: u64,
    /// `PJSIP/<number>@<trunk>` exists for every trunk whose name starts with this.
    pub trunk_prefix: String,
    /// `Local/<number>@<context>` exists for every context whose name starts with this.
    pub context_prefix: String,
    /// `PJSIP/<agent>` exists for every agent whose endpoint name starts with this.
    pub agent_prefix: String,
    /// The context in which `continue` runs answering machine detection and comes back into the application.
    pub amd_context: String,
    /// What every agent's phone does that has no entry in `agents`.
    pub agent_default: AgentConduct,
    /// What single phones do, by endpoint name.
    pub agents: BTreeMap<String, AgentConduct>,
    /// Who answers the numbers.
    pub directory: Directory,
    /// The sounds that exist, by id, with their length in milliseconds.
    pub sounds: BTreeMap<String, u64>,
    /// The modules that run, by file name. No others are loaded.
    pub modules: BTreeSet<String>,
    /// Whether the folder for recordings is there, which Asterisk does not make.
    pub has_recordings_folder: bool,
    /// How often the first event of an originate comes before its reply, in parts per million.
    pub early_event_ppm: u32,
}

impl Default for Config {
    fn default() -> Self {
        let sounds = [("hello-world", 1_400), ("tt-monkeys", 16_000), ("beep", 200), ("vm-goodbye", 900)];
        Self {
            version: "22.10.1".to_owned(),
            entity_id: "02:00:5e:00:53:01".to_owned(),
            epoch: 1_780_000_000_000_000,
            trunk_prefix: "trunk".to_owned(),
            context_prefix: "from-campaign".to_owned(),
            agent_prefix: "agent-".to_owned(),
            amd_context: "amd".to_owned(),
            agent_default: AgentConduct::Answers { ring_ms: 300 },
            agents: BTreeMap::new(),
            directory: Directory::ByNumber { keys: BTreeMap::new() },
            sounds: sounds.map(|(id, ms)| (id.to_owned(), ms)).into(),
            modules: shipped_modules(),
            has_recordings_folder: true,
            early_event_ppm: 170_000,
        }
    }
}

/// Those that an Asterisk with our own configuration loads.
fn shipped_modules() -> BTreeSet<String> {
    let lines = include_str!("../../../dialplan/modules.conf").lines();
    lines.filter_map(|line| line.strip_prefix("load = ")).map(str::to_owned).collect()
}
