//! Colours: the same for a policy wherever it is drawn, and told apart by those who see fewer of them.

/// Okabe and Ito, "Color Universal Design" (2008), without the yellow that is too light on white.
const PALETTE: [&str; 6] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"];
/// One line for each idle agent: what the others are measured by.
const BASELINE: &str = "#6b7280";
/// The policies that always have the same colour.
const POLICIES: [(&str, &str); 3] =
    [("progressive", BASELINE), ("predictive", PALETTE[0]), ("ratio", PALETTE[1])];
/// The ends of a row of values, light and dark.
const RAMP: ([f64; 3], [f64; 3]) = ([150.0, 196.0, 230.0], [8.0, 48.0, 107.0]);

/// A colour for each policy: its own, or where that is taken the next free one.
pub(super) fn of_policies<'a>(policies: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken: Vec<&str> = Vec::new();
    for policy in policies {
        let own = POLICIES.iter().find(|(name, _)| *name == policy).map(|(_, colour)| *colour);
        let free = |colour: &&str| !taken.contains(colour);
        let reserved = |colour: &&&str| POLICIES.iter().all(|(_, other)| *other != **colour);
        let next = PALETTE.iter().filter(reserved).chain(&PALETTE).copied().find(free);
        taken.push(own.filter(free).or(next).unwrap_or(BASELINE));
    }
    taken.into_iter().map(str::to_owned).collect()
}

/// The colour of one policy on its own.
pub(super) fn of_policy(policy: &str) -> String {
    of_policies([policy]).remove(0)
}

/// So many colours from light to dark, for the values of a field.
pub(super) fn ramp(count: usize) -> Vec<String> {
    let (light, dark) = RAMP;
    let colour = |nth: usize| {
        let share = if count < 2 { 1.0 } else { nth as f64 / (count - 1) as f64 };
        let part = |rgb: usize| libm::round(light[rgb] + (dark[rgb] - light[rgb]) * share) as u8;
        format!("#{:02x}{:02x}{:02x}", part(0), part(1), part(2))
    };
    (0..count).map(colour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_keeps_its_colour_and_no_two_share_one() {
        assert_eq!(of_policies(["progressive", "predictive", "ratio"]), ["#6b7280", "#0072b2", "#e69f00"]);
        assert_eq!(of_policies(["vicidial", "ratio"]), ["#009e73", "#e69f00"]);
        assert_eq!(of_policies(["predictive"; 3]), ["#0072b2", "#009e73", "#cc79a7"]);
        assert_eq!(ramp(3), ["#96c4e6", "#4f7aa9", "#08306b"]);
    }
}
