use super::support::add;
use filecoin_proofs_api::{PieceInfo, UnpaddedBytesAmount};
use padma_porep::commp::comm_p_quietly;
use padma_porep::fr32;
use padma_porep::piece::{self, Piece};
use padma_porep::sector::SectorSize;
use padma_porep::source::Source;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const SIZE: SectorSize = SectorSize::KiB2;

fn unsealed(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("unsealed")
}

fn generated(seed: u64, size: u64) -> Source {
    Source::Generated { seed, size }
}

/// The bytes of a source, as a file of its own.
fn file(folder: &tempfile::TempDir, name: &str, data: &[u8]) -> Source {
    let path = folder.path().join(name);
    fs::write(&path, data).unwrap();
    Source::File(path)
}

/// Pieces of so many unpadded bytes, of which so many are data: the file, CommP of each and CommD are the reference's.
fn same_as_reference(size: SectorSize, pieces: &[(u64, u64)]) {
    let folder = tempfile::tempdir().unwrap();
    let (mut expected, mut existing) = (Vec::new(), Vec::new());
    let (mut infos, mut made) = (Vec::new(), Vec::new());
    for (index, (piece_size, payload)) in pieces.iter().enumerate() {
        let mut data: Vec<u8> = (0..*payload).map(|i| (i * 7 + index as u64 * 31) as u8).collect();
        let source = file(&folder, "piece", &data);
        data.resize(*piece_size as usize, 0);
        let (amount, lengths) = (UnpaddedBytesAmount(*piece_size), existing.iter().copied());
        let lengths: Vec<_> = lengths.map(UnpaddedBytesAmount).collect();
        let (info, _) = filecoin_proofs::add_piece(&data[..], &mut expected, amount, &lengths).unwrap();
        let piece = add(&unsealed(&folder), size, &existing, *piece_size, source).unwrap();
        assert_eq!(piece.comm_p, info.commitment);
        existing.push(*piece_size);
        infos.push(info);
        made.push(Piece { comm_p: piece.comm_p, size: piece.padded_size });
    }
    assert!(fs::read(unsealed(&folder)).unwrap() == expected, "{pieces:?}");
    // The reference wants the zeros behind them as pieces.
    let mut end = expected.len() as u64;
    while end < size.bytes() {
        let filler = fr32::unpadded(1 << end.trailing_zeros());
        let zeros = comm_p_quietly(&Source::Zeros { size: filler }).unwrap();
        infos.push(PieceInfo { commitment: zeros.comm_p, size: UnpaddedBytesAmount(filler) });
        end += zeros.padded_size;
    }
    let comm_d = filecoin_proofs::pieces::compute_comm_d(filecoin_proofs::SectorSize(size.bytes()), &infos);
    assert_eq!(piece::comm_d(size, &made).unwrap(), comm_d.unwrap(), "{pieces:?}");
}

#[test]
fn lies_where_the_reference_puts_it() {
    for sizes in [vec![127, 127, 254], vec![127, 254, 508], vec![508, 127, 1016], vec![2032], vec![127, 1016]]
    {
        let pieces: Vec<_> = sizes.into_iter().map(|size| (size, size)).collect();
        same_as_reference(SIZE, &pieces);
    }
}

#[test]
fn any_pieces_in_any_order_lie_where_the_reference_puts_them() {
    for seed in 0..20 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut below = |limit: u64| random.next_u64() % limit;
        let piece_sizes = (0..1 + seed % 7).map(|_| 127 << below(11)).collect::<Vec<_>>();
        let pieces: Vec<_> = piece_sizes.into_iter().map(|size| (size, 1 + below(size))).collect();
        same_as_reference(SectorSize::MiB8, &pieces);
    }
}

#[test]
fn the_whole_file_has_the_comm_d_of_its_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let (mut existing, mut pieces) = (Vec::new(), Vec::new());
    for (seed, size) in [(1, 127), (2, 508), (3, 254)] {
        let made = add(&unsealed(&folder), SIZE, &existing, size, generated(seed, size)).unwrap();
        existing.push(size);
        pieces.push(Piece { comm_p: made.comm_p, size: made.padded_size });
    }
    let mut nodes = fs::read(unsealed(&folder)).unwrap();
    nodes.resize(2048, 0);
    assert_eq!(piece::comm_d(SIZE, &pieces).unwrap(), root(&nodes));
}

