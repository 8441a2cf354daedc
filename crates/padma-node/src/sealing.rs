//! PC1, PC2, C1, C2 and unsealing for JavaScript. Paths are files; bulky results stay in them.

use napi::Env;
use napi::bindgen_prelude::{Object, Uint8Array};
use napi_derive::napi;
use padma_porep::c2::{self, C2, Memory, Proven};
use padma_porep::check::{self, Check, Finding, State};
use padma_porep::pc1::{self, Pc1};
use padma_porep::seal::{self, C1, SelfCheck};
use padma_porep::unseal::{self, Unseal};
use padma_porep::{Bytes32, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use crate::convert::{self, PieceInfo};
use crate::task::{self, OnProgress};

#[napi(object, object_to_js = false)]
pub struct Pc1Options {
    pub sector_size: f64,
    pub prover_id: Uint8Array,
    pub sector_number: f64,
    pub ticket: Uint8Array,
    pub pieces: Vec<PieceInfo>,
    pub unsealed: String,
    /// Made or emptied; PC2 fills it.
    pub sealed: String,
    /// Made when it is not there. Whole layers of an earlier run of this very replica stay, what else is in it goes.
    pub cache: String,
    /// File for PC1's result. A record of whole layers is beside it.
    pub output: String,
}

/// What came of one sector: `comm_d`, or else `failure`.
#[napi(object, object_from_js = false)]
pub struct Pc1Result {
    pub comm_d: Option<Uint8Array>,
    pub failure: Option<Failure>,
}

/// A failure of one of several; `pc1` itself rejects with the same code and facts when all have failed.
#[napi(object, object_from_js = false)]
pub struct Failure {
    pub code: String,
    pub message: String,
    pub facts: HashMap<String, String>,
}

/// PC1 of sectors of one size, side by side: TreeD and the SDR layers. May run again; whole layers are not made twice.
/// A failure is a sector's own: PROOF_PIECES_MISMATCH, PROOF_IO, PROOF_BAD_INPUT, PROOF_PANIC. Rejects: PROOF_BAD_INPUT
/// (sizes differ), PROOF_BACKEND.
#[napi(ts_return_type = "Promise<Array<Pc1Result>>")]
pub fn pc1<'env>(env: &'env Env, sectors: Vec<Pc1Options>) -> napi::Result<Object<'env>> {
    let requests: Result<Vec<_>> = sectors.into_iter().map(pc1_request).collect();
    task::spawn(env, "pc1", requests, |requests| {
        let made = pc1::pc1_of_many(&requests)?;
        Ok(made.into_iter().map(pc1_result).collect::<Vec<_>>())
    })
}

/// Sectors that a core labels side by side, in much less time than one after the other. Throws PROOF_BACKEND.
#[napi]
pub fn sectors_a_core(env: &Env) -> napi::Result<u32> {
    task::now(env, || Ok(pc1::sectors_a_core()? as u32))
}

fn pc1_result(made: Result<Bytes32>) -> Pc1Result {
    match made {
        Ok(comm_d) => Pc1Result { comm_d: Some(convert::array(comm_d)), failure: None },
        Err(error) => {
            let facts = error.facts().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let failure = Failure { code: error.code().to_owned(), message: error.to_string(), facts };
            Pc1Result { comm_d: None, failure: Some(failure) }
        }
    }
}

fn pc1_request(options: Pc1Options) -> Result<Pc1> {
    Ok(Pc1 {
        sector: convert::sector(options.sector_size, &options.prover_id, options.sector_number)?,
        paths: convert::paths(&options.unsealed, &options.sealed, &options.cache),
        ticket: convert::bytes32("ticket", &options.ticket)?,
        pieces: convert::pieces(&options.pieces)?,
        output: options.output.into(),
    })
}

#[napi(object, object_to_js = false)]
pub struct Pc2Options {
    pub sector_size: f64,
    /// The file that PC1 wrote.
    pub phase1: String,
    pub unsealed: String,
    pub sealed: String,
    pub cache: String,
}

