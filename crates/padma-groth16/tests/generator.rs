//! Parameters beside bellperson's.
#![allow(clippy::unwrap_used, reason = "a test that cannot make parameters has failed")]

use bellpepper::gadgets::boolean::{AllocatedBit, Boolean};
use bellpepper::gadgets::multipack::pack_into_inputs;
use bellpepper_core::{Circuit, ConstraintSystem, SynthesisError};
use bellperson::groth16::{self, Parameters};
use blstrs::{Bls12, Scalar};
use ff::Field;
use padma_groth16::circuit::record;
use padma_groth16::generator::Generator;
use padma_kernels::Backend;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::atomic::{AtomicUsize, Ordering};

const BITS: usize = 400;

/// Running exclusive ors of some bits, packed into public inputs. Not every variable is in A, nor in B.
#[derive(Clone)]
struct Parity(Option<[bool; BITS]>);

impl Circuit<Scalar> for Parity {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let (mut parity, mut parities) = (Boolean::constant(false), Vec::new());
        for index in 0..BITS {
            let mut cs = cs.namespace(|| format!("bit {index}"));
            let value = self.0.map(|bits| bits[index]);
            let bit = Boolean::from(AllocatedBit::alloc(cs.namespace(|| "bit"), value)?);
            parity = Boolean::xor(cs.namespace(|| "parity"), &parity, &bit)?;
            parities.push(parity.clone());
        }
        pack_into_inputs(cs.namespace(|| "parities"), &parities)
    }
}

/// x·y = z with z public; optionally a variable that is in no constraint.
struct Product {
    unconstrained: bool,
}

impl Circuit<Scalar> for Product {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let x = cs.alloc(|| "x", || Ok(Scalar::from(3)))?;
        let y = cs.alloc(|| "y", || Ok(Scalar::from(5)))?;
        let z = cs.alloc_input(|| "z", || Ok(Scalar::from(15)))?;
        if self.unconstrained {
            cs.alloc(|| "free", || Ok(Scalar::ONE))?;
        }
        cs.enforce(|| "product", |lc| lc + x, |lc| lc + y, |lc| lc + z);
        Ok(())
    }
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([42; 32])
}

fn reference(circuit: impl Circuit<Scalar>) -> Parameters<Bls12> {
    groth16::generate_random_parameters(circuit, &mut rng()).unwrap()
}

fn generator(circuit: impl Circuit<Scalar>, backend: Backend) -> Result<Generator, SynthesisError> {
    Generator::new(record(circuit)?, &mut rng(), backend)
}

/// The whole file, and that lengths and progress are what the blocks say.
fn file(generator: &Generator) -> Vec<u8> {
    let (mut file, done) = (Vec::new(), AtomicUsize::new(0));
    for block in generator.blocks() {
        done.store(0, Ordering::Relaxed);
        let bytes = generator.encode(&block, &|points| {
            done.fetch_add(points, Ordering::Relaxed);
        });
        assert_eq!((bytes.len(), done.load(Ordering::Relaxed)), (block.bytes(), block.points()));
        file.extend(bytes);
    }
    file
}

fn same_as_reference(circuit: impl Circuit<Scalar> + Clone) {
    let reference = reference(circuit.clone());
    let (mut params, mut key) = (Vec::new(), Vec::new());
    reference.write(&mut params).unwrap();
    reference.vk.write(&mut key).unwrap();
    for backend in Backend::supported() {
        let generator = generator(circuit.clone(), backend).unwrap();
        assert_eq!(generator.verifying_key(), key);
        assert!(file(&generator) == params, "not the same on {}", backend.name());
    }
}

#[test]
fn files_are_those_of_bellperson() {
    same_as_reference(Parity(None));
    same_as_reference(Empty);
}

/// No variables and no constraints but those for ONE.
#[derive(Clone)]
struct Empty;

impl Circuit<Scalar> for Empty {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, _: &mut CS) -> Result<(), SynthesisError> {
        Ok(())
    }
}

#[test]
fn a_proof_under_them_verifies() {
    let bytes = file(&generator(Parity(None), Backend::detect()).unwrap());
    let params = Parameters::<Bls12>::read(&bytes[..], true).unwrap();
    let circuit = Parity(Some(std::array::from_fn(|index| index % 3 == 0)));
    let inputs = padma_groth16::circuit::assign(circuit.clone()).unwrap().input;
    let proof = groth16::create_random_proof(circuit, &params, &mut rng()).unwrap();
    let key = groth16::prepare_verifying_key(&params.vk);
    assert!(groth16::verify_proof(&key, &proof, &inputs[1..]).unwrap());
    assert!(!groth16::verify_proof(&key, &proof, &[Scalar::ONE, Scalar::ONE]).unwrap());
}

#[test]
fn a_variable_in_no_constraint_is_refused() {
    assert!(generator(Product { unconstrained: false }, Backend::detect()).is_ok());
    let refused = generator(Product { unconstrained: true }, Backend::detect()).err().unwrap();
    assert!(matches!(refused, SynthesisError::UnconstrainedVariable));
}
