//! A pacing policy in one word, as it is said on the command line.

use toml::{Table, Value};

/// What predictive pacing is held to where nothing is said: the law's three percent.
const COMMON_LIMIT: f64 = 0.03;

/// A pacing from a short text: the value of `campaign.pacing` in a scenario, or less.
///
/// `progressive` stands for `"progressive"`, `ratio=2.0` for `{ ratio = 2.0 }`, `predictive` for the common limit of 3 %,
/// `predictive=0.01` for another one. Whether there is such a policy is for the scenario to say.
///
/// # Errors
/// A text that is neither a word nor TOML.
pub fn pacing(text: &str) -> Result<Value, String> {
    let value = if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        Value::String(text.to_owned())
    } else if let Ok(table) = text.parse::<Table>() {
        Value::Table(table)
    } else if let Some(value) =
        format!("pacing = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("pacing"))
    {
        value
    } else {
        return Err("a policy is said as progressive, ratio=2.0, predictive=0.03, or as in a scenario's \
                    campaign.pacing"
            .to_owned());
    };
    Ok(completed(value))
}

/// What a policy lacks that is named alone, where it is one that needs more, and how it is said on the command line.
pub(super) fn lacks(name: &str) -> Option<(String, &'static str)> {
    let (in_a_file, said) = match name {
        "ratio" => ("{ ratio = 2.0 }", "ratio=2.0"),
        "predictive" => ("{ predictive = { drop_limit = 0.03 } }", "predictive=0.03"),
        "broadcast" => ("{ broadcast = 60 }", "broadcast=60"),
        "vicidial" => (
            "{ vicidial = { method = \"ratio\", level = 2.0 } }",
            "'vicidial={ method = \"ratio\", level = 2.0 }'",
        ),
        _ => return None,
    };
    Some((format!("{name:?} alone does not say how much: give {in_a_file}"), said))
}

/// The same the other way round: how a pacing is said on the command line.
#[must_use]
pub fn said(pacing: &Value) -> String {
    let alone = |table: &Table, key: &str| if table.len() == 1 { table.get(key).cloned() } else { None };
    match (pacing, pacing.as_table().and_then(|table| table.iter().next())) {
        (Value::String(name), _) => name.clone(),
        (_, Some((name, rules))) => {
            let limit = rules.as_table().and_then(|rules| alone(rules, "drop_limit"));
            format!("{name}={}", limit.as_ref().unwrap_or(rules))
        }
        (other, None) => other.to_string(),
    }
}

/// `predictive`, said with a limit alone or without one, has its limit where a scenario has it.
fn completed(policy: Value) -> Value {
    let limit = if policy.as_str() == Some("predictive") {
        Value::Float(COMMON_LIMIT)
    } else if let Some(limit @ (Value::Float(_) | Value::Integer(_))) = policy.get("predictive") {
        limit.clone()
    } else {
        return policy;
    };
    let rules = Table::from_iter([("drop_limit".to_owned(), limit)]);
    Value::Table(Table::from_iter([("predictive".to_owned(), Value::Table(rules))]))
}
