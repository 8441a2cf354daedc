//! Times the transforms beside bellperson's: `cargo run --release --example fft -- [LOG …] [--rounds N]`.
//!
//! The best of some rounds in which all take turns, so that a busy machine treats them alike; by default 2^20 … 2^23.

use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use bellperson::domain::EvaluationDomain;
use blstrs::Scalar;
use ec_gpu_gen::threadpool::Worker;
use ff::Field;
use padma_kernels::Backend;
use padma_kernels::fft::Domain;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (logs, rounds) = arguments()?;
    writeln!(io::stdout(), "log  what            ms   ns/butterfly    x bellperson")?;
    for log in logs {
        measure(log, rounds)?;
    }
    Ok(())
}

fn arguments() -> Result<(Vec<u32>, usize), std::num::ParseIntError> {
    let (mut logs, mut rounds) = (Vec::new(), 3);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--rounds" {
            rounds = arguments.next().unwrap_or_default().parse()?;
        } else {
            logs.push(argument.parse()?);
        }
    }
    if logs.is_empty() {
        logs.extend(20..=23);
    }
    Ok((logs, rounds))
}

/// A contestant's name and its best time.
struct Best(String, Duration);

impl Best {
    fn new(name: impl Into<String>) -> Self {
        Self(name.into(), Duration::MAX)
    }

    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let out = black_box(work());
        self.1 = self.1.min(start.elapsed());
        out
    }

    fn report(&self, log: u32, transforms: u32, peer: &Self) -> io::Result<()> {
        let butterflies = f64::from(transforms * log) * f64::from(1_u32 << (log - 1));
        let (ms, ns) = (self.1.as_secs_f64() * 1e3, self.1.as_secs_f64() * 1e9 / butterflies);
        let ratio = peer.1.as_secs_f64() / self.1.as_secs_f64();
        writeln!(io::stdout(), "{log:3}  {:22} {ms:9.1} {ns:9.2} {ratio:9.2}", self.0)
    }
}

fn measure(log: u32, rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let worker = Worker::new();
    let backends = Backend::supported();
    let mut ours = Vec::new();
    for backend in backends {
        let name = |what: &str| Best::new(format!("{} {what}", backend.name()));
        let mut new = name("new");
        let domain = new.time(|| Domain::new(backend, log))?;
        ours.push((domain, new, [name("ifft"), name("coset_fft"), name("quotient")]));
    }
    let mut peers =
        [Best::new("bellperson ifft"), Best::new("bellperson coset_fft"), Best::new("bellperson quotient")];
    // Rows of a 2 KiB sector: 2.69 M of 2^22.
    let rows = (1_usize << log) / 100 * 64;
    for round in 0..rounds {
        let [a, b, c] = [1, 2, 3].map(|seed| evaluations(seed, rows, 1 << log));
        for (domain, _, [ifft, coset_fft, quotient]) in &mut ours {
            let mut values = evaluations(4, 1 << log, 1 << log);
            ifft.time(|| domain.ifft(&mut values));
            coset_fft.time(|| domain.coset_fft(&mut values));
            let [a, b, c] = [&a, &b, &c].map(|v| copy(v, 1 << log));
            quotient.time(|| domain.quotient(a, b, c));
        }
        if round < rounds.div_ceil(2) {
            reference(&mut peers, &worker, [a, b, c])?;
        }
    }
    for (_, new, bests) in &ours {
        new.report(log, 1, new)?;
        for ((best, peer), transforms) in bests.iter().zip(&peers).zip([1, 1, 6]) {
            best.report(log, transforms, peer)?;
        }
    }
    peers.iter().zip([1, 1, 7]).try_for_each(|(peer, transforms)| peer.report(log, transforms, peer))?;
    Ok(())
}

/// bellperson's `execute_fft`, and two transforms apart.
fn reference(
    [ifft, coset_fft, quotient]: &mut [Best; 3],
    worker: &Worker,
    evaluations: [Vec<Scalar>; 3],
) -> Result<(), Box<dyn std::error::Error>> {
    let mut domains =
        evaluations.map(EvaluationDomain::from_coeffs).into_iter().collect::<Result<Vec<_>, _>>()?;
    quotient.time(|| -> Result<(), Box<dyn std::error::Error>> {
        for domain in &mut domains {
            ifft.time(|| domain.ifft(worker, &mut None))?;
            coset_fft.time(|| domain.coset_fft(worker, &mut None))?;
        }
        let (a, rest) = domains.split_at_mut(1);
        a[0].mul_assign(worker, &rest[0]);
        a[0].sub_assign(worker, &rest[1]);
        a[0].divide_by_z_on_coset(worker);
        Ok(a[0].icoset_fft(worker, &mut None)?)
    })
}

/// `len` random elements in a vector with room for `capacity`.
fn evaluations(seed: u64, len: usize, capacity: usize) -> Vec<Scalar> {
    const RUN: usize = 1 << 12;
    let mut scalars = Vec::with_capacity(capacity);
    scalars.resize(len, Scalar::ZERO);
    scalars.par_chunks_mut(RUN).enumerate().for_each(|(i, run)| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(i as u64);
        run.fill_with(|| Scalar::random(&mut rng));
    });
    scalars
}

fn copy(scalars: &[Scalar], capacity: usize) -> Vec<Scalar> {
    let mut copy = Vec::with_capacity(capacity);
    copy.extend_from_slice(scalars);
    copy
}
