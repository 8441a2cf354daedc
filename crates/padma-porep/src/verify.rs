//! Checking seal proofs against a verifying key given as bytes: no environment, no files.

use bellperson::SynthesisError;
use bellperson::groth16::{self, PreparedVerifyingKey, Proof, VerifyingKey};
use blstrs::{Bls12, Scalar};
use filecoin_proofs_api::seal;
use rand_core::OsRng;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::Bytes32;
use crate::error::{ProofError, Result, classify};
use crate::sector::{Sector, SectorSize};

/// What a seal proof claims: the public inputs, all but the proof's own bytes.
#[derive(Clone, Copy, Debug)]
pub struct SealProof {
    pub sector: Sector,
    pub ticket: Bytes32,
    pub seed: Bytes32,
    pub comm_r: Bytes32,
    pub comm_d: Bytes32,
}

pub(crate) type Prepared = Arc<PreparedVerifyingKey<Bls12>>;

/// Preparing costs about 20 ms, a key is used for every proof of a chain. Bounded: a process sees a few keys.
static PREPARED: LazyLock<Mutex<HashMap<Bytes32, Prepared>>> = LazyLock::new(Mutex::default);
const MOST_KEYS: usize = 16;

/// Whether each proof proves its claim under `verifying_key` (the bytes of a `.vk` file): a verdict each, in order.
///
/// A malformed proof or commitment (length, curve, subgroup, field) is `false`, like any other wrong proof.
///
/// All partitions of all proofs are one equation, each with a random coefficient of 128 bits from the operating
/// system, drawn after the proofs are known (Zcash protocol specification, appendix B.2): with a wrong proof
/// among them it holds with probability 2⁻¹²⁸ at most. Where it does not hold, the halves are looked at, down to
/// single proofs: one wrong proof costs once or twice as much again as all of them.
///
/// Error: PROOF_PARAMS_DAMAGED, when the key cannot be used, or is not of the circuit of every claim.
pub fn verify_seals(verifying_key: &[u8], claims: &[(SealProof, &[u8])]) -> Result<Vec<bool>> {
    let key = prepare(verifying_key)?;
    let read = claims.par_iter().map(|(claim, proof)| read(claim, proof));
    let statements = read.collect::<Result<Vec<_>>>()?;
    let mut verdicts = vec![false; claims.len()];
    let readable = statements.iter().enumerate().filter_map(|(index, one)| Some((index, one.as_ref()?)));
    judge(&key, &readable.collect::<Vec<_>>(), &mut verdicts)?;
    Ok(verdicts)
}

/// The Groth16 proofs of a seal proof, one a partition, and the public inputs of each.
struct Statement {
    proofs: Vec<Proof<Bls12>>,
    inputs: Vec<Vec<Scalar>>,
}

/// `None`: bytes that could never be a proof, or never the claim of one.
fn read(claim: &SealProof, proof: &[u8]) -> Result<Option<Statement>> {
    let (Some(inputs), Some(proofs)) = (public_inputs(claim)?, read_proof(claim.sector.size, proof)) else {
        return Ok(None);
    };
    Ok(Some(Statement { proofs, inputs }))
}

/// Reading checks that every point is on its curve and in its subgroup, and none is at infinity.
pub(crate) fn read_proof(size: SectorSize, proof: &[u8]) -> Option<Vec<Proof<Bls12>>> {
    Proof::read_many(proof, size.partitions()).ok()
}

/// The public inputs of each partition; `None` when a commitment is no field element, or zero.
pub(crate) fn public_inputs(claim: &SealProof) -> Result<Option<Vec<Vec<Scalar>>>> {
    let SealProof { sector, comm_r, comm_d, ticket, seed } = *claim;
    if !is_commitment(&comm_r) || !is_commitment(&comm_d) {
        return Ok(None);
    }
    let proof = sector.size.proof();
    seal::get_seal_inputs(proof, comm_r, comm_d, sector.prover_id, sector.id(), ticket, seed)
        .map(Some)
        .map_err(|error| classify("public inputs", &error))
}

/// A statement and its place among the verdicts.
type Placed<'statement> = (usize, &'statement Statement);

