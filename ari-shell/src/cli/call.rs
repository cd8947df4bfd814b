//! Which call a command is for: by its attempt, or by the agent who has it.

use clap::Args;
use engine::words::AttemptId;

use super::Failure;
use crate::names::unknown;
use crate::operator::Running;

/// Which call.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Meant {
    /// That of this attempt.
    #[arg(long, value_name = "ATTEMPT")]
    attempt: Option<u64>,
    /// The one that this agent has.
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
}

impl Meant {
    pub(super) async fn attempt(self, shell: &Running) -> Result<AttemptId, Failure> {
        let Some(name) = self.agent else {
            return Ok(AttemptId(self.attempt.expect("the command line has one of the two")));
        };
        let agents = shell.view().await?.agents;
        let Some(agent) = agents.iter().find(|agent| agent.name == name) else {
            let names = agents.iter().map(|agent| agent.name.as_str());
            return Err(Failure::failed(unknown("agent", &name, names)));
        };
        agent.view.attempt.ok_or_else(|| Failure::failed(format!("{name} is on no call just now")))
    }
}
