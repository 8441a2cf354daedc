//! Arithmetic of the scalar field on the floating-point multiplier, for CPUs with AVX2 that have no IFMA.

pub(crate) mod fr;
