//! Pieces in a sector: where they lie, how they get there, and the CommD over all of them.

use filecoin_proofs::pieces::{get_piece_start_byte, sum_piece_bytes_with_alignment};
use filecoin_proofs_api::{PieceInfo, UnpaddedBytesAmount};
use padma_kernels::Backend;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Bytes32;
use crate::commp::{self, PieceCommitment};
use crate::error::{ProofError, Result, classify};
use crate::files;
use crate::fr32;
use crate::progress::Progress;
use crate::sector::SectorSize;
use crate::source::Source;
use crate::tree::{Tree, zero_root};

/// A piece that is in a sector; `size` is its padded size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub comm_p: Bytes32,
    pub size: u64,
}

/// What [`add_piece`] needs. Piece sizes are unpadded: 127·2ⁿ.
pub struct AddPiece {
    pub sector_size: SectorSize,
    /// The unsealed file; created when the first piece arrives.
    pub unsealed: PathBuf,
    /// The unpadded sizes of the pieces that are recorded as being in the file, in order.
    pub existing: Vec<u64>,
    pub piece_size: u64,
    pub source: Source,
}

/// Where a new piece lies: `offset` and `end` are padded bytes of the unsealed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedPiece {
    pub piece: PieceCommitment,
    pub offset: u64,
    pub end: u64,
}

/// Streams `source` into the unsealed file after the existing pieces, aligned to its own size, zero-padded.
///
/// May run again after a crash: the file is first cut back to the end of the existing pieces.
/// FAIL: the source is too large, vanishes or cannot be read → the file is cut back, nothing was added.
/// Errors: PROOF_PIECE_TOO_LARGE, PROOF_IO, PROOF_BAD_INPUT, and PROOF_PIECES_MISMATCH when the file is shorter
/// than the recorded pieces.
pub fn add_piece(request: &AddPiece, progress: &mut Progress<'_>) -> Result<AddedPiece> {
    let place = Place::of(request)?;
    let known = request.source.known_size();
    if known.is_some_and(|size| size > request.piece_size) {
        return Err(too_large(request));
    }
    let path = &request.unsealed;
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).read(true).write(true).open(path);
    let mut file = file.map_err(ProofError::io("open", path))?;
    cut_back(&file, path, place.stored)?;
    let added = write_piece(&mut file, request, &place, progress);
    if added.is_err() {
        file.set_len(place.stored).map_err(ProofError::io("cut back", path))?;
    }
    Ok(AddedPiece { piece: added?, offset: place.offset, end: place.end })
}

fn too_large(request: &AddPiece) -> ProofError {
    ProofError::PieceTooLarge { what: request.source.to_string(), limit: request.piece_size }
}

/// Padded bytes: the end of the existing pieces, the start of the new one after alignment, and its end.
struct Place {
    stored: u64,
    offset: u64,
    end: u64,
}

impl Place {
    fn of(request: &AddPiece) -> Result<Self> {
        request.existing.iter().chain([&request.piece_size]).try_for_each(|size| {
            fr32::check_piece_size(*size)?;
            let limit = request.sector_size.user_bytes();
            let what = || format!("a piece of {size} bytes");
            if *size > limit { Err(ProofError::PieceTooLarge { what: what(), limit }) } else { Ok(()) }
        })?;
        let existing: Vec<_> = request.existing.iter().copied().map(UnpaddedBytesAmount).collect();
        let stored = fr32::padded(sum_piece_bytes_with_alignment(&existing).into());
        let start = get_piece_start_byte(&existing, UnpaddedBytesAmount(request.piece_size));
        let offset = fr32::padded(u64::from(start));
        let end = offset + fr32::padded(request.piece_size);
        if end > request.sector_size.bytes() {
            let what = format!("the sector with a piece of {} bytes after the others", request.piece_size);
            return Err(ProofError::PieceTooLarge { what, limit: request.sector_size.user_bytes() });
        }
        Ok(Self { stored, offset, end })
    }
}

