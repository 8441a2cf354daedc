//! A circuit as numbers: its constraints `A·w ∘ B·w = C·w`, recorded once, and the assignment `w` of one proof.
//!
//! Order and rules are bellperson's, so that parameters and proofs agree with it byte by byte: the variable ONE is
//! input 0, then the circuit, then one constraint `input · 0 = 0` for each input.

mod assign;
mod columns;
mod density;
mod matrix;
mod products;
mod record;
pub mod sha256;
mod witness;

pub use assign::{Assignment, assign};
pub use columns::Columns;
pub use density::{Densities, Density};
pub use matrix::{Column, Matrix};
pub use record::{R1cs, record};
pub use witness::Witness;
