//! The rows of a CSV file, each with the line that an editor shows it on.
//!
//! A reader of CSV finds rows in whatever it is given: it takes the end of a file for the end of a quote that was never
//! closed, and tells a row by where the one before it ended, which may be lines above. So the bytes are followed here on
//! their way to it.

use std::collections::VecDeque;
use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

/// What columns may be separated by, the usual first: spreadsheets write semicolons where a comma is in figures, and tabs
/// where one is asked for.
pub(crate) const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// What a file in UTF-8 may begin with, and no row does.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The next row could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Quote(#[from] OpenQuote),
}

/// What a quote begins has no end, or one that is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the quote that opens on line {line} is never closed, and would swallow the rows below it: close it or take it out"
)]
pub struct OpenQuote {
    /// The line of the file, from 1.
    pub line: u64,
}

/// A file that is read row by row, the first like any other.
pub(crate) struct Table<R> {
    reader: Reader<Followed<R>>,
}

impl<R: Read> Table<R> {
    pub(crate) fn new(file: R, separator: u8) -> Self {
        // A row with too few or too many fields is a bad row, not the end of the file.
        let mut builder = ReaderBuilder::new();
        let builder = builder.flexible(true).has_headers(false).delimiter(separator);
        Self { reader: builder.from_reader(Followed::new(file, separator)) }
    }

    /// Reads the next row, and says on which line it begins, from 1; `None` at the end. Empty lines are no rows.
    pub(crate) fn read(&mut self, row: &mut ByteRecord) -> Result<Option<u64>, TableError> {
        if !self.reader.read_byte_record(row).map_err(io::Error::from)? {
            return Ok(None);
        }
        let begun = self.reader.get_mut().begun.pop_front().expect("a row that was read has begun");
        match begun.open_quote {
            Some(line) => Err(OpenQuote { line }.into()),
            None => Ok(Some(begun.line)),
        }
    }

    /// Bytes of the rows so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }

    pub(crate) fn file(&self) -> &R {
        &self.reader.get_ref().file
    }

    pub(crate) fn into_file(self) -> R {
        self.reader.into_inner().file
    }
}

/// A row that has been begun on, and may be read.
struct Begun {
    line: u64,
    /// The line of a quote in it that is never closed.
    open_quote: Option<u64>,
}

/// What the last byte was part of; a quote has the line on which it was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// No row.
    Between,
    /// What separates fields.
    Separator,
    Field,
    Quoted(u64),
    /// A quote within a quoted field: its end, or half of a quote that stands in it.
    Quote(u64),
}

/// A file whose bytes are followed as they are read: by the rules of the reader, of which the rows are found.
struct Followed<R> {
    file: R,
    separator: u8,
    is_begun: bool,
    part: Part,
    line: u64,
    after_return: bool,
    begun: VecDeque<Begun>,
}

impl<R> Followed<R> {
    fn new(file: R, separator: u8) -> Self {
        Self {
            file,
            separator,
            is_begun: false,
            part: Part::Between,
            line: 1,
            after_return: false,
            begun: VecDeque::new(),
        }
    }

    fn follow(&mut self, byte: u8) {
        // What ends a line with two bytes has ended it with the first.
        self.line += u64::from(self.after_return && byte != b'\n');
        self.after_return = byte == b'\r';
        let part = match (self.part, byte) {
            (Part::Quoted(line), b'"') => Part::Quote(line),
            (Part::Quoted(line), _) | (Part::Quote(line), b'"') => Part::Quoted(line),
            (_, b'\r' | b'\n') => Part::Between,
            (_, byte) if byte == self.separator => Part::Separator,
            (Part::Between | Part::Separator, b'"') => Part::Quoted(self.line),
            (Part::Between | Part::Separator | Part::Field | Part::Quote(_), _) => Part::Field,
        };
        if self.part == Part::Between && part != Part::Between {
            self.begun.push_back(Begun { line: self.line, open_quote: None });
        }
        if let (Part::Quote(line), Part::Field) = (self.part, part)
            && line < self.line
        {
            self.leave_open(line);
        }
        self.part = part;
        self.line += u64::from(byte == b'\n');
    }

    fn leave_open(&mut self, line: u64) {
        let row = self.begun.back_mut().expect("a quote stands in a row");
        row.open_quote.get_or_insert(line);
    }
}

impl<R: Read> Read for Followed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let bytes = &buffer[..count];
        let text = if self.is_begun { bytes } else { bytes.strip_prefix(MARK).unwrap_or(bytes) };
        self.is_begun = true;
        for byte in text {
            self.follow(*byte);
        }
        if let (0, Part::Quoted(line)) = (count, self.part) {
            self.leave_open(line);
            self.part = Part::Between;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str, separator: u8) -> Result<Vec<(u64, Vec<u8>)>, String> {
        let (mut table, mut row, mut rows) =
            (Table::new(text.as_bytes(), separator), ByteRecord::new(), Vec::new());
        while let Some(line) = table.read(&mut row).map_err(|problem| problem.to_string())? {
            rows.push((line, row.get(0).unwrap_or_default().to_owned()));
        }
        Ok(rows)
    }

    fn lines(text: &str) -> Vec<u64> {
        rows(text, b',').expect("all closed").into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_row_is_on_the_line_on_which_it_begins() {
        for end in ["\n", "\r\n", "\r"] {
            for (text, wanted) in [
                ("a,b|c,d|e,f", &[1, 2, 3][..]),
                ("|a||b|", &[2, 4]),
                ("\u{feff}a|b", &[1, 2]),
                ("\u{feff}\"a|b\"|c", &[1, 3]),
                ("a,\"b||c\"|\"d\"|,|\"\"", &[1, 4, 5, 6]),
            ] {
                assert_eq!(lines(&text.replace('|', end)), wanted, "{text} {end:?}");
            }
        }
        assert_eq!(lines("a\r\nb\nc\rd\n\re"), [1, 2, 3, 4, 6]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told_with_its_row() {
        for (text, line) in [
            ("a\nb,\"c\nd\n", Some(2)),
            ("a\n\"b\n\"\",\nc", Some(2)),
            ("a,\"b\nc,\"d\"\ne", Some(1)),
            ("a,\"b\"c\n", None),
            ("a,b\"c\n", None),
            ("a,\"b\nc\"\n", None),
        ] {
            let told = rows(text, b',').err();
            let wanted = line.map(|line| OpenQuote { line }.to_string());
            assert_eq!(told, wanted, "{text:?}");
        }
        // Read by another separator the first row is whole: it is another one that has a quote open.
        let mut table = Table::new("a;b\n\"c\n\";d\n".as_bytes(), b',');
        assert_eq!(table.read(&mut ByteRecord::new()).expect("whole"), Some(1));
    }

    proptest! {
        #[test]
        fn as_many_rows_are_followed_as_are_read(text in "[a,;\"\r\n]{0,40}") {
            let (mut table, mut row) = (Table::new(text.as_bytes(), b';'), ByteRecord::new());
            let mut last = 0;
            loop {
                let line = match table.read(&mut row) {
                    Ok(Some(line)) | Err(TableError::Quote(OpenQuote { line })) => line,
                    Ok(None) => break,
                    Err(TableError::File(problem)) => panic!("{problem}"),
                };
                prop_assert!(line > last, "{line} after {last}");
                last = line;
            }
            prop_assert!(table.reader.get_ref().begun.is_empty());
        }
    }
}
