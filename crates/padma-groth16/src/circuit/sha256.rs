//! What the SHA-256 gadget of bellpepper allocates, without the gadget: 25,000 bits a block, a word at a time.
//!
//! FIPS 180-4 over words whose bits are variables, their negations or constants: the gadget allocates nothing for an
//! operation that a constant decides, so which bits are constant decides what is allocated.

use blstrs::Scalar;
use ff::Field;
use padma_kernels::sha256::{INITIAL, ROUND_CONSTANTS};

/// 32 Booleans. A bit's value is `variable ^ negated`; a constant has `variable` 0 and its value in `negated`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Word {
    variable: u32,
    negated: u32,
    constant: u32,
}

impl Word {
    fn constant(value: u32) -> Self {
        Self { variable: 0, negated: value, constant: u32::MAX }
    }

    fn allocated(value: u32) -> Self {
        Self { variable: value, negated: 0, constant: 0 }
    }

    /// A word of the message; bits of `constant` are no variables.
    fn input(value: u32, constant: u32) -> Self {
        Self { variable: value & !constant, negated: value & constant, constant }
    }

    fn value(self) -> u32 {
        self.variable ^ self.negated
    }

    /// Neither constants nor negations.
    fn is_plain(self) -> bool {
        self.negated | self.constant == 0
    }

    fn map(self, part: impl Fn(u32) -> u32) -> Self {
        Self { variable: part(self.variable), negated: part(self.negated), constant: part(self.constant) }
    }

    fn rotr(self, by: u32) -> Self {
        self.map(|bits| bits.rotate_right(by))
    }

    fn shr(self, by: u32) -> Self {
        let shifted = self.map(|bits| bits >> by);
        Self { constant: shifted.constant | !(u32::MAX >> by), ..shifted }
    }

    fn bit(self, index: u32) -> Bit {
        let bit = self.map(|bits| bits >> index & 1);
        Bit { variable: bit.variable == 1, negated: bit.negated == 1, constant: bit.constant == 1 }
    }

    fn from_bits(bits: impl Iterator<Item = Bit>) -> Self {
        bits.zip(0..).fold(Self::default(), |word, (bit, index)| Self {
            variable: word.variable | u32::from(bit.variable) << index,
            negated: word.negated | u32::from(bit.negated) << index,
            constant: word.constant | u32::from(bit.constant) << index,
        })
    }
}

/// One Boolean, in the parts of [`Word`].
#[derive(Clone, Copy)]
struct Bit {
    variable: bool,
    negated: bool,
    constant: bool,
}

impl Bit {
    fn constant(value: bool) -> Self {
        Self { variable: false, negated: value, constant: true }
    }

    fn allocated(value: bool) -> Self {
        Self { variable: value, negated: false, constant: false }
    }

    fn value(self) -> bool {
        self.variable ^ self.negated
    }

    fn not(self) -> Self {
        Self { negated: !self.negated, ..self }
    }

    fn is(self, value: bool) -> bool {
        self.constant && self.negated == value
    }
}

/// Where the gadget's variables go, in its order.
struct Trace<'a>(&'a mut Vec<Scalar>);

