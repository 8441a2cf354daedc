//! The tier that every CPU runs: blst's field arithmetic, one element at a time.

mod addition;
mod encoding;
mod field;

pub(crate) use addition::{Point, add_pairs};
pub(crate) use encoding::{decode, encode};
pub(crate) use field::Field;
