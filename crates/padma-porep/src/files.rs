//! Files that appear under their final name only when they are whole.

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::Bytes32;
use crate::error::{ProofError, Result};

/// `path` with a suffix that marks it as not finished.
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".tmp");
    PathBuf::from(name)
}

/// Writes through a temporary file, flushed to the disk before the rename.
/// FAIL: killed before the rename → only the temporary file is left, and the next run overwrites it.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let partial = temporary(path);
    let file = File::create(&partial).map_err(ProofError::io("create", &partial))?;
    let mut buffered = BufWriter::with_capacity(1 << 20, file);
    write(&mut buffered)
        .and_then(|()| buffered.flush())
        .and_then(|()| buffered.get_ref().sync_all())
        .map_err(ProofError::io("write", &partial))?;
    publish(&partial, path)
}

/// A file that is written bit by bit and digested on the way.
/// FAIL: dropped, or killed, before it is published → only the temporary file is left, and the next run overwrites it.
pub struct Growing {
    path: PathBuf,
    partial: PathBuf,
    file: File,
    hash: Sha256,
}

impl Growing {
    pub fn create(path: PathBuf) -> Result<Self> {
        let partial = temporary(&path);
        let file = File::create(&partial).map_err(ProofError::io("create", &partial))?;
        Ok(Self { path, partial, file, hash: Sha256::new() })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(ProofError::io("write", &self.partial))?;
        self.hash.update(bytes);
        Ok(())
    }

    /// Gives its room back. FAIL: it cannot be removed → the next run overwrites it.
    pub fn abandon(self) {
        let _ = fs::remove_file(&self.partial);
    }

    /// Flushes the file to the disk and gives it its name; returns its SHA-256.
    pub fn publish(self) -> Result<Bytes32> {
        self.file.sync_all().map_err(ProofError::io("write", &self.partial))?;
        publish(&self.partial, &self.path)?;
        Ok(self.hash.finalize().into())
    }
}

pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_whole(path, |out| serde_json::to_writer(out, value).map_err(std::io::Error::from))
}

pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let file = File::open(path).map_err(ProofError::io("open", path))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|cause| {
        let path = path.display();
        ProofError::SectorDamaged { detail: format!("{path} is not what the step before wrote: {cause}") }
    })
}

/// Renames and makes the rename durable.
pub fn publish(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(ProofError::io("rename", from))?;
    sync(to.parent().unwrap_or(Path::new(".")))
}

/// Flushes a file or a folder to the disk.
pub fn sync(path: &Path) -> Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|file| file.sync_all()).map_err(ProofError::io("flush", path))
}

/// The entries of a folder whose file name passes `wanted`.
pub fn list(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(ProofError::io("read", folder))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(ProofError::io("read", folder))?;
        if entry.file_name().to_str().is_some_and(&wanted) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// A result of an earlier try must not outlive what it was made from.
pub fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(ProofError::io("delete", path)(cause))
        }
        _ => Ok(()),
    }
}

pub fn remove(paths: Vec<PathBuf>) -> Result<()> {
    paths.iter().try_for_each(|path| fs::remove_file(path).map_err(ProofError::io("delete", path)))
}
