//! The circuits that C2 proves: the reference's own, one for each partition.

mod opening;
mod poseidon;
mod witness;

use bellperson::{Circuit, ConstraintSystem, SynthesisError};
use blstrs::Scalar;
use filecoin_proofs::constants::{SectorShape2KiB, SectorShape32GiB, SectorShape64GiB};
use filecoin_proofs::parameters::public_params;
use filecoin_proofs::{
    DefaultPieceHasher, DefaultTreeDomain, DefaultTreeHasher, MerkleTreeTrait, PoRepConfig,
    as_safe_commitment,
};
use filecoin_proofs_api::seal::{SealCommitPhase1Output, VanillaSealProof};
use padma_groth16::circuit::Witness;
use std::sync::Arc;
use storage_proofs_core::compound_proof::CompoundProof;
use storage_proofs_porep::stacked::{Proof, PublicInputs, StackedCircuit, StackedCompound, StackedDrg, Tau};

use self::opening::Opened;
use crate::Bytes32;
use crate::error::{ProofError, Result};
use crate::sector::SectorSize;

type Compound<Tree> = StackedCompound<Tree, DefaultPieceHasher>;
type Drg<Tree> = StackedDrg<'static, Tree, DefaultPieceHasher>;
type Shaped<Tree> = StackedCircuit<Tree, DefaultPieceHasher>;

/// The circuit of one partition: the reference's own, and its variables without running it.
#[derive(Clone)]
pub struct SealCircuit {
    shape: Shape,
    opened: Option<Arc<Opened>>,
}

/// Three shapes of TreeC and TreeR serve the five sector sizes.
#[derive(Clone)]
enum Shape {
    /// 2 KiB, 8 MiB and 512 MiB.
    Base(Shaped<SectorShape2KiB>),
    GiB32(Shaped<SectorShape32GiB>),
    GiB64(Shaped<SectorShape64GiB>),
}

impl SealCircuit {
    /// The circuit without values: what parameters are made for.
    ///
    /// Error: PROOF_LIBRARY when the reference refuses its own configuration.
    pub fn blank(size: SectorSize) -> Result<Self> {
        let config = size.config();
        let shape = match size {
            SectorSize::KiB2 | SectorSize::MiB8 | SectorSize::MiB512 => blank(&config).map(Shape::Base),
            SectorSize::GiB32 => blank(&config).map(Shape::GiB32),
            SectorSize::GiB64 => blank(&config).map(Shape::GiB64),
        };
        Ok(Self { shape: shape.map_err(library)?, opened: None })
    }

    /// The circuits of what C1 opened, in the order of the partitions.
    ///
    /// Error: PROOF_LIBRARY when the openings are not those of one replica, or a commitment is not a field element.
    pub fn of(opened: SealCommitPhase1Output) -> Result<Vec<Self>> {
        use VanillaSealProof as Proofs;
        let SealCommitPhase1Output {
            registered_proof, vanilla_proofs, comm_r, comm_d, replica_id, seed, ..
        } = opened;
        let config = registered_proof.as_v1_config();
        let claim = Claim { config, comm_r, comm_d, replica_id, seed };
        match vanilla_proofs {
            Proofs::StackedDrg2KiBV1(proofs)
            | Proofs::StackedDrg8MiBV1(proofs)
            | Proofs::StackedDrg512MiBV1(proofs) => claim.circuits(&proofs, Shape::Base),
            Proofs::StackedDrg32GiBV1(proofs) => claim.circuits(&proofs, Shape::GiB32),
            Proofs::StackedDrg64GiBV1(proofs) => claim.circuits(&proofs, Shape::GiB64),
        }
        .map_err(library)
    }

    /// The variables that running the circuit allocates, element for element, in a twentieth of the time.
    ///
    /// Errors: AssignmentMissing for a blank circuit, Unsatisfiable when a tree has an arity that none has.
    pub fn witness(&self) -> std::result::Result<Witness, SynthesisError> {
        witness::seal(self.opened.as_ref().ok_or(SynthesisError::AssignmentMissing)?)
    }
}

/// What all partitions of a sector have in common.
struct Claim {
    config: PoRepConfig,
    comm_r: Bytes32,
    comm_d: Bytes32,
    replica_id: DefaultTreeDomain,
    seed: Bytes32,
}

impl Claim {
    fn circuits<Tree: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
        self,
        partitions: &[Vec<Proof<Tree, DefaultPieceHasher>>],
        shape: fn(Shaped<Tree>) -> Shape,
    ) -> anyhow::Result<Vec<SealCircuit>> {
        let comm_r = as_safe_commitment(&self.comm_r, "comm_r")?;
        let comm_d = as_safe_commitment(&self.comm_d, "comm_d")?;
        let (tau, seed) = (Some(Tau { comm_d, comm_r }), Some(self.seed));
        let inputs = PublicInputs { replica_id: self.replica_id, tau, k: None, seed };
        let public = public_params::<Tree>(&self.config)?;
        let circuit = |(partition, proofs): (usize, &Vec<_>)| {
            let circuit = <Compound<Tree> as CompoundProof<Drg<Tree>, _>>::circuit(
                &inputs,
                (),
                proofs,
                &public,
                Some(partition),
            )?;
            let opened = Some(Arc::new(Opened::of(&inputs, proofs)?));
            Ok(SealCircuit { shape: shape(circuit), opened })
        };
        partitions.iter().enumerate().map(circuit).collect()
    }
}

fn blank<Tree: 'static + MerkleTreeTrait>(config: &PoRepConfig) -> anyhow::Result<Shaped<Tree>> {
    let public = public_params::<Tree>(config)?;
    Ok(<Compound<Tree> as CompoundProof<Drg<Tree>, _>>::blank_circuit(&public))
}

fn library(error: anyhow::Error) -> ProofError {
    ProofError::Library { step: "circuit", detail: format!("{error:#}") }
}

impl Circuit<Scalar> for SealCircuit {
    fn synthesize<CS: ConstraintSystem<Scalar>>(
        self,
        cs: &mut CS,
    ) -> std::result::Result<(), SynthesisError> {
        match self.shape {
            Shape::Base(circuit) => circuit.synthesize(cs),
            Shape::GiB32(circuit) => circuit.synthesize(cs),
            Shape::GiB64(circuit) => circuit.synthesize(cs),
        }
    }
}
