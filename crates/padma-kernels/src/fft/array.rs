//! An array that tiles of several threads read and write at once, each its own part.

use std::marker::PhantomData;

use blstrs::Scalar;

use super::eight::Words;

/// An array of scalars shared out among tiles. Each tile must touch groups of eight that no other touches while it
/// runs; that is what the unsafe methods ask for.
pub(super) struct Array<'a> {
    eights: *mut [Words; 8],
    len: usize,
    lent: PhantomData<&'a mut [Scalar]>,
}

// SAFETY: the pointer stands for the exclusive borrow `lent` of plain data.
unsafe impl Send for Array<'_> {}
// SAFETY: shared access is unsafe and keeps to disjoint parts.
unsafe impl Sync for Array<'_> {}

impl<'a> Array<'a> {
    /// The length must be a multiple of eight.
    pub(super) fn new(scalars: &'a mut [Scalar]) -> Self {
        assert_eq!(scalars.len() % 8, 0, "whole groups of eight");
        // A scalar is a `blst_fr` and nothing else (repr(transparent)), and that four words.
        Self { eights: scalars.as_mut_ptr().cast(), len: scalars.len() / 8, lent: PhantomData }
    }

    /// Groups of eight.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Group `i`.
    ///
    /// # Safety
    /// No one else uses the group while the reference lives.
    #[inline(always)]
    #[allow(clippy::mut_from_ref, reason = "disjointness is the caller's promise")]
    pub(super) unsafe fn eight(&self, i: usize) -> &mut [Words; 8] {
        assert!(i < self.len, "group {i} of {}", self.len);
        // SAFETY: in range; exclusive by the caller's promise.
        unsafe { &mut *self.eights.add(i) }
    }
}
