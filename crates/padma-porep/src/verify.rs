//! Checking a seal proof against a verifying key given as bytes: no environment, no files.

use bellperson::groth16::{self, PreparedVerifyingKey, Proof, VerifyingKey};
use blstrs::{Bls12, Scalar};
use filecoin_proofs_api::seal;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::Bytes32;
use crate::error::{ProofError, Result, classify};
use crate::sector::Sector;

/// What a seal proof claims: the public inputs, all but the proof's own bytes.
#[derive(Clone, Copy, Debug)]
pub struct SealProof {
    pub sector: Sector,
    pub ticket: Bytes32,
    pub seed: Bytes32,
    pub comm_r: Bytes32,
    pub comm_d: Bytes32,
}

type Prepared = Arc<PreparedVerifyingKey<Bls12>>;

/// Preparing costs about 20 ms, a key is used for every proof of a chain. Bounded: a process sees a few keys.
static PREPARED: LazyLock<Mutex<HashMap<Bytes32, Prepared>>> = LazyLock::new(Mutex::default);
const MOST_KEYS: usize = 16;

/// Whether `proof` proves `claim` under `verifying_key` (the bytes of a `.vk` file).
///
/// A malformed proof or commitment (length, curve, subgroup, field) is `false`, like any other wrong proof.
/// Error: PROOF_PARAMS_DAMAGED, when the key itself cannot be used.
pub fn verify_seal(verifying_key: &[u8], claim: &SealProof, proof: &[u8]) -> Result<bool> {
    let key = prepare(verifying_key)?;
    if proof.len() != claim.sector.size.proof_bytes()
        || !is_commitment(&claim.comm_r)
        || !is_commitment(&claim.comm_d)
    {
        return Ok(false);
    }
    let SealProof { sector, comm_r, comm_d, ticket, seed } = *claim;
    let inputs = seal::get_seal_inputs(
        sector.size.proof(),
        comm_r,
        comm_d,
        sector.prover_id,
        sector.id(),
        ticket,
        seed,
    )
    .map_err(|error| classify("public inputs", &error))?;
    // Reading checks that every point is on its curve and in its subgroup.
    let Ok(proofs) = Proof::<Bls12>::read_many(proof, sector.size.partitions()) else {
        return Ok(false);
    };
    for (proof, input) in proofs.iter().zip(&inputs) {
        let verified = groth16::verify_proof(&key, proof, input).map_err(|error| {
            ProofError::ParamsDamaged { detail: format!("the verifying key is of another circuit: {error}") }
        })?;
        if !verified {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Neither zero nor above the field's modulus; both are what the reference reports as errors.
fn is_commitment(bytes: &Bytes32) -> bool {
    *bytes != [0; 32] && bool::from(Scalar::from_bytes_le(bytes).is_some())
}

fn prepare(bytes: &[u8]) -> Result<Prepared> {
    let digest: Bytes32 = Sha256::digest(bytes).into();
    let known = || PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = known().get(&digest) {
        return Ok(key.clone());
    }
    let mut rest = bytes;
    let key = VerifyingKey::<Bls12>::read(&mut rest)
        .map_err(|error| ProofError::ParamsDamaged { detail: format!("not a verifying key: {error}") })?;
    if !rest.is_empty() {
        return Err(ProofError::ParamsDamaged {
            detail: format!("{} bytes after the verifying key", rest.len()),
        });
    }
    let key = Arc::new(groth16::prepare_verifying_key(&key));
    let mut keys = known();
    if keys.len() >= MOST_KEYS {
        keys.clear();
    }
    keys.insert(digest, key.clone());
    Ok(key)
}
