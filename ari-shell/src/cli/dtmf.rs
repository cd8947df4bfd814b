//! `dtmf`: keys that are sent to whom an agent talks with.

use engine::digits::{BadDigits, Digits};

use super::call::Meant;
use super::{Failure, Out, running};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The keys: 0-9, *, #, A-D, with w for a pause of half a second, W for one and a comma for two.
    #[arg(value_parser = digits)]
    digits: Digits,
    #[command(flatten)]
    meant: Meant,
}

fn digits(text: &str) -> Result<Digits, BadDigits> {
    text.to_owned().try_into()
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let shell = running(config).await?;
    let attempt = args.meant.attempt(&shell).await?;
    shell.send_digits(attempt, args.digits).await?;
    Ok(out.line(format_args!("keys to the callee of attempt {attempt}: granted"))?)
}
