//! Processes, actors and faults for whole-system tests.
