//! Signing and checking: what holds, what does not, and which of many it is.

use blst::BLST_ERROR;
use blst::min_pk::PublicKey;
use padma_signatures::{Check, PrivateKey, verify};

struct Account {
    key: PrivateKey,
    address: Vec<u8>,
}

fn bls(secret: u8) -> Account {
    let key = PrivateKey::bls(&[secret; 32]).expect("below the order");
    let address = [vec![3], key.public_key()].concat();
    Account { key, address }
}

fn secp256k1(secret: u8) -> Account {
    let key = PrivateKey::secp256k1(&[secret; 32]).expect("below the order");
    let hash = blake2b_simd::Params::new().hash_length(20).hash(&key.public_key());
    let address = [&[1], hash.as_bytes()].concat();
    Account { key, address }
}

/// What was signed, by whom, and the signature.
struct Signed {
    signer: Vec<u8>,
    signature: Vec<u8>,
    bytes: Vec<u8>,
}

impl Signed {
    fn by(account: &Account, bytes: &[u8]) -> Self {
        let signature = account.key.sign(bytes);
        Self { signer: account.address.clone(), signature, bytes: bytes.to_vec() }
    }

    fn check(&self) -> Check<'_> {
        Check { signer: &self.signer, signature: &self.signature, signed: &self.bytes }
    }

    fn holds(&self) -> bool {
        verify(&[self.check()]) == [true]
    }
}

fn both() -> [Account; 2] {
    [bls(9), secp256k1(7)]
}

/// Of many accounts and both kinds, a message each.
fn many(count: u8) -> Vec<Signed> {
    let accounts: Vec<_> = (1..=3).flat_map(|secret| [bls(secret), secp256k1(secret)]).collect();
    (0..count).map(|i| Signed::by(&accounts[usize::from(i) % accounts.len()], &[i; 38])).collect()
}

fn verdicts(list: &[Signed]) -> Vec<bool> {
    verify(&list.iter().map(Signed::check).collect::<Vec<_>>())
}

#[test]
fn a_signature_holds_for_its_signer_and_its_bytes_alone() {
    for (account, other) in both().iter().zip([bls(10), secp256k1(8)]) {
        let signed = Signed::by(account, b"bytes");
        assert!(signed.holds());
        assert!(!Signed { bytes: b"other".to_vec(), ..Signed::by(account, b"bytes") }.holds());
        assert!(!Signed { signer: other.address, ..Signed::by(account, b"bytes") }.holds());
        assert!(Signed::by(account, b"").holds());
    }
}

#[test]
fn the_wrong_ones_of_a_list_are_found_wherever_they_are() {
    assert_eq!(verdicts(&[]), [true; 0]);
    assert_eq!(verdicts(&many(20)), [true; 20]);
    for wrong in [vec![0], vec![19], vec![0, 1, 2, 3], vec![6, 13, 14], (0..20).collect()] {
        let mut list = many(20);
        wrong.iter().for_each(|index: &usize| list[*index].bytes.push(1));
        let expected: Vec<_> = (0..20).map(|index| !wrong.contains(&index)).collect();
        assert_eq!(verdicts(&list), expected);
    }
}

/// Their sum would be right: without random coefficients the equation of both would hold.
#[test]
fn two_signatures_that_are_exchanged_do_not_hold_together() {
    let (one, two) = (Signed::by(&bls(1), b"same"), Signed::by(&bls(2), b"same"));
    let exchanged = [
        Signed { signature: two.signature.clone(), ..Signed::by(&bls(1), b"same") },
        Signed { signature: one.signature.clone(), ..Signed::by(&bls(2), b"same") },
    ];
    assert_eq!(verdicts(&exchanged), [false, false]);
}

#[test]
fn malformed_bytes_do_not_hold() {
    for account in both() {
        for fill in [0, 1, 0xc0, 0xff] {
            for length in [0, 1, 48, 64, 65, 66, 95, 96, 97, 192, 200] {
                let kind = Signed::by(&account, b"bytes").signature[0];
                let signature = [vec![kind], vec![fill; length]].concat();
                assert!(!Signed { signature, ..Signed::by(&account, b"bytes") }.holds());
                let signer = [vec![account.address[0]], vec![fill; length]].concat();
                assert!(!Signed { signer, ..Signed::by(&account, b"bytes") }.holds());
            }
        }
        for cut in [0, 1, 20] {
            let whole = Signed::by(&account, b"bytes");
            assert!(!Signed { signer: whole.signer[..cut].to_vec(), ..whole }.holds());
        }
    }
}

#[test]
fn kinds_are_not_mixed() {
    let [bls, secp256k1] = both();
    assert!(!Signed { signer: secp256k1.address.clone(), ..Signed::by(&bls, b"bytes") }.holds());
    assert!(!Signed { signer: bls.address, ..Signed::by(&secp256k1, b"bytes") }.holds());
    let mut delegated = Signed::by(&secp256k1, b"bytes");
    delegated.signature[0] = 3;
    assert!(!delegated.holds());
}

#[test]
fn the_identity_signs_nothing() {
    let identity = |length: usize| [vec![0xc0], vec![0; length - 1]].concat();
    let signer = [vec![3], identity(48)].concat();
    let signature = [vec![2], identity(96)].concat();
    let forged = || Signed { signer: signer.clone(), signature: signature.clone(), bytes: b"any".to_vec() };
    assert!(!forged().holds());
    assert_eq!(verdicts(&[forged(), Signed::by(&bls(1), b"any")]), [false, true]);
}

/// The point with x = 4 is on the curve, but not in the subgroup.
#[test]
fn a_key_outside_of_the_subgroup_is_none() {
    let mut key = [0; 48];
    (key[0], key[47]) = (0x80, 4);
    let point = PublicKey::from_bytes(&key).expect("a point of the curve");
    assert_eq!(point.validate(), Err(BLST_ERROR::BLST_POINT_NOT_IN_GROUP));
    let signer = [&[3], &key[..]].concat();
    assert!(!Signed { signer, ..Signed::by(&bls(1), b"bytes") }.holds());
}

#[test]
fn the_recovery_byte_belongs_to_a_signature_and_the_higher_s_has_the_other_one() {
    let signed = Signed::by(&secp256k1(7), b"bytes");
    for recovery in [0, 1, 2, 3, 4, 27, 255] {
        let mut turned = Signed::by(&secp256k1(7), b"bytes");
        turned.signature[65] = recovery;
        assert_eq!(turned.holds(), recovery == signed.signature[65]);
    }
    let mut higher = Signed::by(&secp256k1(7), b"bytes");
    let s: [u8; 32] = higher.signature[33..65].try_into().expect("32 bytes");
    higher.signature[33..65].copy_from_slice(&negated(s));
    assert!(!higher.holds());
    higher.signature[65] ^= 1;
    assert!(higher.holds());
}

/// The group's order less s.
fn negated(s: [u8; 32]) -> [u8; 32] {
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let order = hex::decode(order).expect("hex");
    let mut out = [0; 32];
    let mut borrow = 0;
    for i in (0..32).rev() {
        let difference = i16::from(order[i]) - i16::from(s[i]) - borrow;
        borrow = i16::from(difference < 0);
        out[i] = difference.rem_euclid(256) as u8;
    }
    out
}

#[test]
fn a_secret_is_a_number_below_the_order() {
    for wrong in [&[][..], &[1; 31], &[1; 33], &[0; 32], &[0xff; 32]] {
        assert!(PrivateKey::bls(wrong).is_none());
        assert!(PrivateKey::secp256k1(wrong).is_none());
    }
}
