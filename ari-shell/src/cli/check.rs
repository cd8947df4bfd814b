//! `check`: look whether everything is in place for dialling.

use super::{Failure, Out};
use crate::check::{Finding, Verdict, check};
use crate::config::{Config, Problems};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A configuration that does not load is a finding like any other.
pub(super) async fn run(
    args: Args,
    config: Result<Config, Problems>,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let findings = check(config.as_ref()).await;
    if args.json {
        out.json(&findings)?;
    } else {
        for finding in &findings {
            out.line(line(finding))?;
        }
    }
    match findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count() {
        0 => Ok(()),
        failed => Err(Failure::failed(format!("{failed} of {} checks failed", findings.len()))),
    }
}

fn line(Finding { what, verdict, found, advice }: &Finding) -> String {
    let advice = advice.as_ref().map_or_else(String::new, |advice| format!("; {advice}"));
    format!("{:<4}  {what}: {found}{advice}", verdict.name())
}
