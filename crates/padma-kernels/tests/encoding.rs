//! Uncompressed points against blst's own encoder and decoder.

use blst::blst_p1_affine;
use padma_kernels::Backend;
use padma_kernels::curve::{DecodeError, Fault, G1, G2, Group};
use std::ops::Range;

mod support;
use support::Oracle;

/// Lengths around a vector's eight lanes and a batch.
const LENGTHS: [usize; 7] = [0, 1, 7, 8, 9, 64, 259];

/// p, big-endian.
const MODULUS: &str =
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";

fn encoded<G: Oracle>(scalars: Range<u64>) -> (Vec<G::Affine>, Vec<u8>) {
    let points: Vec<_> = scalars.map(G::multiple).collect();
    let bytes = points.iter().flat_map(G::serialize).collect();
    (points, bytes)
}

fn decode<G: Group>(backend: Backend, bytes: &[u8]) -> Result<Vec<G::Packed>, DecodeError> {
    let mut points = vec![G::Packed::default(); bytes.len() / G::ENCODED];
    G::decode(backend, bytes, &mut points)?;
    Ok(points)
}

fn agrees_with_blst<G: Oracle>() {
    for backend in Backend::supported() {
        for length in LENGTHS {
            let (points, bytes) = encoded::<G>(1..length as u64 + 1);
            let packed = decode::<G>(backend, &bytes).expect("points of the curve");
            let unpacked: Vec<_> = packed.iter().map(|point| G::unpack(backend, point)).collect();
            assert_eq!(unpacked, points, "{length} on {}", backend.name());
            let mut again = vec![0xaa; bytes.len()];
            G::encode(backend, &packed, &mut again);
            assert!(again == bytes, "{length} on {}", backend.name());
        }
    }
}

fn infinity_is_written<G: Oracle>() {
    for backend in Backend::supported() {
        for at in 0..9 {
            let (mut points, _) = encoded::<G>(1..10);
            points[at] = G::Affine::default();
            let packed: Vec<_> = points.iter().map(|point| G::pack(backend, point)).collect();
            let mut bytes = vec![0xaa; 9 * G::ENCODED];
            G::encode(backend, &packed, &mut bytes);
            assert!(bytes == points.iter().flat_map(G::serialize).collect::<Vec<_>>());
            assert_eq!(
                decode::<G>(backend, &bytes).err(),
                Some(DecodeError { index: at, fault: Fault::Infinity })
            );
        }
    }
}

/// Every way of damaging a point, at every lane; the earliest of two faults is named.
fn faults_are_named<G: Oracle>(components: usize) {
    let modulus = hex(MODULUS);
    for backend in Backend::supported() {
        for at in [0, 1, 6, 7, 8, 17, 19] {
            let check = |fault: Fault, damage: &dyn Fn(&mut [u8])| {
                let (_, mut bytes) = encoded::<G>(1..21);
                damage(&mut bytes[at * G::ENCODED..][..G::ENCODED]);
                if at < 19 {
                    bytes[19 * G::ENCODED + 47] ^= 2;
                }
                let found = decode::<G>(backend, &bytes).err();
                assert_eq!(found, Some(DecodeError { index: at, fault }), "{}", backend.name());
            };
            check(Fault::Compressed, &|point| point[0] |= 0x80);
            check(Fault::Compressed, &|point| point[0] |= 0xc0);
            check(Fault::Infinity, &|point| point[0] |= 0x40);
            check(Fault::NotReduced, &|point| point[0] |= 0x20);
            for component in 0..components {
                check(Fault::NotReduced, &|point| point[48 * component..][..48].copy_from_slice(&modulus));
                check(Fault::NotReduced, &|point| {
                    let bytes = &mut point[48 * component..][..48];
                    bytes.fill(0xff);
                    bytes[0] = 0x1f;
                });
                check(Fault::NotOnCurve, &|point| point[48 * component + 46] ^= 4);
            }
            check(Fault::NotOnCurve, &|point| point.fill(0));
        }
    }
}

/// Below p by one is a coordinate like another: the curve decides.
#[test]
fn the_largest_coordinate_is_reduced() {
    for backend in Backend::supported() {
        let mut bytes = vec![0; 96];
        bytes[..48].copy_from_slice(&hex(MODULUS));
        bytes[47] -= 1;
        assert_eq!(decode::<G1>(backend, &bytes).err().map(|error| error.fault), Some(Fault::NotOnCurve));
    }
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits"))
        .collect()
}

#[test]
fn g1_agrees_with_blst() {
    agrees_with_blst::<G1>();
}

#[test]
fn g2_agrees_with_blst() {
    agrees_with_blst::<G2>();
}

#[test]
fn infinity_is_written_and_not_read() {
    infinity_is_written::<G1>();
    infinity_is_written::<G2>();
}

#[test]
fn faults_are_named_with_their_point() {
    faults_are_named::<G1>(2);
    faults_are_named::<G2>(4);
}

/// Points of the curve outside the subgroup decode: membership is not asked here.
#[test]
fn the_subgroup_is_not_asked() {
    // x = 4 is on E(Fp) (68 is a square), of an order that r does not divide evenly.
    let mut point = blst_p1_affine::default();
    let mut compressed = [0u8; 48];
    (compressed[0], compressed[47]) = (0x80, 4);
    // SAFETY: 48 bytes and a point.
    let error = unsafe { blst::blst_p1_uncompress(&mut point, compressed.as_ptr()) };
    assert_eq!(error, blst::BLST_ERROR::BLST_SUCCESS);
    // SAFETY: a point.
    assert!(!unsafe { blst::blst_p1_affine_in_g1(&point) });
    for backend in Backend::supported() {
        assert!(decode::<G1>(backend, &G1::serialize(&point)).is_ok());
    }
}
