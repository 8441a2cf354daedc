//! Sector sizes, their proof types and what follows from them.

use filecoin_proofs::PoRepConfig;
use filecoin_proofs::constants::LAYERS;
use filecoin_proofs_api::{RegisteredSealProof, SectorId};

use crate::Bytes32;
use crate::error::{ProofError, Result};
use crate::fr32;

/// `$value` in the variant for a size of one of the reference's enums, which have a variant for each.
macro_rules! of_size {
    ($size:expr, $Enum:ident, $value:expr) => {
        match $size {
            SectorSize::KiB2 => $Enum::StackedDrg2KiBV1($value),
            SectorSize::MiB8 => $Enum::StackedDrg8MiBV1($value),
            SectorSize::MiB512 => $Enum::StackedDrg512MiBV1($value),
            SectorSize::GiB32 => $Enum::StackedDrg32GiBV1($value),
            SectorSize::GiB64 => $Enum::StackedDrg64GiBV1($value),
        }
    };
}
pub(crate) use of_size;

const KIB: u64 = 1024;

/// A size that padma seals. V1_1 proof types only: today's networks accept nothing older.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectorSize {
    KiB2,
    MiB8,
    MiB512,
    GiB32,
    GiB64,
}

impl SectorSize {
    pub const ALL: [Self; 5] = [Self::KiB2, Self::MiB8, Self::MiB512, Self::GiB32, Self::GiB64];

    /// Padded bytes to a size. Error: PROOF_BAD_INPUT.
    pub fn from_bytes(bytes: u64) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|size| size.bytes() == bytes);
        known.ok_or_else(|| {
            ProofError::bad_input(format!(
                "a sector is 2 KiB, 8 MiB, 512 MiB, 32 GiB or 64 GiB, not {bytes} bytes"
            ))
        })
    }

    /// Bytes of the sealed file.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::KiB2 => 2 * KIB,
            Self::MiB8 => 8 * KIB * KIB,
            Self::MiB512 => 512 * KIB * KIB,
            Self::GiB32 => 32 * KIB * KIB * KIB,
            Self::GiB64 => 64 * KIB * KIB * KIB,
        }
    }

    /// Field elements of the sealed file.
    pub const fn nodes(self) -> u64 {
        self.bytes() / 32
    }

    /// Bytes of data that fit: 127/128 of the size.
    pub const fn user_bytes(self) -> u64 {
        fr32::unpadded(self.bytes())
    }

    pub(crate) fn proof(self) -> RegisteredSealProof {
        match self {
            Self::KiB2 => RegisteredSealProof::StackedDrg2KiBV1_1,
            Self::MiB8 => RegisteredSealProof::StackedDrg8MiBV1_1,
            Self::MiB512 => RegisteredSealProof::StackedDrg512MiBV1_1,
            Self::GiB32 => RegisteredSealProof::StackedDrg32GiBV1_1,
            Self::GiB64 => RegisteredSealProof::StackedDrg64GiBV1_1,
        }
    }

    /// The registered proof number on chain: 5 … 9.
    pub fn proof_type(self) -> u32 {
        match self {
            Self::KiB2 => 5,
            Self::MiB8 => 6,
            Self::MiB512 => 7,
            Self::GiB32 => 8,
            Self::GiB64 => 9,
        }
    }

    pub fn partitions(self) -> usize {
        usize::from(self.proof().partitions())
    }

    /// Bytes of a proof: one Groth16 proof a partition.
    pub fn proof_bytes(self) -> usize {
        self.partitions() * self.proof().single_partition_proof_len()
    }

    pub fn porep_id(self) -> Bytes32 {
        self.config().porep_id
    }

    /// The reference's settings for this size.
    pub fn config(self) -> PoRepConfig {
        self.proof().as_v1_config()
    }

    pub fn layers(self) -> usize {
        let layers = LAYERS.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        layers[&self.bytes()]
    }
}

/// Who seals what: enters the replica id.
#[derive(Clone, Copy, Debug)]
pub struct Sector {
    pub size: SectorSize,
    pub prover_id: Bytes32,
    pub number: u64,
}

impl Sector {
    pub(crate) fn id(&self) -> SectorId {
        SectorId::from(self.number)
    }
}

/// The prover id of a miner: the payload of its ID address (a LEB128 number), zero-padded to 32 bytes.
pub fn prover_id(miner: u64) -> Bytes32 {
    let (mut id, mut rest) = ([0; 32], miner);
    for byte in &mut id {
        *byte = (rest & 0x7f) as u8;
        rest >>= 7;
        if rest == 0 {
            break;
        }
        *byte |= 0x80;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_are_those_of_the_reference() {
        for size in SectorSize::ALL {
            assert_eq!(u64::from(size.proof().sector_size()), size.bytes());
            assert_eq!(size.porep_id()[0], size.proof_type() as u8);
        }
        assert_eq!(SectorSize::GiB32.proof_bytes(), 1920);
        assert_eq!(SectorSize::KiB2.user_bytes(), 2032);
    }

    #[test]
    fn a_prover_id_is_the_payload_of_the_id_address() {
        assert_eq!(prover_id(1000)[..3], [0xe8, 0x07, 0]);
        assert_eq!(prover_id(0), [0; 32]);
        assert_eq!(prover_id(127)[..2], [127, 0]);
        assert_eq!(prover_id(u64::MAX)[..11], [255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0]);
    }
}
