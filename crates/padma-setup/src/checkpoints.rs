//! A large file written block by block, so that a run that was killed is gone on with.
//!
//! Beside the file lies a journal: a line that says what the file will be, then a line for each block that is on the
//! disk, with the digest of the file up to its end.

use blake2b_simd::{Params as Blake2b, State};
use padma_porep::params::{FileDigest, Recipe};
use padma_porep::{ProofError, Result, files};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

const JOURNAL: &str = "journal";
const FORMAT: u32 = 1;

/// What a file will be: blocks of another identity are not gone on with.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    format: u32,
    generator: String,
    circuit: String,
    sector_size: u64,
    seed: String,
    blocks: Vec<u64>,
}

impl Identity {
    /// `circuit` is the id in the file's name, `blocks` the lengths of all blocks in bytes.
    pub fn new(recipe: &Recipe, circuit: &str, blocks: Vec<u64>) -> Self {
        Self {
            format: FORMAT,
            generator: env!("CARGO_PKG_VERSION").to_owned(),
            circuit: circuit.to_owned(),
            sector_size: recipe.size.bytes(),
            seed: recipe.seed.clone(),
            blocks,
        }
    }
}

/// A line of the journal: the file up to the end of a block.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    digest: String,
}

/// The file and its journal, open for the blocks that are missing.
pub struct Checkpoints {
    file: Writer,
    journal: Writer,
    whole: usize,
    hashed: Hashed,
}

/// An open file that knows its name.
struct Writer {
    path: PathBuf,
    file: File,
}

/// The digest of a file as it grows.
#[derive(Clone)]
struct Hashed {
    state: State,
    bytes: u64,
}

/// Removes the journal of a file that is complete.
pub fn forget(folder: &Path) -> Result<()> {
    files::remove_if_there(&folder.join(JOURNAL))
}

impl Checkpoints {
    /// Opens `name` in `folder` with all blocks that are whole there: their digests are compared. What comes after
    /// them is cut off; a file of another identity, or without a journal, starts over.
    pub fn open(folder: &Path, name: &str, identity: Identity) -> Result<Self> {
        let file = Writer::open(folder.join(name))?;
        let journal = Writer::open(folder.join(JOURNAL))?;
        let mut opened = Self { file, journal, whole: 0, hashed: Hashed::new() };
        let journal_bytes = opened.read_journal(&identity)?;
        opened.file.cut(opened.hashed.bytes)?;
        opened.journal.cut(journal_bytes)?;
        if journal_bytes == 0 {
            opened.journal.append_line(&identity)?;
            files::sync(folder)?;
        }
        Ok(opened)
    }

    /// The number of blocks that need not be made again.
    pub fn whole_blocks(&self) -> usize {
        self.whole
    }

    /// Counts the whole blocks; returns the length of the journal that speaks of them, 0 when it is of another file.
    fn read_journal(&mut self, identity: &Identity) -> Result<u64> {
        let unreadable = ProofError::io("read", &self.journal.path);
        let mut lines = BufReader::new(&self.journal.file);
        let mut line = Vec::new();
        let mut length = lines.read_until(b'\n', &mut line).map_err(unreadable)? as u64;
        // Without its end it was torn: what is appended would go on the same line.
        let whole = line.ends_with(b"\n");
        if !whole || serde_json::from_slice::<Identity>(&line).ok().as_ref() != Some(identity) {
            return Ok(0);
        }
        let mut file = BufReader::with_capacity(1 << 20, &self.file.file);
        for &bytes in &identity.blocks {
            line.clear();
            let read =
                lines.read_until(b'\n', &mut line).map_err(ProofError::io("read", &self.journal.path))?;
            let Ok(checkpoint) = serde_json::from_slice::<Checkpoint>(&line) else { break };
            let mut hashed = self.hashed.clone();
            hashed.read(&mut file, bytes).map_err(ProofError::io("read", &self.file.path))?;
            if hashed.digest() != checkpoint.digest || !line.ends_with(b"\n") {
                break;
            }
            self.hashed = hashed;
            self.whole += 1;
            length += read as u64;
        }
        Ok(length)
    }

    /// Appends blocks, each on the disk before the journal says so, and returns the digest of the whole file. The
    /// next block is made while the last is written.
    pub fn append(&mut self, blocks: impl Iterator<Item = Vec<u8>>) -> Result<FileDigest> {
        let (sender, receiver) = sync_channel(1);
        thread::scope(|scope| {
            let writer = scope.spawn(|| self.write(receiver));
            // A writer that failed has hung up, and says why below.
            for block in blocks {
                if sender.send(block).is_err() {
                    break;
                }
            }
            drop(sender);
            writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?;
        Ok(FileDigest { bytes: self.hashed.bytes, digest: self.hashed.digest() })
    }

    fn write(&mut self, blocks: Receiver<Vec<u8>>) -> Result<()> {
        for block in blocks {
            self.file.append(&block)?;
            self.hashed.update(&block);
            self.journal.append_line(&Checkpoint { digest: self.hashed.digest() })?;
            self.whole += 1;
        }
        Ok(())
    }
}

impl Writer {
    fn open(path: PathBuf) -> Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        Ok(Self { file: file.map_err(ProofError::io("open", &path))?, path })
    }

    /// Drops everything after `length` and goes there.
    fn cut(&mut self, length: u64) -> Result<()> {
        let cut = self.file.set_len(length).and_then(|()| self.file.seek(SeekFrom::Start(length)));
        cut.map(drop).map_err(ProofError::io("cut", &self.path))
    }

    /// Returns when the bytes are on the disk.
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        written.map_err(ProofError::io("write", &self.path))
    }

