//! The structured reference string of SnarkPack (SRS): powers of two secrets α and β in both groups, one file for
//! every circuit and sector size.
//!
//! The network's comes from the transcripts of two ceremonies. One made here, from a seed, is for a devnet only:
//! it has the network's file name, so it lives in a folder of its own with a manifest of digests, as generated
//! parameters do.

use bellperson::groth16::aggregate::{self, GenericSRS, MAX_SRS_SIZE};
use blstrs::{Bls12, G1Affine, G2Affine};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use storage_proofs_core::parameter_cache::SRS_PARAMETERS;

use crate::error::{ProofError, Result};
use crate::files;
use crate::lock::FileLock;
use crate::params::{FileDigest, TrustedFile, digest_file};
use crate::progress::Progress;

const GENERATOR: &str = "bellperson 0.27";
const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;
const WARNING: &str = "Whoever made this SRS can forge aggregates under it. For a devnet only.";

/// The largest SRS that is made here: 819 sectors of ten partitions, as many as the network aggregates.
pub const MOST_PROOFS: usize = 8192;

/// `manifest.json` beside a generated SRS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SrsManifest {
    pub format: u32,
    pub generator: String,
    pub seed: String,
    /// The most Groth16 proofs that it aggregates: a power of two.
    pub proofs: usize,
    pub warning: String,
    pub files: BTreeMap<String, FileDigest>,
}

/// The network's SRS, as compiled into the reference library. Error: PROOF_LIBRARY when that lists none.
pub fn trusted() -> Result<TrustedFile> {
    let none = || ProofError::Library { step: "srs", detail: "the library lists no SRS".to_owned() };
    let (file, data) = SRS_PARAMETERS.iter().next().ok_or_else(none)?;
    Ok(TrustedFile { file: file.clone(), digest: data.digest.clone(), cid: data.cid.clone() })
}

/// Makes an SRS for up to `proofs` Groth16 proofs from `seed` in `folder`, or returns the manifest of the one
/// there. One seed gives the same powers everywhere, and a longer SRS begins with those of a shorter one.
///
/// 1152 bytes for each proof; a second for 1024 of them. FAIL: killed → the partial folder stays, and the next
/// run starts over. Errors: PROOF_BAD_INPUT (`proofs`), PROOF_PARAMS_DAMAGED when the folder holds another SRS,
/// PROOF_IO.
pub fn generate(proofs: usize, seed: &str, folder: &Path) -> Result<SrsManifest> {
    if !proofs.is_power_of_two() || !(2..=MOST_PROOFS).contains(&proofs) {
        let what = format!("an SRS is for a power of two from 2 to {MOST_PROOFS} proofs, not {proofs}");
        return Err(ProofError::bad_input(what));
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    let partial = with_suffix(folder, ".partial");
    fs::create_dir_all(parent).map_err(ProofError::io("create", parent))?;
    let _lock = FileLock::wait(&with_suffix(folder, ".lock"))?;
    if folder.exists() {
        return manifest_of(proofs, seed, folder);
    }
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(ProofError::io("delete", &partial))?;
    }
    fs::create_dir(&partial).map_err(ProofError::io("create", &partial))?;
    let manifest = write(proofs, seed, &partial)?;
    files::publish(&partial, folder)?;
    Ok(manifest)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The rng is ChaCha20 under a hash of its own: the Groth16 parameters of the same seed draw other secrets.
fn write(proofs: usize, seed: &str, folder: &Path) -> Result<SrsManifest> {
    let name = trusted()?.file;
    let path = folder.join(&name);
    let hash = Sha256::new().chain_update("padma srs\0").chain_update(seed);
    let mut rng = ChaCha20Rng::from_seed(hash.finalize().into());
    let made = aggregate::setup_fake_srs::<Bls12, _>(&mut rng, proofs);
    files::write_whole(&path, |mut out| made.write(&mut out))?;
    let digest = digest_file(&path, &mut Progress::new(&AtomicU64::new(0)))?;
    let manifest = SrsManifest {
        format: FORMAT,
        generator: GENERATOR.to_owned(),
        seed: seed.to_owned(),
        proofs,
        warning: WARNING.to_owned(),
        files: BTreeMap::from([(name, digest)]),
    };
    files::write_json(&folder.join(MANIFEST), &manifest)?;
    Ok(manifest)
}

/// Errors: PROOF_IO when there is none, PROOF_PARAMS_DAMAGED when it is of another seed or number of proofs.
fn manifest_of(proofs: usize, seed: &str, folder: &Path) -> Result<SrsManifest> {
    let path = folder.join(MANIFEST);
    let damaged = |detail: String| ProofError::ParamsDamaged { detail };
    let text = fs::read(&path).map_err(ProofError::io("read", &path))?;
    let manifest: SrsManifest =
        serde_json::from_slice(&text).map_err(|error| damaged(format!("{}: {error}", path.display())))?;
    if manifest.seed == seed && manifest.proofs == proofs {
        return Ok(manifest);
    }
    let SrsManifest { seed, proofs, .. } = manifest;
    Err(damaged(format!("{} holds an SRS of seed {seed} for {proofs} proofs already", folder.display())))
}

/// The powers that aggregating `proofs` proofs takes, the first 2·`proofs` of each vector. The network's file has
/// 2²⁰ + 1 of each, and checking a point costs more than everything else that a verifier does.
///
/// Errors: PROOF_PARAMS_MISSING, PROOF_IO, PROOF_BAD_INPUT when it is for fewer proofs, PROOF_PARAMS_DAMAGED when a
/// point is none or the lengths do not add up.
pub(crate) fn read(path: &Path, proofs: usize) -> Result<GenericSRS<Bls12>> {
    let file = match File::open(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Err(ProofError::ParamsMissing { path: path.to_owned() });
        }
        opened => opened.map_err(ProofError::io("open", path))?,
    };
    let length = file.metadata().map_err(ProofError::io("read", path))?.len();
    let mut source = Source { file: BufReader::new(file), path, wanted: 2 * proofs };
    let srs = GenericSRS {
        g_alpha_powers: source.points(G1Affine::from_compressed)?,
        g_beta_powers: source.points(G1Affine::from_compressed)?,
        h_alpha_powers: source.points(G2Affine::from_compressed)?,
        h_beta_powers: source.points(G2Affine::from_compressed)?,
    };
    let end = source.file.stream_position().map_err(ProofError::io("read", path))?;
    if end == length { Ok(srs) } else { Err(source.damaged(format!("{length} bytes instead of {end}"))) }
}

