//! The constraints of the reference's circuits.

use filecoin_proofs::constants::{SectorShape2KiB, SectorShape32GiB, SectorShape64GiB};
use filecoin_proofs::parameters::{public_params, window_post_public_params, winning_post_public_params};
use filecoin_proofs::{DefaultPieceHasher, MerkleTreeTrait};
use padma_groth16::circuit::{R1cs, record as record_constraints};
use padma_porep::params::{self, Circuit};
use padma_porep::sector::SectorSize;
use padma_porep::{ProofError, Result};
use std::fmt::Display;
use storage_proofs_core::compound_proof::CompoundProof;
use storage_proofs_porep::stacked::{StackedCompound, StackedDrg};
use storage_proofs_post::fallback::{FallbackPoSt, FallbackPoStCompound};

type SealScheme<Tree> = StackedDrg<'static, Tree, DefaultPieceHasher>;
type SealCompound<Tree> = StackedCompound<Tree, DefaultPieceHasher>;
type PostScheme<Tree> = FallbackPoSt<'static, Tree>;
type PostCompound<Tree> = FallbackPoStCompound<Tree>;

/// Runs a circuit without values. The three smaller sizes have one tree shape; the number of nodes comes from the
/// configuration.
pub fn record(circuit: Circuit, size: SectorSize) -> Result<R1cs> {
    match size {
        SectorSize::KiB2 | SectorSize::MiB8 | SectorSize::MiB512 => {
            record_shaped::<SectorShape2KiB>(circuit, size)
        }
        SectorSize::GiB32 => record_shaped::<SectorShape32GiB>(circuit, size),
        SectorSize::GiB64 => record_shaped::<SectorShape64GiB>(circuit, size),
    }
}

fn record_shaped<Tree: 'static + MerkleTreeTrait>(circuit: Circuit, size: SectorSize) -> Result<R1cs> {
    let recorded = match circuit {
        Circuit::Porep => {
            let public = public_params::<Tree>(&size.config()).map_err(library)?;
            let blank = <SealCompound<Tree> as CompoundProof<SealScheme<Tree>, _>>::blank_circuit(&public);
            record_constraints(blank)
        }
        Circuit::WindowPost => {
            let config = params::window_post(size).as_v1_config();
            let public = window_post_public_params::<Tree>(&config).map_err(library)?;
            let blank = <PostCompound<Tree> as CompoundProof<PostScheme<Tree>, _>>::blank_circuit(&public);
            record_constraints(blank)
        }
        Circuit::WinningPost => {
            let config = params::winning_post(size).as_v1_config();
            let public = winning_post_public_params::<Tree>(&config).map_err(library)?;
            let blank = <PostCompound<Tree> as CompoundProof<PostScheme<Tree>, _>>::blank_circuit(&public);
            record_constraints(blank)
        }
    };
    recorded.map_err(library)
}

fn library(error: impl Display) -> ProofError {
    ProofError::Library { step: "parameters", detail: format!("{error:#}") }
}
