//! Parameter files and the proofs made with them, beside bellperson's.
#![allow(clippy::unwrap_used, reason = "a test that cannot make parameters has failed")]

mod parameters;
mod prover;
mod support;
