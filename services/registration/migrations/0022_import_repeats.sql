-- Rows of a piece that say again what an earlier row of the same file says, in any piece: [row number, column], found while
-- the file arrived.
ALTER TABLE registration.import_piece ADD COLUMN repeats jsonb NOT NULL DEFAULT '[]';
