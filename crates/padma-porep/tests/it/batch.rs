//! Many seal proofs in one equation.

use super::verify::{Case, case};
use padma_porep::verify::verify_seals;

/// `count` proofs under one key, the two of the devnet by turns.
fn cases(count: usize) -> Vec<Case> {
    (0..count).map(|index| case("devnet-2kib", ["sector-0.json", "sector-1.json"][index % 2])).collect()
}

fn verdicts(cases: &[Case]) -> Vec<bool> {
    let claims: Vec<_> = cases.iter().map(|case| (case.claim, &case.proof[..])).collect();
    verify_seals(&cases[0].key, &claims).unwrap()
}

#[test]
fn good_proofs_of_any_number_verify() {
    for count in [1, 2, 3, 8, 13] {
        assert_eq!(verdicts(&cases(count)), vec![true; count]);
    }
    assert!(verify_seals(&cases(1)[0].key, &[]).unwrap().is_empty());
}

#[test]
fn exactly_the_wrong_ones_are_named() {
    for wrong in [&[0][..], &[6], &[2, 3], &[0, 4, 6], &[0, 1, 2, 3, 4, 5, 6]] {
        let mut cases = cases(7);
        wrong.iter().for_each(|index| cases[*index].claim.seed[0] ^= 1);
        let expected: Vec<_> = (0..7).map(|index| !wrong.contains(&index)).collect();
        assert_eq!(verdicts(&cases), expected);
    }
}

#[test]
fn malformed_ones_take_nobody_with_them() {
    let mut cases = cases(6);
    cases[0].proof.clear();
    cases[1].claim.comm_r = [255; 32];
    cases[2].claim.comm_d = [0; 32];
    cases[3].proof.fill(0);
    assert_eq!(verdicts(&cases), [false, false, false, false, true, true]);
}

/// Both proofs are right, each for the claim of the other: with equal coefficients their sum would hold.
#[test]
fn two_proofs_that_changed_places_do_not_make_up_for_each_other() {
    let mut cases = cases(2);
    let first = cases[0].claim;
    cases[0].claim = cases[1].claim;
    cases[1].claim = first;
    assert_eq!(verdicts(&cases), [false, false]);
}

#[test]
fn an_unusable_key_is_an_error_for_all() {
    let case = case("devnet-2kib", "sector-0.json");
    let claims = [(case.claim, &case.proof[..]); 2];
    assert_eq!(verify_seals(&case.key[1..], &claims).unwrap_err().code(), "PROOF_PARAMS_DAMAGED");
}
