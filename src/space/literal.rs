//! Python literals as genotypes are printed with: strings, numbers, lists, dictionaries and calls by plain names. The reader takes no
//! more of a text than the literal, so that anything may stand around it.

use super::genotype::GenotypeError;
use super::syntax::{LONGEST, syntax};

/// The most elements of a list. A cell has 8 inputs.
const LONGEST_LIST: usize = 64;
/// The most digits of a whole number.
const LONGEST_NUMBER: usize = 3;
/// How deep values may hold each other; `normal=[[('…', np.int64(1))]]` is 4 deep.
const DEEPEST: usize = 8;

/// What is wrong, and at which byte of the text.
#[derive(Debug)]
pub(super) struct Mistake {
    at: usize,
    message: String,
}

impl Mistake {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }

    /// The mistake with its line and column.
    pub(super) fn locate(self, text: &str) -> GenotypeError {
        syntax(text, self.at, &self.message)
    }
}

/// A literal and the byte where it starts.
pub(super) struct Value<'a> {
    pub at: usize,
    pub kind: Kind<'a>,
}

/// The kinds of literals.
pub(super) enum Kind<'a> {
    Text(&'a str),
    Number(usize),
    /// A number that is not whole, such as an operation's weight.
    Weight,
    /// A name that stands for something, such as `None`.
    Word,
    List(Vec<Value<'a>>),
    Dictionary(Vec<(Value<'a>, Value<'a>)>),
    /// A call and the last part of the called name.
    Call(&'a str, Vec<Argument<'a>>),
}

/// An argument of a call, and where it starts.
pub(super) struct Argument<'a> {
    pub at: usize,
    pub name: Option<&'a str>,
    pub value: Value<'a>,
}

/// A place in a text that moves on with what is read. No genotype is longer than [`LONGEST`] bytes, so no more is looked at.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    cut: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        let mut end = text.len().min(at.saturating_add(LONGEST));
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            text: &text[..end],
            at,
            depth: 0,
            cut: end < text.len(),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes past white space and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// Where the next thing begins.
    pub(super) fn place(&mut self) -> usize {
        self.blanks();
        self.at
    }

    /// Where the last thing that was read ends.
    pub(super) fn end(&self) -> usize {
        self.at
    }

    /// Takes the symbol if it comes next.
    pub(super) fn accept(&mut self, symbol: char) -> bool {
        let at = self.at;
        self.blanks();
        let found = self.rest().starts_with(symbol);
        self.at = if found {
            self.at + symbol.len_utf8()
        } else {
            at
        };
        found
    }

    pub(super) fn expect(&mut self, symbol: char) -> Result<(), Mistake> {
        if self.accept(symbol) {
            Ok(())
        } else {
            Err(self.mistake(format!("expected \"{symbol}\"")))
        }
    }

    /// A mistake at what comes next.
    pub(super) fn mistake(&mut self, message: String) -> Mistake {
        let at = self.place();
        if self.cut && self.rest().is_empty() {
            return Mistake::new(at, format!("a genotype has at most {LONGEST} bytes"));
        }
        Mistake::new(at, message)
    }

    /// Takes a name, with dots where it has some.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let at = self.at;
        self.blanks();
        let rest = self.rest();
        let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            self.at += length;
            return Some(&rest[..length]);
        }
        self.at = at;
        None
    }

    /// Takes a value; `what` names it where there is none.
    pub(super) fn value(&mut self, what: &str) -> Result<Value<'a>, Mistake> {
        let at = self.place();
        if self.depth == DEEPEST {
            return Err(self.mistake("this is nested too deeply".into()));
        }
        self.depth += 1;
        let kind = self.kind(at, what);
        self.depth -= 1;
        Ok(Value { at, kind: kind? })
    }

    fn kind(&mut self, at: usize, what: &str) -> Result<Kind<'a>, Mistake> {
        match self.rest().chars().next() {
            Some('\'' | '"') => self.string(),
            Some('0'..='9' | '-') => self.number(),
            Some('[') => self.list(']'),
            Some('(') => self.list(')'),
            Some('{') => self.dictionary(),
            _ => {
                let Some(name) = self.name() else {
                    return Err(self.mistake(format!("expected {what}")));
                };
                let quoted = self.rest().starts_with(['\'', '"']);
                if quoted && matches!(name, "u" | "U" | "b" | "B" | "r" | "R") {
                    return self.string();
                }
                if self.accept('(') {
                    let called = name.rsplit('.').next().unwrap_or(name);
                    return Ok(Kind::Call(called, self.arguments()?));
                }
                if matches!(name, "None" | "True" | "False") {
                    return Ok(Kind::Word);
                }
                Err(Mistake::new(at, format!("expected {what}")))
            }
        }
    }

    fn string(&mut self) -> Result<Kind<'a>, Mistake> {
        let rest = self.rest();
        let quote = rest.chars().next().unwrap_or_default();
        let inside = rest.get(1..).unwrap_or_default();
        let end = inside
            .find([quote, '\n'])
            .filter(|&end| inside[end..].starts_with(quote))
            .ok_or_else(|| Mistake::new(self.at, "this string does not end on its line"))?;
        self.at += end + 2;
        Ok(Kind::Text(&inside[..end]))
    }

    fn number(&mut self) -> Result<Kind<'a>, Mistake> {
        let rest = self.rest();
        let inside = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+');
        let length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let digits = &rest[..length];
        if digits.parse::<f64>().is_err() {
            return Err(Mistake::new(self.at, "expected a number"));
        }
        self.at += length;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Kind::Weight);
        }
        let number = digits.parse().ok().filter(|_| length <= LONGEST_NUMBER);
        let number =
            number.ok_or_else(|| Mistake::new(self.at - length, "this number is too large"))?;
        // Python 2 wrote long numbers so.
        if self.rest().starts_with('L') {
            self.at += 1;
        }
        Ok(Kind::Number(number))
    }

    /// Elements up to the symbol that closes what opens here.
    fn elements<T>(
        &mut self,
        close: char,
        element: impl Fn(&mut Self) -> Result<T, Mistake>,
    ) -> Result<Vec<T>, Mistake> {
        let mut elements = Vec::new();
        while !self.accept(close) {
            if elements.len() == LONGEST_LIST {
                return Err(self.mistake("this list is too long".into()));
            }
            elements.push(element(self)?);
            if !self.accept(',') {
                if self.accept(close) {
                    break;
                }
                return Err(self.mistake(format!("expected \",\" or \"{close}\"")));
            }
        }
        Ok(elements)
    }

    fn list(&mut self, close: char) -> Result<Kind<'a>, Mistake> {
        self.at += 1;
        let values = self.elements(close, |reader| reader.value("a value"))?;
        Ok(Kind::List(values))
    }

    fn dictionary(&mut self) -> Result<Kind<'a>, Mistake> {
        self.at += 1;
        let pairs = self.elements('}', |reader| {
            let key = reader.value("a key in quotes")?;
            reader.expect(':')?;
            Ok((key, reader.value("a value")?))
        })?;
        Ok(Kind::Dictionary(pairs))
    }

    /// The arguments of a call whose bracket is open.
    pub(super) fn arguments(&mut self) -> Result<Vec<Argument<'a>>, Mistake> {
        self.elements(')', |reader| {
            let at = reader.place();
            let name = reader.name().filter(|_| reader.accept('='));
            if name.is_none() {
                reader.at = at;
            }
            let value = reader.value("a value")?;
            Ok(Argument { at, name, value })
        })
    }
}
