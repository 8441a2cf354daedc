//! Opening a parameter file and decoding ranges of its queries.

use padma_kernels::Backend;
use padma_kernels::curve::Group;
use padma_kernels::pages::large_vec;
use rayon::prelude::*;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{ParameterError, Result, VerifyingKey};

/// A list of points in the parameters, in the file's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// τⁱ·t(τ)/δ in G1, one less than the domain's size.
    H,
    /// (β·aᵢ(τ) + α·bᵢ(τ) + cᵢ(τ))/δ in G1, one for each auxiliary variable.
    L,
    /// aᵢ(τ) in G1: all inputs, then the auxiliary variables for which it is not zero.
    A,
    /// bᵢ(τ) in G1 where it is not zero, inputs first.
    BG1,
    /// The same in G2.
    BG2,
}

impl Query {
    pub const ALL: [Self; 5] = [Self::H, Self::L, Self::A, Self::BG1, Self::BG2];

    /// Bytes of one of its points in the file.
    pub(crate) fn point_bytes(self) -> u64 {
        match self {
            Self::BG2 => 192,
            _ => 96,
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::H => "H",
            Self::L => "L",
            Self::A => "A",
            Self::BG1 => "B in G1",
            Self::BG2 => "B in G2",
        })
    }
}

/// Where a query stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    pub query: Query,
    /// Points.
    pub count: usize,
    offset: u64,
}

impl Section {
    /// Of its points in the file, and as many in memory.
    pub fn bytes(&self) -> u64 {
        self.count as u64 * self.query.point_bytes()
    }
}

/// An open `.params` file whose head and length have been checked; its points are checked as they are decoded.
#[derive(Debug)]
pub struct ParameterFile {
    path: PathBuf,
    file: File,
    verifying_key: VerifyingKey,
    sections: [Section; 5],
}

/// Points that one task reads and decodes at a time: 1.5 MB in G1.
const BLOCK: usize = 1 << 14;

impl ParameterFile {
    /// Errors: [`ParameterError::Io`], [`ParameterError::Length`] for a truncated or longer file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(ParameterError::io(path))?;
        let actual = file.metadata().map_err(ParameterError::io(path))?.len();
        let verifying_key = VerifyingKey::read(BufReader::new(&file)).map_err(ParameterError::io(path))?;
        let mut offset = verifying_key.encoded_bytes();
        let mut sections = Vec::with_capacity(Query::ALL.len());
        for query in Query::ALL {
            let mut count = [0; 4];
            file.read_exact_at(&mut count, offset).map_err(ParameterError::io(path))?;
            let count = u32::from_be_bytes(count) as usize;
            sections.push(Section { query, count, offset: offset + 4 });
            offset += 4 + count as u64 * query.point_bytes();
        }
        if offset != actual {
            return Err(ParameterError::Length { path: path.to_owned(), expected: offset, actual });
        }
        let sections = [sections[0], sections[1], sections[2], sections[3], sections[4]];
        Ok(Self { path: path.to_owned(), file, verifying_key, sections })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying_key
    }

    /// Errors: [`ParameterError::Circuit`] when a query has another number of points than the circuit needs.
    pub fn require(&self, query: Query, expected: usize) -> Result<()> {
        let actual = self.section(query).count;
        if actual == expected {
            return Ok(());
        }
        Err(ParameterError::Circuit { path: self.path.clone(), query, expected, actual })
    }

    pub fn section(&self, query: Query) -> Section {
        self.sections[query as usize]
    }

    /// Decodes `range` of a query on all threads. `G` is the query's group.
    ///
    /// Errors: [`ParameterError::Io`]; [`ParameterError::Point`] for anything that is not a finite point of the
    /// curve, which is how damage within the file shows: a changed coordinate misses the curve.
    pub fn decode<G: Group>(
        &self,
        backend: Backend,
        query: Query,
        range: Range<usize>,
    ) -> Result<Vec<G::Packed>> {
        debug_assert_eq!(G::ENCODED as u64, query.point_bytes());
        let section = self.section(query);
        let mut points = large_vec(range.len());
        // On all threads, for it is here that the system clears the pages.
        range.clone().into_par_iter().map(|_| G::Packed::default()).collect_into_vec(&mut points);
        points.par_chunks_mut(BLOCK).enumerate().try_for_each_init(Vec::new, |bytes, (block, points)| {
            let first = range.start + block * BLOCK;
            bytes.resize(points.len() * G::ENCODED, 0);
            let offset = section.offset + first as u64 * query.point_bytes();
            self.file.read_exact_at(bytes, offset).map_err(ParameterError::io(&self.path))?;
            G::decode(backend, bytes, points).map_err(|error| ParameterError::Point {
                path: self.path.clone(),
                query,
                index: first + error.index,
                fault: error.fault,
            })
        })?;
        Ok(points)
    }
}
