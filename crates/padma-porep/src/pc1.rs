//! PC1: TreeD over the data and the SDR layers, of one sector or of several at once.
//!
//! What a killed run has finished is used again: beside the phase's result a record says which layers are whole, by
//! their SHA-256 and for which replica id. The reference looks at a layer's length alone, so nothing else is trusted.

use filecoin_proofs::Labels as RawLabels;
use filecoin_proofs_api::seal::{Labels as ApiLabels, SealPreCommitPhase1Output};
use merkletree::store::StoreConfig;
use padma_kernels::Backend;
use padma_kernels::sha256;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::Bytes32;
use crate::error::{ProofError, Result, guard};
use crate::files::{self, Growing};
use crate::graph::{Graph, GraphVersion};
use crate::layers::{Labels, Out, make_layer};
use crate::node::{self, Node};
use crate::piece::{self, Piece};
use crate::seal::{self, FORMAT, Phase1File, SectorPaths, replica_id};
use crate::sector::{Sector, SectorSize, of_size};
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

/// [`pc1`] of sectors of one size, their layers made side by side. A sector whose pieces or files are wrong, or that cannot
/// be written, has an error of its own and the others go on; so has one over which the code panics before its layers are
/// made, and the process should be retired then. Errors of all: PROOF_BAD_INPUT when the sizes differ, PROOF_BACKEND.
pub fn pc1_of_many(requests: &[Pc1]) -> Result<Vec<Result<Bytes32>>> {
    let Some(first) = requests.first() else { return Ok(Vec::new()) };
    let size = first.sector.size;
    if requests.iter().any(|request| request.sector.size != size) {
        return Err(ProofError::bad_input("sectors that are sealed together have one size"));
    }
    let phase = Phase { backend: Backend::current()?, size };
    // With more than one sector every core has labels to make, and a sector that is wrong must not hold up the others.
    let alone = requests.len() == 1;
    Ok(phase.make(of_each(requests, |request| phase.prepare(request, !alone)), alone))
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
    /// What it cannot go on for.
    failure: Option<ProofError>,
}

/// The first failure of each sector whose layers are made side by side. Labels of one that has failed go on being made
/// with the others', and are not written.
struct Failures(Vec<OnceLock<ProofError>>);

impl Failures {
    fn none_of(sectors: usize) -> Self {
        Self((0..sectors).map(|_| OnceLock::new()).collect())
    }

    fn is_going_on(&self, sector: usize) -> bool {
        self.0[sector].get().is_none()
    }

    /// Keeps what failed, or gives back what was done.
    fn keep<T>(&self, sector: usize, done: Result<T>) -> Option<T> {
        // Who has failed already keeps the first.
        done.map_err(|error| self.0[sector].set(error)).ok()
    }

    /// Error: there is no sector left to go on for.
    fn go_on(&self) -> Result<()> {
        let any = self.0.iter().any(|failure| failure.get().is_none());
        if any { Ok(()) } else { Err(gave_up("every sector has failed")) }
    }
}

fn gave_up(detail: impl ToString) -> ProofError {
    ProofError::Library { step: "PC1", detail: detail.to_string() }
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
    node::layer(&request.paths.cache, number)
}

/// What all sectors of a call have in common.
struct Phase {
    backend: Backend,
    size: SectorSize,
}

impl Phase {
    /// What of the sectors is not there yet; their CommD.
    fn make(&self, mut prepared: Vec<Result<Job<'_>>>, tree_beside: bool) -> Vec<Result<Bytes32>> {
        let mut jobs: Vec<_> = prepared.iter_mut().flatten().collect();
        jobs.sort_by_key(|job| job.record.layers.len());
        for together in jobs.chunk_by_mut(|a, b| a.record.layers.len() == b.record.layers.len()) {
            self.make_layers(together, tree_beside);
        }
        prepared.into_iter().map(|job| self.finish(job?)).collect()
    }

    fn finish(&self, job: Job<'_>) -> Result<Bytes32> {
        match job.failure {
            Some(failure) => Err(failure),
            None => self.write_result(&job).map(|()| job.comm_d),
        }
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
        let job = Job { request, comm_d, record, failure: None };
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
        let SectorPaths { unsealed, cache, .. } = &job.request.paths;
        let root = tree_d::build(self.backend, self.size, unsealed, &node::store(cache, "tree-d"))?;
        if root == job.comm_d {
            return Ok(());
        }
        let detail = format!("it has CommD {}, they have {}", hex::encode(root), hex::encode(job.comm_d));
        Err(ProofError::PiecesMismatch { detail })
    }

