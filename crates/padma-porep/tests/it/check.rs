//! Files against commitments: everything right, every damage found, nothing missed that only a full look can see.

use super::support::{Fixture, damage};
use padma_porep::check::{self, Check, Finding, State};
use padma_porep::seal::{self, Commitments};
use padma_porep::sector::SectorSize;
use std::fs;
use std::path::PathBuf;

fn look(fixture: &Fixture, made: Commitments, deep: bool) -> Vec<Finding> {
    let Commitments { comm_r, comm_d } = made;
    let (size, paths) = (fixture.sector.size, fixture.paths());
    check::sector(&Check { size, paths, comm_d, comm_r: Some(comm_r), deep }).unwrap()
}

/// The parts that are in a state.
fn parts(findings: &[Finding], wanted: impl Fn(&State) -> bool) -> Vec<&'static str> {
    findings.iter().filter(|finding| wanted(&finding.state)).map(|finding| finding.part).collect()
}

fn wrong(findings: &[Finding]) -> Vec<&'static str> {
    parts(findings, |state| matches!(state, State::Wrong(_)))
}

fn right(findings: &[Finding]) -> Vec<&'static str> {
    parts(findings, |state| *state == State::Right)
}

const SHALLOW: [&str; 8] =
    ["unsealed", "sealed", "p_aux", "t_aux", "tree-r-last", "tree-d", "layers", "tree-c"];
const DEEP: [&str; 9] =
    ["unsealed", "sealed", "p_aux", "t_aux", "tree-r-last", "tree-d", "layers", "tree-c", "decoded"];

#[test]
fn a_whole_sector_is_right_before_and_after_its_cache_is_cleared() {
    for size in [SectorSize::KiB2, SectorSize::MiB8] {
        let fixture = Fixture::new(size);
        let made = fixture.replicate();
        assert_eq!(right(&look(&fixture, made, false)), SHALLOW);
        assert_eq!(right(&look(&fixture, made, true)), DEEP);
        seal::clear_cache(&fixture.path("cache")).unwrap();
        fs::remove_file(fixture.path("unsealed")).unwrap();
        for deep in [false, true] {
            let found = look(&fixture, made, deep);
            assert_eq!(right(&found), ["sealed", "p_aux", "t_aux", "tree-r-last"]);
            assert_eq!(wrong(&found), [""; 0]);
        }
    }
}

#[test]
fn before_pc2_the_data_alone_is_looked_at() {
    let fixture = Fixture::new(SectorSize::KiB2);
    let (size, paths, comm_d) = (fixture.sector.size, fixture.paths(), fixture.pieces[0].comm_p);
    let look = |comm_d, deep| {
        check::sector(&Check { size, paths: paths.clone(), comm_d, comm_r: None, deep }).unwrap()
    };
    assert_eq!(right(&look(comm_d, true)), ["unsealed"]);
    assert_eq!(right(&look([1; 32], false)), ["unsealed"]);
    assert_eq!(wrong(&look([1; 32], true)), ["unsealed"]);
}

#[test]
fn every_byte_counts_in_a_deep_look() {
    let fixture = Fixture::new(SectorSize::KiB2);
    let made = fixture.replicate();
    let store = |name: &str| fixture.path("cache").join(format!("sc-02-data-{name}.dat"));
    let cases: [(PathBuf, usize, &[&str]); 8] = [
        (fixture.path("unsealed"), 1000, &["unsealed"]),
        (fixture.path("sealed"), 1000, &["tree-r-last", "decoded"]),
        (store("layer-1"), 1000, &["layers"]),
        (store("layer-2"), 1000, &["layers", "decoded"]),
        (store("tree-d"), 1000, &["tree-d"]),
        (store("tree-c"), 1000, &["tree-c"]),
        (store("tree-c"), 64 * 32, &["tree-c"]),
        (fixture.path("cache").join("p_aux"), 0, &["p_aux", "tree-r-last", "layers", "tree-c"]),
    ];
    for (file, offset, expected) in cases {
        damage(&file, offset);
        assert_eq!(wrong(&look(&fixture, made, true)), expected, "{}", file.display());
        damage(&file, offset);
    }
    assert_eq!(wrong(&look(&fixture, made, true)), [""; 0]);
}

#[test]
fn roots_and_lengths_are_looked_at_in_any_case() {
    let fixture = Fixture::new(SectorSize::KiB2);
    let made = fixture.replicate();
    let store = |name: &str| fixture.path("cache").join(format!("sc-02-data-{name}.dat"));
    let cases: [(PathBuf, &[&str]); 5] = [
        (fixture.path("sealed"), &["sealed"]),
        (store("layer-2"), &["layers"]),
        (store("tree-d"), &["tree-d"]),
        (store("tree-c"), &["tree-c"]),
        (store("tree-r-last"), &["tree-r-last"]),
    ];
    for (file, expected) in cases {
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() - 32]).unwrap();
        assert_eq!(wrong(&look(&fixture, made, false)), expected, "{}", file.display());
        fs::write(&file, whole).unwrap();
    }
    for name in ["tree-d", "tree-c", "tree-r-last"] {
        let last = fs::metadata(store(name)).unwrap().len() as usize - 32;
        damage(&store(name), last);
        assert_eq!(wrong(&look(&fixture, made, false)), [name]);
        damage(&store(name), last);
    }
    fs::write(fixture.path("unsealed"), [0; 2049]).unwrap();
    fs::remove_file(store("layer-1")).unwrap();
    fs::write(fixture.path("cache").join("t_aux"), [1; 10]).unwrap();
    assert_eq!(wrong(&look(&fixture, made, false)), ["unsealed", "t_aux", "tree-r-last", "layers"]);
}

#[test]
fn a_link_to_nothing_is_a_finding() {
    let fixture = Fixture::new(SectorSize::KiB2);
    let made = fixture.replicate();
    fs::remove_file(fixture.path("unsealed")).unwrap();
    std::os::unix::fs::symlink(fixture.path("nowhere"), fixture.path("unsealed")).unwrap();
    for deep in [false, true] {
        assert_eq!(wrong(&look(&fixture, made, deep)), ["unsealed"]);
    }
}

#[test]
fn a_wrong_comm_r_is_found() {
    let fixture = Fixture::new(SectorSize::KiB2);
    let mut made = fixture.replicate();
    made.comm_r[0] ^= 1;
    assert_eq!(wrong(&look(&fixture, made, false)), ["p_aux", "tree-r-last", "tree-c"]);
}
