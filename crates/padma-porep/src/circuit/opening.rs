//! What C1 opened in one partition, as field elements: no shapes of trees, nothing private to the reference.

use anyhow::Context;
use blstrs::Scalar;
use filecoin_proofs::{
    DefaultPieceDomain, DefaultPieceHasher, DefaultTreeDomain, DefaultTreeHasher, MerkleTreeTrait,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use storage_proofs_core::merkle::MerkleProofTrait;
use storage_proofs_porep::stacked::{ColumnProof, Proof, PublicInputs};

use crate::Bytes32;

/// The levels of a Merkle path, leaf first: the siblings, and the place among them.
pub(super) type Path = Vec<(Vec<Scalar>, usize)>;

pub(super) struct Opened {
    pub replica_id: Scalar,
    pub comm_d: Scalar,
    pub comm_r: Scalar,
    pub comm_r_last: Scalar,
    pub comm_c: Scalar,
    pub challenges: Vec<Challenge>,
}

pub(super) struct Challenge {
    pub node: u64,
    pub data: Scalar,
    pub data_path: Path,
    pub replica_path: Path,
    /// Base parents first, then expander parents.
    pub parents: Vec<Column>,
    pub base_parents: usize,
    pub column_path: Path,
}

/// A node's labels, layer after layer, and the path of their hash.
pub(super) struct Column {
    pub rows: Vec<Scalar>,
    pub path: Path,
}

impl Opened {
    /// Error: a proof without challenges or labels, or not of the shape that its type says.
    pub fn of<Tree: MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
        inputs: &PublicInputs<DefaultTreeDomain, DefaultPieceDomain>,
        proofs: &[Proof<Tree, DefaultPieceHasher>],
    ) -> anyhow::Result<Self> {
        let first = proofs.first().context("a partition without challenges")?;
        let tau = inputs.tau.as_ref().context("a claim without commitments")?;
        Ok(Self {
            replica_id: inputs.replica_id.into(),
            comm_d: tau.comm_d.into(),
            comm_r: tau.comm_r.into(),
            comm_r_last: first.comm_r_last().into(),
            comm_c: first.comm_c().into(),
            challenges: proofs.iter().map(Challenge::of).collect::<anyhow::Result<_>>()?,
        })
    }
}

impl Challenge {
    fn of<Tree: MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
        proof: &Proof<Tree, DefaultPieceHasher>,
    ) -> anyhow::Result<Self> {
        let columns = &proof.replica_column_proofs;
        let parents = columns.drg_parents.iter().chain(&columns.exp_parents).map(Column::of);
        let labels = proof.labeling_proofs.first().context("a challenge without labels")?;
        Ok(Self {
            node: mirrored::<_, Labels>(labels)?.node,
            data: proof.comm_d_proofs.leaf().into(),
            data_path: path(&proof.comm_d_proofs),
            replica_path: path(&proof.comm_r_last_proof),
            parents: parents.collect::<anyhow::Result<_>>()?,
            base_parents: columns.drg_parents.len(),
            column_path: Column::of(&columns.c_x)?.path,
        })
    }
}

impl Column {
    fn of<P: MerkleProofTrait<Hasher = DefaultTreeHasher> + DeserializeOwned>(
        proof: &ColumnProof<P>,
    ) -> anyhow::Result<Self>
    where
        ColumnProof<P>: serde::Serialize,
    {
        let Opening::<P> { column: (_, rows), inclusion_proof } = mirrored(proof)?;
        let scalar =
            |bytes| Option::from(Scalar::from_bytes_le(&bytes)).context("a label is no field element");
        let rows = rows.into_iter().map(scalar).collect::<anyhow::Result<_>>()?;
        Ok(Self { rows, path: path(&inclusion_proof) })
    }
}

/// The fields of [`ColumnProof`] in their order.
#[derive(Deserialize)]
#[serde(bound = "P: DeserializeOwned")]
struct Opening<P> {
    column: (u32, Vec<Bytes32>),
    inclusion_proof: P,
}

/// The fields of the reference's `LabelingProof` in their order.
#[derive(Deserialize)]
struct Labels {
    _parents: Vec<Bytes32>,
    _layer: u32,
    node: u64,
}

/// The reference keeps these fields to itself, but writes and reads them.
fn mirrored<T: serde::Serialize, U: DeserializeOwned>(value: &T) -> anyhow::Result<U> {
    Ok(bincode::deserialize(&bincode::serialize(value)?)?)
}

fn path<P: MerkleProofTrait>(proof: &P) -> Path {
    let levels = proof.as_options().into_iter();
    let known = |(siblings, index): (Vec<Option<Scalar>>, Option<usize>)| {
        (siblings.into_iter().flatten().collect(), index.unwrap_or_default())
    };
    levels.map(known).collect()
}
