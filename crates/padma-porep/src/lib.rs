//! Proof of replication: everything that turns data into a sealed, proven sector.
//!
//! CommP, PC1, PC2, C1's openings and C2 are padma's own; the rest is built on filecoin-proofs 19.1, whose circuits, files
//! and values all of it keeps. Nothing here knows about Node; `padma-node` converts.
//! Words: a *piece* is data of 127·2ⁿ bytes, fr32-padded to 128·2ⁿ; *CommP*, *CommD* and *CommR* are the roots
//! over a piece, the unsealed sector and the replica; *PC1*, *PC2*, *C1* and *C2* are the four sealing phases.
#![forbid(unsafe_code)]

pub mod aggregate;
mod c1;
pub mod c2;
pub mod check;
pub mod circuit;
pub mod commp;
pub mod error;
pub mod files;
pub mod fr32;
pub mod graph;
mod layers;
pub mod lock;
mod node;
pub mod params;
pub mod pc1;
mod pc2;
pub mod piece;
mod poseidon;
pub mod progress;
pub mod seal;
pub mod sector;
mod shape;
pub mod source;
pub mod srs;
mod tree;
mod tree_d;
pub mod unseal;
pub mod verify;

pub use error::{ProofError, Result};
pub use padma_kernels::Backend;

/// A 32-byte root, ticket, seed or prover id.
pub type Bytes32 = [u8; 32];