    /// The layers that are not there yet, of sectors that have as many. Each is written while it is made and flushed while
    /// the next one is; TreeD is made beside the first if it is wanted beside.
    fn make_layers(&self, jobs: &mut [&mut Job<'_>], tree_beside: bool) {
        let failures = Failures::none_of(jobs.len());
        if let Err(error) = self.try_layers(jobs, tree_beside, &failures) {
            // FAIL: they have failed one by one, and what stopped the layer is news to none of them.
            for sector in 0..jobs.len() {
                failures.keep::<()>(sector, Err(gave_up(&error)));
            }
        }
        for (job, failure) in jobs.iter_mut().zip(failures.0) {
            job.failure = failure.into_inner();
        }
    }

    fn try_layers(&self, jobs: &mut [&mut Job<'_>], tree_beside: bool, failures: &Failures) -> Result<()> {
        let start = jobs.first().map_or(0, |job| job.record.layers.len());
        let trees = |jobs: &[&mut Job<'_>]| {
            for (sector, job) in jobs.iter().enumerate().filter(|_| tree_beside) {
                failures.keep(sector, self.build_tree(job));
            }
            failures.go_on()
        };
        if start == self.size.layers() {
            return trees(jobs);
        }
        let graph = Graph::new(self.size.nodes(), &self.size.porep_id(), GraphVersion::V1_1);
        let mut labels = self.labels(jobs, start, failures);
        let mut written = Vec::new();
        for number in start + 1..=self.size.layers() {
            failures.go_on()?;
            let create = |(sector, job): (usize, &&mut Job<'_>)| {
                let create = || Growing::create(layer_path(job.request, number));
                failures.is_going_on(sector).then(create).and_then(|file| failures.keep(sector, file))
            };
            let mut files: Vec<_> = jobs.iter().enumerate().map(create).collect();
            let out = files.iter_mut().enumerate();
            let out = out.map(|(sector, file)| -> Out<'_> {
                Box::new(move |labels| write(file, labels, sector, failures))
            });
            let mut out: Vec<_> = out.collect();
            make_layer(self.backend, &graph, number as u32, &mut labels, &mut out, || {
                if number == start + 1 {
                    trees(jobs)
                } else {
                    keep_layers(jobs, number - 1, written, failures)
                }
            })?;
            drop(out);
            written = files;
        }
        keep_layers(jobs, self.size.layers(), written, failures)
    }

    /// Room for the sectors' labels, with their last whole layer in it.
    fn labels(&self, jobs: &[&mut Job<'_>], whole: usize, failures: &Failures) -> Labels {
        let ids: Vec<_> = jobs.iter().map(|job| job.record.replica_id).collect();
        let labels = Labels::new(&ids, self.size.nodes(), rayon::current_num_threads());
        if whole == 0 {
            return labels;
        }
        let mut labels = labels.with_room_for_kept();
        for (sector, job) in jobs.iter().enumerate() {
            failures.keep(sector, resume(job, sector, &mut labels));
        }
        labels
    }

    fn write_result(&self, job: &Job<'_>) -> Result<()> {
        let store = |id: String, size: u64| StoreConfig {
            path: job.request.paths.cache.clone(),
            id,
            size: Some(size as usize),
            rows_to_discard: 0,
        };
        let layers = (1..=self.size.layers())
            .map(|number| store(format!("layer-{number}"), self.size.nodes()))
            .collect();
        let output = SealPreCommitPhase1Output {
            registered_proof: self.size.proof(),
            labels: of_size!(self.size, ApiLabels, RawLabels::new(layers)),
            config: store("tree-d".to_owned(), 2 * self.size.nodes() - 1),
            comm_d: job.comm_d,
        };
        files::write_json(&job.request.output, &Phase1File { format: FORMAT, output })
    }
}

/// Takes a sector's last whole layer from its file.
fn resume(job: &Job<'_>, sector: usize, labels: &mut Labels) -> Result<()> {
    let path = layer_path(job.request, job.record.layers.len());
    let mut file = File::open(&path).map_err(ProofError::io("open", &path))?;
    labels.resume(sector, |_, labels| {
        file.read_exact(labels.as_flattened_mut()).map_err(ProofError::io("read", &path))
    })
}

/// Labels of a sector into its layer, which is given up once the sector has failed. Error: nobody is left to go on for.
fn write(layer: &mut Option<Growing>, labels: &[Node], sector: usize, failures: &Failures) -> Result<()> {
    let Some(file) = layer else { return Ok(()) };
    let written = failures.keep(sector, file.write(labels.as_flattened()));
    if written.is_some() && failures.is_going_on(sector) {
        return Ok(());
    }
    if let Some(layer) = layer.take() {
        layer.abandon();
    }
    failures.go_on()
}

/// Makes layers that are whole durable, and says so in their records. Error: nobody is left to go on for.
fn keep_layers(
    jobs: &mut [&mut Job<'_>],
    number: usize,
    whole: Vec<Option<Growing>>,
    failures: &Failures,
) -> Result<()> {
    for (sector, (job, layer)) in jobs.iter_mut().zip(whole).enumerate() {
        // A record has no layer without those before. Also one that has failed meanwhile goes on from here the next time.
        if let Some(layer) = layer.filter(|_| job.record.layers.len() + 1 == number) {
            failures.keep(sector, keep_layer(job, layer));
        }
    }
    failures.go_on()
}

fn keep_layer(job: &mut Job<'_>, layer: Growing) -> Result<()> {
    job.record.layers.push(layer.publish()?);
    files::write_json(&record_path(job.request), &job.record)
}

fn digest_of(path: &Path) -> io::Result<Bytes32> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Committed capacity.
    fn request(folder: &Path, number: u64) -> Pc1 {
        let path = |name: &str| folder.join(format!("{number}-{name}"));
        let paths = SectorPaths { unsealed: path("unsealed"), sealed: path("sealed"), cache: path("cache") };
        fs::write(&paths.unsealed, []).expect("a file");
        let sector = Sector { size: SectorSize::KiB2, prover_id: [1; 32], number };
        Pc1 { sector, paths, ticket: [2; 32], pieces: Vec::new(), output: path("pc1.json") }
    }

    /// The codes of sectors whose ways were blocked by `block` after they were prepared.
    fn codes(requests: &[Pc1], block: impl Fn()) -> Vec<std::result::Result<Bytes32, &'static str>> {
        let phase = Phase { backend: Backend::detect(), size: SectorSize::KiB2 };
        let prepared = of_each(requests, |request| phase.prepare(request, true));
        block();
        let made = phase.make(prepared, false);
        made.into_iter().map(|made| made.map_err(|error| error.code())).collect()
    }

    #[test]
    fn what_cannot_be_written_is_the_error_of_its_own_sector() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let requests: Vec<_> = (0..6).map(|number| request(folder.path(), number)).collect();
        let partial = |sector: usize, layer: usize| files::temporary(&layer_path(&requests[sector], layer));
        let made = codes(&requests, || {
            fs::create_dir(partial(1, 1)).expect("a folder where a layer should be");
            std::os::unix::fs::symlink("/dev/full", partial(2, 2)).expect("a full disk");
            fs::create_dir(layer_path(&requests[3], 1)).expect("a folder where a layer should be");
            fs::create_dir(files::temporary(&record_path(&requests[4])))
                .expect("one where a record should be");
            fs::create_dir(files::temporary(&requests[5].output)).expect("one where the result should be");
        });
        assert_eq!(made[0], Ok(piece::zero_comm_d(SectorSize::KiB2)));
        assert_eq!(made[1..], [Err("PROOF_IO"); 5]);
        let records: Vec<_> =
            requests.iter().map(|request| files::read_json::<Record>(&record_path(request))).collect();
        let whole: Vec<_> =
            records.iter().map(|record| record.as_ref().map_or(0, |record| record.layers.len())).collect();
        assert_eq!(whole, [2, 0, 1, 0, 0, 2], "a record names what is whole and durable");
        assert!(requests[0].output.exists() && !requests[2].output.exists());
    }

