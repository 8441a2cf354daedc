//! Locks between processes: flock on a file, freed by the kernel when the holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::{ProofError, Result};

/// Held until dropped.
#[derive(Debug)]
pub struct FileLock(#[allow(dead_code, reason = "the open file is the lock")] File);

fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    options.open(path).map_err(ProofError::io("open the lock", path))
}

impl FileLock {
    /// Takes the lock, waiting for another holder. The file is created and never deleted: deleting a lock file
    /// lets two processes hold "the" lock.
    pub fn wait(path: &Path) -> Result<Self> {
        let file = open(path)?;
        file.lock().map_err(ProofError::io("lock", path))?;
        Ok(Self(file))
    }

    /// Takes the lock if nobody holds it.
    pub fn try_now(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(ProofError::io("lock", path)(cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_until_the_first_lets_go() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("lock");
        let held = FileLock::wait(&path).expect("free");
        assert!(FileLock::try_now(&path).expect("openable").is_none());
        drop(held);
        assert!(FileLock::try_now(&path).expect("openable").is_some());
    }
}
