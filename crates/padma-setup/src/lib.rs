//! Groth16 parameters of one's own, from a seed. Whoever makes them can forge proofs under them: for a devnet only.
#![forbid(unsafe_code)]

mod checkpoints;
mod circuits;
mod progress;

use padma_groth16::generator::Generator;
use padma_kernels::Backend;
use padma_porep::lock::FileLock;
use padma_porep::params::{self, FileDigest, Manifest, Recipe};
use padma_porep::{ProofError, Result, files};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use storage_proofs_core::parameter_cache::CacheEntryMetadata;

use crate::checkpoints::{Checkpoints, Identity};
use crate::progress::Points;

pub use crate::progress::{Phase, Progress};

/// Makes the parameters of `recipe` in `folder`, or returns the manifest of those already there.
///
/// Takes all cores, and memory for a few hundred bytes a constraint. `report` hears of the progress, also from other
/// threads and thousands of times. Two processes never do it twice: the second waits for the first.
///
/// FAIL: killed at any moment → the partial folder stays, and the next run goes on after the last block of points
/// that is whole there; `folder` appears by one rename when everything in it is.
pub fn generate(recipe: &Recipe, folder: &Path, report: &(dyn Fn(Progress) + Sync)) -> Result<Manifest> {
    let backend = Backend::current()?;
    let (parent, partial) = (folder.parent().unwrap_or(Path::new(".")), with_suffix(folder, ".partial"));
    fs::create_dir_all(parent).map_err(ProofError::io("create", parent))?;
    let _lock = FileLock::wait(&with_suffix(folder, ".lock"))?;
    if folder.exists() {
        return params::manifest_of(recipe, folder);
    }
    fs::create_dir_all(&partial).map_err(ProofError::io("create", &partial))?;
    if !params::has_manifest(&partial) {
        let written = write_files(recipe, &partial, backend, report)?;
        params::write_manifest(recipe, written, &partial)?;
    }
    let manifest = params::manifest_of(recipe, &partial)?;
    checkpoints::forget(&partial)?;
    files::publish(&partial, folder)?;
    Ok(manifest)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The three files. Returns the digest of the large one.
fn write_files(
    recipe: &Recipe,
    partial: &Path,
    backend: Backend,
    report: &(dyn Fn(Progress) + Sync),
) -> Result<FileDigest> {
    let names = recipe.circuit.files(recipe.size)?;
    report(Progress { phase: Phase::Circuit, done: 0, total: 0 });
    let generator = generator(recipe, backend)?;
    let blocks = generator.blocks();
    let sizes = blocks.iter().map(|block| block.bytes() as u64).collect();
    let identity = Identity::new(recipe, &names.id, sizes);
    let mut checkpoints = Checkpoints::open(partial, &names.params, identity)?;

    let (whole, missing) = blocks.split_at(checkpoints.whole_blocks());
    let points =
        |blocks: &[padma_groth16::generator::Block]| blocks.iter().map(|block| block.points() as u64).sum();
    let points = Points::new(points(whole), points(&blocks), report);
    let made = missing.iter().map(|block| generator.encode(block, &|count| points.add(count as u64)));
    let written = checkpoints.append(made)?;

    files::write_whole(&partial.join(names.verifying_key), |out| out.write_all(generator.verifying_key()))?;
    let metadata = CacheEntryMetadata { sector_size: recipe.size.bytes() };
    files::write_json(&partial.join(names.metadata), &metadata)?;
    Ok(written)
}

/// The rng is ChaCha20 under SHA-256(seed), so one seed gives the same files everywhere.
fn generator(recipe: &Recipe, backend: Backend) -> Result<Generator> {
    let circuit = circuits::record(recipe.circuit, recipe.size)?;
    let mut rng = ChaCha20Rng::from_seed(Sha256::digest(recipe.seed.as_bytes()).into());
    Generator::new(circuit, &mut rng, backend)
        .map_err(|error| ProofError::Library { step: "parameters", detail: error.to_string() })
}
