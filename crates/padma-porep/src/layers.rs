//! The SDR layers of one or more sectors of a size, made side by side.
//!
//! Sectors share the parents, which a thread makes some chunks ahead of those that label. Each thread labels its own
//! sectors, whose labels of a node lie together in memory. A layer is written and digested while it is made, and flushed
//! while the next one is.

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

    /// Room for layers that were kept, and are read with [`Self::resume`] before the next one is made.
    pub(crate) fn with_room_for_kept(mut self) -> Self {
        for group in &mut self.groups {
            group.previous = Some(Nodes::zeroed(self.nodes * group.replica_ids.len()));
        }
        self
    }

    /// Takes a sector's last whole layer from where it was kept: `read` is given the first node and the labels to fill.
    /// Panics when there is no room for it.
    pub(crate) fn resume(
        &mut self,
        sector: usize,
        mut read: impl FnMut(u64, &mut [Node]) -> Result<()>,
    ) -> Result<()> {
        let group = &mut self.groups[sector / self.each];
        let (place, stride) = (sector % self.each, group.replica_ids.len());
        let layer = group.previous.as_mut().expect("there is room for what was kept");
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
        let (layer, sectors) = (group.previous.as_ref().expect("a layer is whole"), group.replica_ids.len());
        let own = own(&layer[first as usize * sectors..], sector % self.each, sectors);
        labels.iter_mut().zip(own).for_each(|(to, label)| *to = *label);
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
}

/// A sector's own of the labels of all.
fn own(labels: &[Node], sector: usize, sectors: usize) -> impl Iterator<Item = &Node> {
    labels.iter().skip(sector).step_by(sectors)
}

/// Is given a sector's labels in order, soon after they are made.
pub(crate) type Out<'a> = Box<dyn FnMut(&[Node]) -> Result<()> + Send + 'a>;

/// Makes layer `number` (from 1) out of the last whole one, while `beside` runs. There is an `out` for each sector, or none
/// at all. When one of these or `beside` fails, the layer is given up.
pub(crate) fn make_layer<T: Send>(
    backend: Backend,
    graph: &Graph,
    number: u32,
    labels: &mut Labels,
    out: &mut [Out<'_>],
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
fn write(out: &mut [Out<'_>], made: &Receiver<Part>, back: &Sender<Vec<Node>>) -> Result<()> {
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
            labels.extend(own(made, sector, sectors));
            self.parts.send(Part { sector, labels }).ok()
        })
    }
}

#[cfg(test)]
mod tests;
