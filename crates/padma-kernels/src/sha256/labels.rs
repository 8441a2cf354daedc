//! SDR labels: node by node along the layer, each from the one before it.

use super::{Node, portable, uses_sha_ni};
use crate::Backend;

/// Of a node's parents, how many come first and lie in its own layer; the other eight lie in the layer before.
pub const BASE_PARENTS: usize = 6;

/// A node's parents: six of the depth-robust graph, then eight of the expander.
pub type Parents = [u32; 14];

/// How many blocks of two parents there are before they come again.
#[cfg(target_arch = "x86_64")]
pub(super) const fn pairs_in(layer: u32) -> usize {
    if layer == 1 { BASE_PARENTS / 2 } else { 7 }
}

/// A sector's layer while its labels are made.
pub struct SectorLayer<'a> {
    pub replica_id: &'a Node,
    /// The layer before; none for the first.
    pub previous: Option<&'a [Node]>,
    /// As long as the sector; those before the first node that is asked for are there already.
    pub labels: &'a mut [Node],
}

/// How many sectors [`label_nodes`] takes in one pass, in much less time than one after the other.
pub fn sectors_side_by_side(backend: Backend) -> usize {
    match backend {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx512 => super::avx512::LANES,
        _ if uses_sha_ni(backend) => 4,
        _ => 1,
    }
}

/// Makes the labels of the nodes from `first` on, one for each entry of `parents`, in every one of `sectors`:
/// SHA-256 of replica id, layer (from 1) and node (64 bytes), then of the parents' labels in turn until there are 37, cut
/// to a field element (Filecoin specification, "Stacked DRG: labeling"). One thread.
///
/// Panics when a node or a parent is outside of its layer, or when the first layer has one before it, or another none.
pub fn label_nodes(
    backend: Backend,
    layer: u32,
    first: usize,
    parents: &[Parents],
    sectors: &mut [SectorLayer<'_>],
) {
    sectors.iter().for_each(|sector| check(layer, first, parents, sector));
    #[cfg(target_arch = "x86_64")]
    if uses_sha_ni(backend) {
        // SAFETY: the CPU has the features; nodes and parents are inside, as checked above.
        return unsafe {
            let rest =
                if backend == Backend::Avx512 { in_lanes(layer, first, parents, sectors) } else { sectors };
            super::ni::label_nodes(layer, first, parents, rest)
        };
    }
    #[cfg(not(target_arch = "x86_64"))]
    uses_sha_ni(backend);
    sectors.iter_mut().for_each(|sector| portable::label_nodes(layer, first, parents, sector));
}

/// The fewest sectors that get lanes of their own. Sixteen lanes take 8 cycles a round on Zen 4 and Intel and 9 on Zen 5,
/// 650 a block with the schedules; the SHA extensions, four sectors side by side, take about 50 a block and sector on
/// Zen 4 and 64 and more on the others.
#[cfg(target_arch = "x86_64")]
const WORTH_LANES: usize = 12;

/// [`label_nodes`] of as many sectors as are faster in lanes; returns those that are left.
///
/// # Safety
/// The CPU has AVX-512; nodes and parents are inside of every layer.
#[cfg(target_arch = "x86_64")]
unsafe fn in_lanes<'s, 'a>(
    layer: u32,
    first: usize,
    parents: &[Parents],
    mut sectors: &'s mut [SectorLayer<'a>],
) -> &'s mut [SectorLayer<'a>] {
    use super::avx512::{LANES, label_nodes};
    while sectors.len() >= WORTH_LANES {
        let two = sectors.len() >= LANES + WORTH_LANES;
        let count = sectors.len().min(if two { 2 * LANES } else { LANES });
        let (now, rest) = sectors.split_at_mut(count);
        // SAFETY: as promised.
        unsafe {
            if two {
                label_nodes::<2>(layer, first, parents, now);
            } else {
                label_nodes::<1>(layer, first, parents, now);
            }
        }
        sectors = rest;
    }
    sectors
}

fn check(layer: u32, first: usize, parents: &[Parents], sector: &SectorLayer<'_>) {
    let nodes = sector.labels.len();
    assert!(
        layer > 0 && (layer == 1) == sector.previous.is_none(),
        "layer {layer} and what is before it disagree"
    );
    assert!(sector.previous.is_none_or(|previous| previous.len() == nodes), "layers of different lengths");
    assert!(first + parents.len() <= nodes, "nodes from {first} on are outside of {nodes}");
    let highest = parents.as_flattened().iter().copied().max().unwrap_or(0) as usize;
    assert!(parents.is_empty() || highest < nodes, "parent {highest} is outside of {nodes} nodes");
}
