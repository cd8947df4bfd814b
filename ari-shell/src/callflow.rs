//! A call flow as a picture: one SVG, which any browser shows.
//!
//! The nodes stand below each other in the order of the file, each with its ways out. A way that leads down runs on the
//! right, one that leads up again on the left, each in a lane of its own wherever it would touch another.

use std::fmt::Write as _;

use engine::flow::{CallFlow, Node, Target, Way};

/// All lengths are in pixels.
const BOX_WIDTH: usize = 300;
const HEAD: usize = 44;
const ROW: usize = 22;
const GAP: usize = 28;
const LANE: usize = 16;
const MARGIN: usize = 24;

/// A way that leads to a node: from a row of one box to the head of another.
struct Arrow {
    from: usize,
    to: usize,
    /// Counted from the boxes outwards.
    lane: usize,
    needs_callee: bool,
}

impl Arrow {
    const fn is_down(&self) -> bool {
        self.to > self.from
    }

    fn span(&self) -> (usize, usize) {
        (self.from.min(self.to), self.from.max(self.to))
    }

    fn touches(&self, other: &Self) -> bool {
        let ((top, bottom), (their_top, their_bottom)) = (self.span(), other.span());
        self.is_down() == other.is_down() && top <= their_bottom && their_top <= bottom
    }
}

/// Draws a flow.
#[must_use]
pub fn draw(flow: &CallFlow) -> String {
    let tops = tops(&flow.nodes);
    let arrows = arrows(&flow.nodes, &tops);
    let lanes = |down: bool| {
        let lanes = arrows.iter().filter(|arrow| arrow.is_down() == down).map(|arrow| arrow.lane + 1);
        lanes.max().unwrap_or(0) * LANE
    };
    let left = MARGIN + lanes(false) + LANE;
    let width = left + BOX_WIDTH + LANE + lanes(true) + MARGIN;
    let last = flow.nodes.last().map_or(0, height);
    let bottom = tops.last().map_or(MARGIN, |top| top + last) + MARGIN;
    let mut svg = head(flow, width, bottom);
    for (node, top) in flow.nodes.iter().zip(&tops) {
        node_box(&mut svg, node, left, *top);
    }
    for arrow in &arrows {
        line(&mut svg, arrow, left);
    }
    svg.push_str("</svg>");
    svg
}

fn head(flow: &CallFlow, width: usize, height: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <title>{}</title>\n\
         <style>\n\
         text {{ font: 13px sans-serif; fill: #222 }}\n\
         .name {{ font-weight: bold }}\n\
         .dim {{ fill: #777 }}\n\
         rect {{ fill: #f6f8fa; stroke: #57606a }}\n\
         path {{ fill: none; stroke: #0969da; stroke-width: 1.5; marker-end: url(#tip) }}\n\
         .alone {{ stroke: #9a6700; stroke-dasharray: 5 3 }}\n\
         </style>\n\
         <rect width=\"100%\" height=\"100%\" style=\"fill: white; stroke: none\"/>\n\
         <marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0 L8 4 L0 8 z\" style=\"fill: #57606a; stroke: none\"/></marker>\n",
        flow.name
    )
}

/// Where each box begins.
fn tops(nodes: &[Node]) -> Vec<usize> {
    let mut next = MARGIN;
    let mut tops = Vec::new();
    for node in nodes {
        tops.push(next);
        next += height(node) + GAP;
    }
    tops
}

fn height(node: &Node) -> usize {
    HEAD + node.kind.ways().len() * ROW
}

/// The middle of a way's row.
fn row(top: usize, nth: usize) -> usize {
    top + HEAD + nth * ROW + ROW / 2
}

/// Every way that leads to a node, the shortest nearest to the boxes.
fn arrows(nodes: &[Node], tops: &[usize]) -> Vec<Arrow> {
    let mut all = Vec::new();
    for (node, top) in nodes.iter().zip(tops) {
        for (nth, way) in node.kind.ways().into_iter().enumerate() {
            let Target::Node(name) = way.target else { continue };
            let Some(index) = nodes.iter().position(|node| node.name == *name) else { continue };
            let (from, to) = (row(*top, nth), tops[index] + HEAD / 2);
            all.push(Arrow { from, to, lane: 0, needs_callee: way.needs_callee });
        }
    }
    all.sort_by_key(|arrow| (arrow.span().1 - arrow.span().0, arrow.from));
    for nth in 0..all.len() {
        let taken: Vec<usize> =
            all[..nth].iter().filter(|other| other.touches(&all[nth])).map(|other| other.lane).collect();
        all[nth].lane = (0..).find(|lane| !taken.contains(lane)).expect("there are endless lanes");
    }
    all
}

fn node_box(svg: &mut String, node: &Node, left: usize, top: usize) {
    let (name, kind, height) = (&node.name, node.kind.name(), height(node));
    let mut put = |line: String| writeln!(svg, "{line}").expect("a text takes everything");
    put(format!("<rect x=\"{left}\" y=\"{top}\" width=\"{BOX_WIDTH}\" height=\"{height}\" rx=\"6\"/>"));
    let text = |x: usize, y: usize, class: &str, text: &str| {
        format!("<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>")
    };
    let completes = if node.completes { ", completes" } else { "" };
    put(text(left + 10, top + 18, "name", name));
    put(text(left + 10, top + 36, "dim", &format!("{kind}{completes} {}", sounds(node))));
    for (nth, Way { field, target, .. }) in node.kind.ways().into_iter().enumerate() {
        let told = match target {
            Target::Node(name) => format!("{field} → {name}"),
            Target::HangUp => format!("{field} → hang up"),
        };
        put(text(left + 10, row(top, nth) + 4, "", &told));
    }
}

/// The first sound, and that there are more.
fn sounds(node: &Node) -> String {
    let mut sounds = node.kind.sounds();
    match (sounds.next(), sounds.next()) {
        (Some(first), Some(_)) => format!("{first} …"),
        (Some(only), None) => only.to_owned(),
        (None, _) => String::new(),
    }
}

fn line(svg: &mut String, arrow: &Arrow, left: usize) {
    let Arrow { from, to, lane, needs_callee } = arrow;
    let out = LANE * (lane + 1);
    let (edge, turn) =
        if arrow.is_down() { (left + BOX_WIDTH, left + BOX_WIDTH + out) } else { (left, left - out) };
    let class = if *needs_callee { "" } else { " class=\"alone\"" };
    writeln!(svg, "<path{class} d=\"M{edge} {from} H{turn} V{to} H{edge}\"/>")
        .expect("a text takes everything");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::flow;

    #[test]
    fn a_flow_is_drawn() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows/survey.toml");
        let flow = flow::read(&file).expect("the example is right");
        insta::assert_snapshot!(draw(&flow));
    }
}