#[napi(object, object_from_js = false)]
pub struct Pc2Result {
    pub comm_r: Uint8Array,
    pub comm_d: Uint8Array,
}

/// PC2: the replica and its trees, from the unsealed data. May run again. `onProgress` gets nodes, of which there are
/// `proofInfo(sectorSize).pc2Nodes`.
/// Rejects: PROOF_SECTOR_DAMAGED, PROOF_IO, PROOF_PIECE_TOO_LARGE, PROOF_BACKEND.
#[napi(ts_return_type = "Promise<Pc2Result>")]
pub fn pc2<'env>(
    env: &'env Env,
    options: Pc2Options,
    #[napi(ts_arg_type = "(nodes: number) => void")] on_progress: Option<OnProgress>,
) -> napi::Result<Object<'env>> {
    task::spawn(env, "pc2", convert::sector_size(options.sector_size), move |size| {
        let paths = convert::paths(&options.unsealed, &options.sealed, &options.cache);
        let done = AtomicU64::new(0);
        let progress = &mut task::progress(&done, on_progress);
        let made = seal::pc2(size, Path::new(&options.phase1), &paths, progress)?;
        Ok(Pc2Result { comm_r: convert::array(made.comm_r), comm_d: convert::array(made.comm_d) })
    })
}

#[napi(object, object_to_js = false)]
pub struct C1Options {
    pub sector_size: f64,
    pub prover_id: Uint8Array,
    pub sector_number: f64,
    pub ticket: Uint8Array,
    pub seed: Uint8Array,
    pub comm_r: Uint8Array,
    pub comm_d: Uint8Array,
    pub pieces: Vec<PieceInfo>,
    pub sealed: String,
    pub cache: String,
    /// File for C1's result.
    pub output: String,
}

/// C1: openings at the seed's challenges, checked, into `output`. Only reads the sector.
/// Rejects: PROOF_VANILLA_INVALID (wrong replica), PROOF_SECTOR_DAMAGED, PROOF_PIECES_MISMATCH.
#[napi(ts_return_type = "Promise<void>")]
pub fn c1<'env>(env: &'env Env, options: C1Options) -> napi::Result<Object<'env>> {
    let output = PathBuf::from(&options.output);
    task::spawn(env, "c1", c1_request(options), move |request| seal::c1(&request, &output))
}

fn c1_request(options: C1Options) -> Result<C1> {
    Ok(C1 {
        sector: convert::sector(options.sector_size, &options.prover_id, options.sector_number)?,
        paths: convert::paths("", &options.sealed, &options.cache),
        ticket: convert::bytes32("ticket", &options.ticket)?,
        seed: convert::bytes32("seed", &options.seed)?,
        commitments: convert::commitments(&options.comm_r, &options.comm_d)?,
        pieces: convert::pieces(&options.pieces)?,
    })
}

#[napi(object, object_to_js = false)]
pub struct C1SelfCheckOptions {
    pub sector_size: f64,
    pub prover_id: Uint8Array,
    pub sector_number: f64,
    pub ticket: Uint8Array,
    pub comm_r: Uint8Array,
    pub comm_d: Uint8Array,
    pub pieces: Vec<PieceInfo>,
    pub sealed: String,
    pub cache: String,
}

/// C1 under a seed that nobody chose, its openings dropped: run it after PC2, before CommR goes on chain.
/// Rejects like `c1`.
#[napi(ts_return_type = "Promise<void>")]
pub fn c1_self_check<'env>(env: &'env Env, options: C1SelfCheckOptions) -> napi::Result<Object<'env>> {
    task::spawn(env, "c1-check", self_check_request(options), |request| seal::c1_self_check(&request))
}

fn self_check_request(options: C1SelfCheckOptions) -> Result<SelfCheck> {
    Ok(SelfCheck {
        sector: convert::sector(options.sector_size, &options.prover_id, options.sector_number)?,
        paths: convert::paths("", &options.sealed, &options.cache),
        ticket: convert::bytes32("ticket", &options.ticket)?,
        commitments: convert::commitments(&options.comm_r, &options.comm_d)?,
        pieces: convert::pieces(&options.pieces)?,
    })
}

