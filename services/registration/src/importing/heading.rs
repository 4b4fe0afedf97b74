//! Which column of a file is which.

use domain::import::{Column, ImportKind, ImportRefused};
use tabular::Cell;

/// Most characters of a heading that is kept though its column is not read.
const SHOWN: usize = 40;

/// The heading of a file as its layout understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    columns: Vec<Option<Column>>,
}

impl Heading {
    /// Reads a heading.
    ///
    /// # Errors
    /// A required column is missing, or one stands there twice.
    pub(crate) fn read(kind: ImportKind, cells: &[String]) -> Result<Self, ImportRefused> {
        let columns: Vec<_> = cells.iter().map(|cell| Column::of_heading(kind, cell)).collect();
        let missing: Vec<_> = kind
            .required()
            .iter()
            .filter(|column| !columns.contains(&Some(**column)))
            .map(|column| column.name())
            .collect();
        if !missing.is_empty() {
            let columns = missing.join("、");
            return Err(ImportRefused::ColumnsMissing { columns });
        }
        for (at, column) in columns.iter().enumerate() {
            if let Some(known) = column
                && columns.iter().take(at).any(|before| before == column)
            {
                let column = known.name().to_owned();
                return Err(ImportRefused::ColumnTwice { column });
            }
        }
        Ok(Self { columns })
    }

    /// The headings that mean nothing to the layout.
    pub(crate) fn ignored(&self, cells: &[String]) -> Vec<String> {
        let unknown = self
            .columns
            .iter()
            .zip(cells)
            .filter(|(column, _)| column.is_none());
        unknown
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(_, cell)| cell.chars().take(SHOWN).collect())
            .collect()
    }

    /// The cell of a column; none where the row ends before it or the file has no such column.
    pub(crate) fn cell<'a>(&self, cells: &'a [Cell], column: Column) -> Option<&'a Cell> {
        let at = self.columns.iter().position(|one| *one == Some(column))?;
        cells.get(at).filter(|cell| !cell.is_empty())
    }
}
