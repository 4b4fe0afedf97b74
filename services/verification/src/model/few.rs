//! A short list.

/// Up to two items in place, more behind a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Few<T> {
    One([T; 1]),
    Two([T; 2]),
    Other(Box<[T]>),
}

impl<T> Few<T> {
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::One(items) => items,
            Self::Two(items) => items,
            Self::Other(items) => items,
        }
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let items: Vec<T> = items.into_iter().collect();
        let items = match <[T; 1]>::try_from(items) {
            Ok(one) => return Self::One(one),
            Err(items) => items,
        };
        match <[T; 2]>::try_from(items) {
            Ok(two) => Self::Two(two),
            Err(items) => Self::Other(items.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_every_length_come_back() {
        for length in 0..5_u8 {
            let items: Vec<u8> = (0..length).collect();
            assert_eq!(items.iter().copied().collect::<Few<u8>>().as_slice(), items);
        }
    }
}
