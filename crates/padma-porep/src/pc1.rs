//! PC1: TreeD over the data and the SDR layers, of one sector or of several at once.
//!
//! What a killed run has finished is used again: beside the phase's result a record says which layers are whole, by
//! their SHA-256 and for which replica id. The reference looks at a layer's length alone, so nothing else is trusted.

use filecoin_proofs::Labels as RawLabels;
use filecoin_proofs_api::seal::{Labels as ApiLabels, SealPreCommitPhase1Output};
use merkletree::store::StoreConfig;
use padma_kernels::Backend;
use padma_kernels::node::Node;
use padma_kernels::sha256;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::Bytes32;
use crate::error::{ProofError, Result, guard};
use crate::files::{self, Growing};
use crate::graph::{Graph, GraphVersion};
use crate::layers::{Labels, make_layer};
use crate::piece::{self, Piece};
use crate::seal::{self, FORMAT, Phase1File, SectorPaths, replica_id};
use crate::sector::{Sector, SectorSize};
use crate::tree_d;

/// What [`pc1`] needs.
pub struct Pc1 {
    pub sector: Sector,
    pub paths: SectorPaths,
    pub ticket: Bytes32,
    pub pieces: Vec<Piece>,
    /// The file for the phase's result. Beside it, with `.layers` behind its name, is the record of whole layers.
    pub output: PathBuf,
}

/// PC1: TreeD over the data and the SDR layers; returns CommD. The cache folder is made if it is missing.
///
/// Errors: PROOF_PIECES_MISMATCH when the pieces are not the unsealed data, PROOF_IO, PROOF_BACKEND.
pub fn pc1(request: &Pc1) -> Result<Bytes32> {
    let mut made = pc1_of_many(std::slice::from_ref(request))?;
    made.swap_remove(0)
}

/// Sectors that a core labels side by side, in much less time than one after the other. Errors: PROOF_BACKEND.
pub fn sectors_a_core() -> Result<usize> {
    Ok(sha256::sectors_side_by_side(Backend::current()?))
}

/// [`pc1`] of sectors of one size, their layers made side by side. A sector whose pieces or files are wrong has an error
/// of its own and the others go on; so has one over which the code panics, and the process should be retired then.
/// Errors of all: PROOF_IO when a layer cannot be written, PROOF_BAD_INPUT when the
/// sizes differ, PROOF_BACKEND.
pub fn pc1_of_many(requests: &[Pc1]) -> Result<Vec<Result<Bytes32>>> {
    let Some(first) = requests.first() else { return Ok(Vec::new()) };
    let size = first.sector.size;
    if requests.iter().any(|request| request.sector.size != size) {
        return Err(ProofError::bad_input("sectors that are sealed together have one size"));
    }
    let phase = Phase { backend: Backend::current()?, size };
    let mut results: Vec<Result<Bytes32>> = Vec::new();
    let mut jobs = Vec::new();
    // With more than one sector every core has labels to make, and a sector that is wrong must not hold up the others.
    let alone = requests.len() == 1;
    for prepared in of_each(requests, |request| phase.prepare(request, !alone)) {
        results.push(prepared.map(|job| {
            let comm_d = job.comm_d;
            jobs.push(job);
            comm_d
        }));
    }
    jobs.sort_by_key(|job| job.record.layers.len());
    for together in jobs.chunk_by_mut(|a, b| a.record.layers.len() == b.record.layers.len()) {
        phase.make_layers(together, alone)?;
    }
    jobs.iter().try_for_each(|job| phase.write_result(job))?;
    Ok(results)
}

/// Side by side; a panic is the error of the one that it comes over.
fn of_each<'a, I: Sync, T: Send>(
    inputs: &'a [I],
    work: impl Fn(&'a I) -> Result<T> + Sync,
) -> Vec<Result<T>> {
    inputs.par_iter().map(|input| guard(|| work(input))).collect()
}

/// A sector on its way.
struct Job<'a> {
    request: &'a Pc1,
    comm_d: Bytes32,
    record: Record,
}

