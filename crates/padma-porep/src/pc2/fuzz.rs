//! Labels and data that nobody made for each other, over all shapes and numbers of layers: every backend gives the files
//! and CommR that portable gives. Seeds are fixed; `PADMA_FUZZ_ROUNDS` says under how many sets of them more.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its files has failed")]

use blstrs::Scalar;
use ff::Field;
use filecoin_proofs::constants::{SectorShape2KiB, SectorShape16KiB, SectorShape32KiB};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use tempfile::TempDir;

use super::*;
use crate::{files, node};

/// A field element; one in four is near zero, near the modulus, or near a power of two.
fn element(random: &mut ChaCha8Rng) -> Node {
    let near = Scalar::from(u64::from(random.next_u32() % 3));
    let element = match random.next_u32() % 12 {
        0 => near,
        1 => -near,
        2 => Scalar::from(2).pow_vartime([u64::from(random.next_u32() % 255)]) - near,
        _ => Scalar::random(random),
    };
    element.to_bytes_le()
}

struct Case {
    folder: TempDir,
    nodes: u64,
    layers: usize,
}

impl Case {
    /// The data ends anywhere.
    fn new(nodes: u64, layers: usize, random: &mut ChaCha8Rng) -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap(), nodes, layers };
        let mut row = || -> Vec<Node> { (0..nodes).map(|_| element(random)).collect() };
        for number in 1..=layers {
            fs::write(node::layer(case.folder.path(), number), row().as_flattened()).unwrap();
        }
        let data = row();
        let end = random.next_u64() as usize % (data.as_flattened().len() + 1);
        fs::write(case.path("unsealed"), &data.as_flattened()[..end]).unwrap();
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// CommR and what PC2 makes, taken away.
    fn made<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
        &self,
        backend: Backend,
    ) -> (Node, Vec<(PathBuf, Vec<u8>)>) {
        let cache = self.folder.path();
        let config = |number: usize| StoreConfig::new(cache, CacheKey::label_layer(number), 0);
        let labels = Labels::<T>::new((1..=self.layers).map(config).collect());
        let (unsealed, sealed) = (&*self.path("unsealed"), &*self.path("sealed"));
        let replication = Replication { nodes: self.nodes, unsealed, sealed, cache };
        let counted = AtomicU64::new(0);
        let comm_r = replicate_with(backend, labels, &replication, &mut Progress::new(&counted)).unwrap();
        let mut paths = files::list(cache, |name| name != "unsealed" && !name.contains("layer")).unwrap();
        paths.sort();
        let taken = paths.iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        files::remove(paths).unwrap();
        (comm_r, taken)
    }
}

fn same<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(nodes: u64, layers: usize, seed: u64) {
    let case = Case::new(nodes, layers, &mut ChaCha8Rng::seed_from_u64(seed));
    let (comm_r, expected) = case.made::<T>(Backend::Portable);
    for backend in Backend::supported() {
        let (ours, made) = case.made::<T>(backend);
        let what = format!("{nodes} nodes, {layers} layers, seed {seed}, {}", backend.name());
        assert_eq!(ours, comm_r, "CommR of {what}");
        assert_eq!(made.len(), expected.len(), "files of {what}");
        for ((path, bytes), (_, portable)) in made.iter().zip(&expected) {
            assert!(bytes == portable, "{} differs: {what}", path.display());
        }
    }
}

#[test]
fn every_backend_replicates_as_portable_does() {
    let rounds = std::env::var_os("PADMA_FUZZ_ROUNDS");
    let rounds = rounds.map_or(1, |rounds| rounds.to_str().unwrap().parse().unwrap());
    for round in 0..=rounds {
        let seed = round << 32;
        for (seed, layers) in (seed..).zip([2, 4, 8, 11]) {
            same::<SectorShape2KiB>(64, layers, seed);
            same::<SectorShape2KiB>(512, layers, seed);
            same::<SectorShape16KiB>(512, layers, seed);
            same::<SectorShape32KiB>(1024, layers, seed);
        }
        // Eight waves of the few threads that have short ones.
        let few = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
        few.install(|| same::<SectorShape2KiB>(1 << 15, 2, seed));
    }
}
