//! Messages as the specification writes them, hashed by the sha2 crate: what the other kernels must equal, and what runs
//! where there is none. The crate uses the SHA instructions of arm64 where the CPU has them.

use sha2::compress256;
use sha2::digest::generic_array::GenericArray;
use sha2::digest::typenum::U64;

use super::labels::{BASE_PARENTS, BLOCKS, Layer, Parents};
use super::{FIELD_MASK, INITIAL, LABEL_BYTES, Node};

type Block = GenericArray<u8, U64>;

/// What ends a message of so many bytes: a bit, zeros, and its length in bits (FIPS 180-4, 5.1.1).
fn end(message: &mut [u8], bytes: u32) {
    message.fill(0);
    message[0] = 0x80;
    let length = message.len() - 4;
    message[length..].copy_from_slice(&(8 * bytes).to_be_bytes());
}

/// The digest's bytes, cut to a field element.
fn digest(blocks: &[Block]) -> Node {
    let mut state = INITIAL;
    compress256(&mut state, blocks);
    state[7] &= FIELD_MASK;
    let mut node = [0; 32];
    node.chunks_exact_mut(4).zip(state).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_be_bytes()));
    node
}

pub(super) fn hash_pairs(children: &[Node], parents: &mut [Node]) {
    let mut message = [Block::default(); 2];
    end(&mut message[1], 64);
    for (pair, parent) in children.as_chunks::<2>().0.iter().zip(parents) {
        message[0].copy_from_slice(pair.as_flattened());
        *parent = digest(&message);
    }
}

/// As the specification has it: the header, the parents in turn until there are 37, the end.
pub(super) fn label_nodes(first: usize, parents: &[Parents], layer: &mut Layer<'_>, sector: usize) {
    let sectors = layer.replica_ids.len();
    let mut message = [Block::default(); BLOCKS];
    message[0][..32].copy_from_slice(&layer.replica_ids[sector]);
    message[0][32..36].copy_from_slice(&layer.number.to_be_bytes());
    for (node, parents) in (first..).zip(parents) {
        message[0][36..44].copy_from_slice(&(node as u64).to_be_bytes());
        let blocks = if node == 0 {
            end(&mut message[1], 64);
            2
        } else {
            let places = message[1..].iter_mut().flat_map(|block| block.as_chunks_mut::<32>().0).take(37);
            places.zip(inputs(layer, parents, sector).cycle()).for_each(|(place, label)| *place = *label);
            end(&mut message[BLOCKS - 1][32..], LABEL_BYTES);
            BLOCKS
        };
        layer.labels[node * sectors + sector] = digest(&message[..blocks]);
    }
}

/// The labels that go in: of the base parents in this layer, and of the expander parents in the one before.
fn inputs<'a>(
    layer: &'a Layer<'_>,
    parents: &'a Parents,
    sector: usize,
) -> impl Iterator<Item = &'a Node> + Clone {
    let (base, expander) = parents.split_at(BASE_PARENTS);
    let place = move |parent: &u32| *parent as usize * layer.replica_ids.len() + sector;
    let here = base.iter().map(move |parent| &layer.labels[place(parent)]);
    let before = layer.previous.map(|labels| expander.iter().map(move |parent| &labels[place(parent)]));
    here.chain(before.into_iter().flatten())
}
