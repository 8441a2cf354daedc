//! Groth16 parameters: their file names, the digests that the network trusts, and a set of one's own.

use bellperson::groth16;
use blake2b_simd::Params as Blake2b;
use blstrs::Bls12;
use filecoin_proofs::{DefaultPieceHasher, MerkleTreeTrait, parameters::public_params};
use filecoin_proofs_api::{get_parameter_data, get_verifying_key_data};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use storage_proofs_core::compound_proof::CompoundProof;
use storage_proofs_core::parameter_cache::{
    CacheEntryMetadata, metadata_id, parameter_cache_dir, parameter_id, verifying_key_id,
};
use storage_proofs_porep::stacked::{StackedCompound, StackedDrg};

use crate::error::{ProofError, Result, classify};
use crate::files;
use crate::lock::FileLock;
use crate::progress::Progress;
use crate::sector::{SectorSize, with_sector_shape};

const GENERATOR: &str = "filecoin-proofs 19.1";
const MANIFEST: &str = "manifest.json";
const MANIFEST_FORMAT: u32 = 1;
const WARNING: &str = "Whoever made these parameters can forge proofs under them. For a devnet only.";

/// The parameter files of a sector size. The names hold a digest of the circuit, not of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterFiles {
    pub id: String,
    pub params: String,
    pub verifying_key: String,
    pub metadata: String,
}

/// A file that the trusted set-up of the network made: its digest is compiled into the reference library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedFile {
    pub file: String,
    /// First 16 bytes of BLAKE2b-512, in hex.
    pub digest: String,
    /// IPFS CID to fetch it by.
    pub cid: String,
}

/// A file's length and the first 16 bytes of its BLAKE2b-512, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    pub bytes: u64,
    pub digest: String,
}

/// `manifest.json` beside generated parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub format: u32,
    pub generator: String,
    pub seed: String,
    pub sector_size: u64,
    pub warning: String,
    pub files: BTreeMap<String, FileDigest>,
}

type Drg<Tree> = StackedDrg<'static, Tree, DefaultPieceHasher>;
type Compound<Tree> = StackedCompound<Tree, DefaultPieceHasher>;

pub fn parameter_files(size: SectorSize) -> Result<ParameterFiles> {
    let id = size.proof().circuit_identifier().map_err(|error| classify("parameters", &error))?;
    let (params, verifying_key, metadata) = (parameter_id(&id), verifying_key_id(&id), metadata_id(&id));
    Ok(ParameterFiles { id, params, verifying_key, metadata })
}

/// The trusted `.params` and `.vk` of a sector size.
pub fn trusted(size: SectorSize) -> Result<Vec<TrustedFile>> {
    let names = parameter_files(size)?;
    let found = [
        (names.params, get_parameter_data(&names.id)),
        (names.verifying_key, get_verifying_key_data(&names.id)),
    ];
    let trusted = found.into_iter().filter_map(|(file, data)| {
        data.map(|data| TrustedFile { file, digest: data.digest.clone(), cid: data.cid.clone() })
    });
    Ok(trusted.collect())
}

/// Streams a file through BLAKE2b. About a second for the 1.1 GB of 2 KiB parameters.
pub fn digest_file(path: &Path, progress: &mut Progress<'_>) -> Result<FileDigest> {
    let mut file = File::open(path).map_err(ProofError::io("open", path))?;
    let mut state = Blake2b::new().hash_length(64).to_state();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer).map_err(ProofError::io("read", path))?;
        if count == 0 {
            break;
        }
        state.update(&buffer[..count]);
        bytes += count as u64;
        progress.advance(count as u64);
    }
    progress.finish();
    Ok(FileDigest { bytes, digest: hex::encode(&state.finalize().as_bytes()[..16]) })
}