    fn append_line(&mut self, value: &impl Serialize) -> Result<()> {
        let mut line =
            serde_json::to_vec(value).map_err(|error| ProofError::io("write", &self.path)(error.into()))?;
        line.push(b'\n');
        self.append(&line)
    }
}

impl Hashed {
    fn new() -> Self {
        Self { state: Blake2b::new().hash_length(64).to_state(), bytes: 0 }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// Up to `bytes` of a file; it may be shorter.
    fn read(&mut self, file: &mut impl BufRead, bytes: u64) -> std::io::Result<()> {
        let mut file = file.take(bytes);
        loop {
            let read = file.fill_buf()?;
            if read.is_empty() {
                return Ok(());
            }
            self.update(read);
            let count = read.len();
            file.consume(count);
        }
    }

    /// The first 16 bytes in hex, as everywhere for parameter files.
    fn digest(&self) -> String {
        hex::encode(&self.state.finalize().as_bytes()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use padma_porep::params::Circuit;
    use padma_porep::sector::SectorSize;
    use std::fs;

    const BLOCKS: [&[u8]; 4] = [b"first", b"second and longer", b"third", b"end"];

    fn identity(seed: &str) -> Identity {
        let recipe = Recipe { circuit: Circuit::Porep, size: SectorSize::KiB2, seed: seed.to_owned() };
        Identity::new(&recipe, "circuit", BLOCKS.iter().map(|block| block.len() as u64).collect())
    }

    fn open(folder: &Path) -> Checkpoints {
        Checkpoints::open(folder, "file", identity("seed")).expect("a writable folder")
    }

    fn append(checkpoints: &mut Checkpoints, count: usize) -> FileDigest {
        let missing = BLOCKS.iter().skip(checkpoints.whole_blocks()).take(count);
        checkpoints.append(missing.map(|block| block.to_vec())).expect("a writable folder")
    }

    /// Opens what is there after `damage`, and finishes it.
    fn whole_after(written: usize, damage: impl Fn(&Path)) -> usize {
        let folder = tempfile::tempdir().expect("temporary folder");
        append(&mut open(folder.path()), written);
        damage(folder.path());
        let mut opened = open(folder.path());
        let whole = opened.whole_blocks();
        let digest = append(&mut opened, BLOCKS.len());
        let file = fs::read(folder.path().join("file")).expect("written");
        assert_eq!(file, BLOCKS.concat());
        let mut hashed = Hashed::new();
        hashed.update(&file);
        assert_eq!(digest, FileDigest { bytes: file.len() as u64, digest: hashed.digest() });
        assert_eq!(open(folder.path()).whole_blocks(), BLOCKS.len());
        whole
    }

    fn change(path: &Path, change: impl Fn(&mut Vec<u8>)) {
        let mut bytes = fs::read(path).expect("written");
        change(&mut bytes);
        fs::write(path, bytes).expect("writable");
    }

    #[test]
    fn whole_blocks_are_gone_on_with() {
        for written in 0..=BLOCKS.len() {
            assert_eq!(whole_after(written, |_| ()), written);
        }
    }

    #[test]
    fn what_is_torn_or_damaged_is_made_again() {
        let file = |folder: &Path| folder.join("file");
        let journal = |folder: &Path| folder.join(JOURNAL);
        assert_eq!(whole_after(3, |folder| change(&file(folder), |bytes| bytes.extend(b"torn"))), 3);
        assert_eq!(whole_after(3, |folder| change(&file(folder), |bytes| bytes.truncate(10))), 1);
        assert_eq!(whole_after(3, |folder| change(&file(folder), |bytes| bytes[6] ^= 1)), 1);
        assert_eq!(
            whole_after(3, |folder| change(&journal(folder), |bytes| bytes.truncate(bytes.len() - 1))),
            2
        );
        assert_eq!(whole_after(3, |folder| change(&journal(folder), |bytes| bytes.truncate(20))), 0);
        assert_eq!(whole_after(3, |folder| fs::remove_file(journal(folder)).expect("there")), 0);
    }

    #[test]
    fn another_file_starts_over() {
        let folder = tempfile::tempdir().expect("temporary folder");
        append(&mut open(folder.path()), 2);
        let other = Checkpoints::open(folder.path(), "file", identity("another")).expect("a writable folder");
        assert_eq!(other.whole_blocks(), 0);
        assert_eq!(open(folder.path()).whole_blocks(), 0);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let gone = folder.path().join("gone");
        let error = Checkpoints::open(&gone, "file", identity("seed")).err().expect("no folder");
        assert_eq!(error.code(), "PROOF_IO");
        assert!(error.to_string().contains("gone/file"));
    }
}
