//! What every plot is made of: a frame with two axes, and marks in it.

use maud::{Markup, html};

use super::labels::{Place, width};
use super::scale::{Scale, with_digits_of};

/// The height of letters in plots.
pub(super) const LETTERS: f64 = 13.0;

/// Each plot is drawn twice: letters that can be read on a desk would be dust on a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For screens and paper.
    Wide,
    /// For telephones.
    Narrow,
}

impl Form {
    pub(super) const fn width(self) -> f64 {
        match self {
            Self::Wide => 960.0,
            Self::Narrow => 360.0,
        }
    }

    /// Of a plot that has another one beside it, where there is room.
    pub(super) const fn half(self) -> f64 {
        match self {
            Self::Wide => 464.0,
            Self::Narrow => 360.0,
        }
    }

    /// One of two, by form.
    pub(super) fn choose<T>(self, wide: T, narrow: T) -> T {
        match self {
            Self::Wide => wide,
            Self::Narrow => narrow,
        }
    }
}

/// A plot in both forms; the page shows the one that fits.
pub(super) fn both(about: &str, draw: impl Fn(Form) -> Drawing) -> Markup {
    html! {
        @for form in [Form::Wide, Form::Narrow] {
            @let Drawing { width, height, marks } = draw(form);
            svg class=(form.choose("plot wide", "plot narrow")) role="img" aria-label=(about)
                viewBox={ "0 0 " (px(width)) " " (px(height)) } { (marks) }
        }
    }
}

/// What has been drawn, and how large it is.
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) marks: Markup,
}

/// The field of a plot: figures to the right and upwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Frame {
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// Lines across at the ticks, with their figures on the left and the axis' name above them.
    pub(super) fn y_axis(&self, name: &str, most: usize) -> Markup {
        let ticks = self.y.ticks(most);
        html! {
            @for tick in &ticks {
                @let y = self.y.at(*tick);
                (rule((self.x.start, y), (self.x.end, y), "grid"))
                (text(self.x.start - 8.0, y + 4.0, "end", "tick", &with_digits_of(&ticks, *tick)))
            }
            (text(self.x.start, self.y.end - 12.0, "start", "axis", name))
        }
    }

    /// The line at the bottom, with the figures of the ticks and the axis' name below it.
    pub(super) fn x_axis(&self, name: &str, most: usize) -> Markup {
        let ticks = self.fitting(most);
        let bottom = self.y.start;
        html! {
            (rule((self.x.start, bottom), (self.x.end, bottom), "base"))
            @for tick in &ticks {
                @let x = self.x.at(*tick);
                (rule((x, bottom), (x, bottom + 4.0), "base"))
                (text(x, bottom + 19.0, "middle", "tick", &with_digits_of(&ticks, *tick)))
            }
            (text(self.x.end, bottom + 40.0, "end", "axis", name))
        }
    }
}

impl Frame {
    /// As many ticks as their figures have room for, at most so many.
    fn fitting(&self, most: usize) -> Vec<f64> {
        let fits = |ticks: &Vec<f64>| {
            let widest =
                ticks.iter().map(|tick| width(&with_digits_of(ticks, *tick), LETTERS)).fold(0.0, f64::max);
            ticks.windows(2).all(|pair| self.x.at(pair[1]) - self.x.at(pair[0]) > widest + 8.0)
        };
        (1..=most).rev().map(|most| self.x.ticks(most)).find(fits).unwrap_or_default()
    }
}

/// A place on the page, to a tenth.
pub(super) fn px(place: f64) -> String {
    let tenths = libm::round(place * 10.0) / 10.0;
    // Without the sign of a zero that was rounded from below.
    (tenths + 0.0).to_string()
}

/// A thin straight line.
pub(super) fn rule(from: (f64, f64), to: (f64, f64), class: &str) -> Markup {
    html! { line class=(class) x1=(px(from.0)) y1=(px(from.1)) x2=(px(to.0)) y2=(px(to.1)) {} }
}

/// A line through points.
pub(super) fn line(points: &[(f64, f64)], class: &str, colour: &str) -> Markup {
    html! { path class={ "line " (class) } d=(path(points)) stroke=(colour) {} }
}

/// A surface between two lines.
pub(super) fn surface(above: &[(f64, f64)], below: &[(f64, f64)], class: &str, colour: &str) -> Markup {
    let around: Vec<(f64, f64)> = above.iter().chain(below.iter().rev()).copied().collect();
    html! { path class=(class) d={ (path(&around)) "Z" } fill=(colour) {} }
}

/// A bar.
pub(super) fn bar(left: f64, top: f64, right: f64, bottom: f64, colour: &str, about: &str) -> Markup {
    html! {
        rect x=(px(left)) y=(px(top)) width=(px((right - left).max(0.0))) height=(px((bottom - top).max(0.0)))
            fill=(colour) { title { (about) } }
    }
}

/// Words.
pub(super) fn text(x: f64, baseline: f64, anchor: &str, class: &str, words: &str) -> Markup {
    html! { text class=(class) x=(px(x)) y=(px(baseline)) text-anchor=(anchor) { (words) } }
}

/// Words at a place that was found for them, led to from a point where they are far.
pub(super) fn label(from: (f64, f64), place: Place, class: &str, words: &str) -> Markup {
    let to = (place.x, place.baseline - 0.34 * LETTERS);
    html! {
        @if place.led { (rule(from, to, "lead")) }
        (text(place.x, place.baseline, place.anchor, class, words))
    }
}

/// A mark for a point, of a shape by its row and in a colour.
pub(super) fn mark(row: usize, (x, y): (f64, f64), colour: &str, about: &str) -> Markup {
    const SHAPES: [&str; 4] = [
        "M-5,0A5,5 0 1 0 5,0A5,5 0 1 0 -5,0Z",
        "M-4.5,-4.5H4.5V4.5H-4.5Z",
        "M0,-6.2L6.2,0L0,6.2L-6.2,0Z",
        "M0,-6L5.6,4.4H-5.6Z",
    ];
    html! {
        path class="mark" transform={ "translate(" (px(x)) "," (px(y)) ")" } d=(SHAPES[row % SHAPES.len()])
            fill=(colour) { title { (about) } }
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (nth, (x, y)) in points.iter().enumerate() {
        path.push(if nth == 0 { 'M' } else { 'L' });
        path.push_str(&format!("{},{}", px(*x), px(*y)));
    }
    path
}
