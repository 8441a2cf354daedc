//! AVX-512 with IFMA: eight elements at a time, one in each lane, in limbs of 52 bits.
//!
//! Every function here needs the CPU features in its `target_feature` attribute and inlines into callers that have
//! them. Without the attribute on the caller each of them would be a call, and several times slower.

pub(crate) mod addition;
mod columns;
pub(crate) mod encoding;
mod exceptions;
mod extension;
mod fp;
pub mod fr;
mod inversion;
pub mod narrow;
mod operands;
pub(crate) mod scale;
mod words;
