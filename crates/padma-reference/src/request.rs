//! What goes over the lines. Sizes are bytes, 32-byte values and proofs are hex.

use anyhow::{Context, Result, bail};
use filecoin_proofs_api::{PaddedBytesAmount, PieceInfo, RegisteredSealProof, SectorId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Deserialize)]
#[serde(tag = "call", rename_all = "camelCase")]
pub enum Request {
    /// Answers at once: the process is up.
    Ready,
    CommP(CommP),
    AddPiece(AddPiece),
    Pc1(Pc1),
    Pc2(Pc2),
    C1(C1),
    C2(C2),
    Verify(Verify),
    Decode(Decode),
    Parameters(Parameters),
}

/// `size` is that of the piece, unpadded; the file fills it.
#[derive(Deserialize)]
pub struct CommP {
    pub file: PathBuf,
    pub size: u64,
}

/// The piece of CommP, for a sector that it fills.
#[derive(Deserialize)]
pub struct AddPiece {
    #[serde(flatten)]
    pub piece: CommP,
    /// A file for the sector's data; made here.
    pub unsealed: PathBuf,
}

/// Sectors that are sealed as many at a time as there are cores.
#[derive(Deserialize)]
pub struct Pc1 {
    pub sectors: Vec<Unsealed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsealed {
    pub sector_size: u64,
    pub prover_id: String,
    pub sector_number: u64,
    pub ticket: String,
    pub pieces: Vec<Piece>,
    pub unsealed: PathBuf,
    /// A file for the copy that PC2 encodes; made here.
    pub replica: PathBuf,
    /// An empty folder.
    pub cache: PathBuf,
}

/// Who sealed what, under which randomness.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sealed {
    pub sector_size: u64,
    pub prover_id: String,
    pub sector_number: u64,
    pub ticket: String,
    pub seed: String,
    pub comm_r: String,
    pub comm_d: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pc2 {
    pub sector_size: u64,
    pub unsealed: PathBuf,
    /// Made.
    pub replica: PathBuf,
    /// Has TreeD and the layers.
    pub cache: PathBuf,
    /// The file that a PC1 wrote.
    pub phase1: PathBuf,
}

#[derive(Deserialize)]
pub struct C1 {
    #[serde(flatten)]
    pub sealed: Sealed,
    pub pieces: Vec<Piece>,
    /// The replica.
    pub replica: PathBuf,
    pub cache: PathBuf,
    /// File for C1's result.
    pub output: PathBuf,
}

/// `size` is the padded one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Piece {
    pub comm_p: String,
    pub size: u64,
}

#[derive(Deserialize)]
pub struct C2 {
    #[serde(flatten)]
    pub sealed: Sealed,
    /// The file that a C1 wrote, of either side.
    pub c1: PathBuf,
}

#[derive(Deserialize)]
pub struct Verify {
    #[serde(flatten)]
    pub sealed: Sealed,
    pub proof: String,
}

#[derive(Deserialize)]
pub struct Decode {
    /// A `.params` file.
    pub file: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    pub sector_size: u64,
    pub seed: String,
    /// An empty folder for the `.params` and the `.vk`.
    pub folder: PathBuf,
}

/// What a call gives; most give nothing.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comm_r: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
    /// CommP, or CommD of each sector.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commitments: Vec<String>,
    /// Milliseconds of parts of the call.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub phases: BTreeMap<&'static str, f64>,
}

/// V1_1 proof types, those that padma seals.
pub fn proof_type(sector_size: u64) -> Result<RegisteredSealProof> {
    Ok(match sector_size {
        2_048 => RegisteredSealProof::StackedDrg2KiBV1_1,
        8_388_608 => RegisteredSealProof::StackedDrg8MiBV1_1,
        536_870_912 => RegisteredSealProof::StackedDrg512MiBV1_1,
        _ => bail!("a sector of {sector_size} bytes is not measured"),
    })
}

pub fn bytes32(hex: &str) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(hex, &mut bytes).with_context(|| format!("not 32 bytes of hex: {hex}"))?;
    Ok(bytes)
}

impl Sealed {
    pub fn sector_id(&self) -> SectorId {
        SectorId::from(self.sector_number)
    }
}

impl Piece {
    pub fn info(&self) -> Result<PieceInfo> {
        let size = PaddedBytesAmount(self.size).into();
        Ok(PieceInfo { commitment: bytes32(&self.comm_p)?, size })
    }
}
