//! Groth16 over BLS12-381: a prover and a parameter generator, several times faster than bellperson's on the same
//! cores and byte-equal to them: same circuit, same parameter files, same random draws, same bytes.
#![deny(unsafe_code)]

pub mod circuit;
mod digits;
pub mod generator;
pub mod msm;
pub mod parameters;
mod proof;
pub mod prover;

pub use proof::Proof;
