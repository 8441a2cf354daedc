//! Aggregates of seal proofs, and the powers that they need, for JavaScript.

use napi::Env;
use napi::bindgen_prelude::{Object, Uint8Array};
use napi_derive::napi;
use padma_porep::srs::{self, SrsManifest};
use padma_porep::{Result, aggregate};
use std::path::{Path, PathBuf};

use crate::parameters::{ParameterFile, TrustedParameter};
use crate::verify::{ProvenClaim, SealClaim, borrowed, proven};
use crate::{convert, task};

/// The network's SRS (SnarkPack's powers), as compiled into the reference library.
#[napi]
pub fn trusted_srs(env: &Env) -> napi::Result<TrustedParameter> {
    task::now(env, || srs::trusted().map(TrustedParameter::from))
}

#[napi(object)]
pub struct GenerateSrsOptions {
    /// The most Groth16 proofs that it will aggregate: a power of two from 2 to 8192; a sector has one a partition.
    pub proofs: f64,
    /// The same seed gives the same file on every machine.
    pub seed: String,
    /// The folder to make; it appears when everything in it is whole.
    pub dir: String,
}

/// `manifest.json` beside a generated SRS.
#[napi(object)]
pub struct SrsInfo {
    pub generator: String,
    pub seed: String,
    pub proofs: f64,
    pub warning: String,
    pub files: Vec<ParameterFile>,
}

/// Makes an SRS for a devnet, or returns the manifest of the one that is there. Two processes never make the same
/// folder twice. Rejects: PROOF_BAD_INPUT, PROOF_IO, PROOF_PARAMS_DAMAGED when the folder holds another one.
#[napi(ts_return_type = "Promise<SrsInfo>")]
pub fn generate_srs<'env>(env: &'env Env, options: GenerateSrsOptions) -> napi::Result<Object<'env>> {
    let proofs = convert::integer("proofs", options.proofs);
    task::spawn(env, "srs", proofs, move |proofs| {
        srs::generate(proofs as usize, &options.seed, options.dir.as_ref()).map(info)
    })
}

fn info(made: SrsManifest) -> SrsInfo {
    SrsInfo {
        generator: made.generator,
        seed: made.seed,
        proofs: made.proofs as f64,
        warning: made.warning,
        files: made.files.into_iter().map(ParameterFile::from).collect(),
    }
}

#[napi(object, object_to_js = false)]
pub struct AggregateSealsOptions {
    /// The SRS file; that it is the right one is for the caller to know.
    pub srs: String,
    pub verifying_key: Uint8Array,
    /// 4 to 819, of one sector size. Their order is part of the aggregate.
    pub proofs: Vec<ProvenClaim>,
}

/// One proof for many seal proofs (SnarkPack v2), verified before it is returned. Rejects: PROOF_BAD_INPUT (too few
/// or too many, an SRS for fewer, a proof that does not verify), PROOF_PARAMS_MISSING, PROOF_PARAMS_DAMAGED, PROOF_IO.
#[napi(ts_return_type = "Promise<Uint8Array>")]
pub fn aggregate_seals<'env>(env: &'env Env, options: AggregateSealsOptions) -> napi::Result<Object<'env>> {
    let (srs, key) = (PathBuf::from(&options.srs), options.verifying_key.to_vec());
    task::spawn(env, "aggregate", proven(&options.proofs), move |proofs| {
        aggregate::aggregate_seals(&srs, &key, &borrowed(&proofs)).map(Uint8Array::from)
    })
}

#[napi(object, object_to_js = false)]
pub struct VerifyAggregateOptions {
    pub srs: String,
    pub verifying_key: Uint8Array,
    /// In the order in which they were aggregated.
    pub claims: Vec<SealClaim>,
    /// Any bytes: malformed ones do not verify.
    pub aggregate: Uint8Array,
}

/// Whether the aggregate proves all claims. Rejects: PROOF_BAD_INPUT (too few or too many, an SRS for fewer),
/// PROOF_PARAMS_MISSING, PROOF_PARAMS_DAMAGED, PROOF_IO.
#[napi(ts_return_type = "Promise<boolean>")]
pub fn verify_aggregate<'env>(env: &'env Env, options: VerifyAggregateOptions) -> napi::Result<Object<'env>> {
    let (key, aggregate) = (options.verifying_key.to_vec(), options.aggregate.to_vec());
    let claims: Result<Vec<_>> = options.claims.iter().map(SealClaim::convert).collect();
    task::spawn(env, "verify", claims, move |claims| {
        aggregate::verify_aggregate(Path::new(&options.srs), &key, &claims, &aggregate)
    })
}
