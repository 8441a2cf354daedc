//! Makes what the tests start from. Writes files only:
//!
//! - `seal FOLDER`: proofs of two sectors of miner 1000 as `sector-<n>.json`, with the verifying key beside them;
//!   parameters from FIL_PROOFS_PARAMETER_CACHE, about a minute a sector

use padma_porep::c2::{self, C2};
use padma_porep::pc1::{self, Pc1};
use padma_porep::piece::{self, AddPiece, Piece};
use padma_porep::progress::Progress;
use padma_porep::seal::{self, C1, SectorPaths};
use padma_porep::sector::{Sector, SectorSize, prover_id};
use padma_porep::source::Source;
use padma_porep::verify::SealProof;
use padma_porep::{Bytes32, files, params};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

const SIZE: SectorSize = SectorSize::KiB2;
const MINER: u64 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["seal", folder] => {
            copy_key(Path::new(folder))?;
            seal_sector(0, Source::Zeros { size: SIZE.user_bytes() }, Path::new(folder))?;
            seal_sector(1, Source::Generated { seed: 42, size: SIZE.user_bytes() }, Path::new(folder))?;
        }
        _ => return Err("seal FOLDER".into()),
    }
    Ok(())
}

fn copy_key(folder: &Path) -> Result<(), Box<dyn Error>> {
    let name = params::parameter_files(SIZE)?.verifying_key;
    let parameters = std::env::var("FIL_PROOFS_PARAMETER_CACHE")?;
    std::fs::create_dir_all(folder)?;
    std::fs::copy(Path::new(&parameters).join(&name), folder.join(&name))?;
    Ok(())
}

/// Randomness that is the same every time: no chain drew it.
fn drawn(what: &str, number: u64) -> Bytes32 {
    Sha256::digest(format!("padma fixture {what} {number}")).into()
}

fn seal_sector(number: u64, source: Source, folder: &Path) -> Result<(), Box<dyn Error>> {
    let work = tempfile::tempdir()?;
    let path = |name: &str| -> PathBuf { work.path().join(name) };
    let paths = SectorPaths { unsealed: path("unsealed"), sealed: path("sealed"), cache: path("cache") };
    let sector = Sector { size: SIZE, prover_id: prover_id(MINER), number };
    let (ticket, seed) = (drawn("ticket", number), drawn("seed", number));
    let (data, unsealed) = (source.to_string(), paths.unsealed.clone());
    let request =
        AddPiece { sector_size: SIZE, unsealed, existing: vec![], piece_size: SIZE.user_bytes(), source };
    let added = piece::add_piece(&request, &mut Progress::new(&AtomicU64::new(0)))?.piece;
    let pieces = vec![Piece { comm_p: added.comm_p, size: added.padded_size }];
    let (phase1, commit1) = (path("pc1"), path("c1"));
    let request = Pc1 { sector, paths: paths.clone(), ticket, pieces: pieces.clone(), output: phase1 };
    pc1::pc1(&request)?;
    let counted = AtomicU64::new(0);
    let commitments = seal::pc2(SIZE, &request.output, &paths, &mut Progress::new(&counted))?;
    seal::c1(&C1 { sector, paths, ticket, seed, commitments, pieces: pieces.clone() }, &commit1)?;
    let claim = SealProof { sector, ticket, seed, comm_r: commitments.comm_r, comm_d: commitments.comm_d };
    let proof = c2::prove(&[C2 { commit1, claim }], None)?.proofs.concat();
    let record = json!({
        "about": format!("Sector {number} with {data}, sealed under the parameters of seed padma-devnet-1; ticket and seed are no chain's."),
        "verifyingKeyFile": params::parameter_files(SIZE)?.verifying_key,
        "sectorSize": SIZE.bytes(),
        "proofType": SIZE.proof_type(),
        "minerId": MINER,
        "proverId": hex::encode(sector.prover_id),
        "sectorNumber": number,
        "ticket": hex::encode(ticket),
        "seed": hex::encode(seed),
        "pieces": pieces.iter().map(|piece| json!({ "commP": hex::encode(piece.comm_p), "paddedSize": piece.size })).collect::<Vec<_>>(),
        "commD": hex::encode(claim.comm_d),
        "commR": hex::encode(claim.comm_r),
        "replicaId": hex::encode(seal::replica_id(&sector, &ticket, &claim.comm_d)),
        "proof": hex::encode(proof),
    });
    let text = serde_json::to_string_pretty(&record)? + "\n";
    files::write_whole(&folder.join(format!("sector-{number}.json")), |out| out.write_all(text.as_bytes()))?;
    Ok(())
}
