//! Parameters by bellperson: making them from a seed, and decoding them.

use anyhow::{Result, bail};
use bellperson::groth16::{self, ParameterSource};
use blstrs::Bls12;
use filecoin_proofs::constants::SectorShape2KiB;
use filecoin_proofs::{DefaultPieceHasher, parameters::public_params};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;
use storage_proofs_core::compound_proof::CompoundProof;
use storage_proofs_core::parameter_cache::{parameter_id, read_cached_params, verifying_key_id};
use storage_proofs_porep::stacked::{StackedCompound, StackedDrg};

use crate::request::{Decode, Parameters, Reply, proof_type};

/// 2 KiB, 8 MiB and 512 MiB have one tree shape; the number of nodes comes from the proof type.
type Tree = SectorShape2KiB;
type Compound = StackedCompound<Tree, DefaultPieceHasher>;
type Drg = StackedDrg<'static, Tree, DefaultPieceHasher>;

/// Makes the `.params` and the `.vk` of the PoRep circuit. The rng is ChaCha20 under SHA-256 of the seed, which is
/// how padma makes a devnet's.
pub fn generate(request: &Parameters) -> Result<Reply> {
    let proof = proof_type(request.sector_size)?;
    let public = public_params::<Tree>(&proof.as_v1_config())?;
    let circuit = <Compound as CompoundProof<Drg, _>>::blank_circuit(&public);
    let mut rng = ChaCha20Rng::from_seed(Sha256::digest(request.seed.as_bytes()).into());
    let made = groth16::generate_random_parameters::<Bls12, _, _>(circuit, &mut rng)?;
    let id = proof.circuit_identifier()?;
    write_flushed(&request.folder.join(parameter_id(&id)), |out| made.write(out))?;
    write_flushed(&request.folder.join(verifying_key_id(&id)), |out| made.vk.write(out))?;
    Ok(Reply::default())
}

fn write_flushed(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    write(&mut out)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(())
}

/// Reads every point of a `.params` file once, as each proof does on its way.
pub fn decode(request: &Decode) -> Result<Reply> {
    let start = Instant::now();
    let mapped = read_cached_params(&request.file)?;
    let source = &mapped;
    let (h, l) = (source.get_h(0)?, source.get_l(0)?);
    let (a, b_g1, b_g2) = (source.get_a(0, 0)?, source.get_b_g1(0, 0)?, source.get_b_g2(0, 0)?);
    let elapsed = start.elapsed().as_secs_f64() * 1e3;
    if h.0.is_empty() || l.0.is_empty() || a.0.0.is_empty() || b_g1.0.0.is_empty() || b_g2.0.0.is_empty() {
        bail!("{} has an empty query", request.file.display());
    }
    Ok(Reply { phases: [("decode", elapsed)].into(), ..Reply::default() })
}
