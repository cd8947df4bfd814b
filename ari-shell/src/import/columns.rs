//! The header row: which column is what.

use std::collections::BTreeSet;

use csv::ByteRecord;

/// Columns at most.
const COLUMNS: usize = 64;

/// Bytes of a column's name at most.
const NAME_BYTES: usize = 64;

/// Names that a lead may not set: those that we set ourselves, and those by which Asterisk or its dialplan would do
/// something else than intended.
const RESERVED: [&str; 36] = [
    "ACCOUNT",
    "ACCOUNTCODE",
    "AGENT_ID",
    "AMDCAUSE",
    "AMDSTATUS",
    "ATTEMPT_ID",
    "BRIDGEPEER",
    "BRIDGEPVTCALLID",
    "CALLERID",
    "CALL_TYPE",
    "CAMPAIGN_ID",
    "CARRIER_ID",
    "CDR",
    "CHANNEL",
    "CONTEXT",
    "DIALEDPEERNUMBER",
    "DIALSTATUS",
    "DYNAMIC_FEATURES",
    "EPOCH",
    "EXTEN",
    "FORWARDERNAME",
    "FORWARD_CONTEXT",
    "GOTO_ON_BLINDXFR",
    "HANGUPCAUSE",
    "LEAD_ID",
    "MIXMONITOR_EXEC",
    "MONITOR_EXEC",
    "OUTBOUND_GROUP",
    "PREFIX",
    "PRIORITY",
    "QUEUE_ID",
    "STASISSTATUS",
    "SYSTEMSTATUS",
    "TIMEOUT",
    "TRANSFER_CONTEXT",
    "UNIQUEID",
];

/// The first row is no header that leads can be read by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// There is nothing in the file.
    #[error("the file is empty: the first row names the columns, such as `phone,first_name`")]
    Empty,
    /// It is not text.
    #[error("the first row is not UTF-8 text: save the file as CSV in UTF-8")]
    NotText,
    /// No column has the number.
    #[error(
        "no column is called `phone` or `number`; the columns are {0}. The first row names the columns, separated by \
         commas"
    )]
    NoNumber(String),
    /// Two columns come to the same name.
    #[error("two columns are called {0}: rename or remove one of them")]
    Twice(String),
    /// A name that cannot be that of a channel variable.
    #[error(
        "the column {0:?} has no usable name: use 1 to {NAME_BYTES} letters, digits and _, a letter first"
    )]
    Name(String),
    /// A name that a lead may not set.
    #[error("the column {0} would overwrite a variable that the dialer or Asterisk sets itself: rename it")]
    Reserved(String),
    /// Too many columns.
    #[error("there are {0} columns; at most {COLUMNS} are taken")]
    TooMany(usize),
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    ExternalId,
    Attribute,
}

/// All columns, in the order of the file.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) order: Vec<Column>,
    pub(super) names: Vec<String>,
    pub(super) attributes: Vec<String>,
}

impl Columns {
    pub(super) fn read(header: &ByteRecord) -> Result<Self, BadHeader> {
        let names = names(header)?;
        let mut columns = Self { order: Vec::new(), attributes: Vec::new(), names };
        for name in &columns.names {
            columns.order.push(match name.as_str() {
                "PHONE" | "NUMBER" => Column::Number,
                "EXTERNAL_ID" => Column::ExternalId,
                attribute => {
                    columns.attributes.push(attribute.to_owned());
                    Column::Attribute
                }
            });
        }
        columns.checked()
    }

    fn checked(self) -> Result<Self, BadHeader> {
        let mut seen = BTreeSet::new();
        for name in &self.names {
            if RESERVED.contains(&name.as_str()) {
                return Err(BadHeader::Reserved(name.clone()));
            }
            if !seen.insert(name) {
                return Err(BadHeader::Twice(name.clone()));
            }
        }
        match self.order.iter().filter(|column| **column == Column::Number).count() {
            0 => Err(BadHeader::NoNumber(self.names.join(", "))),
            1 => Ok(self),
            _ => Err(BadHeader::Twice(String::from("`phone` and `number`, which are the same"))),
        }
    }
}

fn names(header: &ByteRecord) -> Result<Vec<String>, BadHeader> {
    match header.len() {
        0 => Err(BadHeader::Empty),
        1..=COLUMNS => header
            .iter()
            .map(|raw| normal(std::str::from_utf8(raw).map_err(|_| BadHeader::NotText)?))
            .collect(),
        many => Err(BadHeader::TooMany(many)),
    }
}

/// `First name` becomes `FIRST_NAME`.
fn normal(raw: &str) -> Result<String, BadHeader> {
    let name: String = raw
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    // A leading underscore would make Asterisk hand the variable down to other channels.
    let name = name.trim_matches('_');
    let fits = name.len() <= NAME_BYTES && name.starts_with(|c: char| c.is_ascii_uppercase());
    if fits { Ok(name.to_owned()) } else { Err(BadHeader::Name(raw.chars().take(NAME_BYTES).collect())) }
}
