//! Half a gibibyte against the reference, file by file. It takes a quarter of an hour and 12 GiB of TMPDIR, so it runs only
//! when it is asked for:
//!
//! `node tools/build-native.js -- test --release -p padma-porep --test it half_a_gibibyte -- --ignored --nocapture`

use super::support::Fixture;
use super::{c1, pc1, pc2, unseal};
use filecoin_proofs_api::RegisteredSealProof::StackedDrg512MiBV1_1;
use padma_porep::sector::SectorSize;

/// Layers, TreeD, the replica, TreeC, TreeR, `p_aux`, `t_aux`, all commitments, C1's openings, and data that is unsealed.
#[test]
#[ignore = "takes a quarter of an hour and 12 GiB of disk"]
fn half_a_gibibyte_is_sealed_and_unsealed_as_by_the_reference() {
    let user = SectorSize::MiB512.user_bytes();
    let pieces = [(127, 100), (user / 8, user / 9), (127 << 10, 1), (user / 2, user / 2)];
    let fixture = Fixture::with_pieces(SectorSize::MiB512, &pieces);
    pc1::check_against_reference(&fixture, StackedDrg512MiBV1_1);
    let made = pc2::same_as_reference(&fixture);
    c1::same_as_reference(&fixture, made, StackedDrg512MiBV1_1);
    unseal::same_as_reference(&fixture, made, StackedDrg512MiBV1_1, &[(127, user - 254)]);
}
