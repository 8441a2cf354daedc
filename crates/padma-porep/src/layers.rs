//! The SDR layers of one or more sectors of a size, made side by side.
//!
//! Sectors share the parents, which a thread makes a chunk ahead of those that label. Each thread labels its own sectors,
//! as many in one pass of the kernel as it takes. A layer is written and digested while it is made, and flushed while the
//! next one is.

use padma_kernels::Backend;
use padma_kernels::node::Node;
use padma_kernels::pages::large_vec;
use padma_kernels::sha256::{Parents, SectorLayer, label_nodes};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::Bytes32;
use crate::error::Result;
use crate::graph::Graph;

/// Nodes whose parents are made at a time: 224 KiB, which stay in the second-level cache.
const CHUNK: u64 = 1 << 12;
/// Chunks that may be ready before they are needed.
const READY: usize = 4;

/// A sector's labels: one layer whole, one in the making.
pub(crate) struct Labels {
    pub replica_id: Bytes32,
    /// The last whole layer; of no use before the first one is made.
    previous: Vec<Node>,
    current: Vec<Node>,
}

impl Labels {
    pub(crate) fn new(replica_id: Bytes32, nodes: u64) -> Self {
        let zeros = || {
            let mut layer = large_vec(nodes as usize);
            layer.resize(nodes as usize, [0; 32]);
            layer
        };
        Self { replica_id, previous: zeros(), current: zeros() }
    }

    /// The last whole layer.
    #[cfg(test)]
    pub(crate) fn whole(&self) -> &[Node] {
        &self.previous
    }

    /// The last whole layer; the memory of the other one is free.
    pub(crate) fn into_whole(self) -> Vec<Node> {
        self.previous
    }

    /// To be filled with a layer that is made already.
    pub(crate) fn resumed(&mut self) -> &mut [Node] {
        &mut self.previous
    }
}

/// Makes layer `number` (from 1) of all `sectors` out of their last whole ones, on as many threads as `threads`, while
/// `beside` runs. `out` is given the labels of each sector (its place in `sectors`) in order, soon after they are made.
/// When either fails, the labels are given up.
pub(crate) fn make_layer<T: Send>(
    backend: Backend,
    graph: &Graph,
    number: u32,
    sectors: &mut [Labels],
    threads: usize,
    mut out: impl FnMut(usize, &[Node]) -> Result<()> + Send,
    beside: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    let stop = &AtomicBool::new(false);
    let each = sectors.len().div_ceil(threads.max(1)).max(1);
    let (parts, made) = sync_channel(2 * sectors.len());
    let mut layers: Vec<_> = sectors.iter_mut().map(|labels| in_layer(number, labels)).collect();
    let (beside, written) = thread::scope(|scope| {
        let mut feeds = Vec::new();
        for (group, own) in layers.chunks_mut(each).enumerate() {
            let (feed, chunks) = sync_channel(READY);
            feeds.push(feed);
            let parts = parts.clone();
            scope.spawn(move || label(backend, number, group * each, own, &chunks, &parts));
        }
        drop(parts);
        scope.spawn(move || feed(graph, &feeds, stop));
        let write = move || made.iter().try_for_each(|Part { sector, labels }| out(sector, &labels));
        let writer = scope.spawn(move || or_stop(stop, write));
        (or_stop(stop, beside), writer.join())
    });
    written.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let beside = beside?;
    for labels in sectors {
        std::mem::swap(&mut labels.previous, &mut labels.current);
    }
    Ok(beside)
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

fn in_layer(number: u32, labels: &mut Labels) -> SectorLayer<'_> {
    let previous = (number > 1).then_some(labels.previous.as_slice());
    SectorLayer { replica_id: &labels.replica_id, previous, labels: &mut labels.current }
}

/// A copy of labels of one sector: the layer itself goes on changing.
struct Part {
    sector: usize,
    labels: Vec<Node>,
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

/// Labels `sectors`, the first of which is the `from`-th of all.
fn label(
    backend: Backend,
    number: u32,
    from: usize,
    sectors: &mut [SectorLayer<'_>],
    chunks: &Receiver<Chunk>,
    parts: &SyncSender<Part>,
) {
    let mut first = 0;
    for parents in chunks {
        label_nodes(backend, number, first, &parents, sectors);
        for (sector, layer) in (from..).zip(sectors.iter()) {
            let labels = layer.labels[first..first + parents.len()].to_vec();
            if parts.send(Part { sector, labels }).is_err() {
                return; // They cannot be written, and whoever says so has stopped the layer.
            }
        }
        first += parents.len();
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

    /// The last of eleven layers, of sectors made side by side.
    fn last_layers(backend: Backend, graph: &Graph, replica_ids: &[Bytes32]) -> Vec<Vec<Node>> {
        let mut sectors: Vec<_> = replica_ids.iter().map(|id| Labels::new(*id, graph.nodes())).collect();
        for number in 1..=11 {
            make_layer(backend, graph, number, &mut sectors, 1, |_, _| Ok(()), || Ok(()))
                .expect("nothing fails beside");
        }
        sectors.into_iter().map(Labels::into_whole).collect()
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

    #[test]
    fn labels_are_given_out_in_order_and_whole() {
        const NODES: usize = 1 << 14;
        let graph = Graph::new(NODES as u64, &[1; 32], GraphVersion::V1_1);
        let mut sectors: Vec<_> = (0..3).map(|id| Labels::new([id; 32], NODES as u64)).collect();
        for number in 1..=2 {
            let mut given = vec![Vec::new(); sectors.len()];
            let out = |sector: usize, labels: &[Node]| {
                given[sector].extend_from_slice(labels);
                Ok(())
            };
            make_layer(Backend::detect(), &graph, number, &mut sectors, 2, out, || Ok(())).expect("made");
            assert!(sectors.iter().map(Labels::whole).eq(given.iter().map(Vec::as_slice)), "layer {number}");
        }
    }

    #[test]
    fn what_fails_beside_or_while_it_is_written_gives_the_layer_up() {
        let graph = Graph::new(1 << 14, &[1; 32], GraphVersion::V1_1);
        let mut sectors = [Labels::new([1; 32], 1 << 14), Labels::new([2; 32], 1 << 14)];
        let fail = || Err(crate::ProofError::bad_input("nothing"));
        let mut make = |fails_beside: bool| {
            let out = |_: usize, _: &[Node]| if fails_beside { Ok(()) } else { fail() };
            let beside = || if fails_beside { fail() } else { Ok(()) };
            make_layer(Backend::detect(), &graph, 1, &mut sectors, 2, out, beside)
        };
        for fails_beside in [true, false] {
            assert_eq!(make(fails_beside).expect_err("it failed").code(), "PROOF_BAD_INPUT");
        }
    }
}
