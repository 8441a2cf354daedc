//! filecoin-proofs as it is, to be measured against. Run by `padma bench --against reference`.
use bellperson::groth16;
use filecoin_proofs::constants::SectorShape2KiB;
use filecoin_proofs::{DefaultPieceHasher, PoRepConfig, parameters::public_params};
use filecoin_proofs_api::RegisteredSealProof;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;
use storage_proofs_core::compound_proof::CompoundProof;
use storage_proofs_porep::stacked::{StackedCompound, StackedDrg};

type Tree = SectorShape2KiB;
type Drg = StackedDrg<'static, Tree, DefaultPieceHasher>;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let out = std::path::PathBuf::from(&args[1]);
    let proof = RegisteredSealProof::StackedDrg2KiBV1_1;
    let config: PoRepConfig = proof.as_v1_config();
    let start = Instant::now();
    let public = public_params::<Tree>(&config).unwrap();
    let circuit =
        <StackedCompound<Tree, DefaultPieceHasher> as CompoundProof<Drg, _>>::blank_circuit(&public);
    let mut rng = ChaCha20Rng::from_seed(Sha256::digest(b"padma-devnet-1").into());
    let made = groth16::generate_random_parameters::<blstrs::Bls12, _, _>(circuit, &mut rng).unwrap();
    eprintln!("made {:?}", start.elapsed());
    let id = proof.circuit_identifier().unwrap();
    let mut f = BufWriter::new(
        File::create(out.join(storage_proofs_core::parameter_cache::parameter_id(&id))).unwrap(),
    );
    made.write(&mut f).unwrap();
    f.flush().unwrap();
    let mut f = BufWriter::new(
        File::create(out.join(storage_proofs_core::parameter_cache::verifying_key_id(&id))).unwrap(),
    );
    made.vk.write(&mut f).unwrap();
    f.flush().unwrap();
    eprintln!("written {:?}", start.elapsed());
}
