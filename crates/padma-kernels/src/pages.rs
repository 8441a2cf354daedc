//! Memory for arrays of hundreds of megabytes.

use std::ops::{Deref, DerefMut};

use crate::node::Node;

/// An empty vector with room for `capacity` elements, in huge pages where the system gives them on request.
///
/// Points and coefficients are read in no order: with pages of 4 KiB most reads miss the translation buffer too, which
/// makes a sum of points that are spread over 400 MB half as slow again.
pub fn large_vec<T>(capacity: usize) -> Vec<T> {
    let vec: Vec<T> = Vec::with_capacity(capacity);
    #[cfg(target_os = "linux")]
    advise(vec.as_ptr().cast(), capacity * size_of::<T>());
    vec
}

/// Only a wish: a system that refuses it keeps its small pages, and nothing else changes.
#[cfg(target_os = "linux")]
fn advise(start: *const u8, bytes: usize) {
    // The smallest page of any architecture's; the system asks for a multiple of its own.
    const PAGE: usize = 1 << 16;
    let skipped = start.align_offset(PAGE);
    if bytes < skipped + PAGE {
        return;
    }
    let whole = (bytes - skipped) / PAGE * PAGE;
    // SAFETY: the range lies within one allocation of ours; the advice changes no byte of it.
    unsafe { libc::madvise(start.add(skipped).cast_mut().cast(), whole, libc::MADV_HUGEPAGE) };
}

/// Nodes, zero at first and not in memory until they are touched; in huge pages where the system gives them on request.
///
/// Each lies in one cache line: the labels of a layer are read in no order, and where half of them lay in two lines,
/// PC1 of one sector took a quarter more time and that of four side by side twice as much.
pub struct Nodes {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

const CACHE_LINE: usize = 64;

impl Nodes {
    pub fn zeroed(count: usize) -> Self {
        let bytes = vec![0; count * size_of::<Node>() + CACHE_LINE];
        #[cfg(target_os = "linux")]
        advise(bytes.as_ptr(), bytes.len());
        let start = bytes.as_ptr().align_offset(CACHE_LINE);
        let end = start + count * size_of::<Node>();
        Self { bytes, start, end }
    }
}

impl Deref for Nodes {
    type Target = [Node];

    fn deref(&self) -> &[Node] {
        self.bytes[self.start..self.end].as_chunks().0
    }
}

impl DerefMut for Nodes {
    fn deref_mut(&mut self) -> &mut [Node] {
        self.bytes[self.start..self.end].as_chunks_mut().0
    }
}

#[cfg(test)]
mod tests {
    use super::{Nodes, large_vec};

    #[test]
    fn nodes_are_zero_and_each_in_one_cache_line() {
        for count in [0, 1, 2, 1 << 12, (1 << 16) + 1] {
            let mut nodes = Nodes::zeroed(count);
            assert!(nodes.len() == count && nodes.iter().all(|node| *node == [0; 32]));
            assert!(nodes.is_empty() || (nodes.as_ptr() as usize).is_multiple_of(64));
            nodes.fill([7; 32]);
            assert!(nodes.iter().all(|node| *node == [7; 32]));
        }
    }

    #[test]
    fn it_is_a_vector_like_any_other() {
        for capacity in [0, 1, 1 << 12, (1 << 20) + 3] {
            let mut vec: Vec<u64> = large_vec(capacity);
            assert!(vec.is_empty() && vec.capacity() >= capacity);
            vec.extend(0..capacity as u64);
            assert!(vec.iter().copied().eq(0..capacity as u64));
        }
    }
}