/// The verifying key beside the parameters that C2 will use.
///
/// The reference would make a missing folder first and fail then, or write a missing `.vk` itself.
pub(crate) fn require(size: SectorSize) -> Result<Vec<u8>> {
    let folder = parameter_cache_dir();
    let names = parameter_files(size)?;
    let (params, key) = (folder.join(names.params), folder.join(names.verifying_key));
    for path in [&params, &key] {
        if !path.is_file() {
            return Err(ProofError::ParamsMissing { path: path.clone() });
        }
    }
    fs::read(&key).map_err(ProofError::io("read", &key))
}

/// Makes the parameters of `size` from `seed` in `folder`, or returns the manifest of those already there.
///
/// 2 KiB takes minutes and 5.2 GB, so this belongs in a process of its own. Two processes never do it twice: the
/// second waits for the first. FAIL: killed → the partial folder stays, the next run starts it again; `folder`
/// appears by one rename when everything in it is whole.
pub fn generate(size: SectorSize, seed: &str, folder: &Path) -> Result<Manifest> {
    let (parent, partial) = (folder.parent().unwrap_or(Path::new(".")), with_suffix(folder, ".partial"));
    fs::create_dir_all(parent).map_err(ProofError::io("create", parent))?;
    let _lock = FileLock::wait(&with_suffix(folder, ".lock"))?;
    if folder.exists() {
        return existing(size, seed, folder);
    }
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(ProofError::io("delete", &partial))?;
    }
    fs::create_dir(&partial).map_err(ProofError::io("create", &partial))?;
    with_sector_shape!(size, generate_files(size, seed, &partial))?;
    let manifest = write_manifest(size, seed, &partial)?;
    files::sync(&partial)?;
    files::publish(&partial, folder)?;
    Ok(manifest)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A whole set that is already there; error when it is another one.
fn existing(size: SectorSize, seed: &str, folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    let damaged = |detail: String| ProofError::ParamsDamaged { detail };
    let text = fs::read(&path).map_err(ProofError::io("read", &path))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(format!("{}: {error}", path.display())))?;
    if manifest.seed == seed && manifest.sector_size == size.bytes() {
        return Ok(manifest);
    }
    Err(damaged(format!("{} holds the parameters of seed {} already", folder.display(), manifest.seed)))
}

/// The rng is ChaCha20 under SHA-256(seed), so one seed gives the same files everywhere.
fn generate_files<Tree: 'static + MerkleTreeTrait>(
    size: SectorSize,
    seed: &str,
    folder: &Path,
) -> Result<()> {
    let library = |error: anyhow::Error| classify("parameters", &error);
    let params = public_params::<Tree>(&size.proof().as_v1_config()).map_err(library)?;
    let circuit = <Compound<Tree> as CompoundProof<Drg<Tree>, _>>::blank_circuit(&params);
    let mut rng = ChaCha20Rng::from_seed(Sha256::digest(seed.as_bytes()).into());
    let made = groth16::generate_random_parameters::<Bls12, _, _>(circuit, &mut rng)
        .map_err(|error| library(error.into()))?;
    let names = parameter_files(size)?;
    files::write_whole(&folder.join(names.params), |out| made.write(out))?;
    files::write_whole(&folder.join(names.verifying_key), |out| made.vk.write(out))?;
    files::write_json(&folder.join(names.metadata), &CacheEntryMetadata { sector_size: size.bytes() })
}

/// Digests every file of the set and records them. Also what adopts a set made elsewhere from the same seed.
pub fn write_manifest(size: SectorSize, seed: &str, folder: &Path) -> Result<Manifest> {
    let names = parameter_files(size)?;
    let mut files = BTreeMap::new();
    for name in [names.params, names.verifying_key, names.metadata] {
        let digest = digest_file(&folder.join(&name), &mut Progress::new(&AtomicU64::new(0)))?;
        files.insert(name, digest);
    }
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        generator: GENERATOR.to_owned(),
        seed: seed.to_owned(),
        sector_size: size.bytes(),
        warning: WARNING.to_owned(),
        files,
    };
    files::write_json(&folder.join(MANIFEST), &manifest)?;
    Ok(manifest)
}
