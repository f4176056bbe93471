//! The generated code of the tests and of the examples is that of their contracts. With `REGENERATE` set in the
//! environment, it is written anew instead.

use std::{collections::BTreeMap, error::Error, fs, path::Path};

use prost::Message;

#[test]
fn generated_code_matches_the_contracts() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contracts = ["formatter.proto", "test/v1/number.proto", "test/v1/row.proto"];
    check(&root.join("tests/proto"), &contracts, &root.join("tests/common/contract/gen"))?;
    check(&root.join("examples/proto"), &["hello/v1/hello.proto"], &root.join("examples/gen"))
}

fn check(protos: &Path, contracts: &[&str], committed: &Path) -> Result<(), Box<dyn Error>> {
    let generated = generate(protos, contracts)?;
    if std::env::var_os("REGENERATE").is_some() {
        for (name, content) in &generated {
            fs::write(committed.join(name), content)?;
        }
    }
    let committed = read_all(committed)?;
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&generated), "the generated files");
    for (name, content) in &generated {
        let is_current = committed[name] == *content;
        assert!(is_current, "{name} differs from its contract: run this test with REGENERATE=1");
    }
    Ok(())
}

/// Compiles the contracts; returns file names with their contents.
fn generate(protos: &Path, contracts: &[&str]) -> Result<BTreeMap<String, Vec<u8>>, Box<dyn Error>> {
    let descriptors = protox::Compiler::new([protos])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(contracts)?
        .file_descriptor_set();
    let out = tempfile::tempdir()?;
    fs::write(out.path().join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_client(false)
        .generate_default_stubs(true)
        .out_dir(out.path())
        .compile_fds(descriptors)?;
    read_all(out.path())
}

fn read_all(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Box<dyn Error>> {
    fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?))
        })
        .collect()
}
