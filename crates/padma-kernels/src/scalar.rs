//! The tier that every CPU runs: blst's field arithmetic, one element at a time.

mod addition;
mod encoding;
mod field;

#[cfg(target_arch = "x86_64")]
pub(crate) use addition::{Kind, kind, known, signed};
pub(crate) use addition::{Point, add_pairs};
pub(crate) use encoding::{decode, encode};
pub(crate) use field::Field;
#[cfg(target_arch = "x86_64")]
pub(crate) use field::MODULUS as FP_MODULUS;
