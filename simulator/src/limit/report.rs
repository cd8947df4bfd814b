//! What `simulator limit` prints.

use std::fmt::Write as _;

use serde_json::json;

use super::{Case, Optimum};

/// More rows of the table than this are thinned out.
const ROWS: usize = 12;

/// The case and its optimum as one JSON object.
pub fn json(case: &Case, optimum: &Optimum) -> String {
    format!("{:#}", json!({ "case": case, "optimum": optimum }))
}

/// The same for people.
pub fn text(case: &Case, optimum: &Optimum) -> String {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let patience = if case.patience_s > 0.0 {
        format!("wait {} s for an agent", case.patience_s)
    } else {
        "do not wait".to_owned()
    };
    let mut text = format!(
        "{} agents, {} of dials answered, {} s talk and wrap-up, {} s ringing; callers {patience}\n\n",
        case.agents,
        percent(case.answer_rate),
        case.talk_s,
        case.ring_s
    );
    let mut line = |what: &str, figure: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{what:<34}{figure:>12}");
    };
    line("best utilisation", percent(optimum.utilisation));
    line("at drops per answered call", percent(optimum.drop_rate));
    line("one call per idle agent", percent(optimum.one_to_one));
    line("idle between calls", format!("{:.1} s", optimum.idle_per_call_s));
    line("one more drop buys", format!("{:.0} agent-s", optimum.price_s));
    let _ = writeln!(text, "\n{:>6}{:>12}{:>12}", "idle", "dial up to", "or up to");
    for idle in rows(optimum.dial_up_to.len()) {
        let (timid, eager) = (optimum.dial_up_to[idle], optimum.eager_dial_up_to[idle]);
        let _ = writeln!(text, "{idle:>6}{timid:>12}{eager:>12}");
    }
    let _ = writeln!(text, "\nThe second column for {} of the time.", percent(optimum.eager_share));
    text
}

/// The first rows, and then ever fewer, up to the last.
fn rows(count: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..count.min(ROWS)).collect();
    rows.extend((ROWS..count).filter(|idle| idle % 10 == 0 || idle + 1 == count));
    rows
}