/// Which layers in a cache folder are whole.
#[derive(Serialize, Deserialize)]
struct Record {
    format: u32,
    replica_id: Bytes32,
    /// SHA-256 of the layers from the first on.
    layers: Vec<Bytes32>,
}

fn record_path(request: &Pc1) -> PathBuf {
    let mut name = OsString::from(&request.output);
    name.push(".layers");
    PathBuf::from(name)
}

fn layer_path(request: &Pc1, number: usize) -> PathBuf {
    request.paths.cache.join(format!("sc-02-data-layer-{number}.dat"))
}

fn tree_path(request: &Pc1) -> PathBuf {
    request.paths.cache.join("sc-02-data-tree-d.dat")
}

/// What all sectors of a call have in common.
struct Phase {
    backend: Backend,
    size: SectorSize,
}

impl Phase {
    fn nodes(&self) -> u64 {
        self.size.bytes() / 32
    }

    /// Finds what is whole and removes the rest; makes TreeD too if it is wanted `now`.
    fn prepare<'a>(&self, request: &'a Pc1, now: bool) -> Result<Job<'a>> {
        let Pc1 { sector, paths, .. } = request;
        let comm_d = piece::comm_d(sector.size, &request.pieces)?;
        seal::check_fits(&paths.unsealed, sector.size)?;
        fs::create_dir_all(&paths.cache).map_err(ProofError::io("create", &paths.cache))?;
        let record = self.whole_layers(request, replica_id(sector, &request.ticket, &comm_d))?;
        let kept: Vec<_> = (1..=record.layers.len()).map(|number| layer_path(request, number)).collect();
        let mut stale = files::list(&paths.cache, seal::is_cache_file)?;
        stale.retain(|path| !kept.contains(path));
        files::remove(stale)?;
        files::remove_if_there(&request.output)?;
        let create = OpenOptions::new().create(true).truncate(true).write(true).open(&paths.sealed);
        create.map_err(ProofError::io("create", &paths.sealed))?;
        let job = Job { request, comm_d, record };
        if now {
            self.build_tree(&job)?;
        }
        Ok(job)
    }

    /// The layers that an earlier run of this very replica has finished. What is not as its record says is made again.
    fn whole_layers(&self, request: &Pc1, replica_id: Bytes32) -> Result<Record> {
        let none = Record { format: FORMAT, replica_id, layers: Vec::new() };
        let path = record_path(request);
        if !path.exists() {
            return Ok(none);
        }
        let Ok(mut record) = files::read_json::<Record>(&path) else { return Ok(none) };
        if record.format != FORMAT
            || record.replica_id != replica_id
            || record.layers.len() > self.size.layers()
        {
            return Ok(none);
        }
        let is_whole = |(number, digest): (usize, &Bytes32)| {
            let path = layer_path(request, number);
            path.metadata().is_ok_and(|meta| meta.len() == self.size.bytes())
                && digest_of(&path).is_ok_and(|found| found == *digest)
        };
        let whole = (1..).zip(&record.layers).take_while(|layer| is_whole(*layer)).count();
        record.layers.truncate(whole);
        Ok(record)
    }

    /// FAIL: the data is not what the pieces say → PROOF_PIECES_MISMATCH; nothing was sealed under a wrong CommD.
    fn build_tree(&self, job: &Job<'_>) -> Result<()> {
        let root =
            tree_d::build(self.backend, self.size, &job.request.paths.unsealed, &tree_path(job.request))?;
        if root == job.comm_d {
            return Ok(());
        }
        let detail = format!("it has CommD {}, they have {}", hex::encode(root), hex::encode(job.comm_d));
        Err(ProofError::PiecesMismatch { detail })
    }

    /// The layers that are not there yet, of sectors that have as many. Each is written while it is made and flushed while
    /// the next one is; TreeD is made beside the first if it is wanted beside.
    fn make_layers(&self, jobs: &mut [Job<'_>], tree_beside: bool) -> Result<()> {
        let start = jobs.first().map_or(0, |job| job.record.layers.len());
        let trees = |jobs: &[Job<'_>]| {
            if tree_beside { jobs.iter().try_for_each(|job| self.build_tree(job)) } else { Ok(()) }
        };
        if start == self.size.layers() {
            return trees(jobs);
        }
        let graph = Graph::new(self.nodes(), &self.size.porep_id(), GraphVersion::V1_1);
        let mut labels = self.labels(jobs)?;
        let mut written = Vec::new();
        for number in start + 1..=self.size.layers() {
            let create = |job: &Job<'_>| Growing::create(layer_path(job.request, number));
            let mut files = jobs.iter().map(create).collect::<Result<Vec<_>>>()?;
            let mut out: Vec<_> = files.iter_mut().map(written_to).collect();
            make_layer(self.backend, &graph, number as u32, &mut labels, &mut out, || {
                if number == start + 1 { trees(jobs) } else { self.keep_layers(jobs, written) }
            })?;
            drop(out);
            written = files;
        }
        self.keep_layers(jobs, written)
    }

    /// Room for the sectors' labels, with their last whole layer in it.
    fn labels(&self, jobs: &[Job<'_>]) -> Result<Labels> {
        let ids: Vec<_> = jobs.iter().map(|job| job.record.replica_id).collect();
        let mut labels = Labels::new(&ids, self.nodes(), rayon::current_num_threads());
        for (sector, job) in jobs.iter().enumerate().filter(|(_, job)| !job.record.layers.is_empty()) {
            let path = layer_path(job.request, job.record.layers.len());
            let mut file = File::open(&path).map_err(ProofError::io("open", &path))?;
            labels.resume(sector, |_, labels| {
                file.read_exact(labels.as_flattened_mut()).map_err(ProofError::io("read", &path))
            })?;
        }
        Ok(labels)
    }

    /// Makes a layer of each durable, and says in its record that it is whole.
    fn keep_layers(&self, jobs: &mut [Job<'_>], written: Vec<Growing>) -> Result<()> {
        for (job, layer) in jobs.iter_mut().zip(written) {
            job.record.layers.push(layer.publish()?);
            files::write_json(&record_path(job.request), &job.record)?;
        }
        Ok(())
    }

    fn write_result(&self, job: &Job<'_>) -> Result<()> {
        let store = |id: String, size: u64| StoreConfig {
            path: job.request.paths.cache.clone(),
            id,
            size: Some(size as usize),
            rows_to_discard: 0,
        };
        let layers =
            (1..=self.size.layers()).map(|number| store(format!("layer-{number}"), self.nodes())).collect();
        let output = SealPreCommitPhase1Output {
            registered_proof: self.size.proof(),
            labels: api_labels(self.size, layers),
            config: store("tree-d".to_owned(), 2 * self.nodes() - 1),
            comm_d: job.comm_d,
        };
        files::write_json(&job.request.output, &Phase1File { format: FORMAT, output })
    }
}

fn written_to(file: &mut Growing) -> impl FnMut(&[Node]) -> Result<()> {
    |labels| file.write(labels.as_flattened())
}

fn api_labels(size: SectorSize, layers: Vec<StoreConfig>) -> ApiLabels {
    match size {
        SectorSize::KiB2 => ApiLabels::StackedDrg2KiBV1(RawLabels::new(layers)),
        SectorSize::MiB8 => ApiLabels::StackedDrg8MiBV1(RawLabels::new(layers)),
        SectorSize::MiB512 => ApiLabels::StackedDrg512MiBV1(RawLabels::new(layers)),
        SectorSize::GiB32 => ApiLabels::StackedDrg32GiBV1(RawLabels::new(layers)),
        SectorSize::GiB64 => ApiLabels::StackedDrg64GiBV1(RawLabels::new(layers)),
    }
}

fn digest_of(path: &Path) -> io::Result<Bytes32> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_error_of_its_own_sector() {
        let made = of_each(&[1, 2, 3], |&number| {
            assert_ne!(number, 2, "over the second");
            Ok(number)
        });
        let codes: Vec<_> =
            made.iter().map(|made| made.as_ref().map_err(ProofError::code).copied()).collect();
        assert_eq!(codes, [Ok(1), Err("PROOF_PANIC"), Ok(3)]);
    }
}
