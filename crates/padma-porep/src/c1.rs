//! C1: the replica opened at the challenges. The reference's vanilla proofs byte for byte, but each checked once.
//!
//! All challenges are opened together. Every node of a tree is read once, with its siblings; every hash that a proof
//! relies on is computed once, and the Poseidon hashes eight at a time. What is checked:
//!
//! - TreeD: each path leads from its leaf to CommD.
//! - TreeC and TreeR: every node on a path is the hash of its children, up to the roots in `p_aux`, which hash to
//!   CommR. TreeR starts at the replica.
//! - columns: the labels of a node hash to its leaf in TreeC, for the challenge and its fourteen parents.
//! - labels: each is the hash of the replica id, its place and its parents' labels.
//! - encoding: the replica's node is the last layer's label plus the data's node.

mod column;
mod data;
mod hash;
mod label;
#[cfg(test)]
mod tests;
mod tree;

use filecoin_proofs::parameters::public_params;
use filecoin_proofs::{
    DefaultPieceHasher, DefaultTreeDomain, DefaultTreeHasher, MerkleTreeTrait, PersistentAux, PoRepConfig,
    TemporaryAux,
};
use padma_kernels::Backend;
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;
use storage_proofs_core::drgraph::Graph;
use storage_proofs_porep::stacked::{
    ColumnProof, EncodingProof, LabelingProof, Proof, PublicInputs, PublicParams, ReplicaColumnProof,
};

use self::column::Columns;
use self::data::DataTree;
use self::hash::{element, invalid, not_reduced};
use self::label::{label, labels_of_parents};
use self::tree::{Opened, Tree, TreeProof};
use crate::error::{ProofError, Result};
use crate::node::{Node, damaged};
use crate::poseidon::Hasher;

/// A replica's files and what they must be.
pub(crate) struct Replica<'a> {
    pub cache: &'a Path,
    pub sealed: &'a Path,
    pub replica_id: Node,
    pub comm_d: Node,
    pub comm_r: Node,
    pub seed: Node,
}

type VanillaProof<T> = Proof<T, DefaultPieceHasher>;

/// The vanilla proofs of a sector of the shape `T`, by partition and challenge.
pub(crate) type Partitions<T> = Vec<Vec<VanillaProof<T>>>;

/// Opens the replica at all challenges.
///
/// Errors: PROOF_VANILLA_INVALID when something is not the hash that it must be, PROOF_SECTOR_DAMAGED when a file is
/// missing or has the wrong length, PROOF_BACKEND.
pub(crate) fn open<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
    config: &PoRepConfig,
    replica: &Replica,
) -> Result<Partitions<T>> {
    open_with(Backend::current()?, config, replica)
}

fn open_with<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
    backend: Backend,
    config: &PoRepConfig,
    replica: &Replica,
) -> Result<Partitions<T>> {
    let public = public_params::<T>(config).map_err(library)?;
    let challenges = challenges(&public, usize::from(config.partitions), replica)?;
    let opener = Opener::read(&Hasher::new(backend), &public, replica, &challenges)?;
    let proofs = challenges.par_iter().map(|challenge| opener.prove(challenge));
    let mut proofs = proofs.collect::<Result<Vec<_>>>()?.into_iter();
    let partition = public.challenges.num_challenges_per_partition();
    Ok((0..usize::from(config.partitions)).map(|_| proofs.by_ref().take(partition).collect()).collect())
}

/// A challenged node and its parents: first those in the same layer.
struct Challenge {
    node: u64,
    parents: Vec<u64>,
}

fn challenges<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
    public: &PublicParams<T>,
    partitions: usize,
    replica: &Replica,
) -> Result<Vec<Challenge>> {
    let inputs = PublicInputs::<DefaultTreeDomain, DefaultTreeDomain> {
        replica_id: replica.replica_id.into(),
        seed: Some(replica.seed),
        tau: None,
        k: None,
    };
    let nodes =
        (0..partitions).flat_map(|k| inputs.challenges(&public.challenges, public.graph.size(), Some(k)));
    let challenge = |node: usize| {
        let mut parents = vec![0; public.graph.degree()];
        public.graph.parents(node, &mut parents).map_err(library)?;
        Ok(Challenge { node: node as u64, parents: parents.into_iter().map(u64::from).collect() })
    };
    nodes.map(challenge).collect()
}

fn library(error: anyhow::Error) -> ProofError {
    ProofError::Library { step: "C1", detail: format!("{error:#}") }
}

/// `p_aux` or `t_aux`.
pub(crate) fn read_aux<A: DeserializeOwned>(cache: &Path, name: &str) -> Result<A> {
    let path = cache.join(name);
    let bytes = fs::read(&path).map_err(|cause| damaged(&path, &cause.to_string()))?;
    bincode::deserialize(&bytes).map_err(|cause| damaged(&path, &cause.to_string()))
}

