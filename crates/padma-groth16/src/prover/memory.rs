//! What proving takes of memory, known before it begins.

use crate::parameters::{ParameterFile, Query, SEGMENT_BYTES};

/// Peak bytes of a process that proves some circuits at a time, by the residence of the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    pub streamed: u64,
    pub kept: u64,
}

const SCALAR: u64 = 32;

/// Powers of ω for each element of the domain, on the backend that takes most.
const TWIDDLE: u64 = 40;

/// Recorded constraints, in bytes for each variable (46 at 2 KiB).
const CONSTRAINTS: u64 = 48;

/// Sorted digits and partial sums of a thread.
const PER_THREAD: u64 = 80 << 20;

/// The program itself and the circuit before it is synthesised.
const PROGRAM: u64 = 150 << 20;

impl Memory {
    /// For `proofs` circuits of these parameters on the threads of the current pool. An upper bound: vectors that grow
    /// are counted with the room that they may have taken ahead.
    pub fn of(file: &ParameterFile, proofs: usize) -> Self {
        let points: u64 = Query::ALL.iter().map(|&query| file.section(query).bytes()).sum();
        let domain = file.section(Query::H).count as u64 + 1;
        let variables = file.section(Query::L).count as u64;
        let threads = rayon::current_num_threads() as u64;
        let (proofs, together) = (proofs as u64, threads.min(proofs as u64));
        let synthesised = together * SCALAR * (3 * domain + 2 * variables);
        let shared = TWIDDLE * domain + CONSTRAINTS * variables;
        let scalars = proofs * (SCALAR * domain + 12 * variables);
        let work = synthesised + shared + scalars + threads * PER_THREAD + PROGRAM;
        Self { streamed: work + SEGMENT_BYTES.min(points), kept: work + points }
    }
}
