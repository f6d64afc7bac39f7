//! Rows of a delimited text as spreadsheets and data frames save it, and the numbers in them.

use std::borrow::Cow;

/// The most columns.
pub(super) const MOST_COLUMNS: usize = 256;

/// A row: its line, counted from 1, and its fields without quotes and outer blanks.
pub(super) type Row<'a> = (usize, Vec<Cow<'a, str>>);

/// The rows of a text that are not blank.
pub(super) struct Sheet<'a> {
    rest: &'a str,
    line: usize,
    /// What stands between two fields.
    pub(super) delimiter: char,
}

impl<'a> Sheet<'a> {
    /// The rows of a text whose first line has a number.
    pub(super) fn new(text: &'a str, line: usize, delimiter: char) -> Self {
        Self {
            rest: text,
            line,
            delimiter,
        }
    }

    /// The fields of the line at the beginning of the rest, which is taken off with the lines that its quotes hold.
    fn fields(&mut self) -> Result<Vec<Cow<'a, str>>, String> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        if !line.contains('"') {
            self.advance(line.len());
            let fields = line.split(self.delimiter).take(MOST_COLUMNS + 1);
            return Ok(fields.map(|field| Cow::Borrowed(field.trim())).collect());
        }
        let mut fields = Vec::new();
        loop {
            let rest = self.rest;
            let ends = |c: char| c == self.delimiter || c == '\n';
            let blank = |c: char| c.is_whitespace() && !ends(c);
            let begin = rest.trim_start_matches(blank);
            let (field, after) = match begin.strip_prefix('"') {
                Some(quoted) => {
                    let (content, behind) =
                        unquoted(quoted).ok_or("a quotation mark that opens here is not closed")?;
                    let tail = behind.split(ends).next().unwrap_or_default();
                    let after = &behind[tail.len()..];
                    let field = content + tail.trim_end();
                    (Cow::Owned(field.trim().to_owned()), after)
                }
                None => {
                    let field = begin.split(ends).next().unwrap_or_default();
                    (Cow::Borrowed(field.trim()), &begin[field.len()..])
                }
            };
            let taken = rest.len() - after.len();
            self.line += rest[..taken].matches('\n').count();
            self.rest = after;
            if fields.len() <= MOST_COLUMNS {
                fields.push(field);
            }
            match after.strip_prefix(self.delimiter) {
                Some(next) => self.rest = next,
                None => break,
            }
        }
        self.advance(0);
        Ok(fields)
    }

    /// Goes so many bytes on, and over the end of a line that follows.
    fn advance(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
        if let Some(next) = self.rest.strip_prefix('\n') {
            self.rest = next;
            self.line += 1;
        }
    }
}

/// The content up to the closing quotation mark, two of which stand for one, and what is behind it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut content = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('"')?;
        content.push_str(part);
        match behind.strip_prefix('"') {
            Some(more) => {
                content.push('"');
                rest = more;
            }
            None => return Some((content, behind)),
        }
    }
}

impl<'a> Iterator for Sheet<'a> {
    /// A row, or a line and what is wrong there.
    type Item = Result<Row<'a>, (usize, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let line = self.line;
            match self.fields() {
                Ok(fields)
                    if fields.iter().all(|field| field.is_empty())
                        && fields.len() <= MOST_COLUMNS => {}
                Ok(fields) => return Some(Ok((line, fields))),
                Err(message) => {
                    self.rest = "";
                    return Some(Err((line, message)));
                }
            }
        }
        None
    }
}

/// How a number marks its fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A whole number, or one whose groups of digits say it.
    Plain,
    /// A point.
    Point,
    /// A comma.
    Comma,
}

/// A number in a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// Its value, where the mark is that of a fraction.
    pub(super) value: f64,
    pub(super) mark: Mark,
    /// Whether the mark could also part thousands: "91,880".
    pub(super) doubtful: bool,
    /// Whether a percent sign follows.
    pub(super) percent: bool,
}

/// Whether a field stands for no value.
pub(super) fn is_missing(field: &str) -> bool {
    let names = ["", "nan", "na", "n/a", "null", "none", "-", "–", "—", "?"];
    field.len() <= 4 && names.contains(&field.to_lowercase().as_str())
}

/// Reads a number as people of any country write it; nothing for anything else.
pub(super) fn number(field: &str) -> Option<Number> {
    let field = field.trim();
    let bare = field.strip_suffix('%').unwrap_or(field).trim_end();
    let percent = bare.len() < field.len();
    let (points, commas) = (bare.matches('.').count(), bare.matches(',').count());
    let (text, mark) = match (points, commas) {
        (0, 0) => (Cow::Borrowed(bare), Mark::Plain),
        (1, 0) => (Cow::Borrowed(bare), Mark::Point),
        (0, 1) => (Cow::Owned(bare.replace(',', ".")), Mark::Comma),
        (_, 0) => (Cow::Owned(ungrouped(bare, '.')?), Mark::Plain),
        (0, _) => (Cow::Owned(ungrouped(bare, ',')?), Mark::Plain),
        (1, _) if bare.rfind('.') > bare.rfind(',') => {
            (Cow::Owned(ungrouped(bare, ',')?), Mark::Point)
        }
        (_, 1) if bare.rfind(',') > bare.rfind('.') => (
            Cow::Owned(ungrouped(bare, '.')?.replace(',', ".")),
            Mark::Comma,
        ),
        _ => return None,
    };
    let value: f64 = text.parse().ok()?;
    let doubtful = points + commas == 1
        && text.split_once('.').is_some_and(|(whole, fraction)| {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            (1..=3).contains(&whole.len())
                && !whole.starts_with('0')
                && fraction.len() == 3
                && digits(whole)
                && digits(fraction)
        });
    value.is_finite().then_some(Number {
        value,
        mark,
        doubtful,
        percent,
    })
}

/// A number without the marks between its groups of three digits; nothing where the groups are others.
fn ungrouped(text: &str, mark: char) -> Option<String> {
    let whole = text
        .split(|c| c != mark && [',', '.'].contains(&c))
        .next()?;
    let mut groups = whole.split(mark);
    let first = groups.next()?;
    let good = (1..=3).contains(&first.trim_start_matches(['-', '+']).len())
        && groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()));
    good.then(|| text.replace(mark, ""))
}
