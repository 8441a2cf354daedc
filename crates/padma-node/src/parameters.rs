//! Groth16 parameter files for JavaScript.

use napi::bindgen_prelude::Object;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;
use padma_porep::Result;
use padma_porep::params::{self, Circuit, Manifest, Recipe};
use padma_setup::Progress;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

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

impl From<params::TrustedFile> for TrustedParameter {
    fn from(params::TrustedFile { file, digest, cid }: params::TrustedFile) -> Self {
        Self { file, digest, cid }
    }
}

/// The trusted `.params` and `.vk` of a sector size, as compiled into the reference library.
#[napi]
pub fn trusted_parameters(env: &Env, sector_size: f64) -> napi::Result<Vec<TrustedParameter>> {
    task::now(env, || {
        let files = params::trusted(convert::sector_size(sector_size)?)?;
        Ok(files.into_iter().map(TrustedParameter::from).collect())
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

/// Names of the files of a circuit for a sector size; they hold a digest of the circuit.
#[napi(object)]
pub struct ParameterNames {
    pub params_file: String,
    pub verifying_key_file: String,
    pub metadata_file: String,
}

/// The names for a circuit: porep, window-post or winning-post. Throws PROOF_BAD_INPUT for another.
#[napi]
pub fn parameter_names(env: &Env, circuit: String, sector_size: f64) -> napi::Result<ParameterNames> {
    task::now(env, || {
        let names = Circuit::from_name(&circuit)?.files(convert::sector_size(sector_size)?)?;
        Ok(ParameterNames {
            params_file: names.params,
            verifying_key_file: names.verifying_key,
            metadata_file: names.metadata,
        })
    })
}

#[napi(object)]
pub struct GenerateParametersOptions {
    pub sector_size: f64,
    /// porep, window-post or winning-post.
    pub circuit: String,
    /// The same seed gives the same files on every machine.
    pub seed: String,
    /// The folder to make; it appears when everything in it is whole.
    pub dir: String,
}

/// Points of the parameters.
#[napi(object)]
pub struct GenerationProgress {
    /// Made so far, by earlier runs too.
    pub done: f64,
    /// 0 until the circuit has been run.
    pub total: f64,
}

/// `(progress) => void`, weak like [`OnProgress`].
type OnGeneration = ThreadsafeFunction<GenerationProgress, (), GenerationProgress, Status, false, true>;

#[napi(object)]
pub struct ParameterFile {
    pub name: String,
    pub bytes: f64,
    pub digest: String,
}

impl From<(String, params::FileDigest)> for ParameterFile {
    fn from((name, file): (String, params::FileDigest)) -> Self {
        Self { name, bytes: file.bytes as f64, digest: file.digest }
    }
}

/// `manifest.json` beside generated parameters.
#[napi(object)]
pub struct ParameterManifest {
    pub generator: String,
    pub seed: String,
    pub sector_size: f64,
    pub circuit: String,
    pub warning: String,
    pub files: Vec<ParameterFile>,
}

/// Makes a set of parameters, or returns the manifest of the one that is there. It takes all cores for a minute or
/// more: run it in a process of its own. Two processes never make the same folder twice; one that was killed is gone
/// on with. Rejects: PROOF_IO, PROOF_PARAMS_DAMAGED when the folder holds another set.
#[napi(ts_return_type = "Promise<ParameterManifest>")]
pub fn generate_parameters<'env>(
    env: &'env Env,
    options: GenerateParametersOptions,
    #[napi(ts_arg_type = "(progress: GenerationProgress) => void")] on_progress: Option<OnGeneration>,
) -> napi::Result<Object<'env>> {
    task::spawn(env, "params", recipe(&options), move |recipe| {
        let reports = Reports { callback: on_progress, last: Mutex::new(None) };
        padma_setup::generate(&recipe, options.dir.as_ref(), &|now| reports.report(now)).map(manifest)
    })
}

fn recipe(options: &GenerateParametersOptions) -> Result<Recipe> {
    Ok(Recipe {
        circuit: Circuit::from_name(&options.circuit)?,
        size: convert::sector_size(options.sector_size)?,
        seed: options.seed.clone(),
    })
}

const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Passes on at most ten reports a second, and the last one.
struct Reports {
    callback: Option<OnGeneration>,
    last: Mutex<Option<Instant>>,
}

impl Reports {
    fn report(&self, Progress { done, total, .. }: Progress) {
        let Some(callback) = &self.callback else { return };
        let mut last = if done < total {
            // Another thread that is reporting right now says nearly the same.
            let Ok(last) = self.last.try_lock() else { return };
            last
        } else {
            self.last.lock().unwrap_or_else(PoisonError::into_inner)
        };
        if done < total && last.is_some_and(|last| last.elapsed() < REPORT_EVERY) {
            return;
        }
        *last = Some(Instant::now());
        let progress = GenerationProgress { done: done as f64, total: total as f64 };
        // A closing environment no longer listens; the work is being abandoned anyway.
        callback.call(progress, ThreadsafeFunctionCallMode::NonBlocking);
    }
}

fn manifest(made: Manifest) -> ParameterManifest {
    ParameterManifest {
        generator: made.generator,
        seed: made.seed,
        sector_size: made.sector_size as f64,
        circuit: made.circuit.name().to_owned(),
        warning: made.warning,
        files: made.files.into_iter().map(ParameterFile::from).collect(),
    }
}
