-- Leaders (承办机构负责人) assign work among the officers of their authority.
ALTER TABLE identity.role_grant
    DROP CONSTRAINT role_grant_role_known,
    ADD CONSTRAINT role_grant_role_known
        CHECK (role IN ('national_administrator', 'officer', 'auditor', 'help_desk', 'leader'));
