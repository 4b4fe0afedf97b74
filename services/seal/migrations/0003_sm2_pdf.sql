-- The PDF signed with SM2 as a file of its own: a kind of document without a key of its own, because the signer of the seal
-- signs it (decision 0024). `digest` of such an act is the SM3 of the byte range.
ALTER TABLE seal.act
    DROP CONSTRAINT act_kind_known,
    ADD CONSTRAINT act_kind_known CHECK (kind IN ('ofd', 'pdf', 'pdf_sm2'));
