//! CommP, AddPiece and PC1 by filecoin-proofs-api.

use anyhow::{Context, Result, anyhow};
use filecoin_proofs_api::seal::{self, generate_piece_commitment, seal_pre_commit_phase1};
use filecoin_proofs_api::{RegisteredSealProof, SectorId, UnpaddedBytesAmount};
use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::request::{AddPiece, CommP, Pc1, Piece, Reply, Unsealed, bytes32, proof_type};

/// The commitment does not depend on the proof type.
pub fn comm_p(request: &CommP) -> Result<Reply> {
    let file =
        File::open(&request.file).with_context(|| format!("cannot open {}", request.file.display()))?;
    let size = UnpaddedBytesAmount(request.size);
    let made = generate_piece_commitment(RegisteredSealProof::StackedDrg2KiBV1_1, file, size)?;
    Ok(Reply { commitments: vec![hex::encode(made.commitment)], ..Reply::default() })
}

/// The piece at the start of a new sector's data, flushed, as padma does. Nor does its result depend on the proof type.
pub fn add_piece(AddPiece { piece, unsealed }: &AddPiece) -> Result<Reply> {
    let source = File::open(&piece.file).with_context(|| format!("cannot open {}", piece.file.display()))?;
    let target = File::create(unsealed).with_context(|| format!("cannot create {}", unsealed.display()))?;
    let size = UnpaddedBytesAmount(piece.size);
    let (made, _) = seal::add_piece(RegisteredSealProof::StackedDrg2KiBV1_1, source, &target, size, &[])?;
    target.sync_all()?;
    Ok(Reply { commitments: vec![hex::encode(made.commitment)], ..Reply::default() })
}

/// One sector after the other on each core: labels of one sector are made by one thread.
pub fn pc1(request: &Pc1) -> Result<Reply> {
    let next = AtomicUsize::new(0);
    let cores = thread::available_parallelism()?.get().min(request.sectors.len());
    let work = || {
        let mut made = Vec::new();
        while let Some((index, sector)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|index| Some((index, request.sectors.get(index)?)))
        {
            made.push((index, seal(sector)?));
        }
        Ok(made)
    };
    let made: Result<Vec<_>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("PC1 panicked"))?);
        joined.collect()
    });
    let mut made: Vec<(usize, String)> = made?.into_iter().flatten().collect();
    made.sort_unstable();
    Ok(Reply { commitments: made.into_iter().map(|(_, comm_d)| comm_d).collect(), ..Reply::default() })
}

fn seal(sector: &Unsealed) -> Result<String> {
    File::create(&sector.replica).with_context(|| format!("cannot create {}", sector.replica.display()))?;
    let pieces = sector.pieces.iter().map(Piece::info).collect::<Result<Vec<_>>>()?;
    let made = seal_pre_commit_phase1(
        proof_type(sector.sector_size)?,
        &sector.cache,
        &sector.unsealed,
        &sector.replica,
        bytes32(&sector.prover_id)?,
        SectorId::from(sector.sector_number),
        bytes32(&sector.ticket)?,
        &pieces,
    )?;
    Ok(hex::encode(made.comm_d))
}
