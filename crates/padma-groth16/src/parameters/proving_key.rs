//! A parameter file made ready for proofs: decoded once and kept, or decoded piece by piece for every proof.

use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2, Group};
use padma_kernels::fft::{Domain, DomainError};
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use super::{ParameterFile, Query, Result, VerifyingKey};

type Points<G> = Vec<<G as Group>::Packed>;

/// Parameters for proofs on one backend.
pub struct ProvingKey {
    file: ParameterFile,
    backend: Backend,
    residence: Residence,
    kept: OnceLock<Kept>,
    domain: OnceLock<Domain>,
}

/// What becomes of decoded points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residence {
    /// All stay in memory, which takes as many bytes as the file has.
    Kept,
    /// [`SEGMENT_BYTES`] are decoded at a time and forgotten: for parameters larger than memory (47 GB at 32 GiB).
    Streamed,
}

struct Kept {
    h: Points<G1>,
    l: Points<G1>,
    a: Points<G1>,
    b_g1: Points<G1>,
    b_g2: Points<G2>,
}

/// Bytes of a streamed key that are in memory at a time: 2^22 points in G1.
pub const SEGMENT_BYTES: u64 = 96 << 22;

impl ProvingKey {
    /// Opens the file, decodes nothing yet. Errors: those of [`ParameterFile::open`].
    pub fn open(path: &Path, backend: Backend, residence: Residence) -> Result<Self> {
        Ok(Self {
            file: ParameterFile::open(path)?,
            backend,
            residence,
            kept: OnceLock::new(),
            domain: OnceLock::new(),
        })
    }

    /// Decodes what is to be kept, once. Errors: those of [`ParameterFile::decode`].
    pub fn prepare(&self) -> Result<()> {
        if self.residence == Residence::Kept && self.kept.get().is_none() {
            let kept = Kept {
                h: self.decode_all::<G1>(Query::H)?,
                l: self.decode_all::<G1>(Query::L)?,
                a: self.decode_all::<G1>(Query::A)?,
                b_g1: self.decode_all::<G1>(Query::BG1)?,
                b_g2: self.decode_all::<G2>(Query::BG2)?,
            };
            // Another thread may have been faster: its points are the same.
            let _ = self.kept.set(kept);
        }
        Ok(())
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub fn residence(&self) -> Residence {
        self.residence
    }

    /// The domain of the quotient, with its powers of ω. Error: DomainError, for parameters that no circuit has.
    pub(crate) fn domain(&self) -> std::result::Result<&Domain, DomainError> {
        if let Some(domain) = self.domain.get() {
            return Ok(domain);
        }
        let size = self.file.section(Query::H).count + 1;
        let domain = Domain::new(self.backend, size.ilog2())?;
        Ok(self.domain.get_or_init(|| domain))
    }

    pub fn file(&self) -> &ParameterFile {
        &self.file
    }

    pub fn verifying_key(&self) -> &VerifyingKey {
        self.file.verifying_key()
    }

    /// Runs `work` over a query in G1, a range of its points after the other; all of it at once when it is kept.
    pub fn for_each_g1(
        &self,
        query: Query,
        work: impl FnMut(Range<usize>, &[<G1 as Group>::Packed]),
    ) -> Result<()> {
        let kept = self.kept.get().and_then(|kept| match query {
            Query::H => Some(&kept.h),
            Query::L => Some(&kept.l),
            Query::A => Some(&kept.a),
            Query::BG1 => Some(&kept.b_g1),
            Query::BG2 => None,
        });
        self.for_each::<G1>(query, kept, work)
    }

    /// [`Self::for_each_g1`] for the query in G2.
    pub fn for_each_g2(&self, work: impl FnMut(Range<usize>, &[<G2 as Group>::Packed])) -> Result<()> {
        self.for_each::<G2>(Query::BG2, self.kept.get().map(|kept| &kept.b_g2), work)
    }

    fn for_each<G: Group>(
        &self,
        query: Query,
        kept: Option<&Points<G>>,
        mut work: impl FnMut(Range<usize>, &[G::Packed]),
    ) -> Result<()> {
        if let Some(points) = kept {
            work(0..points.len(), points);
            return Ok(());
        }
        let count = self.file.section(query).count;
        let segment = SEGMENT_BYTES as usize / G::ENCODED;
        for start in (0..count).step_by(segment) {
            let range = start..count.min(start + segment);
            work(range.clone(), &self.file.decode::<G>(self.backend, query, range)?);
        }
        Ok(())
    }

    fn decode_all<G: Group>(&self, query: Query) -> Result<Points<G>> {
        self.file.decode::<G>(self.backend, query, 0..self.file.section(query).count)
    }
}
