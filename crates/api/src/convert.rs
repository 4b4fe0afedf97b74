//! Between wire and domain, both ways. What the wire cannot say rightly is a [`Malformed`] field, never a default.

mod business_types;
mod dates;
mod terms;

pub use dates::instant;

/// A field of a message that does not say anything the domain knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Path of the field, as `specialties[0]`.
    pub field: String,
    /// What was expected.
    pub expected: &'static str,
}

impl Malformed {
    /// A malformed field.
    pub fn new(field: impl Into<String>, expected: &'static str) -> Self {
        Self {
            field: field.into(),
            expected,
        }
    }
}

/// Reads one field; its path goes into the error.
pub trait Read<T> {
    /// The domain's value.
    ///
    /// # Errors
    /// The field is absent or says nothing that the domain knows.
    fn read(self, field: &str) -> Result<T, Malformed>;
}

/// Reads a repeated field, every element under its own index.
///
/// # Errors
/// The first element that is malformed.
pub fn read_all<M: Read<T>, T>(
    messages: impl IntoIterator<Item = M>,
    field: &str,
) -> Result<Vec<T>, Malformed> {
    let indexed = messages.into_iter().enumerate();
    indexed
        .map(|(index, message)| message.read(&format!("{field}[{index}]")))
        .collect()
}

/// Reads an enumerated field as the wire carries it: a number that may say nothing.
///
/// # Errors
/// The number is unknown or zero.
pub fn read_term<W, T>(number: i32, field: &str) -> Result<T, Malformed>
where
    W: TryFrom<i32> + Read<T>,
{
    let Ok(term) = W::try_from(number) else {
        return Err(Malformed::new(field, "a known value"));
    };
    term.read(field)
}
