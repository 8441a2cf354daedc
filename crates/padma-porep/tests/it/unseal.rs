use super::pc2::same_bytes;
use super::support::{Fixture, damage};
use filecoin_proofs_api::{RegisteredSealProof, SectorId, UnpaddedByteIndex, UnpaddedBytesAmount, seal};
use padma_porep::seal::Commitments;
use padma_porep::sector::SectorSize;
use padma_porep::unseal::{Unseal, unseal_range};
use std::fs;
use std::path::Path;

fn request(sector: &Fixture, made: Commitments, offset: u64, size: u64) -> Unseal {
    let (sealed, output) = (sector.path("sealed"), sector.path("out"));
    let (sector, ticket, Commitments { comm_r, comm_d }) = (sector.sector, sector.ticket, made);
    Unseal { sector, sealed, cache: None, ticket, comm_d, comm_r, offset, size, output }
}

/// The fixture's data, by unpadding the unsealed file.
fn data(unsealed: &Path) -> Vec<u8> {
    let padded = fs::read(unsealed).unwrap();
    let mut data = Vec::new();
    filecoin_proofs_api::fr32::write_unpadded(&padded[..], &mut data, 0, padded.len() / 128 * 127).unwrap();
    data
}

#[test]
fn gives_back_any_range() {
    let sector = Fixture::new(SectorSize::KiB2);
    let made = sector.replicate();
    let data = data(&sector.path("unsealed"));
    let trees = fs::read(sector.path("cache").join("sc-02-data-tree-d.dat")).unwrap();
    for (offset, size) in [(0, 2032), (0, 1), (2031, 1), (126, 3), (500, 1000)] {
        unseal_range(&request(&sector, made, offset, size)).unwrap();
        assert_eq!(fs::read(sector.path("out")).unwrap(), data[offset as usize..(offset + size) as usize]);
    }
    assert!(!sector.path("out.tmp").exists());
    assert_eq!(fs::read(sector.path("cache").join("sc-02-data-tree-d.dat")).unwrap(), trees);
}

/// The reference unseals the same ranges, which have to begin at whole quads for it. It writes each layer over the TreeD file of the cache folder it is given.
pub fn same_as_reference(
    sector: &Fixture,
    made: Commitments,
    proof: RegisteredSealProof,
    ranges: &[(u64, u64)],
) {
    let scratch = sector.path("scratch");
    fs::create_dir(&scratch).unwrap();
    for (offset, length) in ranges {
        let Unseal { sealed, comm_d, ticket, .. } = request(sector, made, *offset, *length);
        seal::get_unsealed_range(
            proof,
            scratch.clone(),
            sealed,
            sector.path("expected"),
            sector.sector.prover_id,
            SectorId::from(sector.sector.number),
            comm_d,
            ticket,
            UnpaddedByteIndex(*offset),
            UnpaddedBytesAmount(*length),
        )
        .unwrap();
        unseal_range(&request(sector, made, *offset, *length)).unwrap();
        assert!(same_bytes(&sector.path("out"), &sector.path("expected")), "{length} bytes from {offset}");
    }
    damage(&sector.path("sealed"), sector.sector.size.bytes() as usize / 2);
    fs::remove_file(sector.path("out")).unwrap();
    let found = unseal_range(&request(sector, made, 0, 127)).unwrap_err();
    assert_eq!(found.code(), "PROOF_SECTOR_DAMAGED");
    assert!(!sector.path("out").exists() && !sector.path("out.tmp").exists());
}

#[test]
fn gives_what_the_reference_gives() {
    use RegisteredSealProof::{StackedDrg2KiBV1_1, StackedDrg8MiBV1_1};
    let small = Fixture::with_pieces(SectorSize::KiB2, &[(127, 1), (1016, 1000)]);
    let made = small.replicate();
    same_as_reference(&small, made, StackedDrg2KiBV1_1, &[(0, 2032), (127, 254), (1016, 127)]);
    let large = Fixture::new(SectorSize::MiB8);
    let (made, user) = (large.replicate(), SectorSize::MiB8.user_bytes());
    // Over the border of two waves.
    let (offset, length) = (127 * 8191, user - 127 * 8192);
    let over_the_border = request(&large, made, offset + 5, length - 5);
    unseal_range(&over_the_border).unwrap();
    let unsealed = &data(&large.path("unsealed"))[offset as usize..][..length as usize];
    assert!(fs::read(large.path("out")).unwrap() == unsealed[5..]);
    same_as_reference(&large, made, StackedDrg8MiBV1_1, &[(offset, length)]);
}

#[test]
fn an_earlier_layer_is_gone_on_from_and_not_trusted() {
    let sector = Fixture::new(SectorSize::KiB2);
    let made = sector.replicate();
    let layer = |number: u32| sector.path("cache").join(format!("sc-02-data-layer-{number}.dat"));
    fs::remove_file(layer(2)).unwrap();
    let unseal =
        || unseal_range(&Unseal { cache: Some(sector.path("cache")), ..request(&sector, made, 0, 2032) });
    let expected = data(&sector.path("unsealed"));
    unseal().unwrap();
    assert_eq!(fs::read(sector.path("out")).unwrap(), expected);
    damage(&layer(1), 40);
    unseal().unwrap();
    assert_eq!(fs::read(sector.path("out")).unwrap(), expected);
}

