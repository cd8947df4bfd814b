//! What `simulator limit` prints.

use serde_json::json;

use super::{Case, Optimum};
use crate::study::report::number;
use crate::table;

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
        format!("wait {} s for an agent, {} of them at most", case.patience_s, optimum.waiting_room)
    } else {
        "do not wait".to_owned()
    };
    let mut figures = table::figures(["figure", "value"].map(str::to_owned));
    figures.add_rows([
        ["best utilisation".to_owned(), percent(optimum.utilisation)],
        ["at drops per answered call".to_owned(), percent(optimum.drop_rate)],
        ["one call per idle agent".to_owned(), percent(optimum.one_to_one)],
        ["idle between calls".to_owned(), format!("{:.1} s", optimum.idle_per_call_s)],
        ["one more drop buys".to_owned(), format!("{:.0} agent-s", optimum.price_s)],
    ]);
    let mut targets = table::figures(["idle", "dial up to", "or up to"].map(str::to_owned));
    for idle in rows(optimum.dial_up_to.len()) {
        targets.add_row([idle as u32, optimum.dial_up_to[idle], optimum.eager_dial_up_to[idle]]);
    }
    format!(
        "{}, {} of dials answered, {} s talk and wrap-up, {} s ringing; callers {patience}\n\n\
         {}\n\n{}\n\n\"or up to\" for {} of the time.",
        number(case.agents, "agent"),
        percent(case.answer_rate),
        case.talk_s,
        case.ring_s,
        figures.trim_fmt(),
        targets.trim_fmt(),
        percent(optimum.eager_share)
    )
}

/// The first rows, and then ever fewer, up to the last.
fn rows(count: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..count.min(ROWS)).collect();
    rows.extend((ROWS..count).filter(|idle| idle % 10 == 0 || idle + 1 == count));
    rows
}
