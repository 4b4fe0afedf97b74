//! The operators of a content stream that decide where text stands (ISO 32000-1 §8.4, §9.4).

use super::{
    Limits,
    error::ReadError,
    lexer::{Lexer, Token},
    object::Object,
};

/// `[a b c d e f]` of a PDF matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First `self`, then `outer`.
    fn then(self, outer: Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [oa, ob, oc, od, oe, of] = outer.0;
        Self([
            a * oa + b * oc,
            a * ob + b * od,
            c * oa + d * oc,
            c * ob + d * od,
            e * oa + f * oc + oe,
            e * ob + f * od + of,
        ])
    }

    pub(super) fn origin(self) -> (f64, f64) {
        let [.., e, f] = self.0;
        (e, f)
    }

    /// Length of a unit upwards.
    pub(super) fn vertical_scale(self) -> f64 {
        let [_, _, c, d, ..] = self.0;
        c.hypot(d)
    }
}

/// A string shown on the page.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) font: Vec<u8>,
    pub(super) size: f64,
    /// Text space to points.
    pub(super) matrix: Matrix,
    pub(super) codes: Vec<u8>,
    /// Counts BT operators: strings of one text object belong together.
    pub(super) text_object: usize,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Vec<u8>,
    size: f64,
}

/// Graphics and text state, and what was shown so far.
#[derive(Clone)]
pub(super) struct Interpreter {
    state: State,
    saved: Vec<State>,
    text_matrix: Matrix,
    line_matrix: Matrix,
    leading: f64,
    text_object: usize,
    shown: Vec<Shown>,
    depth: usize,
}

/// Every string shown by streams that follow each other, in order. `begun` is the state after streams before them.
pub(super) fn interpret(begun: Interpreter, content: &[u8], limits: Limits) -> Result<Vec<Shown>, ReadError> {
    let mut interpreter = begun;
    interpreter.run(content, limits)?;
    Ok(interpreter.shown)
}

fn numbers<const N: usize>(operands: &[Object]) -> Result<[f64; N], ReadError> {
    let numbers: Option<Vec<f64>> = operands.iter().map(Object::as_number).collect();
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or(ReadError::Syntax("operands"))
}

impl Interpreter {
    /// The state at the start of a page.
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            state: State {
                matrix: Matrix::IDENTITY,
                font: Vec::new(),
                size: 0.0,
            },
            saved: Vec::new(),
            text_matrix: Matrix::IDENTITY,
            line_matrix: Matrix::IDENTITY,
            leading: 0.0,
            text_object: 0,
            shown: Vec::new(),
            depth: limits.depth,
        }
    }

    /// The state after `content`, if it ends between two operations: what follows can then be read by itself.
    pub(super) fn between_operators(
        mut self,
        content: &[u8],
        limits: Limits,
    ) -> Result<Option<Self>, ReadError> {
        let left = self.run(content, limits)?;
        Ok((left == 0).then_some(self))
    }

    /// Gives the number of operands left over.
    fn run(&mut self, content: &[u8], limits: Limits) -> Result<usize, ReadError> {
        // A page may hold more values than one object: each takes two bytes at least.
        let limits = Limits {
            values: content.len() / 2 + 1,
            ..limits
        };
        let mut lexer = Lexer::detached(content, 0, limits);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(token) = lexer.token()? {
            match token {
                Token::Operand(operand) if operands.len() < 64 => operands.push(operand),
                Token::Operand(_) => return Err(ReadError::Limit("operands")),
                Token::Operator(operator) => {
                    self.operator(operator, &operands)?;
                    operands.clear();
                    lexer.skip_space();
                    lexer.skip_lines();
                }
            }
        }
        Ok(operands.len())
    }

    fn operator(&mut self, operator: &[u8], operands: &[Object]) -> Result<(), ReadError> {
        match operator {
            b"q" if self.saved.len() < self.depth => self.saved.push(self.state.clone()),
            b"q" => return Err(ReadError::Limit("depth")),
            b"Q" => self.state = self.saved.pop().ok_or(ReadError::Syntax("Q without q"))?,
            b"cm" => self.state.matrix = Matrix(numbers(operands)?).then(self.state.matrix),
            b"BT" => {
                self.text_object += 1;
                self.set_line(Matrix::IDENTITY);
            }
            b"Tf" => self.font(operands)?,
            b"Tm" => self.set_line(Matrix(numbers(operands)?)),
            b"TL" => [self.leading] = numbers(operands)?,
            b"Td" => {
                let [x, y] = numbers(operands)?;
                self.move_line(x, y);
            }
            b"TD" => {
                let [x, y] = numbers(operands)?;
                self.leading = -y;
                self.move_line(x, y);
            }
            b"T*" => self.move_line(0.0, -self.leading),
            b"Tj" => self.show(operands.first())?,
            b"'" => {
                self.move_line(0.0, -self.leading);
                self.show(operands.first())?;
            }
            b"\"" => {
                self.move_line(0.0, -self.leading);
                self.show(operands.get(2))?;
            }
            b"TJ" => {
                let Some(Object::Array(parts)) = operands.first() else {
                    return Err(ReadError::Syntax("operands"));
                };
                for part in parts.iter().filter(|part| matches!(part, Object::String(_))) {
                    self.show(Some(part))?;
                }
            }
            b"BI" => return Err(ReadError::Unsupported("inline images")),
            _ => {}
        }
        Ok(())
    }

    fn font(&mut self, operands: &[Object]) -> Result<(), ReadError> {
        let (Some(Object::Name(name)), Some(size)) =
            (operands.first(), operands.get(1).and_then(Object::as_number))
        else {
            return Err(ReadError::Syntax("operands"));
        };
        self.state.font.clone_from(name);
        self.state.size = size;
        Ok(())
    }

    fn set_line(&mut self, matrix: Matrix) {
        self.line_matrix = matrix;
        self.text_matrix = matrix;
    }

    fn move_line(&mut self, x: f64, y: f64) {
        self.set_line(Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(self.line_matrix));
    }

    fn show(&mut self, string: Option<&Object>) -> Result<(), ReadError> {
        let Some(Object::String(string)) = string else {
            return Err(ReadError::Syntax("operands"));
        };
        self.shown.push(Shown {
            font: self.state.font.clone(),
            size: self.state.size,
            matrix: self.text_matrix.then(self.state.matrix),
            codes: string.bytes.clone(),
            text_object: self.text_object,
        });
        Ok(())
    }
}
