//! PC2, C1, C2 and verification by filecoin-proofs-api.

use anyhow::{Context, Result, ensure};
use filecoin_proofs_api::seal::{
    self, SealCommitPhase1Output, SealPreCommitPhase1Output, SealPreCommitPhase2Output,
};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use crate::marks;
use crate::request::{C1, C2, Pc2, Piece, Reply, Verify, bytes32, proof_type};

/// The file between C1 and C2, as padma writes it, so that the files of both sides can be compared.
#[derive(Serialize, Deserialize)]
struct Commit1File {
    format: u32,
    output: SealCommitPhase1Output,
}

/// The file between PC1 and PC2, as padma writes it.
#[derive(Deserialize)]
struct Phase1File {
    format: u32,
    output: SealPreCommitPhase1Output,
}

const FORMAT: u32 = 1;

/// The replica and its trees, flushed. The library encodes the data in place, so that its caller makes the copy.
pub fn pc2(request: &Pc2) -> Result<Reply> {
    let Pc2 { sector_size, unsealed, replica, cache, phase1 } = request;
    let file = File::open(phase1).with_context(|| format!("cannot open {}", phase1.display()))?;
    let Phase1File { format, output } = serde_json::from_reader(BufReader::new(file))?;
    ensure!(format == FORMAT, "{} is of another version", phase1.display());
    fs::copy(unsealed, replica).with_context(|| format!("cannot copy {}", unsealed.display()))?;
    File::options().write(true).open(replica)?.set_len(*sector_size)?;
    let made = seal::seal_pre_commit_phase2(output, cache, replica)?;
    File::open(replica)?.sync_all()?;
    for entry in fs::read_dir(cache)? {
        File::open(entry?.path())?.sync_all()?;
    }
    Ok(Reply { comm_r: Some(hex::encode(made.comm_r)), ..Reply::default() })
}

/// Opens the replica, which the library verifies by itself, and writes the result to a file, flushed.
pub fn c1(request: &C1) -> Result<Reply> {
    let sealed = &request.sealed;
    let pieces = request.pieces.iter().map(Piece::info).collect::<Result<Vec<_>>>()?;
    let pre_commit = SealPreCommitPhase2Output {
        registered_proof: proof_type(sealed.sector_size)?,
        comm_r: bytes32(&sealed.comm_r)?,
        comm_d: bytes32(&sealed.comm_d)?,
    };
    let output = seal::seal_commit_phase1(
        &request.cache,
        &request.replica,
        bytes32(&sealed.prover_id)?,
        sealed.sector_id(),
        bytes32(&sealed.ticket)?,
        bytes32(&sealed.seed)?,
        pre_commit,
        &pieces,
    )?;
    write_flushed(&request.output, &Commit1File { format: FORMAT, output })?;
    Ok(Reply::default())
}

/// Through a temporary file, as padma does: the same work for the disk on both sides.
fn write_flushed(path: &Path, value: &impl Serialize) -> Result<()> {
    let partial = path.with_extension("tmp");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&partial)?);
    serde_json::to_writer(&mut out, value)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    fs::rename(&partial, path).with_context(|| format!("cannot rename {}", partial.display()))
}

/// The proof, which the library verifies by itself.
pub fn c2(request: &C2) -> Result<Reply> {
    let start = Instant::now();
    let sealed = &request.sealed;
    let file = File::open(&request.c1).with_context(|| format!("cannot open {}", request.c1.display()))?;
    let Commit1File { format, output } = serde_json::from_reader(BufReader::new(file))?;
    ensure!(format == FORMAT, "{} is of another version", request.c1.display());
    let made = seal::seal_commit_phase2(output, bytes32(&sealed.prover_id)?, sealed.sector_id())?;
    let (proof, phases) = (Some(hex::encode(made.proof)), marks::parts_since(start));
    Ok(Reply { proof, phases, ..Reply::default() })
}

/// Against the verifying key beside the parameters.
pub fn verify(request: &Verify) -> Result<Reply> {
    let sealed = &request.sealed;
    let valid = seal::verify_seal(
        proof_type(sealed.sector_size)?,
        bytes32(&sealed.comm_r)?,
        bytes32(&sealed.comm_d)?,
        bytes32(&sealed.prover_id)?,
        sealed.sector_id(),
        bytes32(&sealed.ticket)?,
        bytes32(&sealed.seed)?,
        &hex::decode(&request.proof)?,
    )?;
    Ok(Reply { valid: Some(valid), ..Reply::default() })
}