/// Sets the verdict of each good statement; the others keep `false`.
fn judge(key: &Prepared, statements: &[Placed<'_>], verdicts: &mut [bool]) -> Result<()> {
    if !holds(key, statements)? {
        return search(key, statements, verdicts);
    }
    statements.iter().for_each(|(index, _)| verdicts[*index] = true);
    Ok(())
}

/// The same where not all of them hold: when the left half does, nobody has to ask about the right one.
fn search(key: &Prepared, statements: &[Placed<'_>], verdicts: &mut [bool]) -> Result<()> {
    if statements.len() == 1 {
        return Ok(());
    }
    let (left, right) = statements.split_at(statements.len() / 2);
    judge(key, left, verdicts)?;
    if left.iter().all(|(index, _)| verdicts[*index]) {
        search(key, right, verdicts)
    } else {
        judge(key, right, verdicts)
    }
}

/// Whether all of the statements hold, by one equation.
fn holds(key: &Prepared, statements: &[Placed<'_>]) -> Result<bool> {
    if statements.is_empty() {
        return Ok(true);
    }
    let proofs: Vec<_> = statements.iter().flat_map(|(_, one)| &one.proofs).collect();
    let inputs: Vec<_> = statements.iter().flat_map(|(_, one)| one.inputs.clone()).collect();
    groth16::verify_proofs_batch(key, &mut OsRng, &proofs, &inputs).map_err(wrong_circuit)
}

pub(crate) fn wrong_circuit(error: SynthesisError) -> ProofError {
    ProofError::ParamsDamaged { detail: format!("the verifying key is of another circuit: {error}") }
}

/// Neither zero nor above the field's modulus; both are what the reference reports as errors.
fn is_commitment(bytes: &Bytes32) -> bool {
    *bytes != [0; 32] && bool::from(Scalar::from_bytes_le(bytes).is_some())
}

/// The key of a `.vk` file, prepared once. Error: PROOF_PARAMS_DAMAGED.
pub(crate) fn prepare(bytes: &[u8]) -> Result<Prepared> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sector::prover_id;
    use std::path::Path;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/fixtures/devnet-2kib");

    fn statement(file: &str) -> Statement {
        let bytes = std::fs::read(Path::new(FIXTURES).join(file)).expect("fixture");
        let recorded: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        let bytes = |name: &str| hex::decode(recorded[name].as_str().expect("text")).expect("hex");
        let bytes32 = |name: &str| bytes(name).try_into().expect("32 bytes");
        let number = |name: &str| recorded[name].as_u64().expect("number");
        let sector = Sector {
            size: SectorSize::KiB2,
            prover_id: prover_id(number("minerId")),
            number: number("sectorNumber"),
        };
        let [ticket, seed, comm_r, comm_d] = ["ticket", "seed", "commR", "commD"].map(bytes32);
        let claim = SealProof { sector, ticket, seed, comm_r, comm_d };
        read(&claim, &bytes("proof")).expect("inputs").expect("well-formed")
    }

    fn key() -> Prepared {
        let mut names =
            std::fs::read_dir(FIXTURES).expect("folder").map(|entry| entry.expect("entry").path());
        let path = names.find(|path| path.extension().is_some_and(|extension| extension == "vk"));
        prepare(&std::fs::read(path.expect("a key")).expect("readable")).expect("usable")
    }

    /// Proofs of ten partitions, as those of 32 GiB, of which no fixture is small: made of ten of 2 KiB.
    #[test]
    fn one_wrong_partition_makes_a_wrong_proof_of_that_sector_only() {
        let parts = [statement("sector-0.json"), statement("sector-1.json")];
        let whole = || Statement {
            proofs: (0..10).map(|part| parts[part % 2].proofs[0].clone()).collect(),
            inputs: (0..10).map(|part| parts[part % 2].inputs[0].clone()).collect(),
        };
        let mut wrong = whole();
        wrong.inputs.swap(4, 5);
        let mut verdicts = [false; 3];
        let statements = [(0, &whole()), (1, &wrong), (2, &whole())];
        judge(&key(), &statements, &mut verdicts).expect("the key is of this circuit");
        assert_eq!(verdicts, [true, false, true]);
    }
}
