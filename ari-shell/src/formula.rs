//! Text that a spreadsheet would take for a formula: whoever wrote a lead's name could have it computed where the file is
//! opened (OWASP, CSV Injection). An apostrophe in front keeps it a text, for the spreadsheet and for the next import.

use std::borrow::Cow;

/// A cell of a file that is written.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    if may_compute(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text of a cell that was guarded, and of any other as it is.
pub(crate) fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| may_compute(text)).unwrap_or(cell)
}

/// Whether a text is a formula behind whatever apostrophes are in front of it. A figure with its sign is none.
fn may_compute(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    let is_figure = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || " .,-/()%".contains(c));
    match text.split_at_checked(1) {
        Some(("=" | "@" | "\t" | "\r", _)) => true,
        Some(("+" | "-", rest)) => !is_figure(rest),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_guarded_and_figures_are_not() {
        for (text, written) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
            ("-A1", "'-A1"),
            ("'=1", "''=1"),
            ("+31 (20) 123-4567", "+31 (20) 123-4567"),
            ("-12,50", "-12,50"),
            ("'t Hart", "'t Hart"),
            ("Ann", "Ann"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), written);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in "['=+@-]{0,3}[a-z0-9]{0,3}") {
            let written = guarded(&text);
            prop_assert_eq!(plain(&written), &text);
        }
    }
}
