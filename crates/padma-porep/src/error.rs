//! What can go wrong, as an enum with stable codes.
//!
//! The reference reports everything as text (`anyhow`), so its errors are classified by what they say.

use padma_kernels::BackendError;
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

pub type Result<T> = std::result::Result<T, ProofError>;

/// Every failure of this crate. `code()` is stable and what callers branch on; the text is for people.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// An argument has the wrong size, range or form. `PROOF_BAD_INPUT`
    #[error("{what}")]
    BadInput { what: String },
    /// The data does not fit the piece, or the piece does not fit the sector. `PROOF_PIECE_TOO_LARGE`
    #[error("{what} is larger than {limit} bytes")]
    PieceTooLarge { what: String, limit: u64 },
    /// A file could not be read or written. `PROOF_IO`
    #[error("cannot {action} {}: {cause}", path.display())]
    Io { action: &'static str, path: PathBuf, cause: io::Error },
    /// The same within the reference library, which does not say which file. `PROOF_IO`
    #[error("{step} cannot read or write its files: {detail}")]
    Storage { step: &'static str, detail: String, errno: i32 },
    /// A Groth16 parameter file is not there. `PROOF_PARAMS_MISSING`
    #[error("no parameter file at {}", path.display())]
    ParamsMissing { path: PathBuf },
    /// A parameter file or verifying key is there but unusable. `PROOF_PARAMS_DAMAGED`
    #[error("the parameters cannot be used: {detail}")]
    ParamsDamaged { detail: String },
    /// The pieces given are not the data in the sector. `PROOF_PIECES_MISMATCH`
    #[error("the pieces are not what the unsealed sector holds: {detail}")]
    PiecesMismatch { detail: String },
    /// A sealed or cache file is missing, has the wrong length or holds something else. `PROOF_SECTOR_DAMAGED`
    #[error("the sector's files are damaged: {detail}")]
    SectorDamaged { detail: String },
    /// The replica does not match its commitments (found by C1). `PROOF_VANILLA_INVALID`
    #[error("the replica does not match its commitments: {detail}")]
    VanillaInvalid { detail: String },
    /// A finished proof does not verify. `PROOF_SELF_VERIFY_FAILED`
    #[error("the new proof does not verify: {detail}")]
    SelfVerifyFailed { detail: String },
    /// The step would take more memory than it may; nothing was started. `PROOF_NO_MEMORY`
    #[error("{step} needs {} of memory, it may use {}", gib(*needed), gib(*limit))]
    NoMemory { step: &'static str, needed: u64, limit: u64 },
    /// `PADMA_BACKEND` names arithmetic that does not exist or that this CPU cannot run. `PROOF_BACKEND`
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// Code below panicked; the process should be retired. `PROOF_PANIC`
    #[error("the proof library panicked: {message}")]
    Panic { message: String },
    /// Anything else that the reference library reports. `PROOF_LIBRARY`
    #[error("{step} failed: {detail}")]
    Library { step: &'static str, detail: String },
}

impl ProofError {
    /// The stable code: it survives wording changes and process borders.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadInput { .. } => "PROOF_BAD_INPUT",
            Self::PieceTooLarge { .. } => "PROOF_PIECE_TOO_LARGE",
            Self::Io { .. } | Self::Storage { .. } => "PROOF_IO",
            Self::ParamsMissing { .. } => "PROOF_PARAMS_MISSING",
            Self::ParamsDamaged { .. } => "PROOF_PARAMS_DAMAGED",
            Self::PiecesMismatch { .. } => "PROOF_PIECES_MISMATCH",
            Self::SectorDamaged { .. } => "PROOF_SECTOR_DAMAGED",
            Self::VanillaInvalid { .. } => "PROOF_VANILLA_INVALID",
            Self::SelfVerifyFailed { .. } => "PROOF_SELF_VERIFY_FAILED",
            Self::NoMemory { .. } => "PROOF_NO_MEMORY",
            Self::Backend(_) => "PROOF_BACKEND",
            Self::Panic { .. } => "PROOF_PANIC",
            Self::Library { .. } => "PROOF_LIBRARY",
        }
    }

    /// The values behind the text, for a caller that shows them on lines of their own.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Io { action, path, cause } => {
                let mut facts = vec![("path", path.display().to_string()), ("action", action.to_string())];
                facts.extend(cause.raw_os_error().map(|errno| ("errno", errno.to_string())));
                facts
            }
            Self::ParamsMissing { path } => vec![("path", path.display().to_string())],
            Self::NoMemory { step, needed, limit } => {
                vec![("step", step.to_string()), ("needed", needed.to_string()), ("limit", limit.to_string())]
            }
            Self::PieceTooLarge { limit, .. } => vec![("limit", limit.to_string())],
            Self::Storage { step, errno, .. } => {
                vec![("step", step.to_string()), ("errno", errno.to_string())]
            }
            Self::Library { step, .. } => vec![("step", step.to_string())],
            _ => Vec::new(),
        }
    }

    pub(crate) fn bad_input(what: impl Into<String>) -> Self {
        Self::BadInput { what: what.into() }
    }

    /// For `map_err`: attaches the action and the path, which an `io::Error` does not carry.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { action, path, cause }
    }
}

fn gib(bytes: u64) -> String {
    format!("{:.2} GiB", bytes as f64 / f64::from(1 << 30))
}

/// Runs `work`; a panic becomes [`ProofError::Panic`]. Panics of rayon's workers come through here too.
pub fn guard<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(ProofError::Panic { message: panic_message(payload.as_ref()) }))
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let owned = || payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(owned).unwrap_or("no message").to_owned()
}

/// Gives an error of the reference library a code. `step` names the operation.
pub(crate) fn classify(step: &'static str, error: &anyhow::Error) -> ProofError {
    let detail = format!("{error:#}");
    if detail.contains("pieces and comm_d do not match") {
        return ProofError::PiecesMismatch { detail };
    }
    // What the system refuses (a full disk) is no damage.
    match os_error(error) {
        Some(errno) => ProofError::Storage { step, detail, errno },
        None => ProofError::Library { step, detail },
    }
}

/// The system's error number, when one is at the bottom of this.
fn os_error(error: &anyhow::Error) -> Option<i32> {
    error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_code() {
        let outcome: Result<()> = guard(|| panic!("deliberate"));
        let error = outcome.expect_err("the panic is caught");
        assert_eq!(error.code(), "PROOF_PANIC");
        assert!(error.to_string().contains("deliberate"));
    }

    #[test]
    fn the_references_texts_have_codes() {
        let code = |text: &'static str| classify("PC1", &anyhow::anyhow!(text)).code();
        assert_eq!(code("pieces and comm_d do not match"), "PROOF_PIECES_MISMATCH");
        assert_eq!(code("something else"), "PROOF_LIBRARY");
    }

    #[test]
    fn a_full_disk_is_no_damage() {
        let full = anyhow::Error::new(io::Error::from_raw_os_error(28)).context("failed to write layer data");
        for step in ["PC1", "PC2", "unseal"] {
            let error = classify(step, &full);
            assert_eq!(error.code(), "PROOF_IO");
            assert!(error.facts().contains(&("errno", "28".to_owned())));
        }
    }
}
