//! Sums of products of limbs, column by column.

use std::arch::asm;
use std::arch::x86_64::*;

/// 3·2⁹⁹ has a last place of 2⁴⁸, and keeps it while less than 2⁹⁹ is added.
pub(super) const HIGH: f64 = 3.0 * (1_u128 << 99) as f64;

/// 3·2⁵¹, whose last place is 1, and half of 2⁴⁸: the shift of a column then rounds to the nearest.
pub(super) const LOW: f64 = 3.0 * (1_u64 << 51) as f64 + (1_u64 << 47) as f64;

/// Σ xy of limbs, in units of its place: `high` is [`HIGH`] and that sum rounded to multiples of 2⁴⁸ product by
/// product, `low` is [`LOW`] and what the rounding left.
///
/// h' = h + xy has one rounding, h − h' none, and so neither has xy + (h − h'), at most 2⁴⁷ in size. That holds while
/// the sizes of all products of a column add up to less than 2⁹⁹, and there are at most 15 of them in `low`. It takes
/// round-to-nearest, which Rust guarantees. (Emmart, Zheng and Weems split one product so, see `fr`. That high halves gather
/// in the addend that splits saves their additions.)
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) high: __m256d,
    pub(super) low: __m256d,
}

/// Adds x·y₀, x·y₁ … to a column each; four chains of additions keep all pipes of a CPU at work.
///
/// In assembly since a compiler puts the instructions of one column after those of another, so that the few that a
/// CPU's scheduler holds wait for each other; it copies and spills more, too. The two together cost 40 %.
macro_rules! add_products {
    ($name:ident, $count:literal, $($column:literal $high:ident $low:ident $next:ident $offset:literal),*) => {
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        fn $name(columns: &mut [Column], x: __m256d, y: &[__m256d]) {
            assert!(columns.len() == $count && y.len() == $count);
            $(let $next: __m256d;)*
            // SAFETY: reads `y` alone; the CPU has the features.
            unsafe {
                asm!(
                    $(
                        concat!("vmovapd {", stringify!($next), "}, {x}"),
                        concat!("vfmadd132pd {", stringify!($next), "}, {", stringify!($high), "}, [{y} + ", $offset, "]"),
                    )*
                    $(concat!("vsubpd {", stringify!($high), "}, {", stringify!($high), "}, {", stringify!($next), "}"),)*
                    $(concat!("vfmadd231pd {", stringify!($high), "}, {x}, [{y} + ", $offset, "]"),)*
                    $(concat!("vaddpd {", stringify!($low), "}, {", stringify!($low), "}, {", stringify!($high), "}"),)*
                    x = in(ymm_reg) x,
                    y = in(reg) y.as_ptr(),
                    $(
                        $high = inout(ymm_reg) columns[$column].high => _,
                        $low = inout(ymm_reg) columns[$column].low,
                        $next = out(ymm_reg) $next,
                    )*
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
            $(columns[$column].high = $next;)*
        }
    };
}

add_products!(add_one, 1, 0 h0 l0 n0 0);
add_products!(add_two, 2, 0 h0 l0 n0 0, 1 h1 l1 n1 32);
add_products!(add_three, 3, 0 h0 l0 n0 0, 1 h1 l1 n1 32, 2 h2 l2 n2 64);
add_products!(add_four, 4, 0 h0 l0 n0 0, 1 h1 l1 n1 32, 2 h2 l2 n2 64, 3 h3 l3 n3 96);

impl Column {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn empty() -> Self {
        Self { high: _mm256_set1_pd(HIGH), low: _mm256_set1_pd(LOW) }
    }
}

/// Adds to the columns `FIRST` … `FIRST + 3` of a product the a\[ROW\]·b\[j\] that belong there, of those j that are at
/// least `LEAST`.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn add_row<const FIRST: usize, const ROW: usize, const LEAST: usize>(
    columns: &mut [Column; 4],
    a: &[__m256d; 8],
    b: &[__m256d; 8],
) {
    let start = const { if FIRST > ROW + LEAST { FIRST } else { ROW + LEAST } };
    let end = const { if FIRST + 4 < ROW + 8 { FIRST + 4 } else { ROW + 8 } };
    if start >= end {
        return;
    }
    let (columns, b) = (&mut columns[start - FIRST..end - FIRST], &b[start - ROW..end - ROW]);
    match end - start {
        1 => add_one(columns, a[ROW], b),
        2 => add_two(columns, a[ROW], b),
        3 => add_three(columns, a[ROW], b),
        _ => add_four(columns, a[ROW], b),
    }
}

/// Adds the products of limbs that belong to the columns `FIRST` … `FIRST + 3` of a·b.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn add_product<const FIRST: usize>(columns: &mut [Column; 4], a: &[__m256d; 8], b: &[__m256d; 8]) {
    add_row::<FIRST, 0, 0>(columns, a, b);
    add_row::<FIRST, 1, 0>(columns, a, b);
    add_row::<FIRST, 2, 0>(columns, a, b);
    add_row::<FIRST, 3, 0>(columns, a, b);
    add_row::<FIRST, 4, 0>(columns, a, b);
    add_row::<FIRST, 5, 0>(columns, a, b);
    add_row::<FIRST, 6, 0>(columns, a, b);
    add_row::<FIRST, 7, 0>(columns, a, b);
}

/// [`add_product`] of a by itself, with `twice` = 2a.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn add_square<const FIRST: usize>(
    columns: &mut [Column; 4],
    a: &[__m256d; 8],
    twice: &[__m256d; 8],
) {
    for place in (0..4).filter(|place| (FIRST + place).is_multiple_of(2)) {
        let limb = (FIRST + place) / 2;
        add_one(&mut columns[place..=place], a[limb], &a[limb..=limb]);
    }
    add_row::<FIRST, 0, 1>(columns, a, twice);
    add_row::<FIRST, 1, 2>(columns, a, twice);
    add_row::<FIRST, 2, 3>(columns, a, twice);
    add_row::<FIRST, 3, 4>(columns, a, twice);
    add_row::<FIRST, 4, 5>(columns, a, twice);
    add_row::<FIRST, 5, 6>(columns, a, twice);
    add_row::<FIRST, 6, 7>(columns, a, twice);
}
