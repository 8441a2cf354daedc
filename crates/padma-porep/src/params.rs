//! Groth16 parameters: their file names, the digests that the network trusts, and a set of one's own.

use blake2b_simd::Params as Blake2b;
use filecoin_proofs_api::{RegisteredPoStProof, get_parameter_data, get_verifying_key_data};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use storage_proofs_core::parameter_cache::{
    metadata_id, parameter_cache_dir, parameter_id, verifying_key_id,
};

use crate::error::{ProofError, Result, classify};
use crate::files;
use crate::progress::Progress;
use crate::sector::SectorSize;

const GENERATOR: &str = concat!("padma ", env!("CARGO_PKG_VERSION"));
const MANIFEST: &str = "manifest.json";
const MANIFEST_FORMAT: u32 = 1;
const WARNING: &str = "Whoever made these parameters can forge proofs under them. For a devnet only.";

/// What parameters are for. Each circuit of each sector size has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Circuit {
    /// A partition of a seal proof.
    #[default]
    Porep,
    /// A partition of the proof that a miner makes for its sectors every day.
    WindowPost,
    /// The proof that goes with a block.
    WinningPost,
}

impl Circuit {
    pub const ALL: [Self; 3] = [Self::Porep, Self::WindowPost, Self::WinningPost];

    /// As on the command line: `porep`, `window-post`, `winning-post`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Porep => "porep",
            Self::WindowPost => "window-post",
            Self::WinningPost => "winning-post",
        }
    }

    /// The reverse of [`Self::name`]. Error: PROOF_BAD_INPUT.
    pub fn from_name(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|circuit| circuit.name() == name);
        known.ok_or_else(|| {
            ProofError::bad_input(format!("a circuit is porep, window-post or winning-post, not {name}"))
        })
    }

    /// The files of this circuit for sectors of `size`.
    pub fn files(self, size: SectorSize) -> Result<ParameterFiles> {
        let id = match self {
            Self::Porep => size.proof().circuit_identifier(),
            Self::WindowPost => window_post(size).circuit_identifier(),
            Self::WinningPost => winning_post(size).circuit_identifier(),
        };
        let id = id.map_err(|error| classify("parameters", &error))?;
        let (params, verifying_key, metadata) = (parameter_id(&id), verifying_key_id(&id), metadata_id(&id));
        Ok(ParameterFiles { id, params, verifying_key, metadata })
    }
}

/// The reference's name for window proofs of a size. Its older version has the same circuit.
pub fn window_post(size: SectorSize) -> RegisteredPoStProof {
    match size {
        SectorSize::KiB2 => RegisteredPoStProof::StackedDrgWindow2KiBV1_2,
        SectorSize::MiB8 => RegisteredPoStProof::StackedDrgWindow8MiBV1_2,
        SectorSize::MiB512 => RegisteredPoStProof::StackedDrgWindow512MiBV1_2,
        SectorSize::GiB32 => RegisteredPoStProof::StackedDrgWindow32GiBV1_2,
        SectorSize::GiB64 => RegisteredPoStProof::StackedDrgWindow64GiBV1_2,
    }
}

/// The reference's name for winning proofs of a size.
pub fn winning_post(size: SectorSize) -> RegisteredPoStProof {
    match size {
        SectorSize::KiB2 => RegisteredPoStProof::StackedDrgWinning2KiBV1,
        SectorSize::MiB8 => RegisteredPoStProof::StackedDrgWinning8MiBV1,
        SectorSize::MiB512 => RegisteredPoStProof::StackedDrgWinning512MiBV1,
        SectorSize::GiB32 => RegisteredPoStProof::StackedDrgWinning32GiBV1,
        SectorSize::GiB64 => RegisteredPoStProof::StackedDrgWinning64GiBV1,
    }
}

/// The parameter files of a circuit. The names hold a digest of the circuit, not of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterFiles {
    pub id: String,
    pub params: String,
    pub verifying_key: String,
    pub metadata: String,
}

/// A file that the trusted set-up of the network made: its digest is compiled into the reference library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedFile {
    pub file: String,
    /// First 16 bytes of BLAKE2b-512, in hex.
    pub digest: String,
    /// IPFS CID to fetch it by.
    pub cid: String,
}

/// A file's length and the first 16 bytes of its BLAKE2b-512, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    pub bytes: u64,
    pub digest: String,
}

/// What a set of one's own is for, and what it is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    pub circuit: Circuit,
    pub size: SectorSize,
    /// The same seed gives the same files on every machine.
    pub seed: String,
}

