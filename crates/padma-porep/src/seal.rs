//! PC2, which makes the replica, and C1, which opens it at the challenges. (PC1 is in `pc1.rs`, C2 in `c2.rs`.)
//!
//! A phase may run again after its process was killed: it starts by removing what it cannot trust. The reference
//! accepts half-written trees by their length alone, in C1 too.

use filecoin_proofs::pieces::verify_pieces;
use filecoin_proofs_api::seal::{
    self, Labels, SealCommitPhase1Output, SealPreCommitPhase1Output, VanillaSealProof,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

use crate::Bytes32;
use crate::c1::{self, Replica};
use crate::error::{ProofError, Result, classify};
use crate::files;
use crate::node::{NodeFile, layer, store};
use crate::pc2::{self, Replication};
use crate::piece::{self, Piece};
use crate::progress::Progress;
use crate::sector::{Sector, SectorSize, of_size};
use crate::shape::with_shape;
use crate::verify::SealProof;

/// Where a sector's files are. The names inside the cache folder are lotus's.
#[derive(Clone, Debug)]
pub struct SectorPaths {
    /// fr32-padded data; may end before the sector does, the rest is zeros.
    pub unsealed: PathBuf,
    pub sealed: PathBuf,
    /// Layers, trees, `p_aux` and `t_aux`.
    pub cache: PathBuf,
}

/// PC1's result between processes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Phase1File {
    pub format: u32,
    pub output: SealPreCommitPhase1Output,
}

pub(crate) const FORMAT: u32 = 1;

/// The commitments that PC2 makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitments {
    pub comm_r: Bytes32,
    pub comm_d: Bytes32,
}

/// Replica id: what ties a replica to its prover, number, ticket, data and proof type. SHA-256, cut to a field element.
pub fn replica_id(sector: &Sector, ticket: &Bytes32, comm_d: &Bytes32) -> Bytes32 {
    let mut hash = Sha256::new();
    hash.update(sector.prover_id);
    hash.update(sector.number.to_be_bytes());
    hash.update(ticket);
    hash.update(comm_d);
    hash.update(sector.size.porep_id());
    let mut id: Bytes32 = hash.finalize().into();
    id[31] &= 0x3f;
    id
}

/// The reference's files in a cache folder: trees and layers (`sc-02-data-…`), and PC2's two.
pub(crate) fn is_cache_file(name: &str) -> bool {
    name.starts_with("sc-02-data-") || is_aux(name)
}

fn is_aux(name: &str) -> bool {
    name == "p_aux" || name == "t_aux"
}

pub(crate) fn check_fits(unsealed: &Path, size: SectorSize) -> Result<()> {
    let length = unsealed.metadata().map_err(ProofError::io("open", unsealed))?.len();
    if length > size.bytes() {
        return Err(ProofError::PieceTooLarge { what: unsealed.display().to_string(), limit: size.bytes() });
    }
    Ok(())
}

/// PC2: the replica from data and labels, TreeC and TreeR. `progress` counts up to [`pc2_nodes`].
///
/// `phase1` is the file that PC1 wrote. FAIL: killed in here → replica and trees may be torn; the next run removes
/// them and makes them anew, from the unsealed data.
/// Errors: PROOF_SECTOR_DAMAGED, PROOF_PIECE_TOO_LARGE, PROOF_IO, PROOF_BACKEND.
pub fn pc2(
    size: SectorSize,
    phase1: &Path,
    paths: &SectorPaths,
    progress: &mut Progress<'_>,
) -> Result<Commitments> {
    let Phase1File { format, output } = files::read_json(phase1)?;
    if format != FORMAT || output.registered_proof != size.proof() {
        let detail = format!("{} is of another sector size or version", phase1.display());
        return Err(ProofError::SectorDamaged { detail });
    }
    check_phase1_files(size, &paths.cache)?;
    check_fits(&paths.unsealed, size)?;
    let own = |name: &str| is_aux(name) || name.contains("tree-c") || name.contains("tree-r-last");
    files::remove(files::list(&paths.cache, own)?)?;
    let comm_r = replicate(output.labels, size, paths, progress)?;
    // Layers and TreeD were flushed by PC1.
    files::sync(&paths.sealed)?;
    files::list(&paths.cache, own)?.iter().try_for_each(|path| files::sync(path))?;
    files::sync(&paths.cache)?;
    Ok(Commitments { comm_r, comm_d: output.comm_d })
}

fn replicate(
    labels: Labels,
    size: SectorSize,
    paths: &SectorPaths,
    progress: &mut Progress<'_>,
) -> Result<Bytes32> {
    let SectorPaths { unsealed, sealed, cache } = paths;
    let replication = Replication { nodes: size.nodes(), unsealed, sealed, cache };
    match (size, labels) {
        (SectorSize::KiB2, Labels::StackedDrg2KiBV1(labels))
        | (SectorSize::MiB8, Labels::StackedDrg8MiBV1(labels))
        | (SectorSize::MiB512, Labels::StackedDrg512MiBV1(labels)) => {
            pc2::replicate(labels, &replication, progress)
        }
        (SectorSize::GiB32, Labels::StackedDrg32GiBV1(labels)) => {
            pc2::replicate(labels, &replication, progress)
        }
        (SectorSize::GiB64, Labels::StackedDrg64GiBV1(labels)) => {
            pc2::replicate(labels, &replication, progress)
        }
        _ => Err(ProofError::SectorDamaged { detail: "PC1's result names another size's labels".to_owned() }),
    }
}

