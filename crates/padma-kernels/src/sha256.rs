//! SHA-256 as sealing uses it: very many short messages of known length, never one long stream.
//!
//! [`hash_pairs`] makes a level of a tree; [`label_nodes`] makes SDR labels. The SHA extensions of x86-64 (SHA-NI) compute
//! a block as a chain of 32 instructions that each wait four cycles for the one before, so messages side by side are what
//! there is to gain, and message schedules that are made once where a block comes again. AVX-512 computes sixteen messages
//! at a time, which is faster still where there are that many.

/// Runs a body sixteen times with the number as a constant: a loop would keep the message in memory.
#[cfg(target_arch = "x86_64")]
macro_rules! sixteen_times {
    ($i:ident => $body:block) => {
        sixteen_times!(@each $i $body 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@each $i:ident $body:block $($index:literal)*) => {
        $({ const $i: usize = $index; $body })*
    };
}

#[cfg(target_arch = "x86_64")]
mod avx512;
mod labels;
#[cfg(target_arch = "x86_64")]
mod ni;
mod portable;

pub use labels::{BASE_PARENTS, Layer, Parents, label_nodes, sectors_side_by_side};

use crate::Backend;
use crate::node::Node;

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
pub const ROUND_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The state before the first block (FIPS 180-4, 5.3.3).
pub const INITIAL: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// Clears the two highest bits of a little-endian number in a digest's last word: then it is a field element.
const FIELD_MASK: u32 = 0xffff_ff3f;

/// What a label is the digest of: a header of 64 bytes and 37 labels.
const LABEL_BYTES: u32 = 64 + 37 * 32;

/// W + K of a block: what its 64 rounds add.
#[cfg(target_arch = "x86_64")]
const fn scheduled(block: &[u32; 16]) -> [u32; 64] {
    let mut words = [0; 64];
    let mut t = 0;
    while t < 64 {
        words[t] = if t < 16 {
            block[t]
        } else {
            let (two, fifteen) = (words[t - 2], words[t - 15]);
            let small1 = two.rotate_right(17) ^ two.rotate_right(19) ^ (two >> 10);
            let small0 = fifteen.rotate_right(7) ^ fifteen.rotate_right(18) ^ (fifteen >> 3);
            small1.wrapping_add(words[t - 7]).wrapping_add(small0).wrapping_add(words[t - 16])
        };
        t += 1;
    }
    t = 0;
    while t < 64 {
        words[t] = words[t].wrapping_add(ROUND_CONSTANTS[t]);
        t += 1;
    }
    words
}

/// The second block of every message of 64 bytes: the bit that ends it, and its length in bits.
#[cfg(target_arch = "x86_64")]
const AFTER_64_BYTES: [u32; 64] = scheduled(&[1 << 31, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 512]);

/// Whether a backend computes with the SHA extensions. Every CPU with AVX-512 IFMA has them, and so have those with AVX2
/// since Zen and Ice Lake; on others `Avx2` hashes as `Portable` does.
fn uses_sha_ni(backend: Backend) -> bool {
    assert!(backend.is_supported(), "this CPU cannot run {}", backend.name());
    backend != Backend::Portable && has_sha_ni()
}

#[cfg(target_arch = "x86_64")]
fn has_sha_ni() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_sha_ni() -> bool {
    false
}

/// `parents[i]` = SHA-256 of `children[2i]` and `children[2i + 1]` with the two highest bits cleared: a level of CommP's,
/// CommD's and TreeD's trees. One thread; split the slices to use more.
///
/// Panics when there are not twice as many children as parents.
pub fn hash_pairs(backend: Backend, children: &[Node], parents: &mut [Node]) {
    assert_eq!(children.len(), 2 * parents.len(), "children and parents disagree");
    #[cfg(target_arch = "x86_64")]
    if uses_sha_ni(backend) {
        let (children, parents) =
            if backend == Backend::Avx512 { in_lanes(children, parents) } else { (children, parents) };
        // SAFETY: the CPU has the features.
        return unsafe { ni::hash_pairs(children, parents) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    uses_sha_ni(backend);
    portable::hash_pairs(children, parents);
}

/// [`hash_pairs`] of as many as fill all lanes; returns what is left. The caller has asked for a CPU with AVX-512.
#[cfg(target_arch = "x86_64")]
fn in_lanes<'a>(children: &'a [Node], parents: &'a mut [Node]) -> (&'a [Node], &'a mut [Node]) {
    let twice = parents.len() / (2 * avx512::LANES) * (2 * avx512::LANES);
    let once = parents.len() / avx512::LANES * avx512::LANES;
    let (whole, rest) = parents.split_at_mut(once);
    let (first, second) = whole.split_at_mut(twice);
    // SAFETY: the CPU has AVX-512; twice as many children as parents.
    unsafe {
        avx512::hash_pairs::<2>(&children[..2 * twice], first);
        avx512::hash_pairs::<1>(&children[2 * twice..2 * once], second);
    }
    (&children[2 * once..], rest)
}
