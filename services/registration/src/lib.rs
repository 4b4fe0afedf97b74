//! A province's registration workflow from application to announcement.