/// An SRS file between two of its vectors, each a count (four bytes, the highest first) and compressed points.
struct Source<'path> {
    file: BufReader<File>,
    path: &'path Path,
    /// Points to take of each vector.
    wanted: usize,
}

impl Source<'_> {
    fn points<const N: usize, P: Send, O: Into<Option<P>>>(
        &mut self,
        decode: impl Fn(&[u8; N]) -> O + Sync,
    ) -> Result<Vec<P>> {
        let mut count = [0; 4];
        self.read(&mut count)?;
        let count = u32::from_be_bytes(count) as usize;
        if count > MAX_SRS_SIZE {
            return Err(self.damaged(format!("{count} points in a vector")));
        }
        if count < self.wanted {
            let (path, most, wanted) = (self.path.display(), count / 2, self.wanted / 2);
            let what = format!("the SRS {path} is for {most} proofs, not for {wanted}");
            return Err(ProofError::bad_input(what));
        }
        let mut bytes = vec![[0; N]; self.wanted];
        self.read(bytes.as_flattened_mut())?;
        let rest = ((count - self.wanted) * N) as i64;
        self.file.seek(SeekFrom::Current(rest)).map_err(ProofError::io("read", self.path))?;
        let points: Option<Vec<P>> = bytes.par_iter().map(|point| decode(point).into()).collect();
        points.ok_or_else(|| self.damaged("a point is not in its group".to_owned()))
    }

    fn read(&mut self, into: &mut [u8]) -> Result<()> {
        match self.file.read_exact(into) {
            Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
                Err(self.damaged("it ends too early".to_owned()))
            }
            read => read.map_err(ProofError::io("read", self.path)),
        }
    }

    fn damaged(&self, what: String) -> ProofError {
        ProofError::ParamsDamaged { detail: format!("the SRS {}: {what}", self.path.display()) }
    }
}
