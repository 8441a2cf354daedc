//! AddPiece, CommP and CommD for JavaScript.

use napi::Env;
use napi::bindgen_prelude::{Object, Uint8Array};
use napi_derive::napi;
use padma_porep::piece::{self, AddPiece};
use padma_porep::{Result, commp, seal};
use std::sync::atomic::AtomicU64;

use crate::convert::{self, DataSource, PieceInfo};
use crate::task::{self, OnProgress};

#[napi(object, object_to_js = false)]
pub struct AddPieceOptions {
    pub sector_size: f64,
    /// The unsealed file; made when it is not there.
    pub unsealed: String,
    /// Unpadded sizes (127·2ⁿ) of the pieces recorded in the file, in order. What is behind them is cut off.
    pub existing_pieces: Vec<f64>,
    /// Unpadded size (127·2ⁿ) of the new piece.
    pub piece_size: f64,
    pub source: DataSource,
}

#[napi(object, object_from_js = false)]
pub struct AddedPiece {
    pub comm_p: Uint8Array,
    pub padded_size: f64,
    /// Bytes read from the source, before zero-padding.
    pub payload_size: f64,
    /// Padded bytes before the piece in the sector, alignment included.
    pub offset: f64,
    /// Length of the unsealed file now.
    pub unsealed_size: f64,
}

/// Streams data into the unsealed file; may run again after a crash. `onProgress` gets unpadded bytes.
/// Rejects: PROOF_PIECE_TOO_LARGE, PROOF_IO, PROOF_BAD_INPUT, PROOF_PIECES_MISMATCH (file shorter than recorded).
#[napi(ts_return_type = "Promise<AddedPiece>")]
pub fn add_piece<'env>(
    env: &'env Env,
    options: AddPieceOptions,
    #[napi(ts_arg_type = "(bytes: number) => void")] on_progress: Option<OnProgress>,
) -> napi::Result<Object<'env>> {
    task::spawn(env, "add-piece", add_piece_request(options), |request| {
        let done = AtomicU64::new(0);
        let added = piece::add_piece(&request, &mut task::progress(&done, on_progress))?;
        Ok(AddedPiece {
            comm_p: convert::array(added.piece.comm_p),
            padded_size: added.piece.padded_size as f64,
            payload_size: added.piece.payload_size as f64,
            offset: added.offset as f64,
            unsealed_size: added.end as f64,
        })
    })
}

fn add_piece_request(options: AddPieceOptions) -> Result<AddPiece> {
    let sizes = options.existing_pieces.into_iter().map(|size| convert::integer("existingPieces", size));
    Ok(AddPiece {
        sector_size: convert::sector_size(options.sector_size)?,
        unsealed: options.unsealed.into(),
        existing: sizes.collect::<Result<_>>()?,
        piece_size: convert::integer("pieceSize", options.piece_size)?,
        source: convert::source(options.source)?,
    })
}

#[napi(object, object_from_js = false)]
pub struct PieceCommitment {
    pub comm_p: Uint8Array,
    pub padded_size: f64,
    pub payload_size: f64,
}

/// CommP of data, zero-padded to the next 127·2ⁿ bytes, in constant memory. `onProgress` gets unpadded bytes.
/// Rejects: PROOF_IO, PROOF_BAD_INPUT (empty).
#[napi(ts_return_type = "Promise<PieceCommitment>")]
pub fn comm_p<'env>(
    env: &'env Env,
    source: DataSource,
    #[napi(ts_arg_type = "(bytes: number) => void")] on_progress: Option<OnProgress>,
) -> napi::Result<Object<'env>> {
    task::spawn(env, "commp", convert::source(source), |source| {
        let done = AtomicU64::new(0);
        let piece = commp::comm_p(&source, &mut task::progress(&done, on_progress))?;
        Ok(PieceCommitment {
            comm_p: convert::array(piece.comm_p),
            padded_size: piece.padded_size as f64,
            payload_size: piece.payload_size as f64,
        })
    })
}

#[napi(object, object_to_js = false)]
pub struct CommDOptions {
    pub sector_size: f64,
    pub pieces: Vec<PieceInfo>,
}

/// CommD over pieces in order. Throws PROOF_BAD_INPUT when they do not fit.
#[napi]
pub fn comm_d(env: &Env, options: CommDOptions) -> napi::Result<Uint8Array> {
    task::now(env, || {
        let pieces = convert::pieces(&options.pieces)?;
        piece::comm_d(convert::sector_size(options.sector_size)?, &pieces).map(convert::array)
    })
}

/// CommD of a sector of zeros (committed capacity).
#[napi]
pub fn zero_comm_d(env: &Env, sector_size: f64) -> napi::Result<Uint8Array> {
    task::now(env, || Ok(convert::array(piece::zero_comm_d(convert::sector_size(sector_size)?))))
}

#[napi(object, object_to_js = false)]
pub struct ReplicaIdOptions {
    pub sector_size: f64,
    pub prover_id: Uint8Array,
    pub sector_number: f64,
    pub ticket: Uint8Array,
    pub comm_d: Uint8Array,
}

/// What ties a replica to its prover, number, ticket and data. Throws PROOF_BAD_INPUT.
#[napi]
pub fn replica_id(env: &Env, options: ReplicaIdOptions) -> napi::Result<Uint8Array> {
    task::now(env, || {
        let sector = convert::sector(options.sector_size, &options.prover_id, options.sector_number)?;
        let ticket = convert::bytes32("ticket", &options.ticket)?;
        let comm_d = convert::bytes32("commD", &options.comm_d)?;
        Ok(convert::array(seal::replica_id(&sector, &ticket, &comm_d)))
    })
}
