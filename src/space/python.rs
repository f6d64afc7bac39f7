//! DARTS genotypes as papers print them: a Python call `Genotype(normal=[('sep_conv_3x3', 1), …], normal_concat=range(2, 6), …)`.

use super::cell::Space;
use super::genotype::{Cell, Genotype, GenotypeError, Input};
use super::operation::Operation;
use super::text::{check_length, syntax};

/// The most elements of a list. A cell has 8 inputs.
const LONGEST_LIST: usize = 64;
/// The most digits of a number.
const LONGEST_NUMBER: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    Name(&'a str),
    Text(&'a str),
    Number(usize),
    Symbol(char),
    End,
}

impl Genotype {
    /// The Python text of the DARTS code, on one line. An error for other spaces.
    pub fn to_python(&self) -> Result<String, GenotypeError> {
        if self.space() != Space::Darts {
            return Err(GenotypeError::WrongForm(self.space()));
        }
        let fields: Vec<String> = ["normal", "reduce"]
            .iter()
            .zip(self.cells())
            .map(|(name, cell)| {
                let inputs: Vec<String> = cell
                    .nodes
                    .iter()
                    .flatten()
                    .map(|input| format!("('{}', {})", input.operation, input.from))
                    .collect();
                let concat = match cell.concat[..] {
                    [2, 3, 4, 5] => "range(2, 6)".to_owned(),
                    _ => format!("{:?}", cell.concat),
                };
                format!("{name}=[{}], {name}_concat={concat}", inputs.join(", "))
            })
            .collect();
        Ok(format!("Genotype({})", fields.join(", ")))
    }

    /// Reads the Python text, with or without a `NAME =` in front. Lists or tuples, either kind of quotes, comments, line breaks,
    /// trailing commas and any order of the four arguments are fine. At most 64 KiB.
    pub fn from_python(text: &str) -> Result<Self, GenotypeError> {
        check_length(text)?;
        let tokens = tokenize(text)?;
        Parser {
            text,
            tokens,
            next: 0,
        }
        .genotype()
    }
}

/// Tokens with the byte where each starts; the last one is `End`.
fn tokenize(text: &str) -> Result<Vec<(Token<'_>, usize)>, GenotypeError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let offset = text.len() - rest.len();
        let run = |accept: fn(char) -> bool| rest.find(|c| !accept(c)).unwrap_or(rest.len());
        let length = match first {
            c if c.is_whitespace() => c.len_utf8(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = run(|c| c.is_ascii_alphanumeric() || c == '_');
                tokens.push((Token::Name(&rest[..length]), offset));
                length
            }
            '0'..='9' => {
                let length = run(|c| c.is_ascii_digit());
                let number = rest[..length].parse().ok();
                let number = number
                    .filter(|_| length <= LONGEST_NUMBER)
                    .ok_or_else(|| syntax(text, offset, "this number is too large"))?;
                tokens.push((Token::Number(number), offset));
                length
            }
            '\'' | '"' => {
                let inside = rest[1..]
                    .find([first, '\n'])
                    .filter(|&end| rest[1 + end..].starts_with(first))
                    .ok_or_else(|| syntax(text, offset, "this string does not end on its line"))?;
                tokens.push((Token::Text(&rest[1..=inside]), offset));
                inside + 2
            }
            '(' | ')' | '[' | ']' | ',' | '=' => {
                tokens.push((Token::Symbol(first), offset));
                1
            }
            other => {
                let message = format!("unexpected character {other:?}");
                return Err(syntax(text, offset, &message));
            }
        };
        rest = &rest[length..];
    }
    tokens.push((Token::End, text.len()));
    Ok(tokens)
}

