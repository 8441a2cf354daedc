//! SDR labels: node by node along the layer, each from the one before it.

use super::{Node, portable, uses_sha_ni};
use crate::Backend;

/// Of a node's parents, how many come first and lie in its own layer; the other eight lie in the layer before.
pub const BASE_PARENTS: usize = 6;

/// A node's parents: six of the depth-robust graph, then eight of the expander.
pub type Parents = [u32; 14];

/// Blocks of a label's message: the header, 37 labels and the end.
pub(super) const BLOCKS: usize = 20;

/// How many blocks of two parents there are before they come again.
#[cfg(target_arch = "x86_64")]
pub(super) const fn pairs_in(layer: u32) -> usize {
    if layer == 1 { BASE_PARENTS / 2 } else { 7 }
}

/// A layer of one or more sectors while its labels are made. A node's labels in all sectors lie one after the other:
/// parents are anywhere, and one look-up of a page finds those of all sectors.
pub struct Layer<'a> {
    /// Its place from 1 on.
    pub number: u32,
    /// One for each sector.
    pub replica_ids: &'a [Node],
    /// The layer before; none for the first.
    pub previous: Option<&'a [Node]>,
    /// As many for each node as there are sectors. Those before the first node that is asked for are there already.
    pub labels: &'a mut [Node],
}

/// How many sectors [`label_nodes`] takes in one pass, in much less time than one after the other.
pub fn sectors_side_by_side(backend: Backend) -> usize {
    match backend {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx512 => 2 * super::avx512::LANES,
        _ if uses_sha_ni(backend) => 4,
        _ => 1,
    }
}

/// Makes the labels of the nodes from `first` on, one for each entry of `parents`, of every sector:
/// SHA-256 of replica id, layer (from 1) and node (64 bytes), then of the parents' labels in turn until there are 37, cut
/// to a field element (Filecoin specification, "Stacked DRG: labeling"). One thread.
///
/// Panics when a node or a parent is outside of the layer, or when the first layer has one before it, or another none.
pub fn label_nodes(backend: Backend, first: usize, parents: &[Parents], layer: &mut Layer<'_>) {
    if layer.replica_ids.is_empty() {
        return;
    }
    check(first, parents, layer);
    #[cfg(target_arch = "x86_64")]
    if uses_sha_ni(backend) {
        // SAFETY: the CPU has the features; nodes and parents are inside, as checked above.
        return unsafe {
            let done = if backend == Backend::Avx512 { in_lanes(first, parents, layer) } else { 0 };
            super::ni::label_nodes(first, parents, layer, done)
        };
    }
    #[cfg(not(target_arch = "x86_64"))]
    uses_sha_ni(backend);
    (0..layer.replica_ids.len()).for_each(|sector| portable::label_nodes(first, parents, layer, sector));
}

/// The fewest sectors that get lanes of their own. Sixteen lanes take 8 cycles a round on Zen 4 and Intel and 9 on Zen 5,
/// 650 a block with the schedules; the SHA extensions, four sectors side by side, take about 50 a block and sector on
/// Zen 4 and 64 and more on the others.
#[cfg(target_arch = "x86_64")]
const WORTH_LANES: usize = 12;

/// [`label_nodes`] of as many sectors as are faster in lanes; returns how many these are.
///
/// # Safety
/// The CPU has AVX-512; nodes and parents are inside of the layer.
#[cfg(target_arch = "x86_64")]
unsafe fn in_lanes(first: usize, parents: &[Parents], layer: &mut Layer<'_>) -> usize {
    use super::avx512::{LANES, label_nodes};
    let mut done = 0;
    while layer.replica_ids.len() - done >= WORTH_LANES {
        let left = layer.replica_ids.len() - done;
        let two = left >= LANES + WORTH_LANES;
        // SAFETY: as promised.
        unsafe {
            if two {
                label_nodes::<2>(first, parents, layer, done);
            } else {
                label_nodes::<1>(first, parents, layer, done);
            }
        }
        done += left.min(if two { 2 * LANES } else { LANES });
    }
    done
}

fn check(first: usize, parents: &[Parents], layer: &Layer<'_>) {
    let Layer { number, replica_ids, previous, labels } = layer;
    let nodes = labels.len() / replica_ids.len();
    assert_eq!(nodes * replica_ids.len(), labels.len(), "as many labels of each node as there are sectors");
    assert!(
        *number > 0 && (*number == 1) == previous.is_none(),
        "layer {number} and what is before it disagree"
    );
    assert!(previous.is_none_or(|previous| previous.len() == labels.len()), "layers of different lengths");
    assert!(first + parents.len() <= nodes, "nodes from {first} on are outside of {nodes}");
    let highest = parents.as_flattened().iter().copied().max().unwrap_or(0) as usize;
    assert!(parents.is_empty() || highest < nodes, "parent {highest} is outside of {nodes} nodes");
}
