//! Facts about this build and about sector sizes.

use napi::Env;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use padma_porep::{Backend, params, seal, sector};

use crate::convert;
use crate::task;

/// What this module is.
#[napi(object)]
pub struct NativeVersion {
    /// Version of the crates.
    pub version: String,
    /// The library that makes the proofs.
    pub proofs: String,
    /// Whether it was built with the feature `cuda`.
    pub cuda: bool,
    /// Arithmetic in use: `portable`, `avx2` or `avx512`; the best that this CPU has, or PADMA_BACKEND.
    pub backend: String,
}

/// What follows from a sector size.
#[napi(object)]
pub struct ProofInfo {
    /// Registered seal proof number: 5 (2 KiB) … 9 (64 GiB).
    pub proof_type: u32,
    /// Bytes of data that fit: 127/128 of the size.
    pub user_bytes: f64,
    /// SDR layers that PC1 writes, each as large as the sector.
    pub layers: u32,
    /// Groth16 proofs in a seal proof.
    pub partitions: u32,
    /// 192 bytes a partition.
    pub proof_bytes: u32,
    /// 32 bytes that enter the replica id.
    pub porep_id: Uint8Array,
    /// What PC2 counts up to: nodes of the replica and of both trees.
    pub pc2_nodes: f64,
    /// Names the circuit; the parameter files are named after it.
    pub parameter_id: String,
    pub params_file: String,
    pub verifying_key_file: String,
    pub metadata_file: String,
}

/// Throws PROOF_BACKEND when PADMA_BACKEND names what this CPU cannot run.
#[napi]
pub fn version(env: &Env) -> napi::Result<NativeVersion> {
    task::now(env, || {
        Ok(NativeVersion {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            proofs: "filecoin-proofs 19.1".to_owned(),
            cuda: cfg!(feature = "cuda"),
            backend: Backend::current()?.name().to_owned(),
        })
    })
}

/// Throws PROOF_BAD_INPUT for a size that is not 2 KiB, 8 MiB, 512 MiB, 32 GiB or 64 GiB.
#[napi]
pub fn proof_info(env: &Env, sector_size: f64) -> napi::Result<ProofInfo> {
    task::now(env, || {
        let size = convert::sector_size(sector_size)?;
        let files = params::parameter_files(size)?;
        Ok(ProofInfo {
            proof_type: size.proof_type(),
            user_bytes: size.user_bytes() as f64,
            layers: size.layers() as u32,
            partitions: size.partitions() as u32,
            proof_bytes: size.proof_bytes() as u32,
            porep_id: convert::array(size.porep_id()),
            pc2_nodes: seal::pc2_nodes(size) as f64,
            parameter_id: files.id,
            params_file: files.params,
            verifying_key_file: files.verifying_key,
            metadata_file: files.metadata,
        })
    })
}

/// The prover id of miner `f0<minerId>`: the payload of its ID address, zero-padded to 32 bytes.
#[napi]
pub fn prover_id(env: &Env, miner_id: f64) -> napi::Result<Uint8Array> {
    task::now(env, || Ok(convert::array(sector::prover_id(convert::integer("minerId", miner_id)?))))
}
