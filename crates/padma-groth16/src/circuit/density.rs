//! Which variables a query has a point for: parameter files leave out the points at infinity.

/// A set of variables of one kind, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Density {
    words: Vec<u64>,
    len: usize,
    count: usize,
}

/// The variables that occur, with a coefficient that is not zero, in A or B. Inputs occur in A always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Densities {
    pub a_aux: Density,
    pub b_input: Density,
    pub b_aux: Density,
}

impl Density {
    /// No variable of `len`.
    pub fn empty(len: usize) -> Self {
        let mut density = Self::default();
        density.grow(len);
        density
    }

    /// Has variables up to index `len - 1` from now on; new ones are not in the set.
    pub(super) fn grow(&mut self, len: usize) {
        self.len = len;
        self.words.resize(len.div_ceil(64), 0);
    }

    /// Puts a variable into the set. Panics when `index` is not below [`Density::len`].
    pub fn insert(&mut self, index: usize) {
        assert!(index < self.len, "variable {index} of {}", self.len);
        let (word, bit) = (&mut self.words[index / 64], 1 << (index % 64));
        self.count += usize::from(*word & bit == 0);
        *word |= bit;
    }

    /// Whether the variable is in the set.
    pub fn contains(&self, index: usize) -> bool {
        index < self.len && self.words[index / 64] >> (index % 64) & 1 == 1
    }

    /// The number of variables, in the set or not.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no variables at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of variables in the set, which is the number of points of its query.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Bit `i % 64` of word `i / 64` tells whether variable `i` is in the set; bits past the end are zero.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The variables of the set in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| Bits(word).map(move |bit| 64 * index + bit))
    }
}

/// Positions of the ones of a word.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let bit = self.0.trailing_zeros();
        self.0 &= self.0.checked_sub(1)?;
        Some(bit as usize)
    }
}