/// What [`pc2`] counts: the nodes of the replica and of both trees.
pub fn pc2_nodes(size: SectorSize) -> u64 {
    with_shape!(size, Tree => pc2::nodes::<Tree>(size.nodes()))
}

/// What [`c1`] needs; `paths.unsealed` is not read.
pub struct C1 {
    pub sector: Sector,
    pub paths: SectorPaths,
    pub ticket: Bytes32,
    pub seed: Bytes32,
    pub commitments: Commitments,
    pub pieces: Vec<Piece>,
}

/// C1's result between processes.
#[derive(Serialize, Deserialize)]
struct Commit1File {
    format: u32,
    output: SealCommitPhase1Output,
}

/// C1: openings of the replica at the seed's challenges, checked, into the file `output`.
///
/// Errors: PROOF_VANILLA_INVALID when the replica is not what CommR says, PROOF_SECTOR_DAMAGED when a file is
/// missing or short, PROOF_PIECES_MISMATCH, PROOF_BACKEND.
pub fn c1(request: &C1, output: &Path) -> Result<()> {
    let commit1 = open_replica(request)?;
    files::write_json(output, &Commit1File { format: FORMAT, output: commit1 })
}

/// What [`c1_self_check`] needs: C1's input without a seed.
pub struct SelfCheck {
    pub sector: Sector,
    pub paths: SectorPaths,
    pub ticket: Bytes32,
    pub commitments: Commitments,
    pub pieces: Vec<Piece>,
}

/// C1 under a seed that nobody chose, its openings dropped: finds a wrong replica while its commitment is not yet
/// on chain. It looks at challenged nodes only, so a small defect can pass. Errors: those of [`c1`].
pub fn c1_self_check(request: &SelfCheck) -> Result<()> {
    let SelfCheck { sector, paths, ticket, commitments, pieces } = request;
    let hash = Sha256::new().chain_update("padma self-check").chain_update(commitments.comm_r);
    let seed = hash.chain_update(ticket).finalize().into();
    let (paths, pieces) = (paths.clone(), pieces.clone());
    open_replica(&C1 { sector: *sector, paths, ticket: *ticket, seed, commitments: *commitments, pieces })
        .map(drop)
}

fn open_replica(request: &C1) -> Result<SealCommitPhase1Output> {
    let C1 { sector, paths, commitments, ticket, seed, .. } = request;
    let Commitments { comm_r, comm_d } = *commitments;
    let infos = piece::piece_infos(&request.pieces)?;
    let config = sector.size.config();
    if !verify_pieces(&comm_d, &infos, config.sector_size).map_err(|error| classify("pieces", &error))? {
        let detail = format!("together they are not CommD {}", hex::encode(comm_d));
        return Err(ProofError::PiecesMismatch { detail });
    }
    let replica_id = replica_id(sector, ticket, &comm_d);
    let (cache, sealed) = (paths.cache.as_path(), paths.sealed.as_path());
    let replica = Replica { cache, sealed, replica_id, comm_d, comm_r, seed: *seed };
    let vanilla_proofs = of_size!(sector.size, VanillaSealProof, c1::open(&config, &replica)?);
    Ok(SealCommitPhase1Output {
        registered_proof: sector.size.proof(),
        vanilla_proofs,
        comm_r,
        comm_d,
        replica_id: replica_id.into(),
        seed: *seed,
        ticket: *ticket,
    })
}

/// What PC1 leaves: the layers, and TreeD with all its rows.
fn check_phase1_files(size: SectorSize, cache: &Path) -> Result<()> {
    NodeFile::open(store(cache, "tree-d"), 2 * size.nodes() - 1)?;
    (1..=size.layers()).try_for_each(|number| NodeFile::open(layer(cache, number), size.nodes()).map(drop))
}

/// What C1 opened for `claim`. Errors: PROOF_BAD_INPUT when the file is another sector's, PROOF_IO.
pub(crate) fn opened(commit1: &Path, claim: &SealProof) -> Result<SealCommitPhase1Output> {
    let Commit1File { format, output } = files::read_json(commit1)?;
    let opened = (output.registered_proof, output.comm_r, output.comm_d, output.ticket, output.seed);
    let claimed = (claim.sector.size.proof(), claim.comm_r, claim.comm_d, claim.ticket, claim.seed);
    if format == FORMAT && opened == claimed {
        return Ok(output);
    }
    Err(ProofError::bad_input(format!("{} opens another sector", commit1.display())))
}

/// Deletes what only sealing needs (layers, TreeD, TreeC). Irreversible; the replica stays provable.
pub fn clear_cache(cache: &Path) -> Result<()> {
    cache.metadata().map_err(ProofError::io("open", cache))?;
    seal::clear_cache(cache).map_err(|error| classify("clear cache", &error))
}
