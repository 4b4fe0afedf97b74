//! The executable of Jianzheng.

fn main() {}
