use super::support::add;
use filecoin_proofs_api::UnpaddedBytesAmount;
use padma_porep::commp::comm_p_quietly;
use padma_porep::piece::{self, Piece};
use padma_porep::sector::SectorSize;
use padma_porep::source::Source;
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

#[test]
fn lies_where_the_reference_puts_it() {
    for sizes in [vec![127, 127, 254], vec![127, 254, 508], vec![508, 127, 1016], vec![2032], vec![127, 1016]]
    {
        let folder = tempfile::tempdir().unwrap();
        let (mut expected, mut existing) = (Vec::new(), Vec::new());
        for (index, size) in sizes.iter().enumerate() {
            let data: Vec<u8> = (0..*size).map(|i| (i * 7 + index as u64 * 31) as u8).collect();
            let lengths: Vec<_> = existing.iter().copied().map(UnpaddedBytesAmount).collect();
            let (info, _) =
                filecoin_proofs::add_piece(&data[..], &mut expected, UnpaddedBytesAmount(*size), &lengths)
                    .unwrap();
            let source = file(&folder, "piece", &data);
            let made = add(&unsealed(&folder), SIZE, &existing, *size, source).unwrap();
            assert_eq!(made.comm_p, info.commitment);
            existing.push(*size);
        }
        assert_eq!(fs::read(unsealed(&folder)).unwrap(), expected, "{sizes:?}");
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
