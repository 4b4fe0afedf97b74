//! The executable: serve, up, demo, verify, admin.
