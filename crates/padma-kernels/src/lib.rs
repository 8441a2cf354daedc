//! Arithmetic over BLS12-381, chosen by CPU: the one place for unsafe code.
//!
//! A function takes the [`Backend`] to run on and gives the same bytes on each. Portable uses blst's
//! assembly, and so does AVX2 where it does not compute four or eight elements at a time in doubles; AVX-512 computes
//! eight at a time in limbs of 52 bits.

pub mod backend;
pub mod curve;
pub mod fft;
#[cfg(target_arch = "x86_64")]
mod fma;
#[cfg(target_arch = "x86_64")]
mod ifma;
pub mod node;
pub mod pages;
pub mod poseidon;
mod prefetch;
mod scalar;
pub mod sha256;

pub use backend::{Backend, BackendError};
