//! The reference library behind a line protocol: one JSON request a line on stdin, one reply a line on stdout.
//!
//! `padma bench --against reference` runs it beside padma's own proofs process. It ends when stdin does. The library
//! reads its settings (parameters, threads) from the environment, as it always does.
#![forbid(unsafe_code)]

mod marks;
mod parameters;
mod pre_commit;
mod request;
mod seal;

use anyhow::Result;
use request::{Reply, Request};
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    marks::listen();
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever started this is gone, or speaks another protocol: there is nobody else to tell.
            let _ = writeln!(io::stderr(), "padma-reference: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<()> {
    for line in io::stdin().lock().lines() {
        let reply = match serde_json::from_str(&line?)? {
            Request::Ready => Ok(Reply::default()),
            Request::CommP(request) => pre_commit::comm_p(&request),
            Request::AddPiece(request) => pre_commit::add_piece(&request),
            Request::Pc1(request) => pre_commit::pc1(&request),
            Request::Pc2(request) => seal::pc2(&request),
            Request::C1(request) => seal::c1(&request),
            Request::C2(request) => seal::c2(&request),
            Request::Verify(request) => seal::verify(&request),
            Request::Decode(request) => parameters::decode(&request),
            Request::Parameters(request) => parameters::generate(&request),
        };
        let line = match reply {
            Ok(done) => serde_json::json!({ "done": done }),
            Err(error) => serde_json::json!({ "failed": format!("{error:#}") }),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(())
}
