//! A call flow as a picture: one SVG, which any browser shows.
//!
//! The nodes stand below each other in the order of the file, each with its ways out. A way that leads down runs on the
//! right, one that leads up again on the left, each in a lane of its own wherever it would touch another. A dashed one is
//! gone by a callee who does nothing.

use std::fmt::Write as _;

use engine::flow::{CallFlow, Destination, Node, NodeKind, Target, Way};

/// All lengths are in pixels.
const LEAST_WIDTH: usize = 300;
/// As wide as the letters are, more or less.
const LETTER: usize = 7;
const INDENT: usize = 10;
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
    let right = left + flow.nodes.iter().map(width).max().unwrap_or(LEAST_WIDTH);
    let width = right + LANE + lanes(true) + MARGIN;
    let last = flow.nodes.last().map_or(0, height);
    let bottom = tops.last().map_or(MARGIN, |top| top + last) + MARGIN;
    let mut svg = head(flow, width, bottom);
    for (node, top) in flow.nodes.iter().zip(&tops) {
        node_box(&mut svg, node, (left, right), *top);
    }
    for arrow in &arrows {
        line(&mut svg, arrow, (left, right));
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

/// So that all its texts fit in.
fn width(node: &Node) -> usize {
    let longest = texts(node).iter().map(|text| text.chars().count()).max().unwrap_or(0);
    LEAST_WIDTH.max(longest * LETTER + 2 * INDENT)
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

fn node_box(svg: &mut String, node: &Node, (left, right): (usize, usize), top: usize) {
    let (width, height) = (right - left, height(node));
    let mut put = |line: String| writeln!(svg, "{line}").expect("a text takes everything");
    put(format!("<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"));
    for (nth, text) in texts(node).into_iter().enumerate() {
        let (y, class) = match nth {
            0 => (top + 18, "name"),
            1 => (top + 36, "dim"),
            way => (row(top, way - 2) + 4, ""),
        };
        put(format!("<text x=\"{}\" y=\"{y}\" class=\"{class}\">{text}</text>", left + INDENT));
    }
}

/// What a box says: the node's name, what it does, and its ways out.
fn texts(node: &Node) -> Vec<String> {
    let completes = if node.completes { ", completes" } else { "" };
    let does = format!("{}{completes} {}", node.kind.name(), what(node));
    let way = |Way { field, target, .. }: Way<'_>| match target {
        Target::Node(name) => format!("{field} → {name}"),
        Target::HangUp => format!("{field} → hang up"),
    };
    let ways = node.kind.ways().into_iter().map(way);
    [node.name.clone(), does].into_iter().chain(ways).collect()
}

/// To whom or where it leads, or what it says: the first sound, and that there are more.
fn what(node: &Node) -> String {
    if let NodeKind::Transfer { rules, .. } = &node.kind {
        return match &rules.to {
            Destination::Number(number) => format!("to {number}"),
            Destination::Endpoint(endpoint) => format!("to {endpoint}"),
        };
    }
    if let NodeKind::Conference { rules, .. } = &node.kind {
        return format!("in {}", rules.room);
    }
    let mut sounds = node.kind.sounds();
    match (sounds.next(), sounds.next()) {
        (Some(first), Some(_)) => format!("{first} …"),
        (Some(only), None) => only.to_owned(),
        (None, _) => String::new(),
    }
}

fn line(svg: &mut String, arrow: &Arrow, (left, right): (usize, usize)) {
    let Arrow { from, to, lane, needs_callee } = arrow;
    let out = LANE * (lane + 1);
    let (edge, turn) = if arrow.is_down() { (right, right + out) } else { (left, left - out) };
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
