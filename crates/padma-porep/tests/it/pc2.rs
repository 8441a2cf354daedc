//! PC2: the reference's files byte for byte, on every backend that the CPU runs.

use super::pc1::pieces;
use super::support::{Fixture, on_each_backend};
use filecoin_proofs_api::seal::{SealPreCommitPhase1Output, seal_pre_commit_phase2};
use padma_porep::seal::Commitments;
use padma_porep::sector::SectorSize;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// What PC2 makes: everything in the cache folder but layers and TreeD, and the replica.
fn made(fixture: &Fixture) -> Vec<PathBuf> {
    let cache = fs::read_dir(fixture.path("cache")).unwrap().map(|entry| entry.unwrap().path());
    let is_made = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        !name.contains("layer") && !name.contains("tree-d")
    };
    let mut made: Vec<_> = cache.filter(is_made).chain([fixture.path("sealed")]).collect();
    made.sort();
    made
}

/// The reference's PC2 over the same layers and data; its CommR.
fn reference(fixture: &Fixture) -> [u8; 32] {
    fs::copy(fixture.path("unsealed"), fixture.path("sealed")).unwrap();
    fs::File::options()
        .write(true)
        .open(fixture.path("sealed"))
        .unwrap()
        .set_len(fixture.sector.size.bytes())
        .unwrap();
    let mut file: Value = serde_json::from_slice(&fs::read(fixture.path("pc1.json")).unwrap()).unwrap();
    let output: SealPreCommitPhase1Output = serde_json::from_value(file["output"].take()).unwrap();
    seal_pre_commit_phase2(output, fixture.path("cache"), fixture.path("sealed")).unwrap().comm_r
}

/// What padma makes is moved aside, and the reference makes it anew.
pub fn same_as_reference(fixture: &Fixture) -> Commitments {
    let commitments = fixture.replicate();
    let (ours, aside) = (made(fixture), fixture.path("aside"));
    fs::create_dir(&aside).unwrap();
    let moved = ours.iter().map(|path| aside.join(path.file_name().unwrap())).collect::<Vec<_>>();
    ours.iter().zip(&moved).for_each(|(from, to)| fs::rename(from, to).unwrap());
    assert_eq!(commitments.comm_r, reference(fixture));
    assert_eq!(made(fixture), ours);
    for (theirs, ours) in ours.iter().zip(&moved) {
        assert!(same_bytes(theirs, ours), "{} differs", theirs.display());
    }
    commitments
}

/// Half a gibibyte is not read as a whole.
pub fn same_bytes(one: &Path, other: &Path) -> bool {
    use std::io::Read;
    let open = |path: &Path| fs::File::open(path).unwrap();
    let (mut one, mut other) = (open(one), open(other));
    let mut same = one.metadata().unwrap().len() == other.metadata().unwrap().len();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    while same {
        left.clear();
        right.clear();
        (&mut one).take(1 << 20).read_to_end(&mut left).unwrap();
        (&mut other).take(1 << 20).read_to_end(&mut right).unwrap();
        same = left == right;
        if left.is_empty() {
            break;
        }
    }
    same
}

#[test]
fn sectors_are_sealed_as_the_reference_does() {
    on_each_backend("pc2::sectors_are_sealed_as_the_reference_does", &[], || {
        let odd = [(127, 1), (508, 500), (127, 127), (254, 200)];
        same_as_reference(&Fixture::with_pieces(SectorSize::KiB2, &odd));
        same_as_reference(&Fixture::zeros(SectorSize::KiB2));
        same_as_reference(&Fixture::new(SectorSize::MiB8));
        same_as_reference(&pieces(SectorSize::MiB8));
    });
}