/// Recursive descent; no rule contains itself, so its depth is bounded.
struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token<'a>, usize)>,
    next: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> (Token<'a>, usize) {
        self.tokens
            .get(self.next)
            .copied()
            .unwrap_or((Token::End, self.text.len()))
    }

    fn take(&mut self) -> (Token<'a>, usize) {
        let token = self.peek();
        self.next += 1;
        token
    }

    /// Takes the symbol if it comes next.
    fn accept(&mut self, symbol: char) -> bool {
        let found = self.peek().0 == Token::Symbol(symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: char) -> Result<(), GenotypeError> {
        if self.accept(symbol) {
            Ok(())
        } else {
            Err(self.error(&format!("expected \"{symbol}\"")))
        }
    }

    fn expect_name(&mut self, what: &str) -> Result<&'a str, GenotypeError> {
        match self.take() {
            (Token::Name(name), _) => Ok(name),
            (_, offset) => Err(syntax(self.text, offset, &format!("expected {what}"))),
        }
    }

    fn expect_number(&mut self) -> Result<usize, GenotypeError> {
        match self.take() {
            (Token::Number(number), _) => Ok(number),
            (_, offset) => Err(syntax(self.text, offset, "expected a state number")),
        }
    }

    /// A mistake at the next token.
    fn error(&self, message: &str) -> GenotypeError {
        syntax(self.text, self.peek().1, message)
    }

    /// `[name =] Genotype(name = value, …)`
    fn genotype(&mut self) -> Result<Genotype, GenotypeError> {
        let mut offset = self.peek().1;
        let mut name = self.expect_name("Genotype(…)")?;
        if self.accept('=') {
            offset = self.peek().1;
            name = self.expect_name("Genotype(…)")?;
        }
        if name != "Genotype" {
            return Err(syntax(self.text, offset, "expected Genotype(…)"));
        }
        self.expect('(')?;
        let mut nodes = [None, None];
        let mut concats = [None, None];
        while !self.accept(')') {
            let offset = self.peek().1;
            let field = self.expect_name("normal, normal_concat, reduce or reduce_concat")?;
            self.expect('=')?;
            let repeated = match field {
                "normal" => nodes[0].replace(self.inputs()?).is_some(),
                "reduce" => nodes[1].replace(self.inputs()?).is_some(),
                "normal_concat" => concats[0].replace(self.states()?).is_some(),
                "reduce_concat" => concats[1].replace(self.states()?).is_some(),
                _ => {
                    let message = "expected normal, normal_concat, reduce or reduce_concat";
                    return Err(syntax(self.text, offset, message));
                }
            };
            if repeated {
                return Err(syntax(self.text, offset, "this argument is given twice"));
            }
            if !self.accept(',') && self.peek().0 != Token::Symbol(')') {
                return Err(self.error("expected \",\" or \")\""));
            }
        }
        if self.peek().0 != Token::End {
            return Err(self.error("expected nothing more after the genotype"));
        }
        let ([Some(normal), Some(reduce)], [Some(normal_concat), Some(reduce_concat)]) =
            (nodes, concats)
        else {
            return Err(
                self.error("normal, normal_concat, reduce and reduce_concat are all needed")
            );
        };
        let cells = [(normal, normal_concat), (reduce, reduce_concat)]
            .into_iter()
            .map(|(inputs, concat)| Cell {
                nodes: inputs.chunks(2).map(<[Input]>::to_vec).collect(),
                concat,
            })
            .collect();
        Genotype::new(Space::Darts, cells)
    }

    /// The symbol that closes the list or tuple that opens here.
    fn open(&mut self) -> Result<char, GenotypeError> {
        if self.accept('[') {
            Ok(']')
        } else if self.accept('(') {
            Ok(')')
        } else {
            Err(self.error("expected \"[\" or \"(\""))
        }
    }

    /// A list or tuple of what `element` reads.
    fn list<T>(
        &mut self,
        element: impl Fn(&mut Self) -> Result<T, GenotypeError>,
    ) -> Result<Vec<T>, GenotypeError> {
        let close = self.open()?;
        let mut elements = Vec::new();
        while !self.accept(close) {
            if elements.len() == LONGEST_LIST {
                return Err(self.error("this list is too long"));
            }
            elements.push(element(self)?);
            if !self.accept(',') && self.peek().0 != Token::Symbol(close) {
                return Err(self.error(&format!("expected \",\" or \"{close}\"")));
            }
        }
        Ok(elements)
    }

    /// `[('sep_conv_3x3', 1), …]`
    fn inputs(&mut self) -> Result<Vec<Input>, GenotypeError> {
        self.list(|parser| {
            let close = parser.open()?;
            let (token, offset) = parser.take();
            let Token::Text(name) = token else {
                return Err(syntax(
                    parser.text,
                    offset,
                    "expected an operation in quotes",
                ));
            };
            let operation = Operation::from_name(name)
                .map_err(|error| syntax(parser.text, offset, &error.to_string()))?;
            parser.expect(',')?;
            let from = parser.expect_number()?;
            parser.accept(',');
            parser.expect(close)?;
            Ok(Input { from, operation })
        })
    }

    /// `range(2, 6)` or `[2, 3, 4, 5]`
    fn states(&mut self) -> Result<Vec<usize>, GenotypeError> {
        let (Token::Name(name), offset) = self.peek() else {
            return self.list(Self::expect_number);
        };
        if name != "range" {
            return Err(syntax(self.text, offset, "expected range(…) or a list"));
        }
        self.next += 1;
        self.expect('(')?;
        let start = self.expect_number()?;
        self.expect(',')?;
        let end = self.expect_number()?;
        self.expect(')')?;
        Ok((start..end).collect())
    }
}
