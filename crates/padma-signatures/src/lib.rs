//! Signatures of Filecoin's accounts (spec, "Signatures"; go-state-types `crypto`): made and checked, many in one call.
//!
//! BLS12-381 has public keys in G1 and signatures in G2, secp256k1 signs a BLAKE2b-256 digest and lets the key be
//! recovered. Addresses and signatures are the bytes of the wire: a type byte, then the payload. Whatever is malformed
//! is a signature that does not hold; only a key of one's own can be an error.
#![forbid(unsafe_code)]

mod bls;
mod secp256k1;

use rayon::prelude::*;

/// Type bytes of signatures (go-state-types, crypto.SigType).
const SECP256K1_SIGNATURE: u8 = 1;
const BLS_SIGNATURE: u8 = 2;
/// Protocol bytes of the addresses that have a key (spec, appendix "Address").
const SECP256K1_ADDRESS: u8 = 1;
const BLS_ADDRESS: u8 = 3;

/// One question: did the key behind `signer` make `signature` over `signed`?
#[derive(Clone, Copy, Debug)]
pub struct Check<'bytes> {
    /// Address: its protocol byte, then a hash of the key (secp256k1) or the key itself (BLS).
    pub signer: &'bytes [u8],
    /// Its type byte, then 65 bytes r ‖ s ‖ recovery (secp256k1) or a compressed point of G2 (BLS).
    pub signature: &'bytes [u8],
    /// What was signed, of any length.
    pub signed: &'bytes [u8],
}

/// A verdict for each check, in order. BLS signatures are checked together ([`bls::verify`]), so that many cost about
/// half as much as one by one; all cores take part.
pub fn verify(checks: &[Check<'_>]) -> Vec<bool> {
    let known: Vec<_> = checks.par_iter().map(|check| look(*check)).collect();
    let of_bls: Vec<_> =
        known.iter().enumerate().filter_map(|(index, seen)| Some((index, seen.bls()?))).collect();
    let mut verdicts: Vec<_> = known.iter().map(|seen| matches!(seen, Seen::Holds)).collect();
    bls::verify(&of_bls, &mut verdicts);
    verdicts
}

/// What is known of a check when it was looked at alone.
enum Seen<'bytes> {
    Holds,
    Fails,
    /// Well-formed; whether it holds is left to the equation of all of them.
    Bls(Box<bls::Statement<'bytes>>),
}

impl<'bytes> Seen<'bytes> {
    fn bls(&self) -> Option<&bls::Statement<'bytes>> {
        if let Self::Bls(statement) = self { Some(statement) } else { None }
    }
}

fn look(Check { signer, signature, signed }: Check<'_>) -> Seen<'_> {
    match (signer, signature) {
        ([SECP256K1_ADDRESS, hash @ ..], [SECP256K1_SIGNATURE, data @ ..]) => {
            if secp256k1::holds(hash, data, signed) { Seen::Holds } else { Seen::Fails }
        }
        ([BLS_ADDRESS, key @ ..], [BLS_SIGNATURE, data @ ..]) => {
            bls::Statement::read(key, data, signed).map_or(Seen::Fails, |one| Seen::Bls(Box::new(one)))
        }
        _ => Seen::Fails,
    }
}

/// A key that can sign. Debug shows nothing of it.
pub enum PrivateKey {
    Bls(Box<bls::PrivateKey>),
    Secp256k1(Box<secp256k1::PrivateKey>),
}

impl PrivateKey {
    /// From 32 bytes, big-endian (lotus stores BLS secrets little-endian); `None` unless it is a number from 1 below
    /// the order of the group.
    pub fn bls(secret: &[u8]) -> Option<Self> {
        bls::PrivateKey::read(secret).map(|key| Self::Bls(Box::new(key)))
    }

    /// As [`PrivateKey::bls`].
    pub fn secp256k1(secret: &[u8]) -> Option<Self> {
        secp256k1::PrivateKey::read(secret).map(|key| Self::Secp256k1(Box::new(key)))
    }

    /// What its address is made of: 48 bytes, compressed (BLS), or 65 bytes, uncompressed (secp256k1).
    pub fn public_key(&self) -> Vec<u8> {
        match self {
            Self::Bls(key) => key.public_key(),
            Self::Secp256k1(key) => key.public_key(),
        }
    }

    /// The type byte and the signature; the same bytes give the same signature.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Bls(key) => typed(BLS_SIGNATURE, &key.sign(bytes)),
            Self::Secp256k1(key) => typed(SECP256K1_SIGNATURE, &key.sign(bytes)),
        }
    }
}

fn typed(kind: u8, data: &[u8]) -> Vec<u8> {
    [&[kind], data].concat()
}