impl Trace<'_> {
    fn bit(&mut self, value: bool) {
        self.0.push(if value { Scalar::ONE } else { Scalar::ZERO });
    }

    /// The lowest `count` bits, least significant first.
    fn bits(&mut self, value: u64, count: u32) {
        let scalars = [Scalar::ZERO, Scalar::ONE];
        self.0.extend((0..count).map(|bit| scalars[(value >> bit & 1) as usize]));
    }

    fn xor(&mut self, a: Word, b: Word) -> Word {
        let (variable, constant) = (a.variable ^ b.variable, a.constant & b.constant);
        match a.constant | b.constant {
            0 => self.bits(variable.into(), 32),
            decided => {
                let open = (0..32).filter(|bit| decided >> bit & 1 == 0);
                open.for_each(|bit| self.bit(variable >> bit & 1 == 1));
            }
        }
        Word { variable, negated: a.negated ^ b.negated, constant }
    }

    fn and(&mut self, a: Bit, b: Bit) -> Bit {
        if a.is(false) || b.is(false) {
            return Bit::constant(false);
        }
        if a.constant || b.constant {
            return if a.constant { b } else { a };
        }
        self.allocate(a.value() & b.value())
    }

    fn allocate(&mut self, value: bool) -> Bit {
        self.bit(value);
        Bit::allocated(value)
    }

    fn ch(&mut self, a: Word, b: Word, c: Word) -> Word {
        if a.is_plain() && b.is_plain() && c.is_plain() {
            let value = choose(a.variable, b.variable, c.variable);
            self.bits(value.into(), 32);
            return Word::allocated(value);
        }
        Word::from_bits((0..32).map(|bit| self.ch_bit(a.bit(bit), b.bit(bit), c.bit(bit))))
    }

    /// `(a ∧ b) ⊕ (¬a ∧ c)`; the first constant in this order decides the form.
    fn ch_bit(&mut self, a: Bit, b: Bit, c: Bit) -> Bit {
        let value = if a.value() { b.value() } else { c.value() };
        match () {
            () if a.constant && b.constant && c.constant => Bit::constant(value),
            () if a.is(false) => c,
            () if b.is(false) => self.and(a.not(), c),
            () if c.is(false) => self.and(a, b),
            () if c.is(true) => self.and(a, b.not()).not(),
            () if b.is(true) => self.and(a.not(), c.not()).not(),
            () => self.allocate(value),
        }
    }

    fn maj(&mut self, a: Word, b: Word, c: Word) -> Word {
        if a.is_plain() && b.is_plain() && c.is_plain() {
            let both = b.variable & c.variable;
            let value = both | a.variable & (b.variable | c.variable);
            self.bits(interleaved(value, both), 64);
            return Word::allocated(value);
        }
        Word::from_bits((0..32).map(|bit| self.maj_bit(a.bit(bit), b.bit(bit), c.bit(bit))))
    }

    /// Two of three; a helper `b ∧ c` follows the result.
    fn maj_bit(&mut self, a: Bit, b: Bit, c: Bit) -> Bit {
        let value = a.value() & b.value() | a.value() & c.value() | b.value() & c.value();
        match () {
            () if a.constant && b.constant && c.constant => Bit::constant(value),
            () if a.is(false) => self.and(b, c),
            () if b.is(false) => self.and(a, c),
            () if c.is(false) => self.and(a, b),
            () if c.is(true) => self.and(a.not(), b.not()).not(),
            () if b.is(true) => self.and(a.not(), c.not()).not(),
            () if a.is(true) => self.and(b.not(), c.not()).not(),
            () => {
                let result = self.allocate(value);
                self.and(b, c);
                result
            }
        }
    }

    /// The sum modulo 2^32; all bits that so many words can sum to are allocated.
    fn sum(&mut self, words: &[Word]) -> Word {
        let sum: u64 = words.iter().map(|word| u64::from(word.value())).sum();
        if words.iter().all(|word| word.constant == u32::MAX) {
            return Word::constant(sum as u32);
        }
        let greatest = words.len() as u64 * u64::from(u32::MAX);
        self.bits(sum, u64::BITS - greatest.leading_zeros());
        Word::allocated(sum as u32)
    }

    fn schedule(&mut self, block: [Word; 16]) -> [Word; 64] {
        let mut w = [Word::default(); 64];
        w[..16].copy_from_slice(&block);
        for i in 16..64 {
            let s0 = self.xor3(w[i - 15].rotr(7), w[i - 15].rotr(18), w[i - 15].shr(3));
            let s1 = self.xor3(w[i - 2].rotr(17), w[i - 2].rotr(19), w[i - 2].shr(10));
            w[i] = self.sum(&[w[i - 16], s0, w[i - 7], s1]);
        }
        w
    }

    fn xor3(&mut self, a: Word, b: Word, c: Word) -> Word {
        let first = self.xor(a, b);
        self.xor(first, c)
    }

    /// The gadget sums a round's new `a` and `e` only when the next round reads them, `e` first.
    fn compress(&mut self, state: [Word; 8], block: [Word; 16]) -> [Word; 8] {
        let w = self.schedule(block);
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state.map(|word| Sum::of(&[word]));
        for (round, word) in w.into_iter().enumerate() {
            let new_e = self.settle(&e);
            let s1 = self.xor3(new_e.rotr(6), new_e.rotr(11), new_e.rotr(25));
            let ch = self.ch(new_e, f.only(), g.only());
            let temp1 = [h.only(), s1, ch, Word::constant(ROUND_CONSTANTS[round]), word];
            let new_a = self.settle(&a);
            let s0 = self.xor3(new_a.rotr(2), new_a.rotr(13), new_a.rotr(22));
            let maj = self.maj(new_a, b.only(), c.only());
            (h, g, f) = (g, f, Sum::of(&[new_e]));
            e = Sum::of(&temp1).and(&[d.only()]);
            (d, c, b) = (c, b, Sum::of(&[new_a]));
            a = Sum::of(&temp1).and(&[s0, maj]);
        }
        let mut next = state;
        for (old, new) in next.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *old = self.sum(new.and(&[*old]).words());
        }
        next
    }

    fn settle(&mut self, sum: &Sum) -> Word {
        if sum.len == 1 { sum.only() } else { self.sum(sum.words()) }
    }
}

