//! The SDR layers of one or more sectors of a size, made side by side.
//!
//! Sectors share the parents, which a thread makes a chunk ahead of those that label. Each thread labels its own sectors,
//! whose labels of a node lie together in memory. A layer is written and digested while it is made, and flushed while the
//! next one is.

use padma_kernels::Backend;
use padma_kernels::node::Node;
use padma_kernels::pages::Nodes;
use padma_kernels::sha256::{Layer, Parents, label_nodes};
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use crate::Bytes32;
use crate::error::Result;
use crate::graph::Graph;

/// Nodes whose parents are made at a time: 224 KiB, which stay in the second-level cache.
const CHUNK: u64 = 1 << 12;
/// Chunks that may be ready before they are needed.
const READY: usize = 4;

/// The labels of sectors of a size: a layer that is whole and one in the making.
pub(crate) struct Labels {
    nodes: usize,
    /// Sectors of a group; the last one may have fewer.
    each: usize,
    groups: Vec<Group>,
}

/// The sectors that a thread labels. A node's labels lie one after the other, as [`Layer`] has them.
struct Group {
    replica_ids: Vec<Bytes32>,
    /// The last whole layer; none before the first one is made.
    previous: Option<Nodes>,
    current: Option<Nodes>,
}

impl Labels {
    /// Of as many sectors as there are replica ids, for as many `threads`. Memory is taken when a layer is made.
    pub(crate) fn new(replica_ids: &[Bytes32], nodes: u64, threads: usize) -> Self {
        let each = replica_ids.len().div_ceil(threads.max(1)).max(1);
        let group = |ids: &[Bytes32]| Group { replica_ids: ids.to_vec(), previous: None, current: None };
        Self { nodes: nodes as usize, each, groups: replica_ids.chunks(each).map(group).collect() }
    }

    /// Takes a sector's last whole layer from where it was kept: `read` is given the first node and the labels to fill.
    pub(crate) fn resume(
        &mut self,
        sector: usize,
        mut read: impl FnMut(u64, &mut [Node]) -> Result<()>,
    ) -> Result<()> {
        let group = &mut self.groups[sector / self.each];
        let (place, stride) = (sector % self.each, group.replica_ids.len());
        let layer = group.previous.get_or_insert_with(|| Nodes::zeroed(self.nodes * stride));
        let mut labels = vec![Node::default(); self.nodes.min(CHUNK as usize)];
        for (first, chunk) in (0..).step_by(labels.len()).zip(layer.chunks_mut(labels.len() * stride)) {
            read(first, &mut labels)?;
            let places = chunk.iter_mut().skip(place).step_by(stride);
            places.zip(&labels).for_each(|(place, label)| *place = *label);
        }
        Ok(())
    }

    /// Labels of a sector's last whole layer, from the node `first` on. Panics when there is no such layer.
    pub(crate) fn read(&self, sector: usize, first: u64, labels: &mut [Node]) {
        let group = &self.groups[sector / self.each];
        let layer = group.previous.as_ref().expect("a layer is whole");
        let from = &layer[first as usize * group.replica_ids.len()..];
        labels.iter_mut().zip(group.of(sector % self.each, from)).for_each(|(to, label)| *to = *label);
    }

    /// Frees what only the next layer would need.
    pub(crate) fn finish(&mut self) {
        self.groups.iter_mut().for_each(|group| group.current = None);
    }
}

impl Group {
    /// The layer that comes after the whole one. Panics when that is missing.
    fn layer(&mut self, number: u32, nodes: usize) -> Layer<'_> {
        let all = nodes * self.replica_ids.len();
        Layer {
            number,
            replica_ids: &self.replica_ids,
            previous: (number > 1).then(|| self.previous.as_deref().expect("the layer before is whole")),
            labels: self.current.get_or_insert_with(|| Nodes::zeroed(all)),
        }
    }

    /// A sector's own of the labels of all.
    fn of<'a>(&self, sector: usize, labels: &'a [Node]) -> impl Iterator<Item = &'a Node> {
        labels.iter().skip(sector).step_by(self.replica_ids.len())
    }
}

/// For [`make_layer`], when nobody wants the labels.
pub(crate) fn nowhere() -> &'static mut [Nowhere] {
    &mut []
}

type Nowhere = fn(&[Node]) -> Result<()>;

