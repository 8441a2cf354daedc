//! Which arithmetic runs: what the CPU has, or what `PADMA_BACKEND` asks for.

use std::env;
use std::ffi::OsStr;
use std::sync::LazyLock;

/// Where an operator says which arithmetic to use. A name that this CPU cannot run is an error, never a fallback.
pub const OVERRIDE: &str = "PADMA_BACKEND";

/// A set of CPU features that kernels are written for, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// 64-bit arithmetic of blst and SHA-256 of the sha2 crate, which use ADX and SHA instructions by themselves where
    /// the CPU has them.
    Portable,
    /// AVX2 with FMA, BMI2 and ADX: Poseidon eight and sums in G1 four at a time on the floating-point multiplier,
    /// transforms in 64-bit words with two chains of carries; other curve arithmetic is `Portable`'s.
    Avx2,
    /// AVX-512 with IFMA: eight field elements at a time, in limbs of 52 bits.
    Avx512,
}

/// Why the backend that was asked for cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    #[error("{OVERRIDE}={0}: there is no such backend (portable, avx2, avx512)")]
    Unknown(String),
    #[error("{OVERRIDE}={0}: this CPU cannot run it")]
    Unsupported(&'static str),
}

static CHOSEN: LazyLock<Result<Backend, BackendError>> =
    LazyLock::new(|| choose(env::var_os(OVERRIDE).as_deref()));

impl Backend {
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// Those that this CPU runs, from the least to the most.
    pub fn supported() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.into_iter().filter(|backend| backend.is_supported())
    }

    /// The best that this CPU runs.
    pub fn detect() -> Self {
        Self::supported().next_back().unwrap_or(Self::Portable)
    }

    /// What the process uses: `PADMA_BACKEND`, else [`Self::detect`]. Decided once a process.
    pub fn current() -> Result<Self, BackendError> {
        CHOSEN.clone()
    }

    pub fn is_supported(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Avx2 => has_avx2(),
            Self::Avx512 => has_avx512(),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

fn choose(wanted: Option<&OsStr>) -> Result<Backend, BackendError> {
    let Some(wanted) = wanted.filter(|name| !name.is_empty()) else {
        return Ok(Backend::detect());
    };
    let named = Backend::ALL.into_iter().find(|backend| backend.name() == wanted);
    // Also what is no text: it is a name that nothing has.
    let backend = named.ok_or_else(|| BackendError::Unknown(wanted.to_string_lossy().into_owned()))?;
    if backend.is_supported() { Ok(backend) } else { Err(BackendError::Unsupported(backend.name())) }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("adx")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512ifma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx512() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(wanted: &str) -> Result<Backend, BackendError> {
        choose(Some(OsStr::new(wanted)))
    }

    #[test]
    fn an_override_is_obeyed_or_refused() {
        assert_eq!(choose(None), Ok(Backend::detect()));
        assert_eq!(chosen(""), Ok(Backend::detect()));
        assert_eq!(chosen("portable"), Ok(Backend::Portable));
        assert_eq!(chosen("avx1024"), Err(BackendError::Unknown("avx1024".to_owned())));
        for backend in Backend::ALL {
            let expected = if backend.is_supported() {
                Ok(backend)
            } else {
                Err(BackendError::Unsupported(backend.name()))
            };
            assert_eq!(chosen(backend.name()), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        let wanted = OsStr::from_bytes(b"avx\xff");
        assert_eq!(choose(Some(wanted)), Err(BackendError::Unknown("avx\u{fffd}".to_owned())));
    }
}
