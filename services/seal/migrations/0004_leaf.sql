-- Which leaf of the transparency log the document's version has, by the proof that came with the request. None of acts from before.
ALTER TABLE seal.act ADD COLUMN leaf bigint CONSTRAINT act_leaf_natural CHECK (leaf >= 0);
