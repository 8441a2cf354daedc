//! JavaScript values to Rust ones, with PROOF_BAD_INPUT instead of silent truncation.

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use padma_porep::piece::Piece;
use padma_porep::seal::{Commitments, SectorPaths};
use padma_porep::sector::{Sector, SectorSize};
use padma_porep::source::Source;
use padma_porep::verify::SealProof;
use padma_porep::{Bytes32, ProofError, Result};

const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A piece in a sector: its commitment (32 bytes) and its padded size.
#[napi(object)]
pub struct PieceInfo {
    pub comm_p: Uint8Array,
    pub padded_size: f64,
}

/// Where data comes from. A file may be a FIFO; sizes are unpadded bytes.
#[napi(discriminant = "kind", discriminant_case = "lowercase")]
pub enum DataSource {
    File { path: String },
    Zeros { size: f64 },
    Generated { seed: f64, size: f64 },
}

fn bad(what: String) -> ProofError {
    ProofError::BadInput { what }
}

/// A whole number that JavaScript holds exactly.
pub fn integer(name: &str, value: f64) -> Result<u64> {
    if value.fract() == 0.0 && (0.0..=MAX_SAFE_INTEGER).contains(&value) {
        return Ok(value as u64);
    }
    Err(bad(format!("{name} is a whole number from 0 to 2^53 - 1, not {value}")))
}

pub fn bytes32(name: &str, value: &[u8]) -> Result<Bytes32> {
    value.try_into().map_err(|_| bad(format!("{name} is 32 bytes, not {}", value.len())))
}

pub fn sector_size(value: f64) -> Result<SectorSize> {
    SectorSize::from_bytes(integer("sectorSize", value)?)
}

pub fn sector(size: f64, prover_id: &[u8], number: f64) -> Result<Sector> {
    Ok(Sector {
        size: sector_size(size)?,
        prover_id: bytes32("proverId", prover_id)?,
        number: integer("sectorNumber", number)?,
    })
}

pub fn pieces(list: &[PieceInfo]) -> Result<Vec<Piece>> {
    let piece = |info: &PieceInfo| {
        Ok(Piece { comm_p: bytes32("commP", &info.comm_p)?, size: integer("paddedSize", info.padded_size)? })
    };
    list.iter().map(piece).collect()
}

pub fn commitments(comm_r: &[u8], comm_d: &[u8]) -> Result<Commitments> {
    Ok(Commitments { comm_r: bytes32("commR", comm_r)?, comm_d: bytes32("commD", comm_d)? })
}

/// What a seal proof claims.
pub fn claim(sector: Sector, ticket: &[u8], seed: &[u8], comm_r: &[u8], comm_d: &[u8]) -> Result<SealProof> {
    Ok(SealProof {
        sector,
        ticket: bytes32("ticket", ticket)?,
        seed: bytes32("seed", seed)?,
        comm_r: bytes32("commR", comm_r)?,
        comm_d: bytes32("commD", comm_d)?,
    })
}

pub fn paths(unsealed: &str, sealed: &str, cache: &str) -> SectorPaths {
    SectorPaths { unsealed: unsealed.into(), sealed: sealed.into(), cache: cache.into() }
}

pub fn source(source: DataSource) -> Result<Source> {
    Ok(match source {
        DataSource::File { path } => Source::File(path.into()),
        DataSource::Zeros { size } => Source::Zeros { size: integer("size", size)? },
        DataSource::Generated { seed, size } => {
            Source::Generated { seed: integer("seed", seed)?, size: integer("size", size)? }
        }
    })
}

/// Bytes for JavaScript.
pub fn array(bytes: Bytes32) -> Uint8Array {
    Uint8Array::from(bytes.to_vec())
}
