//! Uncompressed points as a parameter file holds them (the zcash format): x then y, big-endian, of Fp2 the second
//! component first; the top bits of the first byte are flags.

use super::{Field, Point};
use crate::curve::{DecodeError, Fault};

/// Flag of a compressed point.
const COMPRESSED: u8 = 0x80;
/// Flag of the point at infinity.
const INFINITY: u8 = 0x40;

/// See [`crate::curve::Group::decode`].
pub(crate) fn decode<F: Field>(bytes: &[u8], points: &mut [Point<F>]) -> Result<(), DecodeError> {
    assert_eq!(bytes.len(), points.len() * 2 * F::BYTES, "bytes for each point");
    for (index, (bytes, point)) in bytes.chunks_exact(2 * F::BYTES).zip(points).enumerate() {
        *point = decode_one(bytes).map_err(|fault| DecodeError { index, fault })?;
    }
    Ok(())
}

/// See [`crate::curve::Group::encode`].
pub(crate) fn encode<F: Field>(points: &[Point<F>], bytes: &mut [u8]) {
    assert_eq!(bytes.len(), points.len() * 2 * F::BYTES, "bytes for each point");
    for (bytes, point) in bytes.chunks_exact_mut(2 * F::BYTES).zip(points) {
        let (x, y) = bytes.split_at_mut(F::BYTES);
        point.x.write(x);
        point.y.write(y);
        if point.is_infinity() {
            bytes[0] = INFINITY;
        }
    }
}

fn decode_one<F: Field>(bytes: &[u8]) -> Result<Point<F>, Fault> {
    if bytes[0] & COMPRESSED != 0 {
        return Err(Fault::Compressed);
    }
    if bytes[0] & INFINITY != 0 {
        return Err(Fault::Infinity);
    }
    let (x, y) = bytes.split_at(F::BYTES);
    let point = Point { x: F::read(x).ok_or(Fault::NotReduced)?, y: F::read(y).ok_or(Fault::NotReduced)? };
    if point.is_on_curve() { Ok(point) } else { Err(Fault::NotOnCurve) }
}

impl<F: Field> Point<F> {
    /// y² = x³ + b, which (0, 0) does not satisfy on either curve.
    fn is_on_curve(&self) -> bool {
        self.y.square() == self.x.square().mul(&self.x).add(&F::B)
    }
}
