//! The generated code under `src/gen` matches the contracts in `proto/`. Generates it if REGENERATE is set.

use std::{collections::BTreeMap, error::Error, fs, path::Path};

use prost::Message;

const CONTRACTS: [&str; 4] = [
    "template_grpc.proto",
    "increment/v1/increment.proto",
    "increment/v1/access.proto",
    "increment/v1/connection.proto",
];

#[test]
fn generated_code_matches_the_contracts() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = root.join("src/gen");
    let generated = generate(&root.join("../../proto"))?;
    if std::env::var_os("REGENERATE").is_some() {
        for (name, content) in &generated {
            fs::write(committed.join(name), content)?;
        }
    }
    let committed = read_all(&committed)?;
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&generated), "the generated files");
    for (name, content) in &generated {
        assert!(committed[name] == *content, "{name} differs from the contracts: run `cargo xtask proto`");
    }
    Ok(())
}

/// Compiles the contracts. Returns the content of each generated file by name.
fn generate(protos: &Path) -> Result<BTreeMap<String, Vec<u8>>, Box<dyn Error>> {
    let descriptors = protox::Compiler::new([protos])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(CONTRACTS)?
        .file_descriptor_set();
    let out = tempfile::tempdir()?;
    fs::write(out.path().join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_transport(false)
        .generate_default_stubs(true)
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
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
