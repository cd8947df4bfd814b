//! What a parser says of a value that does not fit, in words for people.

use toml::de::Error;

/// Begins what serde says of a value of another type.
const OF_TYPE: [&str; 2] = ["invalid type: ", "invalid value: "];
/// How a date is called by the parser, which hands it on as a table with this for a field.
const DATE: &str = "`$__toml_private_datetime`";

/// The error with its place, and what is wrong in plain words.
pub(super) fn told(error: &Error) -> String {
    error.to_string().replace(error.message(), &plain(error.message()))
}

fn plain(message: &str) -> String {
    if message.contains(DATE) {
        return "a date does not go here".to_owned();
    }
    if message == "invalid type: map, expected enum" {
        return "an empty table names nothing".to_owned();
    }
    let of_type = OF_TYPE.iter().find_map(|begins| message.strip_prefix(begins));
    let of_length = message.strip_prefix("invalid length ");
    if let Some((given, meant)) = of_type.and_then(|rest| rest.split_once(", expected ")) {
        format!("{} is not {}", given_in_words(given), meant_in_words(meant))
    } else if let Some((length, meant)) = of_length.and_then(|rest| rest.split_once(", expected ")) {
        format!("a list of {length} is not {}", meant_in_words(meant))
    } else {
        message.to_owned()
    }
}

/// As it stands in the file.
fn given_in_words(given: &str) -> &str {
    match given {
        "sequence" => "a list",
        // A table, or a date without quotation marks: the parser does not say which.
        "map" => "what stands here",
        _ => {
            let written = ["string ", "integer ", "floating point ", "boolean "];
            written.iter().find_map(|kind| given.strip_prefix(kind)).unwrap_or(given).trim_matches('`')
        }
    }
}

fn meant_in_words(meant: &str) -> &str {
    match meant {
        "a string" => "a text in quotation marks",
        "a boolean" => "true or false",
        "a sequence" => "a list in square brackets",
        "unit" => "needed: the name alone is enough",
        "a tuple of size 2" => "a pair such as [0, 0.5]",
        _ => match meant.rsplit_once(" with ") {
            // How many fields a table has says nothing to whoever gives a list.
            Some((table, count)) if count.ends_with(" elements") => table,
            _ => meant,
        },
    }
}