/// A binary tree over padded data, the plain way.
fn root(nodes: &[u8]) -> [u8; 32] {
    if let Ok(node) = nodes.try_into() {
        return node;
    }
    let (left, right) = nodes.split_at(nodes.len() / 2);
    filecoin_proofs::pieces::piece_hash(&root(left), &root(right)).into()
}

#[test]
fn a_short_source_is_padded_with_zeros() {
    let folder = tempfile::tempdir().unwrap();
    let made = add(&unsealed(&folder), SIZE, &[], 2032, generated(5, 100)).unwrap();
    assert_eq!((made.payload_size, made.padded_size), (100, 2048));
    assert_eq!(fs::metadata(unsealed(&folder)).unwrap().len(), 2048);
    let mut data = vec![0; 2032];
    let padded = fs::read(unsealed(&folder)).unwrap();
    filecoin_proofs_api::fr32::write_unpadded(&padded[..], &mut &mut data[..], 0, 2032).unwrap();
    assert!(data[100..].iter().all(|byte| *byte == 0));
    assert_eq!(made.comm_p, comm_p_quietly(&file(&folder, "data", &data)).unwrap().comm_p);
}

#[test]
fn a_retry_cuts_off_what_a_dead_attempt_left() {
    let (undisturbed, disturbed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&undisturbed, &disturbed] {
        add(&unsealed(folder), SIZE, &[], 127, generated(1, 127)).unwrap();
    }
    let mut torn = fs::read(unsealed(&disturbed)).unwrap();
    torn.extend_from_slice(&[0xff; 777]);
    fs::write(unsealed(&disturbed), torn).unwrap();
    for folder in [&undisturbed, &disturbed] {
        add(&unsealed(folder), SIZE, &[127], 508, generated(2, 300)).unwrap();
    }
    assert_eq!(fs::read(unsealed(&undisturbed)).unwrap(), fs::read(unsealed(&disturbed)).unwrap());
}

#[test]
fn a_source_that_is_too_large_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    add(&unsealed(&folder), SIZE, &[], 127, generated(1, 127)).unwrap();
    let before = fs::read(unsealed(&folder)).unwrap();
    let known = add(&unsealed(&folder), SIZE, &[127], 127, file(&folder, "large", &[1; 128])).unwrap_err();
    assert_eq!(known.code(), "PROOF_PIECE_TOO_LARGE");
    assert!(known.facts().contains(&("limit", "127".to_owned())));
    let endless = add(&unsealed(&folder), SIZE, &[127], 127, Source::File("/dev/zero".into())).unwrap_err();
    assert_eq!(endless.code(), "PROOF_PIECE_TOO_LARGE");
    assert_eq!(fs::read(unsealed(&folder)).unwrap(), before);
}

#[test]
fn a_fifo_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let data: Vec<u8> = (0..1500).map(|i| (i % 256) as u8).collect();
    let writer = std::thread::spawn({
        let (fifo, data) = (fifo.clone(), data.clone());
        move || fs::write(fifo, data)
    });
    let made = add(&unsealed(&folder), SIZE, &[], 2032, Source::File(fifo)).unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(made.payload_size, 1500);
    assert_eq!(made.comm_p, comm_p_quietly(&file(&folder, "data", &data)).unwrap().comm_p);
}

#[test]
fn the_sector_does_not_take_more_than_fits() {
    let folder = tempfile::tempdir().unwrap();
    let refused =
        |existing: &[u64], size| add(&unsealed(&folder), SIZE, existing, size, generated(1, 1)).unwrap_err();
    assert_eq!(refused(&[], 4064).code(), "PROOF_PIECE_TOO_LARGE");
    assert_eq!(refused(&[1016, 127], 1016).code(), "PROOF_PIECE_TOO_LARGE");
    assert_eq!(refused(&[], 2048).code(), "PROOF_BAD_INPUT");
    assert_eq!(refused(&[100], 127).code(), "PROOF_BAD_INPUT");
    assert!(!unsealed(&folder).exists());
}

#[test]
fn a_vanished_source_and_a_short_sector_file_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let gone = add(&unsealed(&folder), SIZE, &[], 127, Source::File(folder.path().join("gone"))).unwrap_err();
    assert_eq!(gone.code(), "PROOF_IO");
    assert_eq!(fs::metadata(unsealed(&folder)).unwrap().len(), 0);
    let short = add(&unsealed(&folder), SIZE, &[127], 127, generated(1, 127)).unwrap_err();
    assert_eq!(short.code(), "PROOF_PIECES_MISMATCH");
}
