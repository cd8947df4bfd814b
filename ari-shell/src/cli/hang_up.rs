//! `hangup`: a call is ended.

use super::call::Meant;
use super::{Failure, Out, running};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    meant: Meant,
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let shell = running(config).await?;
    let attempt = args.meant.attempt(&shell).await?;
    shell.hang_up(attempt).await?;
    Ok(out.line(format_args!("hang-up of attempt {attempt}: granted"))?)
}
