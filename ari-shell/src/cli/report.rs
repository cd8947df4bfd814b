//! `report`: figures from the database, each with its formula.

use engine::words::{Micros, Span};

use super::{Failure, Out, database};
use crate::clock::Clock;
use crate::config::{Config, duration};
use crate::moment;
use crate::names::unknown;
use crate::report::sheet::{By, Sheet};
use crate::report::{Period, Report};
use crate::store::{Standing, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Count this campaign alone.
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// Count the attempts of so long, up to now: 90m, 7d, 1h30m.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = span)]
    since: Span,
    /// Count from this moment on (UTC): 2026-11-23, or "2026-11-23 14:00".
    #[arg(long, value_name = "MOMENT", conflicts_with = "since", value_parser = moment)]
    from: Option<Micros>,
    /// Count up to this moment (UTC); now unless given.
    #[arg(long, value_name = "MOMENT", requires = "from", value_parser = moment)]
    to: Option<Micros>,
    /// Set the figures of each campaign, carrier, agent or hour (UTC) side by side.
    #[arg(long, value_enum)]
    by: Option<By>,
    /// How to print it; CSV with --by alone.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Print JSON, as --format json does.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// A row for each name.
    Csv,
    /// Everything, with formulas.
    Json,
}

fn span(text: &str) -> Result<Span, &'static str> {
    duration::parse(text).ok_or("write whole numbers with their units, such as 90m, 7d or 1h30m")
}

pub(super) fn moment(text: &str) -> Result<Micros, &'static str> {
    moment::parse(text)
        .ok_or("write a date, or a date and a time, in UTC, such as 2026-11-23 or \"2026-11-23 14:00\"")
}

pub(super) async fn run(args: Args, config: &Config, out: &mut Out<'_>) -> Result<(), Failure> {
    let period = period(&args, Clock::start().now())?;
    let format = if args.json { Format::Json } else { args.format };
    let store = database::open(config).await?;
    let campaign = match &args.campaign {
        Some(name) => Some(stored(&store, name).await?),
        None => None,
    };
    if let Some(by) = args.by {
        let sheet = Sheet::read(&store, config, period, by, campaign.as_ref()).await?;
        return match format {
            Format::Table => Ok(out.line(sheet.to_string().trim_end())?),
            Format::Csv => {
                let csv = sheet.csv().map_err(|error| Failure::failed(error.to_string()))?;
                Ok(out.line(csv.trim_end())?)
            }
            Format::Json => Ok(out.json(&sheet)?),
        };
    }
    let report = match &campaign {
        Some(campaign) => Report::read_campaign(&store, period, campaign).await?,
        None => Report::read(&store, period).await?,
    };
    match format {
        Format::Table => Ok(out.line(report.to_string().trim_end())?),
        Format::Csv => Err(Failure::usage(String::from("say by --by what CSV is to have a row for"))),
        Format::Json => Ok(out.json(&report)?),
    }
}

fn period(args: &Args, now: Micros) -> Result<Period, Failure> {
    // What has not happened yet lasts no time.
    let to = args.to.map_or(now, |to| to.min(now));
    let from = args.from.unwrap_or(now - args.since);
    if from < to {
        return Ok(Period { from, to });
    }
    let (begin, end) = (moment::utc(from), moment::utc(to));
    Err(Failure::usage(if from < now {
        format!("the period would begin at {begin} and end at {end}: give a later --to")
    } else {
        format!("the period would begin at {begin}, which has not come yet: give an earlier --from")
    }))
}

/// A campaign of the database, which may know some that are not configured any more.
pub(super) async fn stored(store: &Store, name: &str) -> Result<Standing, Failure> {
    let campaigns = store.standings().await?;
    let known = campaigns.iter().map(|campaign| campaign.name.as_str());
    let sentence = unknown("campaign", name, known);
    campaigns.into_iter().find(|campaign| campaign.name == name).ok_or_else(|| Failure::failed(sentence))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    /// At noon, the end of what such a period counts.
    fn counted(from: &str, to: &str) -> Result<String, Failure> {
        let Line { args } = Line::parse_from(["report", "--from", from, "--to", to]);
        let noon = moment("2026-11-26 12:00").expect("a moment");
        period(&args, noon).map(|period| moment::utc(period.to).to_string())
    }

    #[test]
    fn a_period_that_lies_ahead_in_part_ends_now() {
        for (to, ends) in
            [("2026-11-26 11:00", "11:00"), ("2026-11-26 12:30", "12:00"), ("2026-11-27", "12:00")]
        {
            let counted = counted("2026-11-26", to).unwrap_or_else(|_| panic!("{to} is a period"));
            assert!(counted.contains(ends), "{to}: {counted}");
        }
        let Err(ahead) = counted("2026-11-27", "2026-11-28") else { panic!("none of it has come") };
        assert!(format!("{ahead:?}").contains("which has not come yet: give an earlier --from"), "{ahead:?}");
    }
}
