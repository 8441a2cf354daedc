//! Whole sets, small ones: the digests are of files that the reference library made from the same seed.
#![allow(clippy::unwrap_used, reason = "a test that cannot make parameters has failed")]

use padma_porep::params::{Circuit, Manifest, Recipe};
use padma_porep::sector::SectorSize;
use padma_setup::{Phase, Progress, generate};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

const WINDOW: (&str, &str) = ("5b4bbe723288d2f3e5030916518864bb", "dca22b8cdf1bf5455b57e5e76aa1b568");
const WINNING: (&str, &str) = ("863826be1980a6c0254d6b18fee52328", "722c885c5b56fc12d5b64c914cf27eae");

fn recipe(circuit: Circuit) -> Recipe {
    Recipe { circuit, size: SectorSize::KiB2, seed: "padma-devnet-1".to_owned() }
}

/// The digests of `.params` and `.vk`.
fn digests(made: &Manifest) -> (&str, &str) {
    let names = made.circuit.files(SectorSize::KiB2).unwrap();
    (&made.files[&names.params].digest, &made.files[&names.verifying_key].digest)
}

/// Generates and returns everything that was reported.
fn observed(recipe: &Recipe, folder: &Path) -> (Manifest, Vec<Progress>) {
    let reports = Mutex::new(Vec::new());
    let made = generate(recipe, folder, &|progress| reports.lock().unwrap().push(progress)).unwrap();
    (made, reports.into_inner().unwrap())
}

#[test]
fn a_set_is_the_references_and_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("set");
    let (made, reports) = observed(&recipe(Circuit::WinningPost), &set);
    assert_eq!(digests(&made), WINNING);
    assert_eq!(reports[0], Progress { phase: Phase::Circuit, done: 0, total: 0 });
    assert_eq!((reports[1].phase, reports[1].done), (Phase::Points, 0));
    assert!(reports[1..].iter().any(|progress| progress.done == progress.total));

    assert_eq!(observed(&recipe(Circuit::WinningPost), &set), (made.clone(), vec![]));
    let other = generate(&recipe(Circuit::Porep), &set, &|_| ()).unwrap_err();
    assert_eq!(other.code(), "PROOF_PARAMS_DAMAGED");

    // As a run leaves it that was killed before its last rename.
    fs::rename(&set, folder.path().join("set.partial")).unwrap();
    assert_eq!(observed(&recipe(Circuit::WinningPost), &set), (made, vec![]));
}

const FOLDER: &str = "PADMA_TEST_FOLDER";

/// In the child: makes most of a set, says so and waits to be killed.
fn stop_near_the_end(set: &Path) {
    let report = |progress: Progress| {
        if progress.phase == Phase::Points && progress.done * 100 > progress.total * 95 {
            std::io::stdout().write_all(b"nearly done\n").unwrap();
            loop {
                std::thread::park();
            }
        }
    };
    generate(&recipe(Circuit::WindowPost), set, &report).unwrap();
}

#[test]
fn a_killed_run_is_gone_on_with() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return stop_near_the_end(folder.as_ref());
    }
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("set");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_run_is_gone_on_with", "--nocapture"])
        .env(FOLDER, &set)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("nearly done")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!set.exists());

    // It was in the last of five blocks: two at least are on the disk, the others may have been on their way.
    let (made, reports) = observed(&recipe(Circuit::WindowPost), &set);
    let start = reports.iter().find(|progress| progress.phase == Phase::Points).unwrap();
    assert!(start.done > start.total / 2 && start.done < start.total, "{start:?}");
    assert_eq!(digests(&made), WINDOW);
    let names_in = fs::read_dir(&set).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut left: Vec<_> = names_in.collect();
    left.sort();
    let names = Circuit::WindowPost.files(SectorSize::KiB2).unwrap();
    assert_eq!(left, ["manifest.json".to_owned(), names.metadata, names.params, names.verifying_key]);
}