#[napi(object, object_to_js = false)]
pub struct C2Options {
    pub sector_size: f64,
    pub prover_id: Uint8Array,
    pub sector_number: f64,
    pub ticket: Uint8Array,
    pub seed: Uint8Array,
    pub comm_r: Uint8Array,
    pub comm_d: Uint8Array,
    /// The file that C1 wrote.
    pub c1_output: String,
}

/// Finished C2 proofs.
#[napi(object, object_from_js = false)]
pub struct C2Result {
    /// 192 bytes a partition; a proof for each sector, in their order.
    pub proofs: Vec<Uint8Array>,
    /// Milliseconds by part: decode, record (beside it), synthesis, select, quotient, h, l, a, bG1, bG2, verify.
    pub phases: HashMap<String, f64>,
}

/// C2 of one or more sectors of one size: Groth16 proofs, each verified before it is returned. Parameters are read
/// from FIL_PROOFS_PARAMETER_CACHE as it was when this process first looked, and stay in memory for the next call when
/// `memory_limit` (bytes for this process) allows it.
/// Rejects: PROOF_NO_MEMORY (before it starts), PROOF_PARAMS_MISSING, PROOF_PARAMS_DAMAGED, PROOF_SELF_VERIFY_FAILED,
/// PROOF_BAD_INPUT, PROOF_BACKEND.
#[napi(ts_return_type = "Promise<C2Result>")]
pub fn c2<'env>(
    env: &'env Env,
    sectors: Vec<C2Options>,
    memory_limit: Option<f64>,
) -> napi::Result<Object<'env>> {
    let requests: Result<Vec<_>> = sectors.into_iter().map(c2_request).collect();
    let limit = memory_limit.map(|limit| convert::integer("memoryLimit", limit)).transpose();
    let input = requests.and_then(|requests| Ok((requests, limit?)));
    task::spawn(env, "c2", input, |(requests, limit)| {
        let Proven { proofs, phases } = c2::prove(&requests, limit)?;
        let phases = phases.into_iter().map(|(name, took)| (name.to_owned(), 1e3 * took.as_secs_f64()));
        Ok(C2Result { proofs: proofs.into_iter().map(Uint8Array::from).collect(), phases: phases.collect() })
    })
}

fn c2_request(options: C2Options) -> Result<C2> {
    let C2Options { comm_r, comm_d, ticket, seed, .. } = &options;
    let sector = convert::sector(options.sector_size, &options.prover_id, options.sector_number)?;
    let claim = convert::claim(sector, ticket, seed, comm_r, comm_d)?;
    Ok(C2 { claim, commit1: options.c1_output.into() })
}

/// Bytes that a process takes for C2.
#[napi(object, object_from_js = false)]
pub struct C2Memory {
    /// At least this much.
    pub streamed: f64,
    /// With it, parameters are decoded once and stay in memory.
    pub kept: f64,
}

/// What C2 of `sectors` sectors of a size at a time takes, by the parameters in `folder`.
/// Throws PROOF_IO, PROOF_PARAMS_DAMAGED, PROOF_BAD_INPUT.
#[napi]
pub fn c2_memory(env: &Env, folder: String, sector_size: f64, sectors: u32) -> napi::Result<C2Memory> {
    task::now(env, || {
        let size = convert::sector_size(sector_size)?;
        let Memory { streamed, kept } = c2::memory(Path::new(&folder), size, sectors as usize)?;
        Ok(C2Memory { streamed: streamed as f64, kept: kept as f64 })
    })
}

#[napi(object, object_to_js = false)]
pub struct UnsealRangeOptions {
    pub sector_size: f64,
    pub prover_id: Uint8Array,
    pub sector_number: f64,
    pub ticket: Uint8Array,
    pub comm_d: Uint8Array,
    pub comm_r: Uint8Array,
    pub sealed: String,
    /// The sector's cache folder: while the last layer is still in it, PC1 need not run again; from an earlier one it goes
    /// on. By its `p_aux` a damaged replica is known before that.
    pub cache: Option<String>,
    /// Unpadded bytes of the sector's data.
    pub offset: f64,
    pub size: f64,
    /// The file to write; `<output>.tmp` until it is whole.
    pub output: String,
}