    #[test]
    fn a_layer_that_is_gone_is_the_error_of_its_own_sector() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let requests: Vec<_> = (0..3).map(|number| request(folder.path(), number)).collect();
        let comm_d = piece::zero_comm_d(SectorSize::KiB2);
        assert_eq!(codes(&requests, || ()), [Ok(comm_d); 3]);
        requests.iter().for_each(|request| fs::remove_file(layer_path(request, 2)).expect("it was made"));
        let made = codes(&requests, || fs::remove_file(layer_path(&requests[1], 1)).expect("it was kept"));
        assert_eq!(made, [Ok(comm_d), Err("PROOF_IO"), Ok(comm_d)]);
    }

    #[test]
    fn when_nobody_is_left_each_has_an_error_of_its_own() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let requests: Vec<_> = (0..3).map(|number| request(folder.path(), number)).collect();
        let made = codes(&requests, || {
            for request in &requests {
                let partial = files::temporary(&layer_path(request, 1));
                std::os::unix::fs::symlink("/dev/full", partial).expect("a full disk");
            }
        });
        assert_eq!(made, [Err("PROOF_IO"); 3]);
        // What was in the way is removed, and they go on.
        assert_eq!(codes(&requests, || ()), [Ok(piece::zero_comm_d(SectorSize::KiB2)); 3]);
    }

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
