//! Reading parameter files, whole and damaged.

use super::support::{Squares, parameters};
use blst::{blst_p1_affine, blst_p2_affine};
use padma_groth16::parameters::{ParameterError, ParameterFile, Query};
use padma_kernels::Backend;
use padma_kernels::curve::{G1, G2, Group};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// Parameters of a small circuit in a file, and what the reference reads from it.
fn written() -> (TempDir, PathBuf, super::support::Parameters) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.params");
    let parameters = parameters(Squares::blank(20));
    parameters.write(fs::File::create(&path).unwrap()).unwrap();
    (folder, path, parameters)
}

#[test]
fn every_query_decodes_to_the_references_points() {
    let (_folder, path, expected) = written();
    let file = ParameterFile::open(&path).unwrap();
    assert_eq!(file.verifying_key().ic, expected.vk.ic);
    assert_eq!(file.verifying_key().delta_g2, expected.vk.delta_g2);
    for backend in Backend::supported() {
        let g1 = [
            (Query::H, &expected.h),
            (Query::L, &expected.l),
            (Query::A, &expected.a),
            (Query::BG1, &expected.b_g1),
        ];
        for (query, points) in g1 {
            assert_eq!(file.section(query).count, points.len(), "{query}");
            let decoded = file.decode::<G1>(backend, query, 0..points.len()).unwrap();
            let decoded: Vec<blst_p1_affine> =
                decoded.iter().map(|point| G1::unpack(backend, point)).collect();
            assert_eq!(decoded, points.iter().map(|point| *point.as_ref()).collect::<Vec<_>>(), "{query}");
        }
        let decoded = file.decode::<G2>(backend, Query::BG2, 1..expected.b_g2.len()).unwrap();
        let decoded: Vec<blst_p2_affine> = decoded.iter().map(|point| G2::unpack(backend, point)).collect();
        assert_eq!(decoded, expected.b_g2[1..].iter().map(|point| *point.as_ref()).collect::<Vec<_>>());
    }
}

#[test]
fn a_file_of_another_length_is_refused() {
    let (_folder, path, _) = written();
    let whole = fs::read(&path).unwrap();
    for cut in [whole.len() - 1, whole.len() / 2] {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(ParameterFile::open(&path).is_err(), "{cut} of {} bytes", whole.len());
    }
    fs::write(&path, [&whole[..], &[0]].concat()).unwrap();
    let error = ParameterFile::open(&path).unwrap_err();
    assert!(matches!(error, ParameterError::Length { .. }), "{error}");
    assert!(error.to_string().contains("small.params"), "{error}");
}

#[test]
fn a_changed_byte_of_a_point_is_found_and_named() {
    let (_folder, path, expected) = written();
    let whole = fs::read(&path).unwrap();
    let last_of_h = ParameterFile::open(&path).unwrap().verifying_key().encoded_bytes() as usize
        + 4
        + 96 * expected.h.len();
    for offset in [1, 40, 50, 90] {
        let mut damaged = whole.clone();
        damaged[last_of_h - offset] ^= 4;
        fs::write(&path, damaged).unwrap();
        let file = ParameterFile::open(&path).unwrap();
        for backend in Backend::supported() {
            let error = file.decode::<G1>(backend, Query::H, 0..expected.h.len()).unwrap_err();
            let ParameterError::Point { query: Query::H, index, .. } = &error else { panic!("{error}") };
            assert_eq!(*index, expected.h.len() - 1, "{error}");
        }
    }
}

#[test]
fn a_changed_verifying_key_is_refused() {
    let (_folder, path, _) = written();
    let mut damaged = fs::read(&path).unwrap();
    damaged[70] ^= 1;
    fs::write(&path, damaged).unwrap();
    let error = ParameterFile::open(&path).unwrap_err();
    assert!(error.to_string().contains("alpha in G1"), "{error}");
}
