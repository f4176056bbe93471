//! `cargo xtask demo`: the server and `trunk serve` beside each other, both pages loaded anew when their
//! sources change, until a person ends it. Must not know how either works.

use std::{
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use crate::{
    Outcome,
    children::{Children, End, Event},
    options::{Options, USUAL_PORT},
    page::Build,
    project,
    ready::{free_port, go_on, wait_for_listening, wait_for_page},
    reload, run, sources, tools, trunk,
};

const SERVER: &str = "increment-server";
const TRUNK: &str = "trunk serve";
const PAGE: &str = "the page's build";
/// How often the page's sources are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Runs the demo until it is told to end. Fails when one of its programs does.
pub(crate) fn run(options: &Options) -> Outcome {
    let page_port = free_port(options.page_port)?;
    // Before signals are ours: a person may break off a long installation.
    tools::ensure()?;
    // One folder for each demo that runs; a killed one may have left its own.
    let folder = project::target().join("demo").join(page_port.to_string());
    let _ = fs::remove_dir_all(&folder);
    let mut children = Children::new()?;
    let end = serve(options, page_port, &folder, &mut children);
    children.end();
    let _ = fs::remove_dir_all(&folder);
    match end {
        Err(End::Asked) => Ok(()),
        Err(End::Failed(reason)) => Err(reason),
    }
}

fn serve(
    options: &Options,
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
    children.start(SERVER, server(options, &page), Stdio::piped())?;
    let listen_port = wait_for_listening(children)?;
    children.start(TRUNK, trunk::serve(page_port, listen_port, folder)?, Stdio::inherit())?;
    wait_for_page(page_port, children)?;
    announce(listen_port, page_port);
    watch(seen, &page, children)
}

fn announce(listen_port: u16, page_port: u16) {
    let [server, page] =
        [format!("https://localhost:{listen_port}"), format!("http://localhost:{page_port}")];
    run::say(&format!(
        "\n  increment is running:\n\n    {server:<25} the server: page, gRPC and gRPC-Web\n    {page:<25} the page from \
         trunk serve, its calls going to the server\n\n  Ctrl-C ends both. A browser trusts the first once \
         certs/ca.pem is imported.\n"
    ));
}

fn server(options: &Options, page: &Path) -> Command {
    let mut server = Command::new(server_program());
    server.current_dir(project::root()).arg("--page").arg(page);
    // On its usual port, the server knows best which addresses this machine has.
    if options.listen_port != USUAL_PORT {
        server.arg("--listen").arg(format!("127.0.0.1:{}", options.listen_port));
    }
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