#[test]
fn a_key_that_is_damaged_is_made_anew() {
    let sector = Fixture::new(SectorSize::KiB2);
    let made = sector.replicate();
    let key = sector.path("cache").join("sc-02-data-layer-2.dat");
    // The second makes the node no field element.
    for bytes in [[1; 32], [0xff; 32]] {
        let mut wrong = fs::read(&key).unwrap();
        wrong[320..352].copy_from_slice(&bytes);
        fs::write(&key, &wrong).unwrap();
        let request = Unseal { cache: Some(sector.path("cache")), ..request(&sector, made, 0, 2032) };
        unseal_range(&request).unwrap();
        assert_eq!(fs::read(sector.path("out")).unwrap(), data(&sector.path("unsealed")));
        assert_eq!(fs::read(&key).unwrap(), wrong, "the cache folder is left as it is");
        fs::remove_file(sector.path("out")).unwrap();
    }
    damage(&sector.path("sealed"), 1999);
    let request = Unseal { cache: Some(sector.path("cache")), ..request(&sector, made, 0, 100) };
    assert_eq!(unseal_range(&request).unwrap_err().code(), "PROOF_SECTOR_DAMAGED");
    assert!(!sector.path("out").exists());
}

/// What CommD says after labels were made, CommR says before.
#[test]
fn a_damaged_replica_is_known_before_labels_are_made() {
    let sector = Fixture::new(SectorSize::KiB2);
    let made = sector.replicate();
    let file = |name: &str| sector.path("cache").join(name);
    let unseal =
        || unseal_range(&Unseal { cache: Some(sector.path("cache")), ..request(&sector, made, 0, 2032) });
    let refused = || {
        let error = unseal().unwrap_err();
        assert_eq!(error.code(), "PROOF_SECTOR_DAMAGED");
        assert!(!sector.path("out").exists() && !sector.path("out.tmp").exists());
        error.to_string()
    };
    damage(&sector.path("sealed"), 1999);
    assert!(refused().contains("CommR"), "with all layers");
    padma_porep::seal::clear_cache(&sector.path("cache")).unwrap();
    assert!(refused().contains("CommR"), "as it is once it proves");
    fs::remove_file(file("sc-02-data-tree-r-last.dat")).unwrap();
    fs::remove_file(file("t_aux")).unwrap();
    assert!(refused().contains("CommR"), "the roots are enough");
    damage(&file("p_aux"), 3);
    assert!(refused().contains("CommD"), "roots of another CommR say nothing");
    fs::remove_file(file("p_aux")).unwrap();
    assert!(refused().contains("CommD"), "nor do none");
    damage(&sector.path("sealed"), 1999);
    unseal().unwrap();
    assert_eq!(fs::read(sector.path("out")).unwrap(), data(&sector.path("unsealed")));
}

/// Roots, trees and layers that are wrong never keep back data that is there.
#[test]
fn a_whole_replica_is_unsealed_beside_any_cache_folder() {
    let sector = Fixture::new(SectorSize::KiB2);
    let made = sector.replicate();
    let expected = data(&sector.path("unsealed"));
    let other = Fixture { ticket: [8; 32], ..Fixture::new(SectorSize::KiB2) };
    let made_of_other = other.replicate();
    assert_ne!(made_of_other, made);
    let unseal = |cache: &Path, made: Commitments| {
        unseal_range(&Unseal { cache: Some(cache.to_owned()), ..request(&sector, made, 0, 2032) }).unwrap();
        assert_eq!(fs::read(sector.path("out")).unwrap(), expected);
    };
    unseal(&other.path("cache"), made);
    // CommR of whatever else, but not of what is there.
    unseal(&sector.path("cache"), Commitments { comm_r: made_of_other.comm_r, ..made });
    for name in ["p_aux", "t_aux", "sc-02-data-tree-r-last.dat", "sc-02-data-layer-2.dat"] {
        damage(&sector.path("cache").join(name), 5);
        unseal(&sector.path("cache"), made);
        fs::write(sector.path("cache").join(name), [1; 3]).unwrap();
        unseal(&sector.path("cache"), made);
    }
}

#[test]
fn never_gives_wrong_data() {
    let sector = Fixture::new(SectorSize::KiB2);
    let made = sector.replicate();
    let code = |change: &dyn Fn(&mut Unseal)| {
        let mut request = request(&sector, made, 0, 100);
        change(&mut request);
        unseal_range(&request).unwrap_err().code()
    };
    assert_eq!(code(&|request| request.ticket[0] ^= 1), "PROOF_SECTOR_DAMAGED");
    assert_eq!(code(&|request| request.comm_d[0] ^= 1), "PROOF_SECTOR_DAMAGED");
    assert_eq!(code(&|request| request.size = 2033), "PROOF_BAD_INPUT");
    assert_eq!(code(&|request| request.offset = u64::MAX), "PROOF_BAD_INPUT");
    damage(&sector.path("sealed"), 1999);
    assert_eq!(code(&|_| ()), "PROOF_SECTOR_DAMAGED");
    fs::write(sector.path("sealed"), [0; 10]).unwrap();
    assert_eq!(code(&|_| ()), "PROOF_SECTOR_DAMAGED");
    fs::remove_file(sector.path("sealed")).unwrap();
    assert_eq!(code(&|_| ()), "PROOF_IO");
    assert!(!sector.path("out").exists());
}