/// `manifest.json` beside generated parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub format: u32,
    pub generator: String,
    pub seed: String,
    pub sector_size: u64,
    /// Sets from before there were others have none.
    #[serde(default)]
    pub circuit: Circuit,
    pub warning: String,
    pub files: BTreeMap<String, FileDigest>,
}

/// The files for seal proofs of `size`.
pub fn parameter_files(size: SectorSize) -> Result<ParameterFiles> {
    Circuit::Porep.files(size)
}

/// The trusted `.params` and `.vk` of a sector size.
pub fn trusted(size: SectorSize) -> Result<Vec<TrustedFile>> {
    let names = parameter_files(size)?;
    let found = [
        (names.params, get_parameter_data(&names.id)),
        (names.verifying_key, get_verifying_key_data(&names.id)),
    ];
    let trusted = found.into_iter().filter_map(|(file, data)| {
        data.map(|data| TrustedFile { file, digest: data.digest.clone(), cid: data.cid.clone() })
    });
    Ok(trusted.collect())
}

/// Streams a file through BLAKE2b. About a second for the 1.1 GB of 2 KiB parameters.
pub fn digest_file(path: &Path, progress: &mut Progress<'_>) -> Result<FileDigest> {
    let mut file = File::open(path).map_err(ProofError::io("open", path))?;
    let mut state = Blake2b::new().hash_length(64).to_state();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer).map_err(ProofError::io("read", path))?;
        if count == 0 {
            break;
        }
        state.update(&buffer[..count]);
        bytes += count as u64;
        progress.advance(count as u64);
    }
    progress.finish();
    Ok(FileDigest { bytes, digest: hex::encode(&state.finalize().as_bytes()[..16]) })
}

/// What C2 reads.
pub(crate) struct Required {
    /// The `.params` file.
    pub params: PathBuf,
    /// The bytes of the `.vk` beside it.
    pub verifying_key: Vec<u8>,
}

/// The parameters of a sector size in FIL_PROOFS_PARAMETER_CACHE. Errors: PROOF_PARAMS_MISSING, PROOF_IO.
pub(crate) fn require(size: SectorSize) -> Result<Required> {
    let folder = parameter_cache_dir();
    let names = parameter_files(size)?;
    let (params, key) = (folder.join(names.params), folder.join(names.verifying_key));
    for path in [&params, &key] {
        if !path.is_file() {
            return Err(ProofError::ParamsMissing { path: path.clone() });
        }
    }
    let verifying_key = fs::read(&key).map_err(ProofError::io("read", &key))?;
    Ok(Required { params, verifying_key })
}

/// The manifest of the set in `folder`. Errors: PROOF_IO when there is none, PROOF_PARAMS_DAMAGED when it is of
/// another recipe.
pub fn manifest_of(recipe: &Recipe, folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    let damaged = |detail: String| ProofError::ParamsDamaged { detail };
    let text = fs::read(&path).map_err(ProofError::io("read", &path))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(format!("{}: {error}", path.display())))?;
    let of = (manifest.circuit, manifest.sector_size, &manifest.seed);
    if of == (recipe.circuit, recipe.size.bytes(), &recipe.seed) {
        return Ok(manifest);
    }
    let Manifest { circuit, sector_size, seed, .. } = manifest;
    Err(damaged(format!(
        "{} holds {} parameters for sectors of {sector_size} bytes from seed {seed} already",
        folder.display(),
        circuit.name()
    )))
}

/// Whether a set in `folder` got as far as its manifest, which comes last.
pub fn has_manifest(folder: &Path) -> bool {
    folder.join(MANIFEST).exists()
}

/// Records the files of the set. `params` is the digest of the large one: whoever wrote it has it.
pub fn write_manifest(recipe: &Recipe, params: FileDigest, folder: &Path) -> Result<Manifest> {
    let names = recipe.circuit.files(recipe.size)?;
    let mut files = BTreeMap::from([(names.params, params)]);
    for name in [names.verifying_key, names.metadata] {
        let digest = digest_file(&folder.join(&name), &mut Progress::new(&AtomicU64::new(0)))?;
        files.insert(name, digest);
    }
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        generator: GENERATOR.to_owned(),
        seed: recipe.seed.clone(),
        sector_size: recipe.size.bytes(),
        circuit: recipe.circuit,
        warning: WARNING.to_owned(),
        files,
    };
    files::write_json(&folder.join(MANIFEST), &manifest)?;
    Ok(manifest)
}
