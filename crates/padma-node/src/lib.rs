//! The napi-rs binding over the crates: converts, nothing else.
//!
//! Every asynchronous function runs on a thread of its own, not on one of libuv's four, and rejects with an
//! `Error` that has the `code` and `facts` of `ProofError`. Sizes and sector numbers are JavaScript numbers,
//! whole and at most 2⁵³ − 1; 32-byte values are `Uint8Array`s.
#![cfg_attr(
    test,
    allow(dead_code, reason = "napi's macros export nothing in a test build, which clippy checks")
)]

mod aggregate;
mod convert;
mod info;
mod lock;
mod parameters;
mod pieces;
mod sealing;
mod signatures;
mod task;
mod verify;
