//! The circuit of a sector that was really sealed, run by padma and by a plain constraint system.

use super::plain::Plain;
use super::support::Fixture;
use filecoin_proofs_api::seal::SealCommitPhase1Output;
use padma_groth16::circuit::{Density, assign, record};
use padma_porep::circuit::SealCircuit;
use padma_porep::files;
use padma_porep::sector::SectorSize;
use serde::Deserialize;

const SIZE: SectorSize = SectorSize::KiB2;

#[derive(Deserialize)]
struct Opened {
    output: SealCommitPhase1Output,
}

fn circuits() -> Vec<SealCircuit> {
    let sector = Fixture::new(SIZE);
    let made = sector.replicate();
    let Opened { output } = files::read_json(&sector.c1(made).unwrap()).unwrap();
    SealCircuit::of(output).unwrap()
}

#[track_caller]
fn assert_same(density: &Density, occurring: &[bool]) {
    let wanted = (0..occurring.len()).filter(|&index| occurring[index]);
    assert_eq!(density.count(), wanted.clone().count());
    assert!(density.iter().eq(wanted));
}

#[test]
fn a_sector_s_assignment_is_that_of_a_plain_system() {
    let circuits = circuits();
    assert_eq!(circuits.len(), SIZE.partitions());
    let circuit = circuits.into_iter().next().unwrap();
    let assignment = assign(circuit.clone()).unwrap();
    let plain = Plain::run(circuit.clone());
    let [a, b, c] = &plain.products;
    assert!(assignment.input == plain.input && assignment.aux == plain.aux);
    assert!(&assignment.a == a && &assignment.b == b && &assignment.c == c);
    assert_same(&assignment.densities.a_aux, &plain.aux_in[0]);
    assert_same(&assignment.densities.b_input, &plain.inputs_in[1]);
    assert_same(&assignment.densities.b_aux, &plain.aux_in[1]);
    drop(plain);
    let r1cs = record(SealCircuit::blank(SIZE).unwrap()).unwrap();
    assert!(r1cs.assignment(circuit.witness().unwrap()) == assignment);
}

#[test]
fn a_blank_circuit_has_no_witness() {
    assert!(SealCircuit::blank(SIZE).unwrap().witness().is_err());
}
