//! The Lagrange polynomials of a domain at the secret point.

use blstrs::Scalar;
use ff::{Field, PrimeField};
use rayon::prelude::*;

use super::secret::Secret;

/// The powers of a root of unity whose order is the least power of two that is not below the number of constraints.
#[derive(Clone, Copy)]
pub(super) struct Domain {
    log: u32,
}

impl Domain {
    /// `None` when the field has no such root: above 2³² constraints.
    pub fn of(constraints: usize) -> Option<Self> {
        let log = constraints.checked_next_power_of_two()?.trailing_zeros();
        (log <= Scalar::S).then_some(Self { log })
    }

    pub fn size(self) -> usize {
        1 << self.log
    }

    fn root(self) -> Scalar {
        (self.log..Scalar::S).fold(Scalar::ROOT_OF_UNITY, |root, _| root.square())
    }

    /// The polynomial that vanishes on the domain, at `point`: `point^size − 1`.
    pub fn vanishing(self, point: &Scalar) -> Scalar {
        (0..self.log).fold(*point, |power, _| power.square()) - Scalar::ONE
    }
}

/// Elements that share an inversion.
const CHUNK: usize = 4096;

/// The first `count` Lagrange polynomials of the domain at `point`: `Lⱼ = (pointⁿ − 1)/n · ωʲ/(point − ωʲ)`.
///
/// bellperson has them from an inverse FFT of the powers of `point`; this takes a quarter of the multiplications and
/// neither those powers nor a full domain in memory. `None` when `point` is itself in the domain.
pub(super) fn lagrange(domain: Domain, point: &Scalar, count: usize) -> Option<Secret<Scalar>> {
    let size: Option<Scalar> = Scalar::from(domain.size() as u64).invert().into();
    let scale = domain.vanishing(point) * size?;
    if scale.is_zero_vartime() {
        return None;
    }
    let root = domain.root();
    let mut values = Secret::zeroed(count);
    values.par_chunks_mut(CHUNK).enumerate().try_for_each(|(chunk, values)| {
        let first = root.pow_vartime([(chunk * CHUNK) as u64]);
        fill(values, first, root, point, scale)
    })?;
    Some(values)
}

/// `values[i] = scale·ωⁱ·first/(point − ωⁱ·first)`, by one inversion (Montgomery's trick).
fn fill(values: &mut [Scalar], first: Scalar, root: Scalar, point: &Scalar, scale: Scalar) -> Option<()> {
    let (mut differences, mut products) = (Secret::zeroed(values.len()), Secret::zeroed(values.len()));
    let (mut power, mut product) = (first, Scalar::ONE);
    let places = values.iter_mut().zip(differences.iter_mut()).zip(products.iter_mut());
    for ((value, difference), before) in places {
        (*value, *difference, *before) = (power, point - power, product);
        product *= &*difference;
        power *= root;
    }
    let inverse: Option<Scalar> = product.invert().into();
    let mut scaled = inverse? * scale;
    let places = values.iter_mut().zip(differences.iter()).zip(products.iter());
    for ((value, difference), before) in places.rev() {
        *value *= scaled * before;
        scaled *= difference;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellperson::domain::EvaluationDomain;
    use ec_gpu_gen::threadpool::Worker;

    #[test]
    fn coefficients_are_those_of_an_inverse_fft() {
        let point = Scalar::from(0x1234_5678_9abc);
        for constraints in [1, 2, 3, 5000, 8192] {
            let domain = Domain::of(constraints).expect("small");
            let powers = std::iter::successors(Some(Scalar::ONE), |power| Some(power * point));
            let powers = powers.take(domain.size()).collect();
            let mut expected = EvaluationDomain::from_coeffs(powers).expect("small");
            assert_eq!(domain.vanishing(&point), expected.z(&point));
            expected.ifft(&Worker::new(), &mut None).expect("on the CPU");
            let found = lagrange(domain, &point, constraints).expect("not in the domain");
            assert_eq!(found[..], expected.into_coeffs()[..constraints]);
        }
    }

    #[test]
    fn a_point_of_the_domain_is_refused() {
        let domain = Domain::of(8).expect("small");
        assert!(lagrange(domain, &domain.root().square(), 8).is_none());
        assert!(lagrange(domain, &Scalar::ONE, 8).is_none());
    }
}