/// Makes layer `number` (from 1) out of the last whole one, while `beside` runs. `out` has one for each sector, or none at
/// all; it is given the sector's labels in order, soon after they are made. When either fails, the layer is given up.
pub(crate) fn make_layer<T: Send>(
    backend: Backend,
    graph: &Graph,
    number: u32,
    labels: &mut Labels,
    out: &mut [impl FnMut(&[Node]) -> Result<()> + Send],
    beside: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    let stop = &AtomicBool::new(false);
    let (each, nodes) = (labels.each, labels.nodes);
    let mut out = out.chunks_mut(each);
    let (beside, written) = thread::scope(|scope| {
        let (mut feeds, mut labellers, mut writers) = (Vec::new(), Vec::new(), Vec::new());
        for group in &mut labels.groups {
            let (feed, chunks) = sync_channel(READY);
            feeds.push(feed);
            let (parts, made) = sync_channel(2 * each);
            let (back, used) = channel();
            let out = out.next().unwrap_or_default();
            let copies = (!out.is_empty()).then_some(Copies { parts, used });
            let layer = group.layer(number, nodes);
            labellers.push(scope.spawn(move || label(backend, layer, &chunks, copies.as_ref())));
            writers.push(scope.spawn(move || or_stop(stop, || write(out, &made, &back))));
        }
        let feeder = scope.spawn(move || feed(graph, &feeds, stop));
        let beside = or_stop(stop, beside);
        let written: Vec<_> = writers.into_iter().map(joined).collect();
        labellers.into_iter().chain([feeder]).for_each(joined);
        (beside, written)
    });
    written.into_iter().collect::<Result<()>>()?;
    let beside = beside?;
    for group in &mut labels.groups {
        std::mem::swap(&mut group.previous, &mut group.current);
    }
    Ok(beside)
}

