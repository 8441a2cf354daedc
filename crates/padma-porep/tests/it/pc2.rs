//! PC2: the reference's files byte for byte, on every backend that the CPU runs.

use super::support::{Fixture, in_child};
use filecoin_proofs_api::seal::{SealPreCommitPhase1Output, seal_pre_commit_phase2};
use padma_porep::Backend;
use padma_porep::sector::SectorSize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

type Files = BTreeMap<String, Vec<u8>>;

/// Everything in the cache folder and the replica.
fn files(fixture: &Fixture) -> Files {
    let cache = fs::read_dir(fixture.path("cache")).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    cache.chain([fixture.path("sealed")]).map(|path| (name(&path), fs::read(&path).unwrap())).collect()
}

/// The reference's PC2 over the same layers, which makes what padma's made anew.
fn reference(fixture: &Fixture) -> [u8; 32] {
    for name in ["p_aux", "t_aux", "sc-02-data-tree-c.dat", "sc-02-data-tree-r-last.dat"] {
        fs::remove_file(fixture.path("cache").join(name)).unwrap();
    }
    fs::copy(fixture.path("unsealed"), fixture.path("sealed")).unwrap();
    let mut file: Value = serde_json::from_slice(&fs::read(fixture.path("pc1.json")).unwrap()).unwrap();
    let output: SealPreCommitPhase1Output = serde_json::from_value(file["output"].take()).unwrap();
    seal_pre_commit_phase2(output, fixture.path("cache"), fixture.path("sealed")).unwrap().comm_r
}

#[test]
fn eight_mib_are_sealed_as_the_reference_does() {
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_supported()) {
        let setting = ("PADMA_BACKEND", Path::new(backend.name()));
        if !in_child("pc2::eight_mib_are_sealed_as_the_reference_does", &[setting]) {
            continue;
        }
        let fixture = Fixture::new(SectorSize::MiB8);
        let comm_r = fixture.replicate().comm_r;
        let ours = files(&fixture);
        assert_eq!(comm_r, reference(&fixture));
        let theirs = files(&fixture);
        assert!(ours.keys().eq(theirs.keys()), "{:?}", ours.keys());
        for (name, bytes) in ours {
            assert!(theirs[&name] == bytes, "{name} differs");
        }
        return;
    }
}
