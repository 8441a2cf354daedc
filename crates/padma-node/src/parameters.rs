//! Groth16 parameter files for JavaScript.

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use padma_porep::params::{self, Manifest};
use std::sync::atomic::AtomicU64;

use crate::convert;
use crate::task::{self, OnProgress};

/// A file of the network's trusted set-up.
#[napi(object)]
pub struct TrustedParameter {
    pub file: String,
    /// First 16 bytes of BLAKE2b-512, in hex.
    pub digest: String,
    /// IPFS CID.
    pub cid: String,
}

/// The trusted `.params` and `.vk` of a sector size, as compiled into the reference library.
#[napi]
pub fn trusted_parameters(env: &Env, sector_size: f64) -> napi::Result<Vec<TrustedParameter>> {
    task::now(env, || {
        let files = params::trusted(convert::sector_size(sector_size)?)?;
        let convert = |trusted: params::TrustedFile| {
            let params::TrustedFile { file, digest, cid } = trusted;
            TrustedParameter { file, digest, cid }
        };
        Ok(files.into_iter().map(convert).collect())
    })
}

#[napi(object)]
pub struct FileDigest {
    pub bytes: f64,
    /// First 16 bytes of BLAKE2b-512, in hex.
    pub digest: String,
}

/// Digest of a file, read in a stream. `onProgress` gets bytes. Rejects: PROOF_IO.
#[napi(ts_return_type = "Promise<FileDigest>")]
pub fn digest_file<'env>(
    env: &'env Env,
    path: String,
    #[napi(ts_arg_type = "(bytes: number) => void")] on_progress: Option<OnProgress>,
) -> napi::Result<Object<'env>> {
    task::spawn(env, "digest", Ok(path), |path| {
        let done = AtomicU64::new(0);
        let file = params::digest_file(path.as_ref(), &mut task::progress(&done, on_progress))?;
        Ok(FileDigest { bytes: file.bytes as f64, digest: file.digest })
    })
}

#[napi(object)]
pub struct GenerateParametersOptions {
    pub sector_size: f64,
    /// The same seed gives the same files on every machine.
    pub seed: String,
    /// The folder to make; it appears when everything in it is whole.
    pub dir: String,
}

#[napi(object)]
pub struct ParameterFile {
    pub name: String,
    pub bytes: f64,
    pub digest: String,
}

/// `manifest.json` beside generated parameters.
#[napi(object)]
pub struct ParameterManifest {
    pub generator: String,
    pub seed: String,
    pub sector_size: f64,
    pub warning: String,
    pub files: Vec<ParameterFile>,
}

/// Makes a set of parameters, or returns the manifest of the one that is there. 2 KiB takes minutes of all cores
/// and 5.2 GB: run it in a process of its own. Two processes never make the same folder twice.
/// Rejects: PROOF_IO, PROOF_PARAMS_DAMAGED when the folder holds another set.
#[napi(ts_return_type = "Promise<ParameterManifest>")]
pub fn generate_parameters<'env>(
    env: &'env Env,
    options: GenerateParametersOptions,
) -> napi::Result<Object<'env>> {
    let size = convert::sector_size(options.sector_size);
    task::spawn(env, "params", size, move |size| {
        padma_setup::generate(size, &options.seed, options.dir.as_ref()).map(manifest)
    })
}

fn manifest(made: Manifest) -> ParameterManifest {
    let file = |(name, file): (String, params::FileDigest)| ParameterFile {
        name,
        bytes: file.bytes as f64,
        digest: file.digest,
    };
    ParameterManifest {
        generator: made.generator,
        seed: made.seed,
        sector_size: made.sector_size as f64,
        warning: made.warning,
        files: made.files.into_iter().map(file).collect(),
    }
}
