//! Merkle trees of RFC 9162 §2.1 (RFC 6962 §2.1) with SHA-256, as the transparency log has them (design §5).

use sha2::{Digest as _, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// A tree over leaf hashes.
#[derive(Debug, Clone)]
pub struct Tree(Vec<Hash>);

impl Tree {
    /// The tree over these leaf hashes, in order.
    #[must_use]
    pub fn new(leaves: Vec<Hash>) -> Self {
        Self(leaves)
    }

    /// MTH of the leaves; that of no leaf is the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        root(&self.0)
    }

    /// The inclusion path of a leaf (RFC 9162 §2.1.3.1), from the leaf up; none where there is no such leaf.
    #[must_use]
    pub fn path(&self, index: usize) -> Option<Vec<Hash>> {
        if index >= self.0.len() {
            return None;
        }
        let mut path = Vec::new();
        climb(&self.0, index, &mut path);
        Some(path)
    }
}

/// The hash of a leaf: 0x00 before its bytes keeps leaves and nodes apart.
#[must_use]
pub(crate) fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(bytes)
        .finalize()
        .into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let node = Sha256::new().chain_update([1]).chain_update(left);
    node.chain_update(right).finalize().into()
}

/// The largest power of two below a size of at least 2.
const fn split(size: usize) -> usize {
    1 << (usize::BITS - 1 - (size - 1).leading_zeros())
}

fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest(b"").into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

fn climb(leaves: &[Hash], index: usize, path: &mut Vec<Hash>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    match index.checked_sub(left.len()) {
        None => {
            climb(left, index, path);
            path.push(root(right));
        }
        Some(index) => {
            climb(right, index, path);
            path.push(root(left));
        }
    }
}

/// The root that a path leads to from a leaf (RFC 9162 §2.1.3.2); none where the path does not fit index and size.
#[must_use]
pub(crate) fn root_from(index: usize, size: usize, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut reached) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            reached = node(sibling, &reached);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            reached = node(&reached, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(reached)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn roots_are_those_of_the_log_s_test_vectors() {
        // The reference data of certificate-transparency (RFC 6962), eight leaves.
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<_> = inputs
            .iter()
            .map(|input| leaf(&hex::decode(input).expect("hex")))
            .collect();
        for (size, expected) in (1..).zip(roots) {
            assert_eq!(
                hex::encode(Tree::new(leaves[..size].to_vec()).root()),
                expected,
                "{size}"
            );
        }
        assert_eq!(
            hex::encode(Tree::new(Vec::new()).root()),
            hex::encode(Sha256::digest(b""))
        );
    }

    proptest! {
        #[test]
        fn a_path_leads_from_its_leaf_and_place_to_the_root_and_from_no_other(
            size in 1_usize..70, at in 0_usize..70, other in 0_usize..70, flip in 0_usize..32,
        ) {
            let leaves: Vec<_> = (0..size).map(|number| leaf(&number.to_be_bytes())).collect();
            let tree = Tree::new(leaves.clone());
            let (at, other) = (at % size, other % size);
            let path = tree.path(at).expect("a leaf");
            prop_assert_eq!(root_from(at, size, leaves[at], &path), Some(tree.root()));
            if other != at {
                prop_assert_ne!(root_from(at, size, leaves[other], &path), Some(tree.root()));
                prop_assert_ne!(root_from(other, size, leaves[at], &path), Some(tree.root()));
            }
            for step in 0..path.len() {
                let mut bent = path.clone();
                bent[step][flip] ^= 1;
                prop_assert_ne!(root_from(at, size, leaves[at], &bent), Some(tree.root()));
            }
            let longer = [path, vec![[0; 32]]].concat();
            prop_assert_eq!(root_from(at, size, leaves[at], &longer), None);
            prop_assert_eq!(tree.path(size), None);
        }
    }
}
