//! Data back out of a replica.

use filecoin_proofs_api::{UnpaddedByteIndex, UnpaddedBytesAmount, seal};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::Bytes32;
use crate::commp;
use crate::error::{ProofError, Result, classify};
use crate::files;
use crate::sector::Sector;
use crate::source::Source;

/// What [`unseal_range`] needs. `offset` and `size` are unpadded bytes of the sector's data.
pub struct Unseal {
    pub sector: Sector,
    pub sealed: PathBuf,
    pub ticket: Bytes32,
    pub comm_d: Bytes32,
    pub offset: u64,
    pub size: u64,
    pub output: PathBuf,
}

/// Writes `size` bytes of data from `offset` to `output`.
///
/// Decoding makes every layer again (as long as PC1, three times the sector in memory). The whole sector is
/// decoded and must have CommD, so a wrong ticket or a damaged replica is PROOF_SECTOR_DAMAGED, never wrong data.
pub fn unseal_range(request: &Unseal) -> Result<()> {
    let user_bytes = request.sector.size.user_bytes();
    if request.size == 0 || request.offset.checked_add(request.size).is_none_or(|end| end > user_bytes) {
        return Err(ProofError::bad_input(format!(
            "the range {} + {} is not inside the sector's {user_bytes} bytes",
            request.offset, request.size
        )));
    }
    let length = request.sealed.metadata().map_err(ProofError::io("open", &request.sealed))?.len();
    if length != request.sector.size.bytes() {
        let detail = format!("{} has {length} bytes", request.sealed.display());
        return Err(ProofError::SectorDamaged { detail });
    }
    // Never the sector's own cache folder: the reference writes each layer over the TreeD file it finds there.
    let scratch = scratch_folder(&request.output)?;
    let done = unseal_in(request, &scratch);
    let cleaned = fs::remove_dir_all(&scratch).map_err(ProofError::io("delete", &scratch));
    done.and(cleaned)
}

fn scratch_folder(output: &Path) -> Result<PathBuf> {
    let scratch = files::temporary(output);
    // FAIL: killed in here → the folder stays until the next try, which starts with an empty one.
    match fs::remove_dir_all(&scratch) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            return Err(ProofError::io("delete", &scratch)(cause));
        }
        _ => fs::create_dir(&scratch).map_err(ProofError::io("create", &scratch))?,
    }
    Ok(scratch)
}

fn unseal_in(request: &Unseal, scratch: &Path) -> Result<()> {
    let whole = scratch.join("unsealed");
    let sector = &request.sector;
    seal::get_unsealed_range(
        sector.size.proof(),
        scratch,
        &request.sealed,
        &whole,
        sector.prover_id,
        sector.id(),
        request.comm_d,
        request.ticket,
        UnpaddedByteIndex(0),
        UnpaddedBytesAmount(sector.size.user_bytes()),
    )
    .map_err(|error| classify("unseal", &error))?;
    if commp::comm_p_quietly(&Source::File(whole.clone()))?.comm_p != request.comm_d {
        let detail = format!("{} does not decode to data with this CommD", request.sealed.display());
        return Err(ProofError::SectorDamaged { detail });
    }
    cut_out(&whole, request, &scratch.join("range"))
}

fn cut_out(whole: &Path, request: &Unseal, range: &Path) -> Result<()> {
    let mut data = File::open(whole).map_err(ProofError::io("open", whole))?;
    data.seek(SeekFrom::Start(request.offset)).map_err(ProofError::io("read", whole))?;
    files::write_whole(range, |out| std::io::copy(&mut data.take(request.size), out).map(drop))?;
    files::publish(range, &request.output)
}
