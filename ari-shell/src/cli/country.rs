//! `--country`: how the numbers of one command are read.

use crate::config::Config;
use crate::numbers::Numbering;

#[derive(Debug, clap::Args)]
pub(super) struct Country {
    /// The country of numbers that have no + or 00 in front, by its two letters; `country` of the configuration unless
    /// given.
    #[arg(long, value_name = "CC", value_parser = Numbering::of)]
    country: Option<Numbering>,
}

impl Country {
    pub(super) fn numbering(&self, config: &Config) -> Numbering {
        self.country.unwrap_or(config.numbering)
    }

    /// What has to be known where this is not how other commands read numbers.
    pub(super) fn elsewhere(&self, config: &Config) -> Option<String> {
        let country = self.country.filter(|country| *country != config.numbering)?;
        let read_elsewhere = match config.numbering {
            Numbering::AS_THEY_STAND => "they stand".to_owned(),
            configured => format!("those of {configured}"),
        };
        Some(format!(
            "Its numbers were read as those of {country}; other commands, such as `dnc add`, read them as {read_elsewhere} unless \
             told --country too."
        ))
    }
}
