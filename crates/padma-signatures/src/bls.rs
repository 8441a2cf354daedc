//! BLS over BLS12-381, minimal public keys (draft-irtf-cfrg-bls-signature, basic scheme).

use blst::BLST_ERROR::BLST_SUCCESS;
use blst::blst_scalar;
use blst::min_pk::{PublicKey, SecretKey, Signature};
use rand_core::{OsRng, RngCore};

const DOMAIN: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";

/// Bits of a random coefficient: what blst and the network's clients take.
const COEFFICIENT_BITS: usize = 64;

/// A key and a signature that are points of their groups, neither at infinity, and what was signed.
pub struct Statement<'bytes> {
    key: PublicKey,
    signature: Signature,
    signed: &'bytes [u8],
}

impl<'bytes> Statement<'bytes> {
    /// `None`: bytes that are no points, or points at infinity or outside of the subgroup.
    pub fn read(key: &[u8], signature: &[u8], signed: &'bytes [u8]) -> Option<Self> {
        // blst takes points of other lengths too, uncompressed.
        if key.len() != 48 || signature.len() != 96 {
            return None;
        }
        let key = PublicKey::key_validate(key).ok()?;
        let signature = Signature::sig_validate(signature, true).ok()?;
        Some(Self { key, signature, signed })
    }

    fn holds(&self) -> bool {
        self.signature.verify(false, self.signed, DOMAIN, &[], &self.key, false) == BLST_SUCCESS
    }
}

/// A statement and its place among the verdicts.
pub type Placed<'list, 'bytes> = (usize, &'list Statement<'bytes>);

/// Sets the verdict of each statement that holds; the others keep `false`.
///
/// All of them are one equation, each with a random coefficient of 64 bits from the operating system, drawn after the
/// signatures are known: with a wrong one among them it holds with probability 2⁻⁶⁴ at most. Where it does not hold,
/// the halves are looked at, down to single ones.
pub fn verify(statements: &[Placed<'_, '_>], verdicts: &mut [bool]) {
    let all_hold = match statements {
        [] => return,
        [(_, only)] => only.holds(),
        many => hold_together(many),
    };
    if all_hold {
        statements.iter().for_each(|(index, _)| verdicts[*index] = true);
    } else if statements.len() > 1 {
        let (left, right) = statements.split_at(statements.len() / 2);
        verify(left, verdicts);
        verify(right, verdicts);
    }
}

fn hold_together(statements: &[Placed<'_, '_>]) -> bool {
    let coefficients: Vec<_> = statements.iter().map(|_| coefficient()).collect();
    let keys: Vec<_> = statements.iter().map(|(_, one)| &one.key).collect();
    let signatures: Vec<_> = statements.iter().map(|(_, one)| &one.signature).collect();
    let signed: Vec<_> = statements.iter().map(|(_, one)| one.signed).collect();
    // The points were checked when they were read.
    let outcome = Signature::verify_multiple_aggregate_signatures(
        &signed,
        DOMAIN,
        &keys,
        false,
        &signatures,
        false,
        &coefficients,
        COEFFICIENT_BITS,
    );
    outcome == BLST_SUCCESS
}

/// Never zero: a signature with coefficient zero would not be looked at.
fn coefficient() -> blst_scalar {
    let random = loop {
        let drawn = OsRng.next_u64();
        if drawn != 0 {
            break drawn;
        }
    };
    let mut scalar = blst_scalar::default();
    scalar.b[..COEFFICIENT_BITS / 8].copy_from_slice(&random.to_le_bytes());
    scalar
}

pub struct PrivateKey(SecretKey);

impl PrivateKey {
    pub fn read(secret: &[u8]) -> Option<Self> {
        SecretKey::from_bytes(secret).ok().map(Self)
    }

    pub fn public_key(&self) -> Vec<u8> {
        self.0.sk_to_pk().compress().to_vec()
    }

    pub fn sign(&self, bytes: &[u8]) -> [u8; 96] {
        self.0.sign(bytes, DOMAIN, &[]).compress()
    }
}
