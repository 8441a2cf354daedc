//! Groth16 parameters of one's own, from a seed. Whoever makes them can forge proofs under them: for a devnet only.
#![forbid(unsafe_code)]

use bellperson::groth16;
use blstrs::Bls12;
use filecoin_proofs::constants::{SectorShape2KiB, SectorShape32GiB, SectorShape64GiB};
use filecoin_proofs::{DefaultPieceHasher, MerkleTreeTrait, PoRepConfig, parameters::public_params};
use padma_porep::lock::FileLock;
use padma_porep::params::{self, Manifest, ParameterFiles};
use padma_porep::sector::SectorSize;
use padma_porep::{ProofError, Result, files};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use storage_proofs_core::compound_proof::CompoundProof;
use storage_proofs_core::parameter_cache::CacheEntryMetadata;
use storage_proofs_porep::stacked::{StackedCompound, StackedDrg};

type Drg<Tree> = StackedDrg<'static, Tree, DefaultPieceHasher>;
type Compound<Tree> = StackedCompound<Tree, DefaultPieceHasher>;
type Parameters = groth16::Parameters<Bls12>;

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
        return params::manifest_of(size, seed, folder);
    }
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(ProofError::io("delete", &partial))?;
    }
    fs::create_dir(&partial).map_err(ProofError::io("create", &partial))?;
    write_files(&make(size, seed)?, size, &partial)?;
    let manifest = params::write_manifest(size, seed, &partial)?;
    files::publish(&partial, folder)?;
    Ok(manifest)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The three smaller sizes have one tree shape; the number of nodes comes from the configuration.
fn make(size: SectorSize, seed: &str) -> Result<Parameters> {
    let config = size.config();
    match size {
        SectorSize::KiB2 | SectorSize::MiB8 | SectorSize::MiB512 => {
            make_shaped::<SectorShape2KiB>(&config, seed)
        }
        SectorSize::GiB32 => make_shaped::<SectorShape32GiB>(&config, seed),
        SectorSize::GiB64 => make_shaped::<SectorShape64GiB>(&config, seed),
    }
}

/// The rng is ChaCha20 under SHA-256(seed), so one seed gives the same files everywhere.
fn make_shaped<Tree: 'static + MerkleTreeTrait>(config: &PoRepConfig, seed: &str) -> Result<Parameters> {
    let library = |detail: String| ProofError::Library { step: "parameters", detail };
    let public = public_params::<Tree>(config).map_err(|error| library(format!("{error:#}")))?;
    let circuit = <Compound<Tree> as CompoundProof<Drg<Tree>, _>>::blank_circuit(&public);
    let mut rng = ChaCha20Rng::from_seed(Sha256::digest(seed.as_bytes()).into());
    groth16::generate_random_parameters(circuit, &mut rng).map_err(|error| library(error.to_string()))
}

fn write_files(made: &Parameters, size: SectorSize, folder: &Path) -> Result<()> {
    let ParameterFiles { params, verifying_key, metadata, .. } = params::parameter_files(size)?;
    files::write_whole(&folder.join(params), |out| made.write(out))?;
    files::write_whole(&folder.join(verifying_key), |out| made.vk.write(out))?;
    files::write_json(&folder.join(metadata), &CacheEntryMetadata { sector_size: size.bytes() })
}
