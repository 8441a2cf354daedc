//! Arithmetic on single scalars with MULX and two chains of carries (BMI2, ADX), inlined and lazy.
//!
//! Montgomery's product leaves out the last subtraction, so values are below 2r, which fits: 2r < 2²⁵⁶. blst's function
//! takes a third longer, and a call.

use std::arch::asm;
use std::arch::x86_64::{_addcarry_u64, _subborrow_u64};

use super::eight::Words;
use super::portable::Arithmetic;

/// r, and after it −r⁻¹ mod 2⁶⁴.
static MODULUS: [u64; 5] = [
    0xffff_ffff_0000_0001,
    0x53bd_a402_fffe_5bfe,
    0x3339_d808_09a1_d805,
    0x73ed_a753_299d_7d48,
    0xffff_fffe_ffff_ffff,
];

const R: Words = [MODULUS[0], MODULUS[1], MODULUS[2], MODULUS[3]];
const TWICE_R: Words = doubled(R);

const fn doubled(words: Words) -> Words {
    let [a, b, c, d] = words;
    [a << 1, b << 1 | a >> 63, c << 1 | b >> 63, d << 1 | c >> 63]
}

/// For a CPU with BMI2 and ADX, which whoever makes a plan has checked.
pub(super) struct Adx;

/// t += the first factor times the word of the second that is in rdx: five words, the last in `hi`.
macro_rules! add_row {
    () => {
        concat!(
            "xor eax, eax\n",
            "mulx {hi}, rax, [{w}]\n adox {t0}, rax\n",
            "adcx {t1}, {hi}\n mulx {hi}, rax, [{w} + 8]\n adox {t1}, rax\n",
            "adcx {t2}, {hi}\n mulx {hi}, rax, [{w} + 16]\n adox {t2}, rax\n",
            "adcx {t3}, {hi}\n mulx {hi}, rax, [{w} + 24]\n adox {t3}, rax\n",
            "mov eax, 0\n adcx {hi}, rax\n adox {hi}, rax\n",
        )
    };
}

/// t = (t + q·r) / 2⁶⁴ with the q that makes it whole.
macro_rules! reduce_row {
    () => {
        concat!(
            "mov rdx, [{m} + 32]\n imul rdx, {t0}\n xor eax, eax\n",
            "mulx {low}, rax, [{m}]\n adcx rax, {t0}\n mov {t0}, {low}\n",
            "adcx {t0}, {t1}\n mulx {t1}, rax, [{m} + 8]\n adox {t0}, rax\n",
            "adcx {t1}, {t2}\n mulx {t2}, rax, [{m} + 16]\n adox {t1}, rax\n",
            "adcx {t2}, {t3}\n mulx {t3}, rax, [{m} + 24]\n adox {t2}, rax\n",
            "mov eax, 0\n adcx {t3}, rax\n adox {t3}, {hi}\n",
        )
    };
}

/// a·w/2²⁵⁶, below 2r, for w below r and any a: between rows t is below w + r, so four words hold it.
#[inline(always)]
fn product(a: &Words, w: &Words) -> Words {
    let (t0, t1, t2, t3): (u64, u64, u64, u64);
    // SAFETY: reads four words each of `a` and `w` and five of `MODULUS`; writes registers. The CPU has BMI2 and ADX.
    unsafe {
        asm!(
            "mov rdx, [{a}]",
            "mulx {t1}, {t0}, [{w}]",
            "mulx {t2}, rax, [{w} + 8]",
            "add {t1}, rax",
            "mulx {t3}, rax, [{w} + 16]",
            "adc {t2}, rax",
            "mulx {hi}, rax, [{w} + 24]",
            "adc {t3}, rax",
            "adc {hi}, 0",
            reduce_row!(),
            "mov rdx, [{a} + 8]",
            add_row!(),
            reduce_row!(),
            "mov rdx, [{a} + 16]",
            add_row!(),
            reduce_row!(),
            "mov rdx, [{a} + 24]",
            add_row!(),
            reduce_row!(),
            a = in(reg) a,
            w = in(reg) w,
            m = in(reg) &MODULUS,
            t0 = out(reg) t0,
            t1 = out(reg) t1,
            t2 = out(reg) t2,
            t3 = out(reg) t3,
            hi = out(reg) _,
            low = out(reg) _,
            out("rax") _,
            out("rdx") _,
            options(pure, readonly, nostack),
        );
    }
    [t0, t1, t2, t3]
}

#[inline(always)]
fn sum(a: &Words, b: &Words) -> (Words, u8) {
    let mut out = [0; 4];
    let mut carry = 0;
    for i in 0..4 {
        carry = _addcarry_u64(carry, a[i], b[i], &mut out[i]);
    }
    (out, carry)
}

#[inline(always)]
fn difference(a: &Words, b: &Words) -> (Words, u8) {
    let mut out = [0; 4];
    let mut borrow = 0;
    for i in 0..4 {
        borrow = _subborrow_u64(borrow, a[i], b[i], &mut out[i]);
    }
    (out, borrow)
}

/// Takes `modulus` off where that leaves a natural number. `carry` stands for 2²⁵⁶.
#[inline(always)]
fn below(words: &Words, carry: u8, modulus: &Words) -> Words {
    let (less, borrow) = difference(words, modulus);
    if borrow > carry { *words } else { less }
}

#[inline(always)]
fn subtracted(a: &Words, b: &Words) -> Words {
    let (less, borrow) = difference(a, b);
    let mask = u64::from(borrow).wrapping_neg();
    sum(&less, &TWICE_R.map(|word| word & mask)).0
}

impl Arithmetic for Adx {
    #[inline(always)]
    fn multiply(a: &mut Words, w: &Words) {
        *a = product(a, w);
    }

    #[inline(always)]
    fn sum_and_difference(a: &mut Words, b: &mut Words) {
        let (both, carry) = sum(a, b);
        *b = subtracted(a, b);
        *a = below(&both, carry, &TWICE_R);
    }

    #[inline(always)]
    fn subtract(a: &mut Words, b: &Words) {
        *a = subtracted(a, b);
    }

    #[inline(always)]
    fn reduce(a: &mut Words) {
        *a = below(a, 0, &R);
    }
}
