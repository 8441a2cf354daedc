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
        make_layer(backend, graph, number, &mut labels, &mut [], || Ok(())).expect("nothing fails beside");
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
        (64, [0; 32], V1, [0xd3faa96b9a0fba04, 0xea81a283d106485e, 0xe3d51b9afa5ac2b3, 0x0462f4f4f1a68d37]),
        (128, [0; 32], V1, [0x7e191e52c4a8da86, 0x5ae8a1c9e6fac148, 0xce239f3b88a894b8, 0x234c00d1dc1d53be]),
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
    for backend in Backend::supported() {
        for (nodes, porep_id, version, expected) in pinned {
            assert_eq!(last_label(nodes, porep_id, version, backend), expected, "{}", backend.name());
        }
    }
}

/// The last of eleven layers by the reference.
fn reference(nodes: u64, porep_id: Bytes32, version: ApiVersion, replica_id: Bytes32) -> Vec<Node> {
    type Reference = StackedDrg<'static, SectorShape2KiB, DefaultPieceHasher>;
    let folder = tempfile::tempdir().expect("temporary folder");
    let graph = StackedBucketGraph::new_stacked(nodes as usize, 6, 8, porep_id, version).expect("a graph");
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
        for backend in Backend::supported() {
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

fn collected_in(given: &mut Vec<Node>) -> Out<'_> {
    Box::new(|labels| {
        given.extend_from_slice(labels);
        Ok(())
    })
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
            make_layer(Backend::detect(), &graph, number, &mut labels, &mut out, || Ok(())).expect("made");
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
        make_layer(Backend::detect(), &graph, number, labels, &mut [], || Ok(())).expect("made");
        whole(labels)
    };
    let first = make(1, &mut labels);
    let second = make(2, &mut labels);
    let mut again = Labels::new(&ids, NODES, 3).with_room_for_kept();
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
        let out = || -> Out<'_> { Box::new(move |_| if fails_beside { Ok(()) } else { fail() }) };
        let beside = || if fails_beside { fail() } else { Ok(()) };
        make_layer(Backend::detect(), &graph, 1, &mut labels, &mut [out(), out()], beside)
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
    let out: Out<'_> = Box::new(|_| panic!("over its labels"));
    let _ = make_layer(Backend::detect(), &graph, 1, &mut labels, &mut [out], || Ok(()));
}
