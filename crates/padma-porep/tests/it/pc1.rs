use super::pc2::same_bytes;
use super::support::{Fixture, TICKET, add, damage, on_each_backend};
use filecoin_proofs_api::{PieceInfo, RegisteredSealProof, SectorId, UnpaddedBytesAmount, seal as reference};
use padma_porep::Bytes32;
use padma_porep::pc1::{pc1, pc1_of_many};
use padma_porep::piece::{self, Piece};
use padma_porep::sector::{Sector, SectorSize};
use padma_porep::source::Source;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const SIZE: SectorSize = SectorSize::KiB2;
pub const PARENTS: &str = "FIL_PROOFS_PARENT_CACHE";

fn file(sector: &Fixture, name: &str) -> PathBuf {
    sector.path("cache").join(format!("sc-02-data-{name}.dat"))
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

/// PC1 by padma and by the reference in a folder of its own; the files of both must be the same.
pub fn check_against_reference(sector: &Fixture, proof: RegisteredSealProof) {
    check_made_against_reference(sector, proof, sector.pc1().unwrap());
}

fn check_made_against_reference(sector: &Fixture, proof: RegisteredSealProof, comm_d: Bytes32) {
    let (cache, theirs) = by_reference(sector, proof);
    assert_eq!(theirs.comm_d, comm_d);
    for name in ["tree-d", "layer-1", "layer-2"] {
        let name = format!("sc-02-data-{name}.dat");
        assert!(same_bytes(&sector.path("cache").join(&name), &cache.join(&name)), "{name}");
    }
    let result: serde_json::Value = padma_porep::files::read_json(&sector.path("pc1.json")).unwrap();
    let text = serde_json::to_string(&theirs).unwrap();
    let text = text.replace(cache.to_str().unwrap(), sector.path("cache").to_str().unwrap());
    assert_eq!(result["output"], serde_json::from_str::<serde_json::Value>(&text).unwrap());
}

/// PC1 by the reference: its cache folder and its result.
pub fn by_reference(
    sector: &Fixture,
    proof: RegisteredSealProof,
) -> (PathBuf, reference::SealPreCommitPhase1Output) {
    let (cache, sealed) = (sector.path("theirs"), sector.path("their-sealed"));
    fs::create_dir(&cache).unwrap();
    fs::write(&sealed, []).unwrap();
    let info =
        |piece: &Piece| PieceInfo::new(piece.comm_p, UnpaddedBytesAmount(piece.size / 128 * 127)).unwrap();
    let infos: Vec<_> = sector.pieces.iter().map(info).collect();
    let made = reference::seal_pre_commit_phase1(
        proof,
        &cache,
        sector.path("unsealed"),
        &sealed,
        sector.sector.prover_id,
        SectorId::from(sector.sector.number),
        sector.ticket,
        &infos,
    );
    (cache, made.unwrap())
}

#[test]
fn files_and_result_are_those_of_the_reference() {
    use RegisteredSealProof::{StackedDrg2KiBV1_1, StackedDrg8MiBV1_1};
    let own = tempfile::tempdir().unwrap();
    on_each_backend("pc1::files_and_result_are_those_of_the_reference", &[(PARENTS, own.path())], || {
        check_against_reference(&Fixture::new(SIZE), StackedDrg2KiBV1_1);
        check_against_reference(&Fixture::zeros(SIZE), StackedDrg2KiBV1_1);
        check_against_reference(&Fixture::new(SectorSize::MiB8), StackedDrg8MiBV1_1);
        check_against_reference(&half_zeros(SectorSize::MiB8), StackedDrg8MiBV1_1);
        check_against_reference(&Fixture::zeros(SectorSize::MiB8), StackedDrg8MiBV1_1);
        check_against_reference(&pieces(SIZE), StackedDrg2KiBV1_1);
        check_against_reference(&pieces(SectorSize::MiB8), StackedDrg8MiBV1_1);
    });
}

/// More sectors on one thread than the widest kernel takes at a time, data and zeros.
#[test]
fn many_sectors_side_by_side_are_those_of_the_reference() {
    let own = tempfile::tempdir().unwrap();
    on_each_backend(
        "pc1::many_sectors_side_by_side_are_those_of_the_reference",
        &[(PARENTS, own.path())],
        || {
            let sector = |number: u8| {
                let mut sector =
                    if number.is_multiple_of(3) { Fixture::zeros(SIZE) } else { Fixture::new(SIZE) };
                sector.sector.number = u64::from(number);
                sector.ticket = [number; 32];
                sector
            };
            let sectors: Vec<_> = (0..35).map(sector).collect();
            let requests: Vec<_> = sectors.iter().map(Fixture::pc1_request).collect();
            let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let made = one_thread.install(|| pc1_of_many(&requests)).unwrap();
            for (sector, comm_d) in sectors.iter().zip(made) {
                check_made_against_reference(
                    sector,
                    RegisteredSealProof::StackedDrg2KiBV1_1,
                    comm_d.unwrap(),
                );
            }
        },
    );
}

/// Pieces that are smaller than what is before and after them, under another replica id.
pub fn pieces(size: SectorSize) -> Fixture {
    let quad = size.user_bytes() / 16;
    let mut sector = Fixture::with_pieces(
        size,
        &[(127, 100), (2 * quad, quad), (127, 127), (quad, quad), (8 * quad, 7 * quad)],
    );
    sector.sector = Sector { number: u64::MAX, prover_id: [0xff; 32], size };
    sector.ticket = [0xff; 32];
    sector
}

/// A piece, then nothing: the file ends there and zeros follow.
fn half_zeros(size: SectorSize) -> Fixture {
    let mut sector = Fixture::new(size);
    fs::remove_file(sector.path("unsealed")).unwrap();
    let half = size.user_bytes() / 2;
    let source = Source::Generated { seed: 3, size: half };
    let made = add(&sector.path("unsealed"), size, &[], half, source).unwrap();
    let first = Piece { comm_p: made.comm_p, size: made.padded_size };
    let zeros = padma_porep::commp::comm_p_quietly(&Source::Zeros { size: half }).unwrap();
    sector.pieces = vec![first, Piece { comm_p: zeros.comm_p, size: zeros.padded_size }];
    sector
}

#[test]
fn whole_layers_of_the_same_replica_are_used_again() {
    let sector = Fixture::new(SIZE);
    let first = sector.replicate();
    let [one, two] = ["layer-1", "layer-2"].map(|name| file(&sector, name));
    let (inodes, labels) = ([inode(&one), inode(&two)], fs::read(&two).unwrap());
    assert_eq!(sector.replicate(), first);
    assert_eq!([inode(&one), inode(&two)], inodes, "nothing was left to make");
    fs::remove_file(&two).unwrap();
    assert_eq!(sector.replicate(), first);
    assert_eq!(inode(&one), inodes[0], "only the second layer was missing");
    assert_eq!(fs::read(&two).unwrap(), labels);
}

#[test]
fn a_layer_that_is_not_as_its_record_says_is_made_again() {
    let sector = Fixture::new(SIZE);
    let first = sector.replicate();
    let layers = ["layer-1", "layer-2"].map(|name| file(&sector, name));
    let good = layers.each_ref().map(|layer| fs::read(layer).unwrap());
    for layer in &layers {
        damage(layer, 77);
        assert_eq!(sector.replicate(), first);
        assert_eq!(layers.each_ref().map(|layer| fs::read(layer).unwrap()), good);
    }
    for record in ["", "{}", "{\"format\":1,\"replica_id\":[],\"layers\":[]}"] {
        fs::write(sector.path("pc1.json.layers"), record).unwrap();
        damage(&layers[0], 5);
        assert_eq!(sector.replicate(), first);
        assert_eq!(fs::read(&layers[0]).unwrap(), good[0]);
    }
}

#[test]
fn layers_of_another_ticket_are_not_used() {
    let mut sector = Fixture::new(SIZE);
    sector.replicate();
    sector.ticket = [8; 32];
    let other = sector.replicate();
    sector.ticket = TICKET;
    assert_eq!(sector.replicate(), Fixture::new(SIZE).replicate());
    assert_eq!(Fixture { ticket: [8; 32], ..Fixture::new(SIZE) }.replicate(), other);
}

#[test]
fn sectors_made_together_are_those_made_alone() {
    // The layers of 8 MiB take many chunks of parents.
    for (count, size) in
        [(2, SIZE), (3, SIZE), (5, SIZE), (9, SIZE), (2, SectorSize::MiB8), (5, SectorSize::MiB8)]
    {
        let sectors: Vec<_> = (0..count)
            .map(|number| {
                let mut sector = Fixture::new(size);
                sector.sector.number = number;
                sector.ticket = [number as u8; 32];
                sector
            })
            .collect();
        let requests: Vec<_> = sectors.iter().map(Fixture::pc1_request).collect();
        let made: Vec<_> = pc1_of_many(&requests).unwrap().into_iter().map(Result::unwrap).collect();
        for (sector, comm_d) in sectors.iter().zip(made) {
            let together = ["tree-d", "layer-1", "layer-2"].map(|name| fs::read(file(sector, name)).unwrap());
            fs::remove_dir_all(sector.path("cache")).unwrap();
            assert_eq!(sector.pc1().unwrap(), comm_d);
            let alone = ["tree-d", "layer-1", "layer-2"].map(|name| fs::read(file(sector, name)).unwrap());
            assert!(together == alone, "sector {} of {count}", sector.sector.number);
        }
    }
}

#[test]
fn one_of_many_that_is_wrong_does_not_stop_the_others() {
    let (good, mut wrong) = (Fixture::new(SIZE), Fixture::new(SIZE));
    wrong.pieces[0].comm_p[0] ^= 1;
    let made = pc1_of_many(&[wrong.pc1_request(), good.pc1_request()]).unwrap();
    assert_eq!(made[0].as_ref().unwrap_err().code(), "PROOF_PIECES_MISMATCH");
    assert_eq!(*made[1].as_ref().unwrap(), good.pieces[0].comm_p);
    assert!(good.path("pc1.json").exists() && !wrong.path("pc1.json").exists());
    good.pc2().unwrap();
}

#[test]
fn many_have_one_size() {
    let requests = [Fixture::new(SIZE).pc1_request(), Fixture::new(SectorSize::MiB8).pc1_request()];
    assert_eq!(pc1_of_many(&requests).err().unwrap().code(), "PROOF_BAD_INPUT");
    assert!(pc1_of_many(&[]).unwrap().is_empty());
}

#[test]
fn a_sector_with_no_piece_is_zeros() {
    let mut sector = Fixture::zeros(SIZE);
    sector.pieces.clear();
    assert_eq!(pc1(&sector.pc1_request()).unwrap(), piece::zero_comm_d(SIZE));
}
