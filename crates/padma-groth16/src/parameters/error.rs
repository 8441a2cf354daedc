//! What can be wrong with a parameter file; the text always names it.

use padma_kernels::curve::Fault;
use std::io;
use std::path::{Path, PathBuf};

use super::Query;

pub type Result<T> = std::result::Result<T, ParameterError>;

#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {cause}", path.display())]
    Io { path: PathBuf, cause: io::Error },
    /// Its length is not what its counts say.
    #[error("{} has {actual} bytes; its header says {expected}", path.display())]
    Length { path: PathBuf, expected: u64, actual: u64 },
    /// A point of a query is not one: the file was damaged after it was made.
    #[error("{}: point {index} of {query}: {fault}", path.display())]
    Point { path: PathBuf, query: Query, index: usize, fault: Fault },
    /// It belongs to another circuit.
    #[error("{} is of another circuit: {query} has {actual} points, the circuit needs {expected}", path.display())]
    Circuit { path: PathBuf, query: Query, expected: usize, actual: usize },
}

impl ParameterError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }
}
