//! What the transforms need of eight scalars at a time. Three implementations: one by one with blst or with ADX,
//! and IFMA.

use blstrs::Scalar;

/// An element in memory: a residue of blst (x·2²⁵⁶ mod r). Between passes it may be r too large, where that fits.
pub(super) type Words = [u64; 4];

/// Work on vectors, run where the CPU features of their arithmetic are enabled.
pub(super) trait Job {
    /// Must be `#[inline(always)]`, as everything that it calls for every vector.
    fn run(self);
}

/// A butterfly on two vectors or four, `t` being `w` times `b`: forward is `(a + t, a − t)` and backward the inverse
/// but for a factor 2, `(a + b, (b − a)·w)` where `w` is *minus* the inverse.
///
/// Every method but `enter` must be called within it. Values are lazy: what `load`, `times` and butterflies give is
/// fit for eleven levels of `forward*` or any number of `backward*`, and anything may be stored.
pub(super) trait Eight: Copy + Send + Sync + 'static {
    /// Eight multipliers as the tables keep them.
    type Group: Copy + Send + Sync;
    /// A multiplier for each of the eight lanes.
    type Multiplier: Copy;
    /// What [`Self::multiply`] must be multiplied with to be a residue of blst.
    const PRODUCT_SCALE: u64;

    /// Runs a job with the CPU features of this arithmetic, which the caller has checked.
    fn enter(job: impl Job);
    fn zero() -> Self;
    /// `factors` as multipliers. For tables; slow.
    fn group(factors: &[Scalar; 8]) -> Self::Group;
    fn load(words: &[Words; 8]) -> Self;
    /// Below 2²⁵⁶, which is enough for the next pass.
    fn store(self, words: &mut [Words; 8]);
    /// Below r.
    fn store_reduced(self, words: &mut [Words; 8]);

    /// Multipliers `first … first + PERIOD − 1` of a group, over and over; backwards if `REVERSED`.
    fn spread<const PERIOD: usize, const REVERSED: bool>(
        group: &Self::Group,
        first: usize,
    ) -> Self::Multiplier;

    fn times(&mut self, by: &Self::Multiplier);
    /// The product of two residues, times a constant: see [`Self::PRODUCT_SCALE`].
    fn multiply(&mut self, other: &Self);
    /// Takes off what comes from [`Self::times`].
    fn subtract(&mut self, other: &Self);

    fn forward2(pair: [&mut Self; 2], w: &Self::Multiplier);
    fn backward2(pair: [&mut Self; 2], w: &Self::Multiplier);
    /// Two levels: `w[0]` at distance two, then `w[1]` and `w[2]` at distance one.
    fn forward4(four: [&mut Self; 4], w: &[Self::Multiplier; 3]);
    /// Two levels: `w[1]` and `w[2]` at distance one, then `w[0]` at distance two.
    fn backward4(four: [&mut Self; 4], w: &[Self::Multiplier; 3]);
    /// [`Self::forward2`] where w is 1, and [`Self::backward2`] where w is −1.
    fn first2(pair: [&mut Self; 2]);
    /// [`Self::forward4`] where `w[0]` and `w[1]` are 1.
    fn forward4_first(four: [&mut Self; 4], w: &Self::Multiplier);
    /// [`Self::backward4`] where `w[0]` and `w[1]` are −1.
    fn backward4_first(four: [&mut Self; 4], w: &Self::Multiplier);

    /// Sixteen lanes, as if in a row, to the order 0, 8, 1, 9, … 7, 15. Four times is the identity.
    fn shuffle(pair: [Self; 2]) -> [Self; 2];
    /// The inverse of [`Self::shuffle`].
    fn unshuffle(pair: [Self; 2]) -> [Self; 2];
}
