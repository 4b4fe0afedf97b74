-- Auditors (审计人员) and the help desk (咨询服务人员): each may do one thing, and nothing that an officer may.
ALTER TABLE identity.role_grant DROP CONSTRAINT role_grant_role_known;
ALTER TABLE identity.role_grant ADD CONSTRAINT role_grant_role_known
    CHECK (role IN ('national_administrator', 'officer', 'auditor', 'help_desk'));
