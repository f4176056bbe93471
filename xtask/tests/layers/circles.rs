//! Circles among files that import each other.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
};

use crate::imports::Imports;

/// For each group of files that all import each other, in any number of steps: its files, and one of its shortest
/// circles, which begins and ends with the same file.
pub(crate) fn find(imports: &Imports) -> Vec<(BTreeSet<PathBuf>, Vec<PathBuf>)> {
    let reached: BTreeMap<_, _> =
        imports.keys().map(|file| (file.as_path(), reachable(imports, file))).collect();
    let reaches = |from: &Path, to: &Path| reached.get(from).is_some_and(|files| files.contains(to));
    let mut groups = BTreeSet::new();
    for file in imports.keys().filter(|file| reaches(file, file)) {
        let others = imports.keys().filter(|other| reaches(file, other) && reaches(other, file));
        groups.insert(others.cloned().collect::<BTreeSet<_>>());
    }
    let with_circle = |group: BTreeSet<PathBuf>| {
        let circles = group.iter().filter_map(|file| shortest_circle(imports, file));
        let circle = circles.min_by_key(Vec::len).expect("every file of a group is in a circle");
        (group, circle)
    };
    groups.into_iter().map(with_circle).collect()
}

/// All that `file` imports, directly and indirectly.
fn reachable<'i>(imports: &'i Imports, file: &'i Path) -> BTreeSet<&'i Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        let next = imports.get(file).into_iter().flatten().map(PathBuf::as_path);
        open.extend(next.filter(|next| reached.insert(*next)));
    }
    reached
}

fn shortest_circle(imports: &Imports, start: &Path) -> Option<Vec<PathBuf>> {
    let mut seen = BTreeSet::new();
    let mut open = VecDeque::from([vec![start.to_owned()]]);
    while let Some(chain) = open.pop_front() {
        for next in imports.get(chain.last()?).into_iter().flatten() {
            let longer = [&chain[..], std::slice::from_ref(next)].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next) {
                open.push_back(longer);
            }
        }
    }
    None
}
