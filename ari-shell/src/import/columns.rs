//! The header row: which column is what.

use std::collections::BTreeSet;
use std::str::FromStr;

use csv::ByteRecord;

/// Columns at most.
const COLUMNS: usize = 64;

/// Bytes of a column's name at most.
const NAME_BYTES: usize = 64;

/// What the names of columns begin with that an export has written, of how leads stand: they are passed over.
pub(crate) const PASSED_OVER: &str = "RINGMASTER_";

/// Names that a lead may not set: those that we set ourselves, also behind the `LEAD_` that every lead's own begin with, and
/// those by which Asterisk or its dialplan would do something else than intended.
const RESERVED: [&str; 37] = [
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
    "ID",
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
         commas, semicolons or tabs"
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
    #[error(
        "the column {0} would overwrite a variable that the dialer or Asterisk sets itself: rename it, or have it read as \
         something else, such as an id of your own with `--map external_id=` and the column's name"
    )]
    Reserved(String),
    /// A column that was to be read as something else is not there.
    #[error("no column is called {column:?}, which was to be read as {field}; the columns are {columns}")]
    NotMapped {
        /// The column asked for.
        column: String,
        /// What it was to be.
        field: String,
        /// Those that there are.
        columns: String,
    },
    /// One column was to be read as two things.
    #[error(
        "the column {column:?} was to be read as {one} and as {other}, and is read as one thing only: copy it in the file"
    )]
    MappedTwice {
        /// The column.
        column: String,
        /// What it was to be.
        one: String,
        /// What else.
        other: String,
    },
    /// Too many columns.
    #[error("there are {0} columns; at most {COLUMNS} are taken")]
    TooMany(usize),
}

/// Which columns of a file are called otherwise than here: `phone=Telefoon`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The name here.
    pub field: String,
    /// The name in the file.
    pub column: String,
}

impl FromStr for Renamed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} must be a name here, =, and the column's, such as phone=Telefoon");
        let (field, column) = text.split_once('=').ok_or_else(wrong)?;
        if normal(field).is_err() || column.trim().is_empty() {
            return Err(wrong());
        }
        Ok(Self { field: field.trim().to_owned(), column: column.trim().to_owned() })
    }
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// The lead's nth number; all but the first may be empty.
    Number(u8),
    ExternalId,
    Zone,
    Attribute,
    Passed,
}

impl Column {
    fn of(name: &str) -> Self {
        if name.starts_with(PASSED_OVER) {
            return Self::Passed;
        }
        let nth = name.strip_prefix("PHONE").or_else(|| name.strip_prefix("NUMBER"));
        match (name, nth) {
            (_, Some("")) => Self::Number(1),
            (_, Some(nth)) => match nth.trim_start_matches('_').parse() {
                Ok(nth @ 2..=9) => Self::Number(nth),
                Ok(_) | Err(_) => Self::Attribute,
            },
            ("EXTERNAL_ID", None) => Self::ExternalId,
            ("ZONE", None) => Self::Zone,
            (_, None) => Self::Attribute,
        }
    }
}

/// All columns, in the order of the file.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) order: Vec<Column>,
    pub(super) names: Vec<String>,
}

impl Columns {
    pub(super) fn read(header: &ByteRecord, renamed: &[Renamed]) -> Result<Self, BadHeader> {
        let names = names(header, renamed)?;
        let order = names.iter().map(|name| Column::of(name)).collect();
        Self { order, names }.checked()
    }

    /// The names of the attributes.
    pub(super) fn attributes(&self) -> Vec<String> {
        let columns = self.order.iter().zip(&self.names);
        columns.filter(|(column, _)| **column == Column::Attribute).map(|(_, name)| name.clone()).collect()
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
        for nth in 1..=9 {
            match self.order.iter().filter(|column| **column == Column::Number(nth)).count() {
                0 if nth == 1 => return Err(BadHeader::NoNumber(self.names.join(", "))),
                0 | 1 => {}
                _ => return Err(BadHeader::Twice(String::from("`phone` and `number`, which are the same"))),
            }
        }
        Ok(self)
    }
}

fn names(header: &ByteRecord, renamed: &[Renamed]) -> Result<Vec<String>, BadHeader> {
    match header.len() {
        0 => return Err(BadHeader::Empty),
        1..=COLUMNS => {}
        many => return Err(BadHeader::TooMany(many)),
    }
    let texts = header.iter().map(|raw| std::str::from_utf8(raw).map(str::trim));
    let texts: Vec<&str> = texts.collect::<Result<_, _>>().map_err(|_| BadHeader::NotText)?;
    for Renamed { field, column } in renamed {
        if !texts.contains(&column.as_str()) {
            let columns = texts.join(", ");
            return Err(BadHeader::NotMapped { column: column.clone(), field: field.clone(), columns });
        }
        let other = renamed.iter().find(|other| other.column == *column && other.field != *field);
        if let Some(Renamed { field: other, .. }) = other {
            let (column, one, other) = (column.clone(), field.clone(), other.clone());
            return Err(BadHeader::MappedTwice { column, one, other });
        }
    }
    let here = |text: &&str| renamed.iter().find(|renamed| renamed.column == **text);
    texts.iter().map(|text| normal(here(text).map_or(*text, |renamed| &renamed.field))).collect()
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
