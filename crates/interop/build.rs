//! Generates code from the suites' contracts, whose folders are in environment variables. Only with the feature `suites`.

#[cfg(not(feature = "suites"))]
fn main() {}

#[cfg(feature = "suites")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    suites::generate("INTEROP_PROTOS", "interop.bin", &["grpc/testing/test.proto"])?;
    let contracts =
        ["connectrpc/conformance/v1/service.proto", "connectrpc/conformance/v1/server_compat.proto"];
    suites::generate("CONFORMANCE_PROTOS", "conformance.bin", &contracts)
}

#[cfg(feature = "suites")]
mod suites {
    use std::{
        env,
        error::Error,
        fs,
        io::{Write, stdout},
        path::PathBuf,
    };

    use prost::Message;

    /// Generates code from `contracts` in the folder that `variable` names, and their descriptors as the file
    /// `descriptors`.
    pub(crate) fn generate(
        variable: &str,
        descriptors: &str,
        contracts: &[&str],
    ) -> Result<(), Box<dyn Error>> {
        let folder = folder(variable)?;
        for contract in contracts {
            writeln!(stdout(), "cargo::rerun-if-changed={}", folder.join(contract).display())?;
        }
        let compiled = protox::Compiler::new([&folder])?
            .include_imports(true)
            .open_files(contracts)
            .map(|compiler| compiler.file_descriptor_set());
        let set = compiled.map_err(|error| format!("{variable}={}: {error}", folder.display()))?;
        let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
        fs::write(out.join(descriptors), set.encode_to_vec())?;
        tonic_prost_build::configure()
            .build_client(false)
            .build_transport(false)
            .generate_default_stubs(true)
            .out_dir(out)
            .compile_fds(set)?;
        Ok(())
    }

    /// The folder that a variable names. Cargo runs this script again when it changes.
    fn folder(variable: &str) -> Result<PathBuf, Box<dyn Error>> {
        writeln!(stdout(), "cargo::rerun-if-env-changed={variable}")?;
        let folder = env::var_os(variable);
        Ok(folder
            .ok_or_else(|| format!("{variable} is not set: `cargo xtask interop` builds this crate"))?
            .into())
    }
}
