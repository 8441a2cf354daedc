use super::support::{Fixture, damage};
use padma_porep::seal::Commitments;
use padma_porep::sector::SectorSize;
use padma_porep::unseal::{Unseal, unseal_range};
use std::fs;
use std::path::Path;

fn request(sector: &Fixture, made: Commitments, offset: u64, size: u64) -> Unseal {
    let (sealed, output) = (sector.path("sealed"), sector.path("out"));
    let (sector, ticket, comm_d) = (sector.sector, sector.ticket, made.comm_d);
    Unseal { sector, sealed, cache: None, ticket, comm_d, offset, size, output }
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
