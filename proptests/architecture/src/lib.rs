//! The shape of the workspace, kept by tests: see `tests/architecture/rules`. Nothing here is meant to be depended on.
