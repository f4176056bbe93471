//! `cargo xtask demo`: the server and `trunk serve` beside each other, both pages loaded anew when their
//! sources change, until a person ends it. Must not know how either works.

use std::{
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use crate::{
    Outcome,
    children::{Children, End, Event},
    doubling,
    options::Options,
    page::Build,
    project,
    python::Python,
    ready::{free_port, go_on, listening_port, wait_for_line, wait_for_page},
    reload, run, sources, tools, trunk,
};

const SERVER: &str = "increment-server";
const TRUNK: &str = "trunk serve";
const PAGE: &str = "the page's build";
/// Where the server on its usual port can be had without TLS, if nobody else is there: the page compares both.
const PLAINTEXT_PORT: u16 = 5080;
/// How often the page's sources are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Runs the demo until it is told to end. Fails when one of its programs does.
pub(crate) fn run(options: &Options) -> Outcome {
    let page_port = free_port(options.page_port)?;
    // Before signals are ours: a person may break off a long installation.
    tools::ensure()?;
    let python = options.with_python.then(Python::ensure).transpose()?;
    // One folder for each demo that runs; a killed one may have left its own.
    let folder = project::target().join("demo").join(page_port.to_string());
    let _ = fs::remove_dir_all(&folder);
    let mut children = Children::new()?;
    let end = serve(options, python.as_ref(), page_port, &folder, &mut children);
    // Its last report needs the server.
    children.end_first(doubling::NAME);
    children.end();
    let _ = fs::remove_dir_all(&folder);
    match end {
        Err(End::Asked) => Ok(()),
        Err(End::Failed(reason)) => Err(reason),
    }
}

fn serve(
    options: &Options,
    python: Option<&Python>,
    page_port: u16,
    folder: &Path,
    children: &mut Children,
) -> Result<Infallible, End> {
    let seen = sources::newest();
    if let Some(build) = Build::needed()? {
        children.finish(PAGE, build.command()?)?;
        build.finish()?;
    }
    let mut cargo = run::cargo();
    cargo.args(["build", "--quiet", "--package", SERVER]);
    children.finish("the server's build", cargo)?;

    let page = folder.join("page");
    reload::copy_page(&page)?;
    children.start(SERVER, server(options, page_port, &page, &folder.join("server-data")), Stdio::piped())?;
    let listen_port = wait_for_line(children, listening_port)?;
    let doubling = python.map(|python| double(options, python, listen_port, children)).transpose()?;
    children.start(TRUNK, trunk::serve(page_port, listen_port, folder)?, Stdio::inherit())?;
    wait_for_page(page_port, children)?;
    announce(listen_port, page_port, doubling);
    watch(seen, &page, children)
}

/// Starts the doubling service and calls it once: it answers, and is in the table of accesses; its address.
fn double(
    options: &Options,
    python: &Python,
    listen_port: u16,
    children: &mut Children,
) -> Result<SocketAddr, End> {
    let port = if options.is_usual() { doubling::USUAL_PORT } else { 0 };
    let mut service = doubling::serve(python, port, listen_port);
    if let Some(token) = options.value_of("--report-token") {
        service.arg("--report-token").arg(project::root().join(token));
    }
    children.start(doubling::NAME, service, Stdio::piped())?;
    let address = wait_for_line(children, doubling::address)?;
    children.finish("the call of the doubling service", doubling::call(python, address, &["21"]))?;
    Ok(address)
}

fn announce(listen_port: u16, page_port: u16, doubling: Option<SocketAddr>) {
    let [server, page] =
        [format!("https://localhost:{listen_port}"), format!("http://localhost:{page_port}")];
    let doubling = doubling.map(|address| {
        format!(
            "    {:<25} a second service, in Python: doubles, and reports its calls\n",
            address.to_string()
        )
    });
    let doubling = doubling.unwrap_or_default();
    run::say(&format!(
        "\n  increment is running:\n\n    {server:<25} the server: page, gRPC and gRPC-Web\n    {page:<25} the page from \
         trunk serve, its calls going to the server\n{doubling}\n  Ctrl-C ends it all. A browser trusts the first once \
         certs/ca.pem is imported.\n"
    ));
}

fn server(options: &Options, page_port: u16, page: &Path, data: &Path) -> Command {
    let mut server = Command::new(server_program());
    server.current_dir(project::root()).arg("--reload-page").arg("--page").arg(page);
    // On its usual port, the server knows best which addresses this machine has and where its counts are.
    if !options.is_usual() {
        server.arg("--listen").arg(format!("127.0.0.1:{}", options.listen_port));
        if !options.names("--data") {
            server.arg("--data").arg(data);
        }
    }
    if options.is_usual() && !options.names("--plaintext-listen") && free_port(PLAINTEXT_PORT).is_ok() {
        server.arg("--plaintext-listen").arg(format!("127.0.0.1:{PLAINTEXT_PORT}"));
    }
    // The page of `trunk serve` compares its own address with the server's.
    server.arg("--cors-origin").arg(format!("http://localhost:{page_port}"));
    server.args(&options.server);
    server
}

/// The server as `cargo build` leaves it.
pub(crate) fn server_program() -> PathBuf {
    project::target().join("debug").join(SERVER)
}

/// Builds the release page anew whenever its sources change, for the server's page to load again.
fn watch(mut seen: SystemTime, page: &Path, children: &mut Children) -> Result<Infallible, End> {
    let mut building: Option<Build> = None;
    loop {
        match children.next(LOOK) {
            Some(Event::Ended(PAGE, status)) => {
                if let Some(build) = building.take().filter(|_| status.success()) {
                    build.finish()?;
                    reload::copy_page(page)?;
                }
            }
            None if building.is_none() && sources::newest() != seen => {
                seen = sources::newest();
                building = Build::needed()?;
                if let Some(build) = &building {
                    children.start(PAGE, build.command()?, Stdio::inherit())?;
                }
            }
            event => go_on(event)?,
        }
    }
}
