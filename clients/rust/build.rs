//! Generates the stubs from the contract, with protox in place of protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=../../proto/increment/v1/increment.proto");
    let contract = protox::compile(["increment/v1/increment.proto"], ["../../proto"])?;
    tonic_prost_build::configure().build_server(false).compile_fds(contract)?;
    Ok(())
}