/// Data back out of a replica; takes as long as PC1 unless the last layer is still there. Rejects: PROOF_SECTOR_DAMAGED
/// (the replica has another CommR, or what comes out another CommD), PROOF_BAD_INPUT, PROOF_IO, PROOF_BACKEND.
#[napi(ts_return_type = "Promise<void>")]
pub fn unseal_range<'env>(env: &'env Env, options: UnsealRangeOptions) -> napi::Result<Object<'env>> {
    task::spawn(env, "unseal", unseal_request(options), |request| unseal::unseal_range(&request))
}

fn unseal_request(options: UnsealRangeOptions) -> Result<Unseal> {
    Ok(Unseal {
        sector: convert::sector(options.sector_size, &options.prover_id, options.sector_number)?,
        sealed: options.sealed.into(),
        cache: options.cache.map(PathBuf::from),
        ticket: convert::bytes32("ticket", &options.ticket)?,
        comm_d: convert::bytes32("commD", &options.comm_d)?,
        comm_r: convert::bytes32("commR", &options.comm_r)?,
        offset: convert::integer("offset", options.offset)?,
        size: convert::integer("size", options.size)?,
        output: options.output.into(),
    })
}

#[napi(object, object_to_js = false)]
pub struct CheckSectorOptions {
    pub sector_size: f64,
    pub unsealed: String,
    pub sealed: String,
    pub cache: String,
    pub comm_d: Uint8Array,
    /// Left out before PC2.
    pub comm_r: Option<Uint8Array>,
    /// Hash everything again.
    pub deep: bool,
}

/// What was found of one part of a sector's files.
#[napi(object, object_from_js = false)]
pub struct CheckedPart {
    /// `unsealed`, `sealed`, `p_aux`, `t_aux`, `tree-r-last`, `tree-d`, `layers`, `tree-c` or `decoded`.
    pub part: String,
    #[napi(ts_type = "'right' | 'wrong' | 'absent'")]
    pub state: String,
    /// What is wrong.
    pub detail: Option<String>,
}

/// A sector's files against its commitments; what is wrong with them is in the result. Rejects: PROOF_IO, PROOF_BACKEND.
#[napi(ts_return_type = "Promise<Array<CheckedPart>>")]
pub fn check_sector<'env>(env: &'env Env, options: CheckSectorOptions) -> napi::Result<Object<'env>> {
    task::spawn(env, "check", check_request(options), |request| {
        Ok(check::sector(&request)?.into_iter().map(checked_part).collect::<Vec<_>>())
    })
}

fn check_request(options: CheckSectorOptions) -> Result<Check> {
    Ok(Check {
        size: convert::sector_size(options.sector_size)?,
        paths: convert::paths(&options.unsealed, &options.sealed, &options.cache),
        comm_d: convert::bytes32("commD", &options.comm_d)?,
        comm_r: options.comm_r.map(|comm_r| convert::bytes32("commR", &comm_r)).transpose()?,
        deep: options.deep,
    })
}

fn checked_part(Finding { part, state }: Finding) -> CheckedPart {
    let (state, detail) = match state {
        State::Right => ("right", None),
        State::Wrong(detail) => ("wrong", Some(detail)),
        State::Absent => ("absent", None),
    };
    CheckedPart { part: part.to_owned(), state: state.to_owned(), detail }
}

/// Deletes layers, TreeD and TreeC from a cache folder: what only sealing needs. Rejects: PROOF_IO.
#[napi(ts_return_type = "Promise<void>")]
pub fn clear_cache<'env>(env: &'env Env, cache: String) -> napi::Result<Object<'env>> {
    task::spawn(env, "clear-cache", Ok(cache), |cache| seal::clear_cache(Path::new(&cache)))
}
