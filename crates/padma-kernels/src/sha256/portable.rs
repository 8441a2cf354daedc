//! SHA-256 as FIPS 180-4 writes it: what the other kernels must equal.

use super::labels::{BASE_PARENTS, Parents, SectorLayer};
use super::{AFTER_64_BYTES, FIELD_MASK, INITIAL, LABEL_BYTES, Node, scheduled};

/// One block whose W + K are known.
fn compress(state: &mut [u32; 8], schedule: &[u32; 64]) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for word in schedule {
        let big1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first = h.wrapping_add(big1).wrapping_add(choice).wrapping_add(*word);
        let big0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(big0).wrapping_add(majority));
    }
    for (word, change) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(change);
    }
}

fn words(node: &Node) -> [u32; 8] {
    std::array::from_fn(|i| u32::from_be_bytes(std::array::from_fn(|byte| node[4 * i + byte])))
}

fn block(left: &[u32; 8], right: &[u32; 8]) -> [u32; 16] {
    std::array::from_fn(|i| if i < 8 { left[i] } else { right[i - 8] })
}

/// The digest's bytes, cut to a field element.
fn field_element(state: &[u32; 8]) -> Node {
    let mut state = *state;
    state[7] &= FIELD_MASK;
    let mut node = [0; 32];
    node.chunks_exact_mut(4).zip(state).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_be_bytes()));
    node
}

pub(super) fn hash_pairs(children: &[Node], parents: &mut [Node]) {
    for (pair, parent) in children.chunks_exact(2).zip(parents) {
        let mut state = INITIAL;
        compress(&mut state, &scheduled(&block(&words(&pair[0]), &words(&pair[1]))));
        compress(&mut state, &AFTER_64_BYTES);
        *parent = field_element(&state);
    }
}

/// As the specification has it: the header, the parents in turn until there are 37, the padding.
pub(super) fn label_nodes(layer: u32, first: usize, parents: &[Parents], sector: &mut SectorLayer<'_>) {
    for (node, parents) in (first..).zip(parents) {
        let mut state = INITIAL;
        let header = [layer, (node as u64 >> 32) as u32, node as u32, 0, 0, 0, 0, 0];
        compress(&mut state, &scheduled(&block(&words(sector.replica_id), &header)));
        if node == 0 {
            compress(&mut state, &AFTER_64_BYTES);
        } else {
            let mut inputs: Vec<_> = inputs(sector, parents).into_iter().cycle().take(37).collect();
            inputs.push([1 << 31, 0, 0, 0, 0, 0, 0, 8 * LABEL_BYTES]);
            for pair in inputs.chunks_exact(2) {
                compress(&mut state, &scheduled(&block(&pair[0], &pair[1])));
            }
        }
        sector.labels[node] = field_element(&state);
    }
}

/// The labels that go in: of the base parents in this layer, and of the expander parents in the one before.
fn inputs(sector: &SectorLayer<'_>, parents: &Parents) -> Vec<[u32; 8]> {
    let (base, expander) = parents.split_at(BASE_PARENTS);
    let here = base.iter().map(|parent| words(&sector.labels[*parent as usize]));
    let before = sector.previous.map(|layer| expander.iter().map(|parent| words(&layer[*parent as usize])));
    here.chain(before.into_iter().flatten()).collect()
}