/// All that was read, its trees and columns found right.
struct Opener<'a> {
    replica: &'a Replica<'a>,
    layers: usize,
    columns: Columns,
    tree_c: Opened,
    tree_r: Opened,
    data: DataTree,
}

impl<'a> Opener<'a> {
    fn read<T: 'static + MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
        hasher: &Hasher,
        public: &PublicParams<T>,
        replica: &'a Replica<'a>,
        challenges: &[Challenge],
    ) -> Result<Self> {
        let Replica { cache, sealed, comm_r, .. } = replica;
        let (layers, size) = (public.num_layers, public.graph.size() as u64);
        let aux: PersistentAux<Node> = read_aux(cache, "p_aux")?;
        let t_aux: TemporaryAux<T, DefaultPieceHasher> = read_aux(cache, "t_aux")?;
        let discarded = t_aux.tree_r_last_config.rows_to_discard;
        let data = DataTree::of(cache, size)?;
        let tree_c = Tree::of_columns::<T>(cache, size)?;
        let tree_r = Tree::of_replica::<T>(cache, sealed, size, discarded)?;
        let challenged: Vec<u64> = challenges.iter().map(|challenge| challenge.node).collect();
        let parents = challenges.iter().flat_map(|challenge| &challenge.parents).copied();
        let columns =
            Columns::read(cache, size, layers, challenged.iter().copied().chain(parents).collect())?;

        if hasher.pair(&aux.comm_c, &aux.comm_r_last).map_err(not_reduced)? != *comm_r {
            return Err(invalid("CommR is not the hash of the roots in p_aux"));
        }
        let tree_c = tree_c.open(hasher, columns.nodes(), &aux.comm_c)?;
        columns.check(hasher, &tree_c)?;
        let tree_r = tree_r.open(hasher, &challenged, &aux.comm_r_last)?;
        Ok(Self { replica, layers, columns, tree_c, tree_r, data })
    }

    /// The vanilla proof of one challenge: the data's path, labels and encoding are checked here.
    fn prove<T: MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
        &self,
        challenge: &Challenge,
    ) -> Result<VanillaProof<T>> {
        let Challenge { node, parents } = challenge;
        let (data, comm_d_proofs) = self.data.open(*node, &self.replica.comm_d)?;
        let labels_of_parents: Vec<Vec<Node>> =
            (1..=self.layers).map(|layer| labels_of_parents(&self.columns, layer, parents)).collect();
        self.check_labels(*node, &labels_of_parents)?;
        self.check_encoding(*node, &data)?;

        let domain = |nodes: &Vec<Node>| nodes.iter().map(|node| DefaultTreeDomain::from(*node)).collect();
        let mut labels: Vec<Vec<DefaultTreeDomain>> = labels_of_parents.iter().map(domain).collect();
        let last = labels.last().cloned().unwrap_or_default();
        let labeling = |(layer, parents)| LabelingProof::new(layer, *node, parents);
        let columns =
            |nodes: &[u64]| nodes.iter().map(|node| self.column_proof::<T>(*node)).collect::<Result<_>>();
        let (base, expander) = parents.split_at(label::BASE_PARENTS);
        Ok(Proof {
            comm_d_proofs,
            comm_r_last_proof: self.tree_r.proof::<T>(*node),
            replica_column_proofs: ReplicaColumnProof {
                c_x: self.column_proof::<T>(*node)?,
                drg_parents: columns(base)?,
                exp_parents: columns(expander)?,
            },
            labeling_proofs: (1..).zip(labels.drain(..)).map(labeling).collect(),
            encoding_proof: EncodingProof::new(self.layers as u32, *node, last),
        })
    }

    fn column_proof<T: MerkleTreeTrait<Hasher = DefaultTreeHasher>>(
        &self,
        node: u64,
    ) -> Result<ColumnProof<TreeProof<T>>> {
        let column = self.columns.column(node)?;
        ColumnProof::from_column(column, self.tree_c.proof::<T>(node)).map_err(library)
    }

    fn check_labels(&self, node: u64, labels_of_parents: &[Vec<Node>]) -> Result<()> {
        let labels = self.columns.labels(node).iter().zip(labels_of_parents);
        let right = |(layer, (found, parents)): (u32, (&Node, &Vec<Node>))| {
            *found == label(&self.replica.replica_id, layer, node, parents)
        };
        match (1..).zip(labels).find(|label| !right(*label)) {
            Some((layer, _)) => Err(invalid(format!("the label of node {node} in layer {layer} is wrong"))),
            None => Ok(()),
        }
    }

    fn check_encoding(&self, node: u64, data: &Node) -> Result<()> {
        let key = self.columns.labels(node)[self.layers - 1];
        if element(&key)? + element(data)? != element(&self.tree_r.leaf(node))? {
            return Err(invalid(format!("node {node} of the replica is not its data and its label")));
        }
        Ok(())
    }
}
