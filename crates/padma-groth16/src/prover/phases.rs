//! Where the time of a proof goes.

use std::time::{Duration, Instant};

/// A part of proving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Witness and constraint values.
    Synthesis,
    /// Sorting the variables by their values, for the sums.
    Select,
    /// (A·B − C)/Z.
    Quotient,
    H,
    L,
    A,
    BG1,
    BG2,
}

impl Phase {
    pub fn name(self) -> &'static str {
        match self {
            Self::Synthesis => "synthesis",
            Self::Select => "select",
            Self::Quotient => "quotient",
            Self::H => "h",
            Self::L => "l",
            Self::A => "a",
            Self::BG1 => "bG1",
            Self::BG2 => "bG2",
        }
    }
}

/// Wall time by phase, in the order in which they ended.
#[derive(Clone, Debug, Default)]
pub struct Phases(Vec<(Phase, Duration)>);

impl Phases {
    /// Runs `work` and adds its time to `phase`.
    pub(super) fn time<T>(&mut self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(phase, start.elapsed());
        result
    }

    fn add(&mut self, phase: Phase, took: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == phase) {
            Some((_, sum)) => *sum += took,
            None => self.0.push((phase, took)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Phase, Duration)> {
        self.0.iter().copied()
    }
}
