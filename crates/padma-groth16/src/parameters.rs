//! Groth16 parameters as bellperson writes them: one file, points uncompressed, big-endian.
//!
//! Layout: the verifying key, then the queries H, L, A, B in G1 and B in G2, each a 32-bit count and its points.
//! A file is read as it is, in any order and from several threads; nothing is kept beside it on disk.

mod error;
mod file;
mod proving_key;
mod verifying_key;

pub use error::{ParameterError, Result};
pub use file::{ParameterFile, Query, Section};
pub use proving_key::{ProvingKey, Residence, SEGMENT_BYTES};
pub use verifying_key::VerifyingKey;
