//! C2: the Groth16 proof of what C1 opened.

use bellperson::SynthesisError;
use padma_groth16::circuit::{self, R1cs};
use padma_groth16::parameters::{ParameterError, ParameterFile, ProvingKey, Residence, VerifyingKey};
pub use padma_groth16::prover::Memory;
use padma_groth16::prover::{self, Blinding, ProveError};
use padma_kernels::Backend;
use rand_core::OsRng;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

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
    let required = params::require(size)?;
    // Held to the end: two calls at once would take twice the memory that each was allowed.
    let mut last = SETUP.lock().unwrap_or_else(PoisonError::into_inner);
    let setup = setup(&mut last, size, &required, requests.len() * size.partitions(), memory_limit)?;
    let circuits = circuits(requests, size)?;
    let mut phases = Vec::new();
    let constraints = setup.prepare(&mut phases)?;
    let assignments = circuits.into_iter().map(|circuit| {
        let assign = move || Ok(constraints.assignment(circuit.witness()?));
        (assign, Blinding::random(&mut OsRng))
    });
    let (proofs, parts) = prover::prove(&setup.key, assignments.collect()).map_err(prove_error)?;
    phases.extend(parts.iter().map(|(phase, took)| (phase.name(), took)));
    let bytes: Vec<u8> = proofs.iter().flat_map(|proof| proof.to_bytes()).collect();
    let proofs: Vec<Vec<u8>> = bytes.chunks_exact(size.proof_bytes()).map(<[u8]>::to_vec).collect();
    let start = Instant::now();
    check(requests, &proofs, &required.verifying_key)?;
    phases.push(("verify", start.elapsed()));
    Ok(Proven { proofs, phases })
}

/// No proof leaves that does not verify under the key that a chain knows.
fn check(requests: &[C2], proofs: &[Vec<u8>], verifying_key: &[u8]) -> Result<()> {
    let proven: Vec<_> =
        requests.iter().zip(proofs).map(|(request, proof)| (request.claim, &proof[..])).collect();
    let verdicts = verify::verify_seals(verifying_key, &proven)?;
    let Some(wrong) = verdicts.iter().position(|verified| !verified) else { return Ok(()) };
    let number = requests[wrong].claim.sector.number;
    let detail = format!("sector {number} under the verifying key beside the parameters");
    Err(ProofError::SelfVerifyFailed { detail })
}

/// Bytes that a process takes to prove `sectors` sectors of one size at a time, by the counts in the parameter file
/// that is in `folder`. Errors: PROOF_IO, PROOF_PARAMS_DAMAGED.
pub fn memory(folder: &Path, size: SectorSize, sectors: usize) -> Result<Memory> {
    let path = folder.join(params::parameter_files(size)?.params);
    let file = ParameterFile::open(&path).map_err(parameter_error)?;
    Ok(Memory::of(&file, sectors * size.partitions()))
}

fn circuits(requests: &[C2], size: SectorSize) -> Result<Vec<SealCircuit>> {
    let mut all = Vec::new();
    for C2 { commit1, claim } in requests {
        let circuits = SealCircuit::of(seal::opened(commit1, claim)?)?;
        if circuits.len() != size.partitions() {
            let detail = format!("{} opens {} partitions", commit1.display(), circuits.len());
            return Err(ProofError::SectorDamaged { detail });
        }
        all.extend(circuits);
    }
    Ok(all)
}

/// What proofs of one size share.
struct Setup {
    size: SectorSize,
    key: ProvingKey,
    /// The circuit's constraints, recorded once.
    constraints: OnceLock<R1cs>,
}

/// That of the last call. One a process: two would take twice the memory.
static SETUP: Mutex<Option<Setup>> = Mutex::new(None);

/// That of the last call if it is of these parameters, or a new one; the points stay in memory when the limit has room
/// for them. Errors: PROOF_NO_MEMORY, which leaves the last one as it is; PROOF_PARAMS_DAMAGED.
fn setup<'a>(
    last: &'a mut Option<Setup>,
    size: SectorSize,
    Required { params, verifying_key }: &Required,
    proofs: usize,
    limit: Option<u64>,
) -> Result<&'a Setup> {
    let limit = limit.unwrap_or(u64::MAX);
    let needed = Memory::of(&ParameterFile::open(params).map_err(parameter_error)?, proofs);
    if needed.streamed > limit {
        return Err(ProofError::NoMemory { step: "C2", needed: needed.streamed, limit });
    }
    let residence = if needed.kept <= limit { Residence::Kept } else { Residence::Streamed };
    let expected = VerifyingKey::read(&verifying_key[..]).map_err(|cause| ProofError::ParamsDamaged {
        detail: format!("the verifying key beside {}: {cause}", params.display()),
    })?;
    let known = last.take().filter(|setup| setup.is_for(params, &expected, residence));
    let setup = known.map_or_else(|| Setup::open(size, params, residence), Ok)?;
    if *setup.key.verifying_key() != expected {
        let detail = format!("{} and the verifying key beside it are of different sets", params.display());
        return Err(ProofError::ParamsDamaged { detail });
    }
    Ok(last.insert(setup))
}

impl Setup {
    /// Whether it can serve: a set that was made anew at the same place has another key.
    fn is_for(&self, path: &Path, expected: &VerifyingKey, residence: Residence) -> bool {
        self.key.file().path() == path
            && self.key.residence() == residence
            && self.key.verifying_key() == expected
    }

    fn open(size: SectorSize, path: &Path, residence: Residence) -> Result<Self> {
        let key = ProvingKey::open(path, Backend::current()?, residence).map_err(parameter_error)?;
        Ok(Self { size, key, constraints: OnceLock::new() })
    }

    /// Decodes the parameters and records the constraints, side by side, unless that has been done. Adds to `phases`
    /// how long each took.
    fn prepare(&self, phases: &mut Vec<(&'static str, Duration)>) -> Result<&R1cs> {
        if let Some(constraints) = self.constraints.get() {
            return Ok(constraints);
        }
        let start = Instant::now();
        let (decoded, recorded) = rayon::join(
            || self.key.prepare().map(|()| start.elapsed()).map_err(parameter_error),
            || self.record().map(|constraints| (constraints, start.elapsed())),
        );
        phases.push(("decode", decoded?));
        let (constraints, took) = recorded?;
        phases.push(("record", took));
        Ok(self.constraints.get_or_init(|| constraints))
    }

    fn record(&self) -> Result<R1cs> {
        circuit::record(SealCircuit::blank(self.size)?).map_err(synthesis_error)
    }
}

/// What the file holds is damage; what the system says of it is not.
fn parameter_error(error: ParameterError) -> ProofError {
    let damage = |kind| matches!(kind, io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData);
    match error {
        ParameterError::Io { path, cause } if !damage(cause.kind()) => {
            ProofError::Io { action: "read", path, cause }
        }
        damaged => ProofError::ParamsDamaged { detail: damaged.to_string() },
    }
}

fn prove_error(error: ProveError) -> ProofError {
    match error {
        ProveError::Parameters(error) => parameter_error(error),
        ProveError::Synthesis(error) => synthesis_error(error),
    }
}

fn synthesis_error(error: SynthesisError) -> ProofError {
    ProofError::Library { step: "C2", detail: error.to_string() }
}
