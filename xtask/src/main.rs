//! The project's commands: `cargo xtask COMMAND`. Each sets up what it needs and says what it does.
//! Must not know what the service does: it starts the others' programs and reads what they print.

mod bench;
mod children;
mod clients;
mod compress;
mod counts;
mod debian;
mod demo;
mod doubling;
mod ended;
mod explorers;
mod interop;
mod nginx;
mod node;
mod options;
mod page;
mod program;
mod project;
mod python;
mod python_programs;
mod ready;
mod reload;
mod run;
mod rust_source;
mod server;
mod sources;
mod test;
mod tools;
mod tour;
mod trunk;
mod wasm_target;
mod watch;

use std::process::ExitCode;

const USAGE: &str = "\
The commands of the project.

Usage: cargo xtask COMMAND

  bench [--rounds N] [--protocol grpc|grpc-web]
               what counting accesses costs: CPU, throughput and latency of three release servers
               that differ in --durability only, side by side; 5 rounds of gRPC, about 2 minutes
  clients      builds the small programs in clients/, runs them at the same time against one server, and
               shows what it counted; says which it left out, and why
  demo [--listen-port N] [--page-port N] [--with-python] [-- SERVER-OPTION...]
               the server and the page, until Ctrl-C; ports 5000 and 8080, 0 takes a free one;
               --with-python adds a second service, in Python, on port 5001;
               on other ports than the usual, the counts last as long as the demo and the
               second service takes a free port; what follows -- goes to increment-server
  interop [--write]
               other people's protocol suites against the server's stack, compared with docs/interop.md;
               --write writes that anew; needs Go, Java and Maven
  page         the release page, compressed, into dist/
  proto        the generated code of crates/proto anew, from the contracts in proto/
  screenshot   the README's picture, docs/page.png, anew
  test         everything that must pass; the last line is `N passed, N failed`
  tour [--write]
               the steps of docs/tour.md for real, compared with what it says; --write writes it anew;
               needs tshark, and root to capture
";

/// Where a command gives up: with what is wrong, and what to do about it.
type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match *arguments.as_slice() {
        ["bench", ref options @ ..] => match bench::options::Options::parse(options) {
            Ok(options) => bench::run(&options),
            Err(wrong) => return wrong_use(&wrong),
        },
        ["clients"] => clients::run(),
        ["demo", ref options @ ..] => match options::Options::parse(options) {
            Ok(options) => demo::run(&options),
            Err(wrong) => return wrong_use(&wrong),
        },
        ["interop"] => interop::run(false),
        ["interop", "--write"] => interop::run(true),
        ["page"] => page::build_and_report(),
        ["proto"] => regenerate(),
        ["screenshot"] => test::screenshot(),
        ["test"] => test::run(),
        ["tour"] => tour::run(false),
        ["tour", "--write"] => tour::run(true),
        ["help" | "--help" | "-h"] => {
            run::say(USAGE.trim_end());
            Ok(())
        }
        [] => return wrong_use("which command?"),
        [command, ..] => return wrong_use(&format!("no such command or option: {command}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            run::note(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn wrong_use(what: &str) -> ExitCode {
    run::note(&format!("error: {what}\n\n{}", USAGE.trim_end()));
    ExitCode::from(2)
}

fn regenerate() -> Outcome {
    let mut cargo = run::cargo();
    cargo.args(["test", "--package", "increment-proto", "--test", "generated"]);
    run::run(cargo.env("INCREMENT_REGENERATE", "1"))
}
