//! Tests on real files, in one binary: linking the proof library takes longer than most of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its files has failed")]

mod add_piece;
mod aggregate;
mod batch;
mod c1;
mod check;
mod circuit;
mod comm_p;
mod graph;
mod long;
mod params;
mod pc1;
mod pc2;
mod plain;
mod proof;
mod seal;
mod shapes;
mod srs;
mod support;
mod unseal;
mod verify;
