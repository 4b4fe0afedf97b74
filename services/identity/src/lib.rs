//! Accounts, identity documents, sessions, employers, roles and backend clients.
