//! ECDSA over secp256k1 with the recovery byte 0 to 3 at the end (go-crypto; FVM `verify_secp256k1_sig`).

use blake2b_simd::Params;
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};

/// Whether the key whose hash is `hash` (20 bytes) signed. The key is recovered, since the address has but its hash.
pub fn holds(hash: &[u8], signature: &[u8], signed: &[u8]) -> bool {
    recover(signature, signed).is_some_and(|key| blake2b(20, &uncompressed(&key)) == hash)
}

/// The key that made the signature; `None` for bytes that nobody's key made.
fn recover(signature: &[u8], signed: &[u8]) -> Option<VerifyingKey> {
    let (&recovery, rs) = signature.split_last()?;
    let (signature, recovery) = low_s(Signature::from_slice(rs).ok()?, RecoveryId::from_byte(recovery)?);
    VerifyingKey::recover_from_prehash(&digest(signed), &signature, recovery).ok()
}

/// The network takes s and its negative alike, with the other recovery bit; k256 takes the lower one alone.
fn low_s(signature: Signature, recovery: RecoveryId) -> (Signature, RecoveryId) {
    let Some(lower) = signature.normalize_s() else { return (signature, recovery) };
    (lower, RecoveryId::new(!recovery.is_y_odd(), recovery.is_x_reduced()))
}

pub struct PrivateKey(SigningKey);

impl PrivateKey {
    pub fn read(secret: &[u8]) -> Option<Self> {
        let secret: &[u8; 32] = secret.try_into().ok()?; // k256 would take shorter ones
        SigningKey::from_slice(secret).ok().map(Self)
    }

    pub fn public_key(&self) -> Vec<u8> {
        uncompressed(self.0.verifying_key())
    }

    /// r ‖ s ‖ recovery, with the nonce of RFC 6979 and the lower s.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 65] {
        let (signature, recovery) =
            self.0.sign_prehash_recoverable(&digest(bytes)).expect("a digest of 32 bytes");
        let mut data = [recovery.to_byte(); 65];
        data[..64].copy_from_slice(&signature.to_bytes());
        data
    }
}

fn uncompressed(key: &VerifyingKey) -> Vec<u8> {
    key.to_encoded_point(false).as_bytes().to_vec()
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    blake2b(32, bytes)
}

fn blake2b(length: usize, bytes: &[u8]) -> Vec<u8> {
    Params::new().hash_length(length).hash(bytes).as_bytes().to_vec()
}
