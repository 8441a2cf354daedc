#![allow(clippy::unwrap_used, reason = "a test that cannot transform has failed")]

use bellperson::domain::EvaluationDomain;
use blstrs::Scalar;
use ec_gpu_gen::threadpool::Worker;
use ff::{Field, PrimeField};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::{Domain, DomainError};
use crate::Backend;

fn random(seed: u64, len: usize) -> Vec<Scalar> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..len).map(|_| Scalar::random(&mut rng)).collect()
}

/// Random elements, zeros, r−1 everywhere, and a mixture with 0, 1 and r−1.
fn inputs(len: usize) -> [Vec<Scalar>; 4] {
    let mut mixed = random(2, len);
    for (i, element) in mixed.iter_mut().enumerate() {
        match i % 5 {
            0 => *element = Scalar::ZERO,
            1 => *element = Scalar::ONE,
            2 => *element = -Scalar::ONE,
            _ => {}
        }
    }
    [random(1, len), vec![Scalar::ZERO; len], vec![-Scalar::ONE; len], mixed]
}

/// bellperson's transforms in the order of [`ours`].
fn reference(input: &[Scalar]) -> [Vec<Scalar>; 4] {
    let worker = Worker::new();
    std::array::from_fn(|which| {
        let mut domain = EvaluationDomain::from_coeffs(input.to_vec()).unwrap();
        match which {
            0 => domain.fft(&worker, &mut None),
            1 => domain.ifft(&worker, &mut None),
            2 => domain.coset_fft(&worker, &mut None),
            _ => domain.icoset_fft(&worker, &mut None),
        }
        .unwrap();
        domain.into_coeffs()
    })
}

fn ours(domain: &Domain, input: &[Scalar]) -> [Vec<Scalar>; 4] {
    let transforms = [Domain::fft, Domain::ifft, Domain::coset_fft, Domain::icoset_fft];
    transforms.map(|transform| {
        let mut scalars = input.to_vec();
        transform(domain, &mut scalars);
        scalars
    })
}

#[test]
fn transforms_are_those_of_bellperson() {
    for log in (0..=12).chain([16]) {
        for (which, input) in inputs(1 << log).iter().enumerate() {
            let expected = reference(input);
            for backend in Backend::supported() {
                let domain = Domain::new(backend, log).unwrap();
                assert!(ours(&domain, input) == expected, "2^{log} on {}, input {which}", backend.name());
            }
        }
    }
}

#[test]
fn transforms_are_sums_over_powers_of_the_root() {
    for log in 0..=8 {
        let n = 1_u64 << log;
        let input = random(3, n as usize);
        let root = (log..Scalar::S).fold(Scalar::ROOT_OF_UNITY, |root, _| root.square());
        let at = |point: Scalar| input.iter().rev().fold(Scalar::ZERO, |sum, c| sum * point + c);
        let points: Vec<_> = (0..n).map(|i| root.pow_vartime([i])).collect();
        let plain: Vec<_> = points.iter().map(|point| at(*point)).collect();
        let coset: Vec<_> = points.iter().map(|point| at(Scalar::MULTIPLICATIVE_GENERATOR * point)).collect();
        for backend in Backend::supported() {
            let domain = Domain::new(backend, log).unwrap();
            let [fft, _, coset_fft, _] = ours(&domain, &input);
            assert!(fft == plain && coset_fft == coset, "2^{log} on {}", backend.name());
            let (mut back, mut coset_back) = (fft, coset_fft);
            domain.ifft(&mut back);
            domain.icoset_fft(&mut coset_back);
            assert!(back == input && coset_back == input, "2^{log} back on {}", backend.name());
        }
    }
}

/// bellperson's steps in `execute_fft` (groth16/prover/native.rs), seven transforms.
fn reference_quotient(evaluations: [Vec<Scalar>; 3], log: u32) -> Vec<[u64; 4]> {
    let worker = Worker::new();
    let [mut a, b, c] = evaluations.map(|mut padded| {
        padded.resize(1 << log, Scalar::ZERO);
        let mut domain = EvaluationDomain::from_coeffs(padded).unwrap();
        domain.ifft(&worker, &mut None).unwrap();
        domain.coset_fft(&worker, &mut None).unwrap();
        domain
    });
    a.mul_assign(&worker, &b);
    a.sub_assign(&worker, &c);
    a.divide_by_z_on_coset(&worker);
    a.icoset_fft(&worker, &mut None).unwrap();
    let words = |scalar: &Scalar| {
        let bytes = scalar.to_bytes_le();
        std::array::from_fn(|i| u64::from_le_bytes(bytes[8 * i..8 * i + 8].try_into().unwrap()))
    };
    let coefficients = a.into_coeffs();
    coefficients[..coefficients.len() - 1].iter().map(words).collect()
}

#[test]
fn quotients_are_those_of_bellperson() {
    for log in (0..=12).chain([16]) {
        let n = 1_usize << log;
        let [random_a, zeros, most, mixed] = inputs(n);
        let satisfied: Vec<_> = random_a.iter().zip(&mixed).map(|(a, b)| a * b).collect();
        let short = |v: &[Scalar], len: usize| v[..len].to_vec();
        let cases = [
            [random_a.clone(), mixed.clone(), satisfied.clone()],
            [random_a.clone(), mixed.clone(), random(4, n)],
            [short(&random_a, n * 5 / 8), short(&mixed, n * 5 / 8), short(&satisfied, n * 5 / 8)],
            [short(&random_a, n / 2), short(&mixed, n.div_ceil(3)), Vec::new()],
            [most.clone(), most.clone(), most],
            [zeros.clone(), mixed, zeros],
        ];
        // At 2^16, which is for the passes, random evaluations will do.
        for (which, case) in cases.into_iter().take(if log == 16 { 3 } else { 6 }).enumerate() {
            let expected = reference_quotient(case.clone(), log);
            for backend in Backend::supported() {
                let domain = Domain::new(backend, log).unwrap();
                let [a, b, c] = case.clone();
                assert!(domain.quotient(a, b, c) == expected, "2^{log} on {}, case {which}", backend.name());
            }
        }
    }
}

#[test]
fn a_domain_is_as_large_as_the_field_allows() {
    assert_eq!(Domain::new(Backend::Portable, 32).err(), Some(DomainError::TooLarge(32)));
    assert_eq!(Domain::new(Backend::Portable, 5).map(|domain| domain.len()), Ok(32));
}