/// Drops what a dead attempt left behind the recorded pieces.
fn cut_back(file: &File, path: &Path, stored: u64) -> Result<()> {
    let length = file.metadata().map_err(ProofError::io("read", path))?.len();
    if length < stored {
        let path = path.display();
        let detail = format!("{path} has {length} bytes, the recorded pieces need {stored}");
        return Err(ProofError::PiecesMismatch { detail });
    }
    file.set_len(stored).map_err(ProofError::io("cut back", path))
}

fn write_piece(
    file: &mut File,
    request: &AddPiece,
    place: &Place,
    progress: &mut Progress<'_>,
) -> Result<PieceCommitment> {
    let path = &request.unsealed;
    let write_error = || ProofError::io("write", path);
    file.seek(SeekFrom::Start(place.offset)).map_err(write_error())?;
    let piece = match request.source {
        Source::Zeros { size } => {
            commp::check_not_empty(&request.source, size)?;
            commp::zeros(size, request.piece_size, progress)
        }
        _ => {
            let mut reader = request.source.open()?;
            let write = |block: &[u8]| file.write_all(block).map_err(write_error());
            let piece =
                commp::stream(&mut *reader, &request.source, Some(request.piece_size), progress, write)?;
            request.source.check_read(piece.payload_size)?;
            commp::check_not_empty(&request.source, piece.payload_size)?;
            piece
        }
    };
    // Alignment before the piece, and its padding after it, are holes that read as zeros.
    file.set_len(place.end).and_then(|()| file.sync_all()).map_err(write_error())?;
    files::sync(path.parent().unwrap_or(Path::new(".")))?;
    Ok(piece)
}

/// CommD over pieces in order, with zeros between and after them as alignment asks.
/// Errors: PROOF_BAD_INPUT when a size is no piece size or the pieces do not fit; PROOF_BACKEND.
pub fn comm_d(size: SectorSize, pieces: &[Piece]) -> Result<Bytes32> {
    let (mut tree, mut end) = (Tree::new(Backend::current()?), 0_u64);
    for piece in pieces {
        check(piece)?;
        let outside = || {
            let bytes = size.bytes();
            ProofError::bad_input(format!("the pieces end beyond the sector's {bytes} bytes"))
        };
        let start = end.checked_next_multiple_of(piece.size).ok_or_else(outside)?;
        while end < start {
            let filler = 1 << end.trailing_zeros();
            tree.push(zero_root(level(filler)), level(filler));
            end += filler;
        }
        end = start.checked_add(piece.size).filter(|end| *end <= size.bytes()).ok_or_else(outside)?;
        tree.push(piece.comm_p, level(piece.size));
    }
    Ok(tree.root(level(size.bytes())))
}

/// Of the node over so many bytes; a leaf's is 0.
fn level(bytes: u64) -> usize {
    (bytes / 32).ilog2() as usize
}

/// CommD of a sector of zeros (committed capacity).
pub fn zero_comm_d(size: SectorSize) -> Bytes32 {
    zero_root(level(size.bytes()))
}

fn check(piece: &Piece) -> Result<()> {
    if piece.size < 128 || !piece.size.is_power_of_two() {
        return Err(ProofError::bad_input(format!("a padded piece is 128·2ⁿ bytes, not {}", piece.size)));
    }
    if piece.comm_p == [0; 32] {
        return Err(ProofError::bad_input("a piece commitment is not zero"));
    }
    Ok(())
}

/// The pieces as the reference takes them. Errors: PROOF_BAD_INPUT.
pub(crate) fn piece_infos(pieces: &[Piece]) -> Result<Vec<PieceInfo>> {
    let info = |piece: &Piece| {
        check(piece)?;
        let size = fr32::unpadded(piece.size);
        PieceInfo::new(piece.comm_p, UnpaddedBytesAmount(size)).map_err(|error| classify("pieces", &error))
    };
    pieces.iter().map(info).collect()
}