/// Words that are still to be added up.
#[derive(Clone, Copy)]
struct Sum {
    words: [Word; 9],
    len: usize,
}

impl Sum {
    fn of(words: &[Word]) -> Self {
        Self { words: [Word::default(); 9], len: 0 }.and(words)
    }

    fn and(mut self, words: &[Word]) -> Self {
        self.words[self.len..][..words.len()].copy_from_slice(words);
        self.len += words.len();
        self
    }

    fn words(&self) -> &[Word] {
        &self.words[..self.len]
    }

    /// The word of a sum that is one.
    fn only(&self) -> Word {
        self.words[0]
    }
}

fn choose(a: u32, b: u32, c: u32) -> u32 {
    a & b | !a & c
}

/// Bit `2i` is bit `i` of `even`, bit `2i + 1` is bit `i` of `odd`.
fn interleaved(even: u32, odd: u32) -> u64 {
    spread(even) | spread(odd) << 1
}

fn spread(bits: u32) -> u64 {
    let masks = [0x0000_ffff_0000_ffff, 0x00ff_00ff_00ff_00ff, 0x0f0f_0f0f_0f0f_0f0f, 0x3333_3333_3333_3333];
    let steps = masks.into_iter().chain([0x5555_5555_5555_5555]).zip([16, 8, 4, 2, 1]);
    steps.fold(u64::from(bits), |bits, (mask, by)| (bits | bits << by) & mask)
}

/// Bytes of a message, with the bits of it that are constants of the circuit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
    constant: Vec<u8>,
}

impl Message {
    /// Appends bytes. Ones in `constant` mark bits that are no variables; it is repeated over the bytes.
    pub fn push(&mut self, bytes: &[u8], constant: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.constant.extend(constant.iter().cycle().take(bytes.len()));
    }

    fn padded(&self) -> Self {
        let (mut padded, length) = (self.clone(), self.bytes.len());
        padded.push(&[0x80], &[0xff]);
        let zeros = (64 - (length + 9) % 64) % 64;
        padded.push(&vec![0; zeros], &[0xff]);
        padded.push(&(8 * length as u64).to_be_bytes(), &[0xff]);
        padded
    }

    /// Appends to `aux` the values that bellpepper's `sha256` allocates for this message; returns the digest.
    pub fn hash(&self, aux: &mut Vec<Scalar>) -> [u8; 32] {
        let (padded, mut trace) = (self.padded(), Trace(aux));
        let word = |bytes: &[u8]| bytes.iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
        let blocks = padded.bytes.chunks(64).zip(padded.constant.chunks(64));
        let state = blocks.fold(INITIAL.map(Word::constant), |state, (bytes, constant)| {
            let mut block = [Word::default(); 16];
            for (place, (bytes, constant)) in block.iter_mut().zip(bytes.chunks(4).zip(constant.chunks(4))) {
                *place = Word::input(word(bytes), word(constant));
            }
            trace.compress(state, block)
        });
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_mut(4).zip(state) {
            bytes.copy_from_slice(&word.value().to_be_bytes());
        }
        digest
    }
}
