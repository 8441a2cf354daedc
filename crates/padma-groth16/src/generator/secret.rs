//! Toxic waste in memory: overwritten when it is dropped.
//!
//! Limits: this reaches the buffers below, and neither the scratch of the kernels' additions, nor registers, nor copies that the compiler left on a stack, nor
//! pages that the system swapped out or wrote into a core dump; and no overwriting helps a set whose seed is known.

use std::hint::black_box;
use std::ops::{Deref, DerefMut};

/// Values that are overwritten with the type's default when they are dropped. A buffer never grows: growing would
/// leave the old one behind.
pub(super) struct Secret<T: Copy + Default>(Vec<T>);

impl<T: Copy + Default> Secret<T> {
    /// Takes over a buffer, without a copy.
    pub fn new(values: Vec<T>) -> Self {
        Self(values)
    }

    pub fn zeroed(len: usize) -> Self {
        Self(vec![T::default(); len])
    }

    /// The values that pass `wanted`, in order. `upper` is at least their number.
    pub fn filtered(upper: usize, values: impl Iterator<Item = T>, wanted: impl Fn(&T) -> bool) -> Self {
        let mut kept = Self(Vec::with_capacity(upper));
        for value in values.filter(|value| wanted(value)) {
            assert!(kept.0.len() < upper, "a secret buffer does not grow");
            kept.0.push(value);
        }
        kept
    }

    /// Overwrites everything. `black_box` may read the buffer as far as the compiler knows, so the writes stay.
    fn wipe(&mut self) {
        self.0.fill(T::default());
        black_box(self.0.as_mut_slice());
    }
}

impl<T: Copy + Default> Drop for Secret<T> {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl<T: Copy + Default> Deref for Secret<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Copy + Default> DerefMut for Secret<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wiping_leaves_defaults() {
        let mut secret = Secret::filtered(5, 0..9_u64, |value| value % 2 == 0);
        assert_eq!(secret[..], [0, 2, 4, 6, 8]);
        secret.wipe();
        assert_eq!(secret[..], [0; 5]);
    }
}
