//! A sector of one's own for a test: paths in a temporary folder, its data, and the steps up to the replica.

use padma_porep::commp::PieceCommitment;
use padma_porep::fr32;
use padma_porep::pc1::{Pc1, pc1};
use padma_porep::piece::{self, AddPiece, Piece};
use padma_porep::progress::Progress;
use padma_porep::seal::{self, C1, Commitments, SectorPaths, SelfCheck};
use padma_porep::sector::{Sector, SectorSize, prover_id};
use padma_porep::source::Source;
use padma_porep::{Backend, Bytes32, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicU64;
use tempfile::TempDir;

pub const TICKET: Bytes32 = [7; 32];
pub const SEED: Bytes32 = [9; 32];

pub struct Fixture {
    pub folder: TempDir,
    pub sector: Sector,
    pub ticket: Bytes32,
    pub pieces: Vec<Piece>,
}

impl Fixture {
    /// A sector full of generated data.
    pub fn new(size: SectorSize) -> Self {
        Self::with_pieces(size, &[(size.user_bytes(), size.user_bytes())])
    }

    /// A sector with pieces of so many unpadded bytes, of which so many are generated data and the rest zeros.
    pub fn with_pieces(size: SectorSize, pieces: &[(u64, u64)]) -> Self {
        let mut fixture = Self::empty(size);
        for (seed, (piece_size, data)) in (42..).zip(pieces) {
            fixture.add(*piece_size, Source::Generated { seed, size: *data });
        }
        fixture
    }

    /// Committed capacity.
    pub fn zeros(size: SectorSize) -> Self {
        let mut fixture = Self::empty(size);
        fixture.add(size.user_bytes(), Source::Zeros { size: size.user_bytes() });
        fixture
    }

    fn empty(size: SectorSize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sector = Sector { size, prover_id: prover_id(1000), number: 1 };
        Self { folder, sector, ticket: TICKET, pieces: Vec::new() }
    }

    fn add(&mut self, piece_size: u64, source: Source) {
        let existing: Vec<_> = self.pieces.iter().map(|piece| fr32::unpadded(piece.size)).collect();
        let made = add(&self.paths().unsealed, self.sector.size, &existing, piece_size, source).unwrap();
        self.pieces.push(Piece { comm_p: made.comm_p, size: made.padded_size });
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn paths(&self) -> SectorPaths {
        SectorPaths {
            unsealed: self.path("unsealed"),
            sealed: self.path("sealed"),
            cache: self.path("cache"),
        }
    }

    pub fn pc1(&self) -> Result<Bytes32> {
        pc1(&self.pc1_request())
    }

    pub fn pc1_request(&self) -> Pc1 {
        let (pieces, output) = (self.pieces.clone(), self.path("pc1.json"));
        let Self { sector, ticket, .. } = *self;
        Pc1 { sector, paths: self.paths(), ticket, pieces, output }
    }

    pub fn pc2(&self) -> Result<Commitments> {
        let counted = AtomicU64::new(0);
        let progress = &mut Progress::new(&counted);
        seal::pc2(self.sector.size, &self.path("pc1.json"), &self.paths(), progress)
    }

    /// PC1 and PC2.
    pub fn replicate(&self) -> Commitments {
        self.pc1().unwrap();
        self.pc2().unwrap()
    }

    pub fn c1(&self, commitments: Commitments) -> Result<PathBuf> {
        let (output, pieces) = (self.path("c1.json"), self.pieces.clone());
        let Self { sector, ticket, .. } = *self;
        seal::c1(&C1 { sector, paths: self.paths(), ticket, seed: SEED, commitments, pieces }, &output)?;
        Ok(output)
    }

    pub fn self_check(&self, commitments: Commitments) -> Result<()> {
        let Self { sector, ticket, .. } = *self;
        let pieces = self.pieces.clone();
        seal::c1_self_check(&SelfCheck { sector, paths: self.paths(), ticket, commitments, pieces })
    }
}

/// AddPiece without progress.
pub fn add(
    unsealed: &Path,
    size: SectorSize,
    existing: &[u64],
    piece_size: u64,
    source: Source,
) -> Result<PieceCommitment> {
    let request = AddPiece {
        sector_size: size,
        unsealed: unsealed.to_owned(),
        existing: existing.to_vec(),
        piece_size,
        source,
    };
    piece::add_piece(&request, &mut Progress::new(&AtomicU64::new(0))).map(|added| added.piece)
}

/// Changes one byte of a file in place.
pub fn damage(path: &Path, offset: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[offset] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// Runs `check`, the body of the test `name`, under every backend of this CPU, each in a process of its own.
pub fn on_each_backend(name: &str, settings: &[(&str, &Path)], check: impl FnOnce()) {
    for backend in Backend::supported() {
        let settings = [settings, &[("PADMA_BACKEND", Path::new(backend.name()))]].concat();
        if in_child(name, &settings) {
            return check();
        }
    }
}

const CHILD: &str = "PADMA_TEST_CHILD";

/// The reference reads its settings once a process. True in a child of this test binary that runs the test `name`
/// with `settings`; in the parent, runs that child, checks that it passed, and is false.
pub fn in_child(name: &str, settings: &[(&str, &Path)]) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").envs(settings.iter().copied());
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "no test is named {name}: {text}");
    false
}
