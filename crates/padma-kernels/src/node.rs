//! Nodes: field elements as sector files hold them, and the sum that hides data in a replica.

/// 32 bytes, little-endian: a field element, which is below the modulus r of the scalar field. A digest of SHA-256 is one
/// once its two highest bits are cleared.
pub type Node = [u8; 32];

/// r, the lowest word first.
pub(crate) const MODULUS: [u64; 4] =
    [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

/// Bytes that are no field element: they are not below the modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("node {index} is no field element")]
pub struct NotReduced {
    /// Its place in the slice.
    pub index: usize,
}

impl NotReduced {
    /// The same of a slice with `before` nodes more before.
    pub fn behind(self, before: usize) -> Self {
        Self { index: self.index + before }
    }
}

/// `replica[i]` = `keys[i]` + `data[i]` mod r. Panics when the lengths disagree.
///
/// Error: the place of a key or of data that is no field element.
pub fn encode(keys: &[Node], data: &[Node], replica: &mut [Node]) -> Result<(), NotReduced> {
    combine(keys, data, replica, |key, data| {
        // Both are below r, which is below 2²⁵⁵: the sum fits.
        let (sum, _) = add(key, data);
        let (rest, less) = subtract(sum, MODULUS);
        if less { sum } else { rest }
    })
}

/// `data[i]` = `replica[i]` − `keys[i]` mod r: the reverse of [`encode`]. Panics and errors alike.
pub fn decode(keys: &[Node], replica: &[Node], data: &mut [Node]) -> Result<(), NotReduced> {
    combine(keys, replica, data, |key, replica| {
        let (rest, less) = subtract(replica, key);
        if less { add(rest, MODULUS).0 } else { rest }
    })
}

fn combine(
    keys: &[Node],
    values: &[Node],
    out: &mut [Node],
    with: impl Fn([u64; 4], [u64; 4]) -> [u64; 4],
) -> Result<(), NotReduced> {
    assert!(keys.len() == values.len() && keys.len() == out.len(), "as many keys as nodes");
    check(keys)?;
    check(values)?;
    for ((key, value), out) in keys.iter().zip(values).zip(out) {
        *out = node(with(words(key), words(value)));
    }
    Ok(())
}

/// Error: the first node that is not below the modulus.
pub fn check(nodes: &[Node]) -> Result<(), NotReduced> {
    let wrong = nodes.iter().position(|node| !subtract(words(node), MODULUS).1);
    wrong.map_or(Ok(()), |index| Err(NotReduced { index }))
}

pub(crate) fn words(node: &Node) -> [u64; 4] {
    let words = node.as_chunks::<8>().0;
    std::array::from_fn(|i| u64::from_le_bytes(words[i]))
}

/// The node of four words, the lowest first.
#[inline]
pub fn node(words: [u64; 4]) -> Node {
    let mut node = [0; 32];
    node.as_chunks_mut().0.iter_mut().zip(words).for_each(|(bytes, word)| *bytes = word.to_le_bytes());
    node
}

/// The sum modulo 2²⁵⁶, and whether it is more than that.
pub(crate) fn add(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let mut over = false;
    let sum = std::array::from_fn(|i| {
        let (first, one) = a[i].overflowing_add(b[i]);
        let (second, other) = first.overflowing_add(u64::from(over));
        over = one | other;
        second
    });
    (sum, over)
}

/// The difference modulo 2²⁵⁶, and whether it is negative.
pub(crate) fn subtract(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let mut less = false;
    let rest = std::array::from_fn(|i| {
        let (first, one) = a[i].overflowing_sub(b[i]);
        let (second, other) = first.overflowing_sub(u64::from(less));
        less = one | other;
        second
    });
    (rest, less)
}
