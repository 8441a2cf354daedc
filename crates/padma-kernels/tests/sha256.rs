//! Tree nodes and SDR labels: portable compared with the sha2 crate, every backend with portable.

use padma_kernels::Backend;
use padma_kernels::node::Node;
use padma_kernels::sha256::{BASE_PARENTS, Layer, Parents, hash_pairs, label_nodes};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// All zeros, all ones, then random bytes.
fn nodes(count: usize, seed: u64) -> Vec<Node> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut nodes = vec![[0; 32], [0xff; 32]];
    nodes.resize_with(count.max(2), || {
        let mut node = [0; 32];
        rng.fill_bytes(&mut node);
        node
    });
    nodes.truncate(count);
    nodes
}

fn digest(message: &[u8]) -> Node {
    let mut digest: Node = Sha256::digest(message).into();
    digest[31] &= 0x3f;
    digest
}

#[test]
fn pairs_are_hashed_as_by_sha2_in_any_number() {
    let children = nodes(2 * 70, 1);
    let expected: Vec<Node> = children.as_flattened().chunks(64).map(digest).collect();
    for backend in Backend::supported() {
        for count in (0..=17).chain([31, 32, 33, 70]) {
            for from in [0, 70 - count] {
                let mut parents = vec![[1; 32]; count];
                hash_pairs(backend, &children[2 * from..2 * (from + count)], &mut parents);
                assert_eq!(parents, expected[from..from + count], "{} {count}", backend.name());
            }
        }
    }
}

/// Any earlier nodes, itself among them, and any of the layer before.
fn graph(nodes: usize) -> Vec<Parents> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut parents = |node: usize| {
        std::array::from_fn(|i| {
            let below = if i < BASE_PARENTS { node.max(1) } else { nodes };
            if i == 0 { node.saturating_sub(1) as u32 } else { rng.next_u32() % below as u32 }
        })
    };
    (0..nodes).map(&mut parents).collect()
}

/// The message as the specification has it.
fn label(replica_id: &Node, layer: u32, node: usize, inputs: &[Node]) -> Node {
    let mut message = replica_id.to_vec();
    message.extend(layer.to_be_bytes());
    message.extend((node as u64).to_be_bytes());
    message.resize(64, 0);
    if node > 0 {
        inputs.iter().cycle().take(37).for_each(|input| message.extend(input));
    }
    digest(&message)
}

fn expected(layer: u32, replica_id: &Node, graph: &[Parents], previous: &[Node]) -> Vec<Node> {
    let mut labels: Vec<Node> = Vec::new();
    for (node, parents) in graph.iter().enumerate() {
        let (base, expander) = parents.split_at(BASE_PARENTS);
        let base = base.iter().map(|parent| labels.get(*parent as usize).copied().unwrap_or([0; 32]));
        let expander = expander.iter().filter(|_| layer > 1).map(|parent| previous[*parent as usize]);
        let inputs: Vec<Node> = base.chain(expander).collect();
        labels.push(label(replica_id, layer, node, &inputs));
    }
    labels
}

/// The nodes of each sector, as a layer has them: a node of each, then the next of each.
fn together(sectors: &[Vec<Node>]) -> Vec<Node> {
    let nodes = sectors.first().map_or(0, Vec::len);
    (0..nodes).flat_map(|node| sectors.iter().map(move |sector| sector[node])).collect()
}

/// Labels of as many sectors as there are replica ids, in pieces of `step` nodes.
fn made(
    backend: Backend,
    number: u32,
    replica_ids: &[Node],
    graph: &[Parents],
    previous: &[Vec<Node>],
    step: usize,
) -> Vec<Node> {
    let previous = together(previous);
    let mut labels = vec![[0; 32]; graph.len() * replica_ids.len()];
    let previous = (number > 1).then_some(&previous[..]);
    let mut layer = Layer { number, replica_ids, previous, labels: &mut labels };
    for first in (0..graph.len()).step_by(step) {
        let own = &graph[first..graph.len().min(first + step)];
        label_nodes(backend, first, own, &mut layer);
    }
    labels
}

#[test]
fn labels_are_those_of_the_specification_for_any_number_of_sectors() {
    const NODES: usize = 100;
    let graph = graph(NODES);
    // Enough for two sets of AVX-512, and what is left over.
    let (ids, previous): (Vec<_>, Vec<_>) =
        nodes(45, 3).into_iter().zip((10..).map(|i| nodes(NODES, i))).unzip();
    for layer in [1, 2, 11] {
        let expected: Vec<_> =
            ids.iter().zip(&previous).map(|(id, previous)| expected(layer, id, &graph, previous)).collect();
        for backend in Backend::supported() {
            for count in (1..=9).chain([11, 12, 13, 16, 17, 27, 28, 31, 32, 33, 45]) {
                for step in [1, 7, NODES] {
                    let made = made(backend, layer, &ids[..count], &graph, &previous[..count], step);
                    assert!(
                        made == together(&expected[..count]),
                        "{} layer {layer}, {count} by {step}",
                        backend.name()
                    );
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "outside")]
fn a_parent_outside_of_the_layer_is_refused() {
    let labels = &mut vec![[0; 32]; 4][..];
    let mut layer = Layer { number: 1, replica_ids: &[[0; 32]], previous: None, labels };
    label_nodes(Backend::detect(), 0, &[[4; 14]], &mut layer);
}

#[test]
#[should_panic(expected = "outside")]
fn a_node_outside_of_the_layer_is_refused() {
    let labels = &mut vec![[0; 32]; 4][..];
    let mut layer = Layer { number: 1, replica_ids: &[[0; 32]], previous: None, labels };
    label_nodes(Backend::detect(), 3, &[[0; 14]; 2], &mut layer);
}

#[test]
#[should_panic(expected = "disagree")]
fn an_odd_child_is_refused() {
    hash_pairs(Backend::Portable, &[[0; 32]; 3], &mut [[0; 32]]);
}
