//! Seal proofs and their verification for JavaScript.

use napi::Env;
use napi::bindgen_prelude::{Object, Uint8Array};
use napi_derive::napi;
use padma_porep::Result;
use padma_porep::verify::{self, SealProof};

use crate::{convert, task};

/// What a seal proof claims: all that it is bound to.
#[napi(object, object_to_js = false)]
pub struct SealClaim {
    pub sector_size: f64,
    pub prover_id: Uint8Array,
    pub sector_number: f64,
    pub ticket: Uint8Array,
    pub seed: Uint8Array,
    pub comm_r: Uint8Array,
    pub comm_d: Uint8Array,
}

impl SealClaim {
    pub fn convert(&self) -> Result<SealProof> {
        let sector = convert::sector(self.sector_size, &self.prover_id, self.sector_number)?;
        convert::claim(sector, &self.ticket, &self.seed, &self.comm_r, &self.comm_d)
    }
}

#[napi(object, object_to_js = false)]
pub struct ProvenClaim {
    pub claim: SealClaim,
    /// Any bytes: malformed ones do not verify.
    pub proof: Uint8Array,
}

pub type Proven = (SealProof, Vec<u8>);

pub fn proven(list: &[ProvenClaim]) -> Result<Vec<Proven>> {
    list.iter().map(|one| Ok((one.claim.convert()?, one.proof.to_vec()))).collect()
}

pub fn borrowed(list: &[Proven]) -> Vec<(SealProof, &[u8])> {
    list.iter().map(|(claim, proof)| (*claim, &proof[..])).collect()
}

#[napi(object, object_to_js = false)]
pub struct VerifySealsOptions {
    /// The bytes of the `.vk` file of all of them.
    pub verifying_key: Uint8Array,
    pub proofs: Vec<ProvenClaim>,
}

/// Whether each proof proves its claim, in order; many cost less than one by one. Malformed proof or commitment
/// bytes are `false`. Rejects: PROOF_PARAMS_DAMAGED (unusable key, or of another circuit), PROOF_BAD_INPUT (an
/// argument of the wrong length).
#[napi(ts_return_type = "Promise<Array<boolean>>")]
pub fn verify_seals<'env>(env: &'env Env, options: VerifySealsOptions) -> napi::Result<Object<'env>> {
    let key = options.verifying_key.to_vec();
    task::spawn(env, "verify", proven(&options.proofs), move |proofs| {
        verify::verify_seals(&key, &borrowed(&proofs))
    })
}
