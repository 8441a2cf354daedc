//! Sums of scalars times points, in which nearly all additions are affine and share inversions.
//!
//! [`multiexp`] is Pippenger's method with signed digits. For each window of the scalars
//!
//! 1. pieces of the scalars are sorted by the high bits of their digits (`sort`),
//! 2. the points of a range of digits are summed digit by digit, in rounds that halve the points (`runs`, `buckets`),
//! 3. those sums, each due as often as its digit says, become one sum for each bit of the window (`weights`),
//!
//! (where the bases are far larger than the caches, each point is added to its bucket instead, in the order of the
//! scalars: `scatter`), and a last pass over the bits of all windows doubles and adds. Every stage is made of independent additions.
//! [`sum_selected`] is for scalars that are nearly all 0 or 1, as a circuit's are.

mod buckets;
mod curve;
mod multiexp;
mod plan;
mod runs;
mod scatter;
mod selection;
mod sort;
mod weights;

pub use curve::Curve;
pub use multiexp::{canonical, multiexp, multiexp_many};
pub use selection::{Selection, sum_selected};
