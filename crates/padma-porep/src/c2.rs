//! C2: the Groth16 proof of what C1 opened.

use padma_groth16::parameters::{ParameterError, ParameterFile, ProvingKey, Residence};
use padma_groth16::prover::{self, Blinding, ProveError};
use padma_kernels::Backend;
use rand_core::OsRng;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use padma_groth16::prover::Memory;

use crate::circuit::SealCircuit;
use crate::error::{ProofError, Result};
use crate::params::{self, Required};
use crate::seal;
use crate::sector::SectorSize;
use crate::verify::{self, SealProof};

/// What one proof is made of.
pub struct C2 {
    /// The file that C1 wrote.
    pub commit1: PathBuf,
    /// What the chain will check, without the proof.
    pub claim: SealProof,
}

/// Finished proofs.
pub struct Proven {
    /// 192 bytes for each partition, in the order of the requests.
    pub proofs: Vec<Vec<u8>>,
    /// Wall time by part, in the order in which the parts ended.
    pub phases: Vec<(&'static str, Duration)>,
}

/// Proves sectors of one size, each proof verified before it is returned. Several together read the parameters once.
///
/// Parameters come from FIL_PROOFS_PARAMETER_CACHE, which the reference reads once a process; decoded points stay in
/// memory for the next call if `memory_limit` (bytes, for the whole process) allows that.
/// Errors: PROOF_BAD_INPUT when a `commit1` is the file of another sector or the sizes differ, PROOF_NO_MEMORY before
/// anything has begun, PROOF_PARAMS_MISSING, PROOF_PARAMS_DAMAGED, PROOF_SELF_VERIFY_FAILED.
pub fn prove(requests: &[C2], memory_limit: Option<u64>) -> Result<Proven> {
    let Some(size) = requests.first().map(|request| request.claim.sector.size) else {
        return Err(ProofError::bad_input("no sector to prove"));
    };
    if requests.iter().any(|request| request.claim.sector.size != size) {
        return Err(ProofError::bad_input("sectors of different sizes"));
    }
    let Required { params, verifying_key } = params::require(size)?;
    let key = proving_key(&params, requests.len() * size.partitions(), memory_limit)?;
    let circuits = circuits(requests)?.into_iter().map(|circuit| (circuit, Blinding::random(&mut OsRng)));
    let (proofs, phases) = prover::prove(&key, circuits.collect()).map_err(prove_error)?;
    let bytes: Vec<u8> = proofs.iter().flat_map(|proof| proof.to_bytes()).collect();
    let proofs: Vec<Vec<u8>> = bytes.chunks_exact(size.proof_bytes()).map(<[u8]>::to_vec).collect();
    let start = Instant::now();
    for (request, proof) in requests.iter().zip(&proofs) {
        if !verify::verify_seal(&verifying_key, &request.claim, proof)? {
            let detail = format!(
                "sector {} under the verifying key beside the parameters",
                request.claim.sector.number
            );
            return Err(ProofError::SelfVerifyFailed { detail });
        }
    }
    let verified = [("verify", start.elapsed())];
    Ok(Proven {
        proofs,
        phases: phases.iter().map(|(phase, took)| (phase.name(), took)).chain(verified).collect(),
    })
}

/// Bytes that a process takes to prove `sectors` sectors of one size at a time, by the counts in the parameter file
/// that is in `folder`. Errors: PROOF_IO, PROOF_PARAMS_DAMAGED.
pub fn memory(folder: &Path, size: SectorSize, sectors: usize) -> Result<Memory> {
    let path = folder.join(params::parameter_files(size)?.params);
    let file = ParameterFile::open(&path).map_err(parameter_error)?;
    Ok(Memory::of(&file, sectors * size.partitions()))
}

fn circuits(requests: &[C2]) -> Result<Vec<SealCircuit>> {
    let opened = requests.iter().map(|C2 { commit1, claim }| SealCircuit::of(seal::opened(commit1, claim)?));
    Ok(opened.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// The key of the last call. One a process: two would take twice the memory.
static KEY: Mutex<Option<Arc<ProvingKey>>> = Mutex::new(None);

/// The parameters at `path`, kept in memory when the limit has room for that. Error: PROOF_NO_MEMORY.
fn proving_key(path: &Path, proofs: usize, limit: Option<u64>) -> Result<Arc<ProvingKey>> {
    let limit = limit.unwrap_or(u64::MAX);
    let mut last = KEY.lock().unwrap_or_else(PoisonError::into_inner);
    let known = last.take().filter(|key| key.file().path() == path);
    let key = known.map_or_else(|| open(path, Residence::Kept), Ok)?;
    let needed = Memory::of(key.file(), proofs);
    if needed.streamed > limit {
        return Err(ProofError::NoMemory { needed: needed.streamed, limit });
    }
    let residence = if needed.kept <= limit { Residence::Kept } else { Residence::Streamed };
    let key = if key.residence() == residence { key } else { open(path, residence)? };
    Ok(last.insert(key).clone())
}

fn open(path: &Path, residence: Residence) -> Result<Arc<ProvingKey>> {
    ProvingKey::open(path, Backend::current()?, residence).map(Arc::new).map_err(parameter_error)
}

fn parameter_error(error: ParameterError) -> ProofError {
    match error {
        ParameterError::Io { path, cause }
            if cause.kind() != io::ErrorKind::UnexpectedEof && cause.kind() != io::ErrorKind::InvalidData =>
        {
            ProofError::Io { action: "read", path, cause }
        }
        damaged => ProofError::ParamsDamaged { detail: damaged.to_string() },
    }
}

fn prove_error(error: ProveError) -> ProofError {
    match error {
        ProveError::Parameters(error) => parameter_error(error),
        ProveError::Synthesis(error) => ProofError::Library { step: "C2", detail: error.to_string() },
    }
}
