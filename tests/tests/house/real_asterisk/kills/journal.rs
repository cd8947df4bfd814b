//! What the journal of a house with kills must be good for.

use tests::house::House;

/// Holds that the journal replays to the digest that the last shell printed, with one segment for each process, which
/// ended like this.
pub(crate) fn assert_replays(house: &House, endings: &[&str], printed: &str) {
    let (code, replayed) = house.replay();
    assert_eq!(code, 0, "{replayed}");
    let segments: Vec<&str> = replayed.lines().filter(|line| line.starts_with("segment ")).collect();
    let ends_so = |(segment, ending): (&&str, &&str)| segment.contains(&format!(", {ending}"));
    assert_eq!(segments.len(), endings.len(), "{replayed}");
    assert!(segments.iter().zip(endings).all(ends_so), "{endings:?}: {replayed}");
    let digest = printed.lines().find_map(|line| line.strip_prefix("digest of all commands: "));
    let digest = digest.expect("the digest is printed at the end");
    assert!(segments.last().is_some_and(|last| last.contains(digest)), "{digest}: {replayed}");
}
