//! Proofs beside bellperson's.

use super::support::{Parameters, Squares, parameters};
use bellperson::groth16;
use blstrs::Scalar;
use ff::Field;
use padma_groth16::circuit::assign;
use padma_groth16::parameters::{ParameterError, ProvingKey, Residence};
use padma_groth16::prover::{Blinding, ProveError, prove};
use padma_kernels::Backend;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::fs;
use std::path::Path;

fn write(parameters: &Parameters, folder: &Path) -> std::path::PathBuf {
    let path = folder.join("small.params");
    parameters.write(fs::File::create(&path).unwrap()).unwrap();
    path
}

#[test]
fn proofs_are_byte_equal_to_the_references() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    for rounds in [1, 2, 50, 700] {
        let parameters = parameters(Squares::blank(rounds));
        let path = write(&parameters, folder.path());
        let inputs: Vec<(u64, Blinding)> = (0..3).map(|start| (start, Blinding::random(&mut rng))).collect();
        let expected: Vec<Vec<u8>> = inputs
            .iter()
            .map(|&(start, blinding)| by_reference(rounds, start, blinding, &parameters))
            .collect();
        for backend in Backend::supported() {
            for residence in [Residence::Kept, Residence::Streamed] {
                let key = ProvingKey::open(&path, backend, residence).unwrap();
                let circuits = inputs
                    .iter()
                    .map(|&(start, blinding)| (move || assign(Squares::from(rounds, start)), blinding));
                let (proofs, _) = prove(&key, circuits.collect()).unwrap();
                let bytes: Vec<Vec<u8>> = proofs.iter().map(|proof| proof.to_bytes().to_vec()).collect();
                assert_eq!(bytes, expected, "{rounds} rounds, {}, {residence:?}", backend.name());
            }
        }
    }
}

fn by_reference(rounds: usize, start: u64, blinding: Blinding, parameters: &Parameters) -> Vec<u8> {
    let circuit = Squares::from(rounds, start);
    let proof = groth16::create_proof(circuit, parameters, blinding.r, blinding.s).unwrap();
    let mut bytes = Vec::new();
    proof.write(&mut bytes).unwrap();
    bytes
}

#[test]
fn unblinded_proofs_are_the_references_too() {
    let folder = tempfile::tempdir().unwrap();
    let parameters = parameters(Squares::blank(3));
    let path = write(&parameters, folder.path());
    let blinding = Blinding { r: Scalar::ZERO, s: Scalar::ZERO };
    for backend in Backend::supported() {
        let key = ProvingKey::open(&path, backend, Residence::Kept).unwrap();
        let (proofs, _) = prove(&key, vec![(|| assign(Squares::from(3, 5)), blinding)]).unwrap();
        assert_eq!(proofs[0].to_bytes().to_vec(), by_reference(3, 5, blinding, &parameters));
    }
}

#[test]
fn parameters_of_another_circuit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&parameters(Squares::blank(4)), folder.path());
    let blinding = Blinding { r: Scalar::ONE, s: Scalar::ONE };
    for backend in Backend::supported() {
        let key = ProvingKey::open(&path, backend, Residence::Kept).unwrap();
        let error = prove(&key, vec![(|| assign(Squares::from(5, 2)), blinding)]).unwrap_err();
        assert!(matches!(error, ProveError::Parameters(ParameterError::Circuit { .. })), "{error}");
        let missing = prove(&key, vec![(|| assign(Squares::blank(4)), blinding)]).unwrap_err();
        assert!(matches!(missing, ProveError::Synthesis(_)), "{missing}");
    }
}
