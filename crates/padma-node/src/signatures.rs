//! Signatures of accounts for JavaScript.

use napi::Env;
use napi::bindgen_prelude::{Object, Uint8Array};
use napi_derive::napi;
use padma_porep::{ProofError, Result};
use padma_signatures::{Check, PrivateKey};

use crate::task;

/// Did the key behind `signer` make `signature` over `signed`? All three are any bytes.
#[napi(object, object_to_js = false)]
pub struct SignatureCheck {
    /// Address: its protocol byte, then its payload.
    pub signer: Uint8Array,
    /// Its type byte (go-state-types, crypto.SigType), then the signature.
    pub signature: Uint8Array,
    pub signed: Uint8Array,
}

/// A check with bytes of its own.
struct Owned {
    signer: Vec<u8>,
    signature: Vec<u8>,
    signed: Vec<u8>,
}

impl Owned {
    fn of(check: &SignatureCheck) -> Self {
        let SignatureCheck { signer, signature, signed } = check;
        Self { signer: signer.to_vec(), signature: signature.to_vec(), signed: signed.to_vec() }
    }

    fn borrowed(&self) -> Check<'_> {
        Check { signer: &self.signer, signature: &self.signature, signed: &self.signed }
    }
}

/// A verdict for each check, in order; many cost less than one by one. Malformed bytes, and a signer whose address
/// holds no key, are `false`.
#[napi(ts_return_type = "Promise<Array<boolean>>")]
pub fn verify_signatures<'env>(env: &'env Env, checks: Vec<SignatureCheck>) -> napi::Result<Object<'env>> {
    let owned = checks.iter().map(Owned::of).collect::<Vec<_>>();
    task::spawn(env, "signatures", Ok(owned), |owned| {
        Ok(padma_signatures::verify(&owned.iter().map(Owned::borrowed).collect::<Vec<_>>()))
    })
}

/// A private key: 32 bytes, big-endian (lotus stores BLS secrets little-endian).
#[napi(object, object_to_js = false)]
pub struct SigningKey {
    #[napi(ts_type = "'bls' | 'secp256k1'")]
    pub kind: String,
    pub secret: Uint8Array,
}

impl SigningKey {
    fn convert(&self) -> Result<PrivateKey> {
        let key = match self.kind.as_str() {
            "bls" => PrivateKey::bls(&self.secret),
            "secp256k1" => PrivateKey::secp256k1(&self.secret),
            _ => None,
        };
        let what = || format!("not a private key of kind {}", self.kind); // never the secret
        key.ok_or_else(|| ProofError::BadInput { what: what() })
    }
}

/// What the key's address is made of: 48 bytes (bls) or 65 (secp256k1). Throws: PROOF_BAD_INPUT.
#[napi]
pub fn public_key(env: Env, key: SigningKey) -> napi::Result<Uint8Array> {
    task::now(&env, || Ok(key.convert()?.public_key().into()))
}

/// Type byte and signature over `bytes`, at once: it takes half a millisecond, and is called where nothing may be
/// awaited. Throws: PROOF_BAD_INPUT.
#[napi]
pub fn sign(env: Env, key: SigningKey, bytes: Uint8Array) -> napi::Result<Uint8Array> {
    task::now(&env, || Ok(key.convert()?.sign(&bytes).into()))
}
