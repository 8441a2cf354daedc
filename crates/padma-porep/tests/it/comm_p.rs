use filecoin_proofs_api::{PaddedBytesAmount, UnpaddedBytesAmount};
use padma_porep::commp::{PieceCommitment, comm_p, comm_p_quietly};
use padma_porep::fr32;
use padma_porep::piece::{self, Piece};
use padma_porep::progress::Progress;
use padma_porep::sector::SectorSize;
use padma_porep::source::Source;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8 ^ (i / 251) as u8).collect()
}

/// CommP of a file with these bytes.
fn of(data: &[u8]) -> PieceCommitment {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(data).unwrap();
    comm_p_quietly(&Source::File(file.path().to_owned())).unwrap()
}

fn reference(data: &[u8]) -> [u8; 32] {
    let size = fr32::piece_size_for(data.len() as u64);
    let padded = data.chain(std::io::repeat(0)).take(size);
    filecoin_proofs::generate_piece_commitment(padded, UnpaddedBytesAmount(size)).unwrap().commitment
}

#[test]
fn equals_the_reference_at_every_edge() {
    let block = 8192 * 127;
    let small = (0..6).flat_map(|n| [(127 << n) - 1, 127 << n, (127 << n) + 1]);
    let large =
        [block - 1, block, block + 1, 2 * block - 127, 2 * block, 3 * block, 3 * block + 500, 5 * block];
    for size in small.chain([1, 31, 32, 33, 64, 100, 10_000, 65_536]).chain(large) {
        let (data, payload) = (bytes(size), size as u64);
        let piece = of(&data);
        assert_eq!(piece.comm_p, reference(&data), "{size} bytes");
        let padded = u64::from(PaddedBytesAmount::from(UnpaddedBytesAmount(fr32::piece_size_for(payload))));
        assert_eq!((piece.payload_size, piece.padded_size), (payload, padded));
    }
}

#[test]
fn zeros_need_no_data() {
    for size in [1, 127, 2032, 5000, 1 << 20] {
        let zeros = comm_p_quietly(&Source::Zeros { size }).unwrap();
        assert_eq!(zeros, of(&vec![0; size as usize]));
    }
    for size in SectorSize::ALL {
        let whole = comm_p_quietly(&Source::Zeros { size: size.user_bytes() }).unwrap();
        assert_eq!(whole.comm_p, piece::zero_comm_d(size));
    }
}

#[test]
fn comm_d_of_no_pieces_is_that_of_zeros() {
    let size = SectorSize::MiB8;
    assert_eq!(piece::comm_d(size, &[]).unwrap(), piece::zero_comm_d(size));
    let reference =
        filecoin_proofs::pieces::compute_comm_d(filecoin_proofs::SectorSize(size.bytes()), &[]).unwrap();
    assert_eq!(piece::zero_comm_d(size), reference);
}

#[test]
fn generated_data_is_the_same_everywhere() {
    let made = comm_p_quietly(&Source::Generated { seed: 42, size: 2032 }).unwrap();
    assert_eq!(hex::encode(made.comm_p), "c2fef79a01061b3d88c6a83385be57d93b4dfcc20f3e12cbbb14df76f34c701b");
    let folder = tempfile::tempdir().unwrap();
    let unsealed = folder.path().join("unsealed");
    super::support::add(&unsealed, SectorSize::KiB2, &[], 127, Source::Generated { seed: 42, size: 127 })
        .unwrap();
    let padded = std::fs::read(unsealed).unwrap();
    // The first 31 bytes are before the first padding, so they are the keystream itself.
    assert_eq!(hex::encode(&padded[..31]), "afba7741e2639ab9b0cdb2bf1106f3c3d7249cdc9b513a053d3e506ac72983");
}

#[test]
fn progress_ends_at_the_payload() {
    let done = AtomicU64::new(0);
    let source = Source::Generated { seed: 1, size: 3_000_000 };
    comm_p(&source, &mut Progress::new(&done)).unwrap();
    assert_eq!(done.load(Ordering::Relaxed), 3_000_000);
}

#[test]
fn empty_and_missing_sources_are_refused() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    let refused = |source: Source| comm_p_quietly(&source).unwrap_err();
    assert_eq!(refused(Source::File(empty.path().to_owned())).code(), "PROOF_BAD_INPUT");
    assert_eq!(refused(Source::Zeros { size: 0 }).code(), "PROOF_BAD_INPUT");
    let missing = refused(Source::File("/proc/no/such/file".into()));
    assert_eq!(missing.code(), "PROOF_IO");
    assert!(missing.facts().contains(&("path", "/proc/no/such/file".to_owned())));
    assert_eq!(refused(Source::File("/".into())).code(), "PROOF_IO");
}

#[test]
fn pieces_that_do_not_fit_are_refused() {
    let piece = |size| Piece { comm_p: [1; 32], size };
    let misaligned = vec![piece(256), piece(1024), piece(512), piece(256)];
    for pieces in [
        vec![piece(4096)],
        vec![piece(100)],
        vec![piece(2060)],
        vec![piece(1024); 3],
        vec![piece(2048), piece(128)],
        misaligned,
        vec![Piece { comm_p: [0; 32], size: 2048 }],
    ] {
        assert_eq!(piece::comm_d(SectorSize::KiB2, &pieces).unwrap_err().code(), "PROOF_BAD_INPUT");
    }
}

#[test]
fn comm_d_covers_the_whole_sector_behind_its_pieces() {
    let zeros = |size: u64| {
        let comm_p = comm_p_quietly(&Source::Zeros { size: size / 128 * 127 }).unwrap().comm_p;
        Piece { comm_p, size }
    };
    let first = Piece { comm_p: [1; 32], size: 512 };
    let second = Piece { comm_p: [2; 32], size: 512 };
    let comm_d = |pieces: &[Piece]| piece::comm_d(SectorSize::KiB2, pieces).unwrap();
    assert_eq!(comm_d(std::slice::from_ref(&first)), comm_d(&[first.clone(), zeros(512), zeros(1024)]));
    assert_eq!(comm_d(&[first.clone(), second.clone()]), comm_d(&[first, second, zeros(1024)]));
}
