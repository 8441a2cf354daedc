//! A sparse matrix over the scalar field, row after row: 6 bytes for each entry and 4 for each row.

use bellpepper_core::{Index, LinearCombination};
use blst::blst_fr;
use blstrs::Scalar;
use ff::Field;
use std::collections::HashMap;

/// A variable in four bytes: its index, and the top bit for an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(u32);

const INPUT: u32 = 1 << 31;

impl Column {
    fn new(index: Index) -> Option<Self> {
        let (index, kind) = match index {
            Index::Input(index) => (index, INPUT),
            Index::Aux(index) => (index, 0),
        };
        u32::try_from(index).ok().filter(|index| index & INPUT == 0).map(|index| Self(index | kind))
    }

    /// The index of an aux variable, or of an input.
    #[inline]
    pub fn index(self) -> usize {
        (self.0 & !INPUT) as usize
    }

    #[inline]
    pub fn is_input(self) -> bool {
        self.0 & INPUT != 0
    }
}

/// A matrix of the constraint system. Coefficients are ids into the values that [`super::R1cs`] keeps.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    row_ends: Vec<u32>,
    columns: Vec<Column>,
    coefficients: Vec<u16>,
}

impl Matrix {
    /// The number of constraints.
    pub fn rows(&self) -> usize {
        self.row_ends.len()
    }

    /// The number of coefficients that are not zero.
    pub fn entries(&self) -> usize {
        self.columns.len()
    }

    /// A row's variables, each once, with the ids of their coefficients.
    #[inline]
    pub fn row(&self, row: usize) -> (&[Column], &[u16]) {
        let start = row.checked_sub(1).map_or(0, |before| self.row_ends[before] as usize);
        let range = start..self.row_ends[row] as usize;
        (&self.columns[range.clone()], &self.coefficients[range])
    }

    /// The variables of all entries.
    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Appends a row without its zero coefficients; `None` when the matrix would outgrow its indices.
    pub(super) fn push(
        &mut self,
        row: &LinearCombination<Scalar>,
        coefficients: &mut Coefficients,
    ) -> Option<()> {
        for (variable, value) in row.iter().filter(|(_, value)| !value.is_zero_vartime()) {
            self.coefficients.push(coefficients.id(value)?);
            self.columns.push(Column::new(variable.get_unchecked())?);
        }
        self.row_ends.push(u32::try_from(self.columns.len()).ok()?);
        Some(())
    }

    pub(super) fn shrink(&mut self) {
        self.row_ends.shrink_to_fit();
        self.columns.shrink_to_fit();
        self.coefficients.shrink_to_fit();
    }
}

/// The ids of the coefficients while a circuit is recorded: `k` for `2^k` up to [`POWERS`], then −1, then others in
/// order of appearance.
pub(super) struct Coefficients {
    values: Vec<Scalar>,
    ids: HashMap<[u64; 4], u16>,
    /// Bits of a packed word come one after the other, each with the coefficient after that of the last.
    next: usize,
}

/// `2^0 … 2^254` have the ids below this.
pub(super) const POWERS: u16 = 255;
/// The id of −1.
pub(super) const MINUS_ONE: u16 = POWERS;

impl Coefficients {
    pub fn new() -> Self {
        let powers = std::iter::successors(Some(Scalar::ONE), |power| Some(power.double()));
        let mut coefficients = Self { values: Vec::new(), ids: HashMap::new(), next: 0 };
        for value in powers.take(POWERS.into()).chain([-Scalar::ONE]) {
            coefficients.add(&value);
        }
        coefficients
    }

    /// `None` when there are more than 65,536 different values.
    fn id(&mut self, value: &Scalar) -> Option<u16> {
        if self.values[0] == *value {
            self.next = 1;
            return Some(0);
        }
        let id = match self.values.get(self.next) {
            Some(guess) if guess == value => u16::try_from(self.next).ok(),
            _ => self.ids.get(&limbs(value)).copied().or_else(|| self.add(value)),
        }?;
        self.next = usize::from(id) + 1;
        Some(id)
    }

    fn add(&mut self, value: &Scalar) -> Option<u16> {
        let id = u16::try_from(self.values.len()).ok()?;
        self.values.push(*value);
        self.ids.insert(limbs(value), id);
        Some(id)
    }

    pub fn into_values(self) -> Vec<Scalar> {
        self.values
    }
}

fn limbs(value: &Scalar) -> [u64; 4] {
    blst_fr::from(*value).l
}
