//! Electronic seal structures of GB/T 38540 and GM/T 0031.
