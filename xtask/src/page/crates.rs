//! What each crate costs: the bytes of its functions in the page's WebAssembly. Read from what wasm-bindgen writes, before
//! wasm-opt, which drops the names of functions.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use wasmparser::{KnownCustom, Name, NameSectionReader, Parser, Payload, TypeRef};
use xtask::project;

/// Where Trunk has wasm-bindgen write.
const FILE: &str = "wasm-bindgen/release/increment-web_bg.wasm";

/// The number of crates with a line of their own.
const LISTED: usize = 15;

/// The row of the standard library.
const STD: &str = "std";

/// The row of functions whose name has no crate: those of the linker and of wasm-bindgen, and exports.
const NO_CRATE: &str = "(no crate)";

/// The bytes of code of each crate, and of data.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct CodeSizes {
    crates: BTreeMap<String, usize>,
    data: usize,
}

impl CodeSizes {
    /// Of the newest release page.
    pub(crate) fn of_page() -> Result<Self> {
        let file = project::target().join(FILE);
        Self::read(&fs::read(&file)?).with_context(|| file.display().to_string())
    }

    /// Fails for a module without names.
    fn read(module: &[u8]) -> Result<Self> {
        let (mut names, mut bodies) = (HashMap::new(), Vec::new());
        let (mut index, mut data) = (0, 0);
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                // Imported functions are numbered before those with a body.
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        index += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    bodies.push((index, body.as_bytes().len()));
                    index += 1;
                }
                Payload::DataSection(section) => data = section.range().count(),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(section) = section.as_known() {
                        names = function_names(section)?;
                    }
                }
                _ => {}
            }
        }
        ensure!(!names.is_empty(), "the module has no names of functions");
        let mut crates = BTreeMap::new();
        for (index, size) in bodies {
            let name = names.get(&index).copied().unwrap_or_default();
            *crates.entry(crate_of(name).to_owned()).or_default() += size;
        }
        Ok(Self { crates, data })
    }

    /// A table, the largest crate first.
    pub(crate) fn lines(&self) -> Vec<String> {
        let total: usize = self.crates.values().sum();
        let line = |size: usize, name: &str| {
            format!("{size:>9} {:>7.1} %  {name}", 100.0 * size as f64 / total.max(1) as f64)
        };
        let mut largest: Vec<_> = self.crates.iter().map(|(name, &size)| (size, name.as_str())).collect();
        largest.sort_unstable_by(|one, other| other.cmp(one));
        let (listed, others) = largest.split_at(largest.len().min(LISTED));
        let mut lines = vec![format!(
            "{:>9} {:>9}  crate, with the functions that are generic over its types",
            "code", "share"
        )];
        lines.extend(listed.iter().map(|&(size, name)| line(size, name)));
        if !others.is_empty() {
            let size = others.iter().map(|&(size, _)| size).sum();
            lines.push(line(size, &format!("others ({})", others.len())));
        }
        lines.push(format!("{total:>9} bytes of code before wasm-opt, and {} of data", self.data));
        lines
    }
}

fn function_names(section: NameSectionReader<'_>) -> Result<HashMap<u32, &str>> {
    let mut names = HashMap::new();
    for subsection in section {
        if let Name::Function(functions) = subsection? {
            for function in functions {
                let function = function?;
                names.insert(function.index, function.name);
            }
        }
    }
    Ok(names)
}

/// The crate that a function counts for: the first one in its name outside the standard library. So `drop_in_place` and
/// `Vec<T>::push` count for the crate of `T`, and a method of a trait for the crate of its type, or else of the trait.
fn crate_of(function: &str) -> &str {
    let mut crates = crates_in(function).peekable();
    let fallback = if crates.peek().is_some() { STD } else { NO_CRATE };
    crates.find(|name| !matches!(*name, "alloc" | "core" | "std")).unwrap_or(fallback)
}

/// The crates in a name, in which each is followed by its hash: `core[15266d276e3a2055]::ptr::read::<http[1c5c]::Uri>`.
fn crates_in(function: &str) -> impl Iterator<Item = &str> {
    function.match_indices('[').filter_map(|(at, _)| {
        let (before, after) = (&function[..at], &function[at + 1..]);
        let hash =
            after.split(']').next().filter(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let name = &before[before.trim_end_matches(is_word).len()..];
        (!hash.is_empty() && !name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_counts_for_the_first_crate_outside_std() {
        for (function, expected) in [
            ("increment_web[ce43]::api::browser::own_base_url", "increment_web"),
            ("<http[1c5c]::status::StatusCode as core[15af]::fmt::Display>::fmt", "http"),
            ("core[15af]::ptr::drop_in_place::<alloc[6ccc]::vec::Vec<tonic[50cb]::status::Status>>", "tonic"),
            ("<(alloc[6ccc]::string::String, ()) as tachys[d74d]::view::Render>::build", "tachys"),
            ("<web[1]::page::{closure#0} as tachys[d74d]::view::Render>::build::{closure#0}", "web"),
            ("prost[502c]::encoding::encode_varint::<tonic[50cb]::codec::EncodeBuf>", "prost"),
            ("<alloc[6ccc]::string::String as core[15af]::fmt::Debug>::fmt.2839", "std"),
            ("<[u8; 4] as core[15af]::fmt::Debug>::fmt", "std"),
            ("<[u8] as bytes[7df6]::buf::Buf>::get", "bytes"),
            ("<std[1497]::sync::RwLock<reactive_graph[bf1c]::Owner>>::read", "reactive_graph"),
            ("main", "(no crate)"),
            ("", "(no crate)"),
        ] {
            assert_eq!(crate_of(function), expected, "{function}");
        }
    }

    /// A section of a module.
    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id, content.len() as u8], content].concat()
    }

    /// A module that imports a function and has two: a body of 2 bytes and one of 3; and 4 bytes of data.
    fn module(names: &[u8]) -> Vec<u8> {
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(1, &[1, 0x60, 0, 0]),
            section(2, &[1, 1, b'm', 1, b'f', 0, 0]),
            section(3, &[2, 0, 0]),
            section(10, &[2, 2, 0, 0x0b, 3, 0, 0x01, 0x0b]),
            section(11, &[1, 1, 1, 7]),
            section(0, &[b"\x04name", names].concat()),
        ]
        .concat()
    }

    #[test]
    fn the_bodies_of_functions_are_counted_by_their_names() {
        let functions = [&[2, 1, 4], &b"a[1]"[..], &[2, 4], b"b[2]"].concat();
        let sizes = CodeSizes::read(&module(&section(1, &functions))).unwrap();
        let crates = [("a", 2), ("b", 3)].map(|(name, size)| (name.to_owned(), size));
        assert_eq!(sizes, CodeSizes { crates: crates.into(), data: 4 });
    }

    #[test]
    fn a_module_without_names_is_an_error() {
        assert!(CodeSizes::read(&module(&[])).unwrap_err().to_string().contains("no names"));
        assert!(CodeSizes::read(b"<html>").is_err());
    }

    #[test]
    fn the_largest_crates_are_listed_and_the_others_summed() {
        let crates = (1..=17).map(|size| (format!("crate{size}"), size)).collect();
        let lines = CodeSizes { crates, data: 5 }.lines();
        assert_eq!(lines.len(), 1 + LISTED + 2);
        assert_eq!(lines[1], "       17    11.1 %  crate17");
        assert_eq!(
            lines[LISTED..][1..],
            ["        3     2.0 %  others (2)", "      153 bytes of code before wasm-opt, and 5 of data"]
        );
    }
}
