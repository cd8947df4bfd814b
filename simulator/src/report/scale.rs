//! From figures to places on the page.

/// A straight scale: a range of figures, and where its ends lie on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) start: f64,
    pub(super) end: f64,
}

impl Scale {
    pub(super) fn at(&self, figure: f64) -> f64 {
        self.start + (figure - self.from) / (self.to - self.from) * (self.end - self.start)
    }

    pub(super) fn holds(&self, figure: f64) -> bool {
        (self.from..=self.to).contains(&figure)
    }

    /// Round figures within the range, at most so many steps of 1, 2 or 5 times a power of ten apart.
    pub(super) fn ticks(&self, most: usize) -> Vec<f64> {
        let step = round_step((self.to - self.from) / most as f64);
        let first = libm::ceil(self.from / step - 1e-9) as i64;
        (first..).map(|nth| nth as f64 * step).take_while(|tick| *tick <= self.to + step * 1e-9).collect()
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below this.
pub(super) fn round_step(least: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(least)));
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// A figure with as many digits as its neighbours on the axis need.
pub(super) fn with_digits_of(ticks: &[f64], figure: f64) -> String {
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).next().unwrap_or(1.0);
    let digits = libm::ceil(-libm::log10(step) - 1e-9).max(0.0) as usize;
    format!("{figure:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        let ticks = |from, to, most| {
            let ticks = Scale { from, to, start: 0.0, end: 1.0 }.ticks(most);
            ticks.iter().map(|tick| with_digits_of(&ticks, *tick)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(ticks(0.0, 100.0, 5), "0 20 40 60 80 100");
        assert_eq!(ticks(57.0, 93.0, 6), "60 70 80 90");
        assert_eq!(ticks(0.0, 7.5, 8), "0 1 2 3 4 5 6 7");
        assert_eq!(ticks(0.0, 1.2, 6), "0.0 0.2 0.4 0.6 0.8 1.0 1.2");
        assert_eq!(ticks(0.0, 0.3, 3), "0.0 0.1 0.2 0.3");
        assert_eq!(ticks(-5.0, 20.0, 5), "-5 0 5 10 15 20");
    }
}
