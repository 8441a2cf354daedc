//! Pairs of points that the formula for two points of different x does not add.

use std::arch::x86_64::__mmask8;

use super::extension::ExtX8;
use super::inversion::ONE;
use super::operands::Operands;

/// Which of eight pairs are exceptional, and how. No pair is so in two ways but two infinities.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Exceptions {
    left_infinite: __mmask8,
    right_infinite: __mmask8,
    equal: __mmask8,
    opposite: __mmask8,
}

impl Exceptions {
    pub(super) fn any(self) -> bool {
        self.left_infinite | self.right_infinite | self.equal | self.opposite != 0
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn of<const DEGREE: usize>(operands: &Operands<DEGREE>) -> Self {
        let ((x1, y1), (x2, y2)) =
            ((operands.left_x(), operands.left_y()), (operands.right_x(), operands.right_y()));
        // Negation keeps zeros.
        let left_infinite = x1.zeros() & y1.zeros();
        let right_infinite = x2.zeros() & y2.zeros();
        let same_x = x2.minus(x1).plus_modulus::<2>().carry().multiples_of_modulus();
        let same_y = y2.minus(y1).plus_modulus::<3>().carry().multiples_of_modulus();
        let finite = !(left_infinite | right_infinite);
        Self {
            left_infinite,
            right_infinite,
            equal: same_x & same_y & finite,
            opposite: same_x & !same_y & finite,
        }
    }

    /// 2y for equal points (never 0: both groups are of odd order), 1 where no slope is needed.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn denominator<const DEGREE: usize>(
        self,
        denominator: ExtX8<DEGREE>,
        operands: &Operands<DEGREE>,
    ) -> ExtX8<DEGREE> {
        let y = operands.left_y();
        denominator
            .blend(self.equal, y.plus(y).plus_modulus::<3>().carry())
            .blend(self.left_infinite | self.right_infinite | self.opposite, ExtX8::splat(&ONE))
    }

    /// 3x² for equal points.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn numerator<const DEGREE: usize>(
        self,
        numerator: ExtX8<DEGREE>,
        operands: &Operands<DEGREE>,
    ) -> ExtX8<DEGREE> {
        if self.equal == 0 {
            return numerator;
        }
        let square = operands.left_x().square();
        numerator.blend(self.equal, square.plus(square).plus(square).carry())
    }

    /// The sum (x, y) or what it is without a slope.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn sum<const DEGREE: usize>(
        self,
        x: ExtX8<DEGREE>,
        y: ExtX8<DEGREE>,
        operands: &Operands<DEGREE>,
    ) -> (ExtX8<DEGREE>, ExtX8<DEGREE>) {
        let zero = ExtX8::splat(&[0; 8]);
        let infinite = self.opposite | (self.left_infinite & self.right_infinite);
        (
            x.blend(self.left_infinite, operands.right_x())
                .blend(self.right_infinite, operands.left_x())
                .blend(infinite, zero),
            y.blend(self.left_infinite, operands.right_y().plus_modulus::<3>().settle())
                .blend(self.right_infinite, operands.left_y().plus_modulus::<3>().settle())
                .blend(infinite, zero),
        )
    }
}
