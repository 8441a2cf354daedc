//! Many seal proofs as one (SnarkPack v2, FIP-0013): its size and the cost of checking it grow with the logarithm
//! of their number. Parameters are given as a file and as bytes: no environment, and nothing is kept between calls.
//!
//! The order of the sectors counts: it enters the transcript, with each sector's seed and CommR.

use bellperson::SynthesisError;
use bellperson::groth16::aggregate::{self, AggregateProof, AggregateVersion};
use blstrs::Bls12;
use rand_core::OsRng;
use sha2::{Digest, Sha256};
use std::path::Path;

use crate::Bytes32;
use crate::error::{ProofError, Result};
use crate::sector::SectorSize;
use crate::srs;
use crate::verify::{self, SealProof};

/// The fewest and the most sectors that the network takes in one aggregate (FIP-0013).
pub const FEWEST: usize = 4;
pub const MOST: usize = 819;

/// The later of the two transcripts; networks accept no other since nv16.
const VERSION: AggregateVersion = AggregateVersion::V2;

/// The aggregate of 4 to 819 seal proofs of one sector size, verified before it is returned. `srs` is the file of
/// powers ([`srs`](crate::srs)), `verifying_key` the bytes of the circuit's `.vk`. That a sector is in the list
/// once is for the chain to check.
///
/// Errors: PROOF_BAD_INPUT (their number, their sizes, an SRS for fewer proofs, and a proof that does not verify:
/// all such are named), PROOF_PARAMS_MISSING, PROOF_PARAMS_DAMAGED, PROOF_IO.
pub fn aggregate_seals(srs: &Path, verifying_key: &[u8], proofs: &[(SealProof, &[u8])]) -> Result<Vec<u8>> {
    let claims: Vec<_> = proofs.iter().map(|(claim, _)| *claim).collect();
    let size = common_size(&claims)?;
    refuse_wrong(verifying_key, proofs)?;
    let read = proofs.iter().filter_map(|(_, proof)| verify::read_proof(size, proof));
    let padded = padded(read.flatten().collect());
    let prover = srs::read(srs, padded.len())?.specialize_prover(padded.len());
    let made = aggregate::aggregate_proofs::<Bls12>(&prover, &transcript(&claims), &padded, VERSION);
    let made = made.map_err(|error| library(&error))?;
    let mut bytes = Vec::new();
    made.write(&mut bytes).map_err(|error| library(&SynthesisError::from(error)))?;
    if verify_aggregate(srs, verifying_key, &claims, &bytes)? {
        return Ok(bytes);
    }
    Err(ProofError::SelfVerifyFailed { detail: format!("the aggregate of {} sectors", claims.len()) })
}

/// Whether `aggregate` proves all `claims`, in this order. Malformed bytes are `false`, and so is a claim that
/// could never be proven. Errors: those of [`aggregate_seals`], but for what is said of proofs.
pub fn verify_aggregate(
    srs: &Path,
    verifying_key: &[u8],
    claims: &[SealProof],
    aggregate: &[u8],
) -> Result<bool> {
    common_size(claims)?;
    let key = verify::prepare(verifying_key)?;
    let inputs = claims.iter().map(verify::public_inputs).collect::<Result<Option<Vec<_>>>>()?;
    let Some(inputs) = inputs else { return Ok(false) };
    let inputs = padded(inputs.concat());
    let verifier = srs::read(srs, inputs.len())?.specialize_vk(inputs.len());
    // The number of proofs in the bytes is theirs to choose; what follows relies on it.
    let Some(proof) = read(aggregate).filter(|proof| proof.tmipp.gipa.nproofs as usize == inputs.len())
    else {
        return Ok(false);
    };
    let hash = transcript(claims);
    match aggregate::verify_aggregate_proof(&verifier, &key, OsRng, &inputs, &proof, &hash, VERSION) {
        Err(SynthesisError::MalformedProofs(_)) => Ok(false),
        verdict => verdict.map_err(verify::wrong_circuit),
    }
}

/// Nothing may follow: other bytes for the same aggregate would be another message with the same meaning.
fn read(mut bytes: &[u8]) -> Option<AggregateProof<Bls12>> {
    let proof = AggregateProof::read(&mut bytes).ok()?;
    bytes.is_empty().then_some(proof)
}

fn common_size(claims: &[SealProof]) -> Result<SectorSize> {
    let count = claims.len();
    if !(FEWEST..=MOST).contains(&count) {
        let what = format!("an aggregate is of {FEWEST} to {MOST} sectors, not of {count}");
        return Err(ProofError::bad_input(what));
    }
    let size = claims[0].sector.size;
    if claims.iter().all(|claim| claim.sector.size == size) {
        return Ok(size);
    }
    Err(ProofError::bad_input("the sectors of an aggregate are of one size"))
}

/// One wrong proof spoils the aggregate, and nothing in that would say which one it was.
fn refuse_wrong(verifying_key: &[u8], proofs: &[(SealProof, &[u8])]) -> Result<()> {
    let verdicts = verify::verify_seals(verifying_key, proofs)?;
    let wrong = proofs.iter().zip(verdicts).filter(|(_, right)| !right);
    let wrong: Vec<_> = wrong.map(|((claim, _), _)| claim.sector.number.to_string()).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(ProofError::bad_input(format!("the proof does not verify of sector {}", wrong.join(", "))))
}

/// To a power of two, by repeating the last, as the reference does.
fn padded<T: Clone>(mut list: Vec<T>) -> Vec<T> {
    let target = list.len().next_power_of_two();
    list.extend(list.last().cloned().into_iter().cycle().take(target - list.len()));
    list
}

/// What the aggregate is bound to besides the proofs: every other public input was fixed before the seeds.
fn transcript(claims: &[SealProof]) -> Bytes32 {
    let bind = |hash: Sha256, claim: &SealProof| hash.chain_update(claim.seed).chain_update(claim.comm_r);
    claims.iter().fold(Sha256::new(), bind).finalize().into()
}

fn library(error: &SynthesisError) -> ProofError {
    ProofError::Library { step: "aggregation", detail: error.to_string() }
}
