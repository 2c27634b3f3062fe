//! The adapters keep every clause of their ports, and what was acknowledged survives what may come.

mod archive;
mod asked;
mod at_rest;
mod backup;
mod chance;
mod folder;
mod forgotten;
mod full;
mod killed;
mod locked;
mod lost;
mod power;
mod queues;
mod restore;
mod rows;
mod snapshots;
mod suites;
mod tariffs;
mod time;
mod traces;
mod way;
mod world;
