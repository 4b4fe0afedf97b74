-- Rows of acts upon many people at once (失效登记, 企业更名合并分立), alike: how many of an act stand where.
CREATE VIEW registration.bulk_row AS
    SELECT lapse_id AS act_id, state FROM registration.lapse_row
    UNION ALL
    SELECT succession_id, state FROM registration.succession_row;