/// What a thread returns; its panic is ours.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Sets `stop` when `work` fails or panics.
fn or_stop<T>(stop: &AtomicBool, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let unless_done = StopOnDrop(stop);
    let made = work()?;
    std::mem::forget(unless_done);
    Ok(made)
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A copy of labels of one sector: the layer itself goes on changing.
struct Part {
    sector: usize,
    labels: Vec<Node>,
}

/// Where copies go to be written, and where their memory comes back from.
struct Copies {
    parts: SyncSender<Part>,
    used: Receiver<Vec<Node>>,
}

/// Hands each part to its sector's `out`, and its memory back.
fn write(
    out: &mut [impl FnMut(&[Node]) -> Result<()>],
    made: &Receiver<Part>,
    back: &Sender<Vec<Node>>,
) -> Result<()> {
    made.iter().try_for_each(|Part { sector, labels }| {
        out[sector](&labels)?;
        // Nobody wants it any more when the last part is made.
        let _ = back.send(labels);
        Ok(())
    })
}

type Chunk = Arc<Vec<Parents>>;

/// Hands every chunk of parents to every thread that labels, in order.
fn feed(graph: &Graph, feeds: &[SyncSender<Chunk>], stop: &AtomicBool) {
    for first in (0..graph.nodes()).step_by(CHUNK as usize) {
        let chunk = Arc::new(graph.parents(first, CHUNK.min(graph.nodes() - first)));
        for feed in feeds {
            // Nobody listens any more: that thread has panicked, and the scope passes it on.
            if stop.load(Ordering::Relaxed) || feed.send(Arc::clone(&chunk)).is_err() {
                return;
            }
        }
    }
}

/// Labels a group, a chunk of parents after the other.
fn label(backend: Backend, mut layer: Layer<'_>, chunks: &Receiver<Chunk>, copies: Option<&Copies>) {
    let mut first = 0;
    for parents in chunks {
        label_nodes(backend, first, &parents, &mut layer);
        let made = first..first + parents.len();
        if copies.is_some_and(|copies| copies.send(&layer, made).is_none()) {
            return; // They cannot be written, and whoever says so has stopped the layer.
        }
        first += parents.len();
    }
}

impl Copies {
    /// Copies the labels of the nodes `made` for each sector. None when nobody takes them any more.
    fn send(&self, layer: &Layer<'_>, made: Range<usize>) -> Option<()> {
        let sectors = layer.replica_ids.len();
        let made = &layer.labels[made.start * sectors..made.end * sectors];
        (0..sectors).try_for_each(|sector| {
            let mut labels = self.used.try_recv().unwrap_or_default();
            labels.clear();
            labels.extend(made.iter().skip(sector).step_by(sectors));
            self.parts.send(Part { sector, labels }).ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::GraphVersion;
    use filecoin_proofs::constants::SectorShape2KiB;
    use filecoin_proofs::{DefaultPieceHasher, StoreConfig};
    use merkletree::store::Store;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use storage_proofs_core::api_version::ApiVersion;
    use storage_proofs_porep::stacked::{StackedBucketGraph, StackedDrg};

    /// The last whole layer of every sector.
    fn whole(labels: &Labels) -> Vec<Vec<Node>> {
        let layer = |sector| {
            let mut layer = vec![[1; 32]; labels.nodes];
            labels.read(sector, 0, &mut layer);
            layer
        };
        (0..labels.groups.iter().map(|group| group.replica_ids.len()).sum()).map(layer).collect()
    }

    /// The last of eleven layers, of sectors made side by side.
    fn last_layers(backend: Backend, graph: &Graph, replica_ids: &[Bytes32]) -> Vec<Vec<Node>> {
        let mut labels = Labels::new(replica_ids, graph.nodes(), 1);
        for number in 1..=11 {
            make_layer(backend, graph, number, &mut labels, nowhere(), || Ok(()))
                .expect("nothing fails beside");
        }
        whole(&labels)
    }

    /// The last label of eleven layers under replica id 9…9.
    fn last_label(nodes: u64, porep_id: Bytes32, version: GraphVersion, backend: Backend) -> [u64; 4] {
        let label =
            last_layers(backend, &Graph::new(nodes, &porep_id, version), &[[9; 32]])[0][nodes as usize - 1];
        std::array::from_fn(|i| u64::from_le_bytes(std::array::from_fn(|byte| label[8 * i + byte])))
    }

    /// `test_stacked_porep_generate_labels` of storage-proofs-porep.
    #[test]
    fn labels_are_the_references_pinned_ones() {
        use GraphVersion::{V1, V1_1};
        let pinned = [
            (
                64,
                [0; 32],
                V1,
                [0xd3faa96b9a0fba04, 0xea81a283d106485e, 0xe3d51b9afa5ac2b3, 0x0462f4f4f1a68d37],
            ),
            (
                128,
                [0; 32],
                V1,
                [0x7e191e52c4a8da86, 0x5ae8a1c9e6fac148, 0xce239f3b88a894b8, 0x234c00d1dc1d53be],
            ),
            (
                64,
                [123; 32],
                V1_1,
                [0xabb3f38bb70defcf, 0x777a2e4d7769119f, 0x3448959d495490bc, 0x06021188c7a71cb5],
            ),
            (
                128,
                [123; 32],
                V1_1,
                [0x22ab81cf68c4676d, 0x7a77a82fc7c9c189, 0xc6c03d32c1e42d23, 0x0f777c18cc2c55bd],
            ),
        ];
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_supported()) {
            for (nodes, porep_id, version, expected) in pinned {
                assert_eq!(last_label(nodes, porep_id, version, backend), expected, "{}", backend.name());
            }
        }
    }

    /// The last of eleven layers by the reference.
    fn reference(nodes: u64, porep_id: Bytes32, version: ApiVersion, replica_id: Bytes32) -> Vec<Node> {
        type Reference = StackedDrg<'static, SectorShape2KiB, DefaultPieceHasher>;
        let folder = tempfile::tempdir().expect("temporary folder");
        let graph =
            StackedBucketGraph::new_stacked(nodes as usize, 6, 8, porep_id, version).expect("a graph");
        let config = StoreConfig::new(folder.path(), "labels".to_owned(), 0);
        let made = Reference::generate_labels_for_decoding(&graph, 11, &replica_id.into(), config);
        let layer = made.and_then(|labels| labels.labels_for_last_layer()?.read_range(0..nodes as usize));
        layer.expect("labels").into_iter().map(Node::from).collect()
    }

    #[test]
    fn whole_layers_are_the_references_under_several_replica_ids() {
        let ids = [[0; 32], [9; 32], std::array::from_fn(|i| i as u8), [0x3f; 32], [1; 32]];
        for (nodes, version, api) in [
            (64, GraphVersion::V1, ApiVersion::V1_0_0),
            (512, GraphVersion::V1, ApiVersion::V1_0_0),
            (64, GraphVersion::V1_1, ApiVersion::V1_1_0),
            (512, GraphVersion::V1_1, ApiVersion::V1_2_0),
        ] {
            // The reference names a parents file by size and porep id, not by version.
            let porep_id = [90 + api as u8; 32];
            let expected = ids.map(|id| reference(nodes, porep_id, api, id));
            let graph = Graph::new(nodes, &porep_id, version);
            for backend in Backend::ALL.into_iter().filter(|backend| backend.is_supported()) {
                assert!(last_layers(backend, &graph, &ids) == expected, "{nodes} nodes, {}", backend.name());
            }
        }
    }

    #[test]
    fn a_failure_or_a_panic_stops_the_layer_and_success_does_not() {
        let stopped = |work: &dyn Fn() -> Result<()>| {
            let stop = AtomicBool::new(false);
            let _ = catch_unwind(AssertUnwindSafe(|| or_stop(&stop, work)));
            stop.into_inner()
        };
        assert!(!stopped(&|| Ok(())));
        assert!(stopped(&|| Err(crate::ProofError::bad_input("nothing"))));
        assert!(stopped(&|| panic!("beside the layer")));
    }

    fn collected_in(given: &mut Vec<Node>) -> impl FnMut(&[Node]) -> Result<()> {
        |labels| {
            given.extend_from_slice(labels);
            Ok(())
        }
    }

    #[test]
    fn labels_are_given_out_in_order_and_whole() {
        const NODES: usize = 1 << 14;
        let graph = Graph::new(NODES as u64, &[1; 32], GraphVersion::V1_1);
        for (count, threads) in [(1, 2), (3, 2), (5, 3)] {
            let ids: Vec<_> = (0..count).map(|id| [id; 32]).collect();
            let mut labels = Labels::new(&ids, NODES as u64, threads);
            for number in 1..=2 {
                let mut given = vec![Vec::new(); ids.len()];
                let mut out: Vec<_> = given.iter_mut().map(collected_in).collect();
                make_layer(Backend::detect(), &graph, number, &mut labels, &mut out, || Ok(()))
                    .expect("made");
                drop(out);
                assert!(whole(&labels) == given, "layer {number} of {count} sectors");
            }
        }
    }

    #[test]
    fn layers_go_on_from_one_that_was_kept() {
        const NODES: u64 = 1 << 13;
        let graph = Graph::new(NODES, &[1; 32], GraphVersion::V1_1);
        let ids: Vec<_> = (0..5).map(|id| [id; 32]).collect();
        let mut labels = Labels::new(&ids, NODES, 2);
        let make = |number, labels: &mut Labels| {
            make_layer(Backend::detect(), &graph, number, labels, nowhere(), || Ok(())).expect("made");
            whole(labels)
        };
        let first = make(1, &mut labels);
        let second = make(2, &mut labels);
        let mut again = Labels::new(&ids, NODES, 3);
        for (sector, kept) in first.iter().enumerate() {
            let read = |first: u64, to: &mut [Node]| {
                to.copy_from_slice(&kept[first as usize..][..to.len()]);
                Ok(())
            };
            again.resume(sector, read).expect("nothing fails");
        }
        assert!(make(2, &mut again) == second);
    }

    #[test]
    fn what_fails_beside_or_while_it_is_written_gives_the_layer_up() {
        let graph = Graph::new(1 << 14, &[1; 32], GraphVersion::V1_1);
        let mut labels = Labels::new(&[[1; 32], [2; 32]], 1 << 14, 2);
        let fail = || Err(crate::ProofError::bad_input("nothing"));
        let mut make = |fails_beside: bool| {
            let out = move |_: &[Node]| if fails_beside { Ok(()) } else { fail() };
            let beside = || if fails_beside { fail() } else { Ok(()) };
            make_layer(Backend::detect(), &graph, 1, &mut labels, &mut [out; 2], beside)
        };
        for fails_beside in [true, false] {
            assert_eq!(make(fails_beside).expect_err("it failed").code(), "PROOF_BAD_INPUT");
        }
    }

    #[test]
    #[should_panic(expected = "over its labels")]
    fn a_panic_of_a_writer_is_passed_on_with_its_message() {
        let graph = Graph::new(1 << 14, &[1; 32], GraphVersion::V1_1);
        let mut labels = Labels::new(&[[1; 32]], 1 << 14, 1);
        let out = |_: &[Node]| -> Result<()> { panic!("over its labels") };
        let _ = make_layer(Backend::detect(), &graph, 1, &mut labels, &mut [out], || Ok(()));
    }
}
