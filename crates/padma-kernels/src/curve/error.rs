//! What is wrong with the bytes of a point.

/// The first point of a sequence that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("point {index}: {fault}")]
pub struct DecodeError {
    pub index: usize,
    pub fault: Fault,
}

/// Why bytes are no finite point in uncompressed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it is marked as compressed")]
    Compressed,
    #[error("it is the point at infinity")]
    Infinity,
    #[error("a coordinate is not below the modulus")]
    NotReduced,
    #[error("it is not on the curve")]
    NotOnCurve,
}
