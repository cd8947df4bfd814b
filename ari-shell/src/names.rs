//! What to say of a name that nobody has.

/// A sentence that lists those who are there.
pub(crate) fn unknown<'n>(kind: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if known.is_empty() {
        format!("there is no {kind} {name:?}, nor any other")
    } else {
        format!("there is no {kind} {name:?}; known: {}", known.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn whoever_is_known_is_listed() {
        assert_eq!(unknown("agent", "eve", ["ann", "bob"]), "there is no agent \"eve\"; known: ann, bob");
        assert_eq!(unknown("agent", "eve", []), "there is no agent \"eve\", nor any other");
    }
}
