use super::support::{Fixture, damage};
use padma_porep::error::guard;
use padma_porep::seal;
use padma_porep::sector::SectorSize;
use std::fs;

const SIZE: SectorSize = SectorSize::KiB2;

#[test]
fn seals_2_kib_up_to_c1() {
    let sector = Fixture::new(SIZE);
    let made = sector.replicate();
    assert_eq!(made.comm_d, sector.pieces[0].comm_p);
    sector.self_check(made).unwrap();
    assert!(fs::metadata(sector.c1(made).unwrap()).unwrap().len() > 10_000);
    for name in
        ["sc-02-data-tree-d.dat", "sc-02-data-tree-r-last.dat", "sc-02-data-layer-2.dat", "p_aux", "t_aux"]
    {
        assert!(sector.path("cache").join(name).is_file(), "{name}");
    }
}

#[test]
fn the_replica_id_is_the_references() {
    use filecoin_hashers::poseidon::PoseidonHasher;
    use padma_porep::sector::{Sector, prover_id};
    let (ticket, comm_d) = ([3; 32], [4; 32]);
    let sector = Sector { size: SIZE, prover_id: prover_id(1000), number: 0x0102_0304 };
    let reference = storage_proofs_porep::stacked::generate_replica_id::<PoseidonHasher, _>(
        &sector.prover_id,
        sector.number,
        &ticket,
        comm_d,
        &SIZE.porep_id(),
    );
    assert_eq!(seal::replica_id(&sector, &ticket, &comm_d), <[u8; 32]>::from(reference));
}

#[test]
fn every_step_may_run_again() {
    let sector = Fixture::new(SIZE);
    let first = sector.replicate();
    let replica = fs::read(sector.path("sealed")).unwrap();
    assert_eq!(sector.pc2().unwrap(), first, "PC2 over a finished PC2");
    assert_eq!(sector.replicate(), first, "both again");
    assert_eq!(fs::read(sector.path("sealed")).unwrap(), replica);
    sector.self_check(first).unwrap();
}

#[test]
fn what_a_dead_attempt_left_is_not_trusted() {
    let sector = Fixture::new(SIZE);
    let undisturbed = sector.replicate();
    let cache = sector.path("cache");
    for (name, length) in [("tree-d", 4064), ("layer-1", 2048), ("layer-2", 2048)] {
        fs::write(cache.join(format!("sc-02-data-{name}.dat")), vec![0; length]).unwrap();
    }
    sector.pc1().unwrap();
    for (name, length) in [("tree-c", 2336), ("tree-r-last", 32)] {
        fs::write(cache.join(format!("sc-02-data-{name}.dat")), vec![0; length]).unwrap();
    }
    fs::write(sector.path("sealed"), [1; 1000]).unwrap();
    assert_eq!(sector.pc2().unwrap(), undisturbed);
}

#[test]
fn another_ticket_in_the_same_folder_gives_another_replica() {
    let mut sector = Fixture::new(SIZE);
    let old = sector.replicate();
    sector.ticket = [8; 32];
    let new = sector.replicate();
    assert_ne!(old.comm_r, new.comm_r);
    let fresh = Fixture { ticket: [8; 32], ..Fixture::new(SIZE) };
    assert_eq!(fresh.replicate(), new);
}

#[test]
fn the_self_check_finds_a_wrong_replica() {
    let sector = Fixture::new(SIZE);
    let made = sector.replicate();
    let layer = sector.path("cache").join("sc-02-data-layer-1.dat");
    fs::write(&layer, [0; 2048]).unwrap();
    assert_eq!(sector.self_check(made).unwrap_err().code(), "PROOF_VANILLA_INVALID");
    assert_eq!(sector.c1(made).unwrap_err().code(), "PROOF_VANILLA_INVALID");
    assert!(!sector.path("c1.json").exists());
}

#[test]
fn a_wrong_comm_r_is_found_by_c1() {
    let sector = Fixture::new(SIZE);
    let mut made = sector.replicate();
    made.comm_r[0] ^= 1;
    assert_eq!(sector.self_check(made).unwrap_err().code(), "PROOF_VANILLA_INVALID");
}

#[test]
fn damaged_and_missing_files_have_a_code() {
    let sector = Fixture::new(SIZE);
    let made = sector.replicate();
    let code = || sector.c1(made).unwrap_err().code();
    fs::rename(sector.path("sealed"), sector.path("elsewhere")).unwrap();
    assert_eq!(code(), "PROOF_SECTOR_DAMAGED");
    fs::write(sector.path("sealed"), [0; 100]).unwrap();
    assert_eq!(code(), "PROOF_SECTOR_DAMAGED");
    fs::rename(sector.path("elsewhere"), sector.path("sealed")).unwrap();
    fs::remove_file(sector.path("cache").join("p_aux")).unwrap();
    assert_eq!(code(), "PROOF_SECTOR_DAMAGED");
    fs::remove_file(sector.path("cache").join("sc-02-data-layer-1.dat")).unwrap();
    assert_eq!(sector.pc2().unwrap_err().code(), "PROOF_SECTOR_DAMAGED");
    damage(&sector.path("pc1.json"), 0);
    assert_eq!(sector.pc2().unwrap_err().code(), "PROOF_SECTOR_DAMAGED");
    fs::remove_file(sector.path("pc1.json")).unwrap();
    assert_eq!(sector.pc2().unwrap_err().code(), "PROOF_IO");
}

#[test]
fn no_cache_file_may_be_missing_or_torn_in_c1() {
    let sector = Fixture::new(SIZE);
    let made = sector.replicate();
    let cache = sector.path("cache");
    let files: Vec<_> = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 7);
    for file in files {
        let whole = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!(
            sector.self_check(made).unwrap_err().code(),
            "PROOF_SECTOR_DAMAGED",
            "without {}",
            file.display()
        );
        fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        let torn = guard(|| sector.self_check(made)).unwrap_err().code();
        assert_eq!(torn, "PROOF_SECTOR_DAMAGED", "half of {}", file.display());
        fs::write(&file, whole).unwrap();
    }
    sector.self_check(made).unwrap();
}

#[test]
fn pieces_that_are_not_the_data_are_refused() {
    let mut sector = Fixture::new(SIZE);
    sector.pieces[0].comm_p[0] ^= 1;
    assert_eq!(sector.pc1().unwrap_err().code(), "PROOF_PIECES_MISMATCH");
    fs::remove_file(sector.path("unsealed")).unwrap();
    let missing = sector.pc1().unwrap_err();
    assert_eq!(missing.code(), "PROOF_IO");
    assert!(missing.to_string().contains("unsealed"));
}

#[test]
fn clearing_the_cache_keeps_what_proves() {
    let sector = Fixture::new(SIZE);
    sector.replicate();
    let cache = sector.path("cache");
    seal::clear_cache(&cache).unwrap();
    let mut left: Vec<_> = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["p_aux", "sc-02-data-tree-r-last.dat", "t_aux"]);
    assert_eq!(seal::clear_cache(&sector.path("gone")).unwrap_err().code(), "PROOF_IO");
}
