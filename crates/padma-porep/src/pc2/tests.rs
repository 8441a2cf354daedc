//! Every file and CommR compared with the reference's on every tier, over shapes that small networks lack: eight and
//! sixteen base trees, eleven layers; both graphs; data and zeros; data that ends before the sector.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its files has failed")]

use filecoin_proofs::constants::{
    LAYERS, SECTOR_SIZE_2_KIB, SECTOR_SIZE_16_KIB, SECTOR_SIZE_32_KIB, SectorShape2KiB, SectorShape16KiB,
    SectorShape32KiB,
};
use filecoin_proofs::{
    PoRepConfig, SealPreCommitPhase1Output, UnpaddedBytesAmount, add_piece, seal_pre_commit_phase1,
    seal_pre_commit_phase2,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use storage_proofs_core::api_version::ApiVersion;
use tempfile::TempDir;

use super::*;
use crate::{files, fr32};

/// After the reference's PC1.
struct Sector<T: 'static + MerkleTreeTrait> {
    folder: TempDir,
    config: PoRepConfig,
    phase1: SealPreCommitPhase1Output<T>,
}

#[derive(Clone, Copy)]
struct Case {
    size: u64,
    version: ApiVersion,
    ticket: u8,
    /// Padded bytes of random data; the rest is zeros, and in no file.
    data: u64,
}

type Files = BTreeMap<String, Vec<u8>>;

impl<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>> Sector<T> {
    fn new(case: Case) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let config = PoRepConfig::new_groth16(case.size, [9; 32], case.version);
        let mut data = vec![0; fr32::unpadded(case.size) as usize];
        ChaCha8Rng::seed_from_u64(case.size).fill_bytes(&mut data[..fr32::unpadded(case.data) as usize]);
        let target = File::create(path("unsealed")).unwrap();
        let amount = UnpaddedBytesAmount(data.len() as u64);
        let (piece, _) = add_piece(data.as_slice(), target, amount, &[]).unwrap();
        File::create(path("sealed")).unwrap();
        fs::create_dir(path("cache")).unwrap();
        let phase1 = seal_pre_commit_phase1::<_, _, _, T>(
            &config,
            path("cache"),
            path("unsealed"),
            path("sealed"),
            [2; 32],
            7.into(),
            [case.ticket; 32],
            &[piece],
        );
        let sector = Self { config, phase1: phase1.unwrap(), folder };
        File::options().write(true).open(sector.path("unsealed")).unwrap().set_len(case.data).unwrap();
        sector
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What PC2 makes, taken away.
    fn take(&self) -> Files {
        let made = |name: &str| name.contains("tree-c") || name.contains("tree-r") || name.ends_with("_aux");
        let mut paths = files::list(&self.path("cache"), made).unwrap();
        paths.push(self.path("sealed"));
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        let taken = paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect();
        files::remove(paths).unwrap();
        taken
    }

    fn reference(&self) -> (Node, Files) {
        let sealed = self.path("sealed");
        fs::copy(self.path("unsealed"), &sealed).unwrap();
        let replica = File::options().write(true).open(&sealed).unwrap();
        replica.set_len(self.config.sector_size.into()).unwrap();
        let SealPreCommitPhase1Output { labels, config, comm_d } = &self.phase1;
        let (labels, config, comm_d) = (labels.clone(), config.clone(), *comm_d);
        let (cache, phase1) = (self.path("cache"), SealPreCommitPhase1Output { labels, config, comm_d });
        let made = seal_pre_commit_phase2::<_, _, T>(&self.config, phase1, cache, &sealed).unwrap();
        (made.comm_r, self.take())
    }

    /// Nodes counted, too.
    fn ours(&self, backend: Backend) -> Result<(Node, u64)> {
        let replication = Replication {
            nodes: u64::from(self.config.sector_size) / 32,
            unsealed: &self.path("unsealed"),
            sealed: &self.path("sealed"),
            cache: &self.path("cache"),
        };
        let counted = AtomicU64::new(0);
        let labels = self.phase1.labels.clone();
        let comm_r = replicate_with(backend, labels, &replication, &mut Progress::new(&counted))?;
        Ok((comm_r, counted.into_inner()))
    }
}

fn same<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(case: Case, made_files: usize) {
    let sector = Sector::<T>::new(case);
    let (comm_r, expected) = sector.reference();
    assert_eq!(expected.len(), made_files);
    for backend in Backend::supported() {
        let all = nodes::<T>(case.size / 32);
        assert_eq!(sector.ours(backend).unwrap(), (comm_r, all), "{}", backend.name());
        let made = sector.take();
        assert!(made.keys().eq(expected.keys()), "{:?}", made.keys());
        for (name, bytes) in &expected {
            assert!(made[name] == *bytes, "{name} differs on {}", backend.name());
        }
    }
}

#[test]
fn one_base_tree_of_both_graphs_under_several_replica_ids() {
    for (version, ticket, data) in [
        (ApiVersion::V1_0_0, 1, SECTOR_SIZE_2_KIB),
        (ApiVersion::V1_1_0, 2, SECTOR_SIZE_2_KIB),
        (ApiVersion::V1_1_0, 3, 0),
        (ApiVersion::V1_2_0, 4, 512),
    ] {
        same::<SectorShape2KiB>(Case { size: SECTOR_SIZE_2_KIB, version, ticket, data }, 5);
    }
}

#[test]
fn eight_base_trees() {
    let (size, version) = (SECTOR_SIZE_16_KIB, ApiVersion::V1_1_0);
    same::<SectorShape16KiB>(Case { size, version, ticket: 5, data: size }, 3 + 16);
}

#[test]
fn sixteen_base_trees_and_eleven_layers() {
    let (size, version) = (SECTOR_SIZE_32_KIB, ApiVersion::V1_1_0);
    LAYERS.write().unwrap().insert(size, 11);
    same::<SectorShape32KiB>(Case { size, version, ticket: 6, data: size / 2 }, 3 + 32);
}

#[test]
fn what_is_no_field_element_is_named() {
    let (size, version) = (SECTOR_SIZE_2_KIB, ApiVersion::V1_1_0);
    let sector = Sector::<SectorShape2KiB>::new(Case { size, version, ticket: 7, data: size });
    for (file, what) in [("unsealed", "data or label"), ("cache/sc-02-data-layer-1.dat", "labels")] {
        let whole = fs::read(sector.path(file)).unwrap();
        let mut wrong = whole.clone();
        wrong[32 * 5..32 * 6].fill(0xff);
        fs::write(sector.path(file), wrong).unwrap();
        let error = sector.ours(Backend::Portable).unwrap_err();
        assert_eq!(error.code(), "PROOF_SECTOR_DAMAGED");
        assert!(error.to_string().contains("node 5"), "{error}");
        assert!(error.to_string().contains(what), "{error}");
        fs::write(sector.path(file), whole).unwrap();
    }
    sector.ours(Backend::Portable).unwrap();
}
