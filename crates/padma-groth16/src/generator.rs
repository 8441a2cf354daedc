//! Groth16 parameters of a circuit from random draws, byte by byte those of bellperson's generator.
//!
//! Whoever knows the draws can forge proofs. They are overwritten in memory once the parameters are made, which is
//! worth something only when nobody can draw them again: a set made from a known seed is for a test network.

mod file;
mod fixed_base;
mod lagrange;
mod queries;
mod secret;
mod waste;

pub use file::{Block, Generator};
