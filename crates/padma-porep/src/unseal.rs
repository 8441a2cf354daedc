//! Data back out of a replica.

use filecoin_proofs::constants::{
    SectorShape2KiB, SectorShape8MiB, SectorShape32GiB, SectorShape64GiB, SectorShape512MiB,
};
use filecoin_proofs::parameters::public_params;
use filecoin_proofs::{DefaultPieceHasher, DefaultTreeHasher, MerkleTreeTrait, StoreConfig};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use storage_proofs_core::cache_key::CacheKey;
use storage_proofs_porep::stacked::StackedDrg;

use crate::Bytes32;
use crate::check::DataRoot;
use crate::error::{ProofError, Result, classify};
use crate::files;
use crate::fr32;
use crate::node::{Node, NodeFile, damaged, store};
use crate::pc2;
use crate::seal::replica_id;
use crate::sector::{Sector, SectorSize};

/// What [`unseal_range`] needs. `offset` and `size` are unpadded bytes of the sector's data.
pub struct Unseal {
    pub sector: Sector,
    pub sealed: PathBuf,
    /// The sector's cache folder, when the last layer may still be in it: that is the key, and PC1 need not run.
    pub cache: Option<PathBuf>,
    pub ticket: Bytes32,
    pub comm_d: Bytes32,
    pub offset: u64,
    pub size: u64,
    pub output: PathBuf,
}

/// Writes `size` bytes of data from `offset` to `output`.
///
/// Without the last layer, or when it does not give data with CommD, every layer is made again, which takes as long as
/// PC1 and two layers of memory. The whole sector is decoded and must have CommD, so a wrong ticket or a damaged
/// replica is PROOF_SECTOR_DAMAGED, never wrong data. Further errors: PROOF_BAD_INPUT, PROOF_IO, PROOF_PARENTS_DAMAGED.
pub fn unseal_range(request: &Unseal) -> Result<()> {
    let size = request.sector.size;
    let user_bytes = size.user_bytes();
    if request.size == 0 || request.offset.checked_add(request.size).is_none_or(|end| end > user_bytes) {
        return Err(ProofError::bad_input(format!(
            "the range {} + {} is not inside the sector's {user_bytes} bytes",
            request.offset, request.size
        )));
    }
    request.sealed.metadata().map_err(ProofError::io("open", &request.sealed))?;
    let replica = NodeFile::open(request.sealed.clone(), size.nodes())?;
    // Never the sector's own cache folder: the reference writes each layer over the TreeD file it finds there.
    let scratch = scratch_folder(&request.output)?;
    let done = unseal_in(request, &replica, &scratch);
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

fn unseal_in(request: &Unseal, replica: &NodeFile, scratch: &Path) -> Result<()> {
    let range = scratch.join("range");
    let kept = last_layer(request).map(|keys| write_range(request, replica, &keys, &range));
    match kept {
        // FAIL: the layer that was kept may be what is damaged → one more try, with labels made anew.
        None | Some(Err(ProofError::SectorDamaged { .. })) => {
            write_range(request, replica, &make_keys(request, scratch)?, &range)?;
        }
        Some(done) => done?,
    }
    files::publish(&range, &request.output)
}

/// Writes the range. Error: PROOF_SECTOR_DAMAGED when the replica without these keys does not have CommD.
fn write_range(request: &Unseal, replica: &NodeFile, keys: &NodeFile, range: &Path) -> Result<()> {
    let mut root = None;
    files::write_whole(range, |out| {
        root = Some(decode(request, replica, keys, out)?);
        Ok(())
    })?;
    match root {
        Some(Ok(root)) if root == request.comm_d => Ok(()),
        Some(Err(error)) => Err(error),
        _ => Err(damaged(
            &request.sealed,
            "the replica or its key is wrong: they do not give data with this CommD",
        )),
    }
}

/// Where it is, and whole. It is no more than a promise: CommD decides.
fn last_layer(request: &Unseal) -> Option<NodeFile> {
    let size = request.sector.size;
    let name = format!("layer-{}", size.layers());
    NodeFile::open(store(request.cache.as_deref()?, &name), size.nodes()).ok()
}

/// The last layer, made again in `scratch`.
fn make_keys(request: &Unseal, scratch: &Path) -> Result<NodeFile> {
    match request.sector.size {
        SectorSize::KiB2 => make_labels::<SectorShape2KiB>(request, scratch),
        SectorSize::MiB8 => make_labels::<SectorShape8MiB>(request, scratch),
        SectorSize::MiB512 => make_labels::<SectorShape512MiB>(request, scratch),
        SectorSize::GiB32 => make_labels::<SectorShape32GiB>(request, scratch),
        SectorSize::GiB64 => make_labels::<SectorShape64GiB>(request, scratch),
    }
}

/// The reference writes one layer over the other, all to the file of TreeD.
fn make_labels<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
    request: &Unseal,
    scratch: &Path,
) -> Result<NodeFile> {
    let Unseal { sector, ticket, comm_d, .. } = request;
    let failed = |error: anyhow::Error| classify("unseal", &error);
    let public = public_params::<T>(&sector.size.config()).map_err(failed)?;
    let id = replica_id(sector, ticket, comm_d);
    let config = StoreConfig::new(scratch, CacheKey::CommDTree.to_string(), 0);
    StackedDrg::<T, DefaultPieceHasher>::generate_labels_for_decoding(
        &public.graph,
        public.num_layers,
        &id.into(),
        config,
    )
    .map_err(failed)?;
    NodeFile::open(store(scratch, "tree-d"), sector.size.nodes())
}

/// Nodes that are decoded at a time.
const WAVE: u64 = 1 << 15;

/// Writes the range; the root over the whole sector's data.
fn decode(
    request: &Unseal,
    replica: &NodeFile,
    keys: &NodeFile,
    out: &mut dyn Write,
) -> std::io::Result<Result<Node>> {
    let mut root = match DataRoot::new() {
        Ok(root) => root,
        Err(error) => return Ok(Err(error)),
    };
    for first in (0..replica.len()).step_by(WAVE as usize) {
        let data = match decode_wave(replica, keys, first) {
            Ok(data) => data,
            Err(error) => return Ok(Err(error)),
        };
        root.push(&data);
        out.write_all(&wanted(request, first, data.as_flattened()))?;
    }
    Ok(Ok(root.finish()))
}

fn decode_wave(replica: &NodeFile, keys: &NodeFile, first: u64) -> Result<Vec<Node>> {
    let mut nodes = vec![Node::default(); WAVE.min(replica.len()) as usize];
    let mut key = nodes.clone();
    replica.read(first, &mut nodes)?;
    keys.read(first, &mut key)?;
    pc2::decode(&key, &nodes).map_err(|wrong| {
        let node = first + wrong.index as u64;
        ProofError::SectorDamaged {
            detail: format!("node {node} of the replica or its key is no field element"),
        }
    })
}

/// What the range has of `padded` data that begins at the node `first`.
fn wanted(request: &Unseal, first: u64, padded: &[u8]) -> Vec<u8> {
    let start = fr32::unpadded(first * size_of::<Node>() as u64);
    let length = fr32::unpadded(padded.len() as u64);
    let from = request.offset.clamp(start, start + length) - start;
    let to = (request.offset + request.size).clamp(start, start + length) - start;
    if from == to {
        return Vec::new();
    }
    let mut data = vec![0; length as usize];
    fr32::unpad(padded, &mut data);
    data[from as usize..to as usize].to_vec()
}
