//! Memory for arrays of hundreds of megabytes.

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

#[cfg(test)]
mod tests {
    use super::large_vec;

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
