//! Labels that do not lie on each other, nor on what they name.

/// A character is taken to be so wide, in parts of its height; most fonts are narrower.
const WIDTH: f64 = 0.62;
/// From a point to its label, nearest first.
const DISTANCES: [f64; 5] = [9.0, 18.0, 30.0, 46.0, 64.0];
/// To the right, the left, above, below and between.
const DIRECTIONS: [(f64, f64); 8] =
    [(1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.7, -0.8), (0.7, 0.8), (-0.7, -0.8), (-0.7, 0.8)];

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// Where a label begins, middles or ends, and the height of its baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) baseline: f64,
    pub(super) anchor: &'static str,
    /// Whether it is so far away that a line must lead to it.
    pub(super) led: bool,
}

/// What is taken already.
#[derive(Debug)]
pub(super) struct Labels {
    within: Area,
    /// Marks and words, which no label may lie on.
    taken: Vec<Area>,
    /// Lines, which it lies on only where there is no other place.
    lines: Vec<Area>,
}

impl Place {
    /// For words at the right of an upright line, or at its left where there is no room up to `end`.
    pub(super) fn beside_line(line: f64, end: f64, baseline: f64, words: &str, size: f64) -> Self {
        const DISTANCE: f64 = 7.0;
        let fits = line + DISTANCE + width(words, size) <= end;
        let (x, anchor) = if fits { (line + DISTANCE, "start") } else { (line - DISTANCE, "end") };
        Self { x, baseline, anchor, led: false }
    }
}

impl Area {
    fn around(x: f64, y: f64, radius: f64) -> Self {
        Self { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn holds(&self, other: &Self) -> bool {
        self.left <= other.left
            && other.right <= self.right
            && self.top <= other.top
            && other.bottom <= self.bottom
    }
}

/// How wide a text will be at most.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * WIDTH
}

/// Words that have room in so much: what is too long ends with a sign that there is more.
pub(super) fn fitting(words: &str, room: f64, size: f64) -> String {
    let most = (room / (size * WIDTH)).max(1.0) as usize;
    if words.chars().count() <= most {
        return words.to_owned();
    }
    words.chars().take(most - 1).collect::<String>().trim_end().to_owned() + "…"
}

impl Labels {
    pub(super) fn new(within: Area) -> Self {
        Self { within, taken: Vec::new(), lines: Vec::new() }
    }

    /// Something round is drawn there.
    pub(super) fn avoid(&mut self, x: f64, y: f64, radius: f64) {
        self.taken.push(Area::around(x, y, radius));
    }

    /// A line is drawn from one point to the next.
    pub(super) fn avoid_line(&mut self, points: &[(f64, f64)]) {
        for pair in points.windows(2) {
            let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            let steps = (dx.abs().max(dy.abs()) / 4.0) as u32 + 1;
            for step in 0..=steps {
                let share = f64::from(step) / f64::from(steps);
                self.lines.push(Area::around(pair[0].0 + dx * share, pair[0].1 + dy * share, 1.5));
            }
        }
    }

    /// A text is written there already.
    pub(super) fn avoid_text(&mut self, place: Place, text: &str, size: f64) {
        self.taken.push(area(place, text, size));
    }

    /// A free place for a label near a point, which is then taken; none where all are.
    pub(super) fn place(&mut self, x: f64, y: f64, text: &str, size: f64) -> Option<Place> {
        self.take(near(x, y, size).find(|place| self.is_free(*place, text, size, true)), text, size)
    }

    /// The same for a label that must be read: where there is no other place, on a line.
    pub(super) fn place_anywhere(&mut self, x: f64, y: f64, text: &str, size: f64) -> Option<Place> {
        let place = near(x, y, size)
            .find(|place| self.is_free(*place, text, size, true))
            .or_else(|| near(x, y, size).find(|place| self.is_free(*place, text, size, false)));
        self.take(place, text, size)
    }

    /// The first of these places that is free.
    pub(super) fn place_at(
        &mut self,
        places: impl IntoIterator<Item = Place>,
        text: &str,
        size: f64,
    ) -> Option<Place> {
        let free = places.into_iter().find(|place| self.is_free(*place, text, size, true));
        self.take(free, text, size)
    }

    fn take(&mut self, place: Option<Place>, text: &str, size: f64) -> Option<Place> {
        self.taken.extend(place.map(|place| area(place, text, size)));
        place
    }

    fn is_free(&self, place: Place, text: &str, size: f64, off_lines: bool) -> bool {
        let area = area(place, text, size);
        let lies_on = |taken: &Vec<Area>| taken.iter().any(|taken| taken.meets(&area));
        self.within.holds(&area) && !lies_on(&self.taken) && !(off_lines && lies_on(&self.lines))
    }
}

/// Places near a point, the nearest first.
fn near(x: f64, y: f64, size: f64) -> impl Iterator<Item = Place> {
    let around = move |far: f64| DIRECTIONS.map(|(right, down)| beside(x, y, right * far, down * far, size));
    DISTANCES.into_iter().flat_map(around)
}

fn beside(x: f64, y: f64, right: f64, down: f64, size: f64) -> Place {
    let anchor = match right {
        right if right > 0.0 => "start",
        right if right < 0.0 => "end",
        _ => "middle",
    };
    // The middle of small letters is about a third of the size above the baseline.
    let baseline = y + 0.34 * size + down * if right == 0.0 { 1.25 } else { 1.0 };
    Place { x: x + right, baseline, anchor, led: libm::hypot(right, down) > DISTANCES[1] }
}

fn area(place: Place, text: &str, size: f64) -> Area {
    let width = width(text, size);
    let left = match place.anchor {
        "start" => place.x,
        "end" => place.x - width,
        _ => place.x - width / 2.0,
    };
    let (top, bottom) = (place.baseline - 0.95 * size, place.baseline + 0.3 * size);
    Area { left, top, right: left + width, bottom }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_go_round_each_other_and_are_left_out_where_there_is_no_room() {
        let within = Area { left: 0.0, top: 0.0, right: 120.0, bottom: 60.0 };
        let mut labels = Labels::new(within);
        let mut places = Vec::new();
        while let Some(place) = labels.place(60.0, 30.0, "ratio", 12.0) {
            places.push(area(place, "ratio", 12.0));
        }
        assert!(places.len() >= 3, "{places:?}");
        for (nth, place) in places.iter().enumerate() {
            assert!(within.holds(place), "{place:?}");
            assert!(places[..nth].iter().all(|other| !other.meets(place)), "{places:?}");
        }
    }
}
