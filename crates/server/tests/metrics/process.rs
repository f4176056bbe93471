//! Metrics of the process, and of the program that it is.

use oneport::Limits;

use crate::{measured, samples::read};

#[tokio::test]
async fn the_program_is_named_with_its_version() {
    let samples = read(&measured(Limits::default()).await).await;
    let version = env!("CARGO_PKG_VERSION");
    let target = format!(r#"target_info{{service_name="increment-server",service_version="{version}"}}"#);
    assert_eq!(samples[&target], 1.0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_is_measured() {
    let samples = read(&measured(Limits::default()).await).await;
    for (name, min) in [
        ("process_resident_memory_bytes", 1e6),
        ("process_virtual_memory_bytes", 1e6),
        ("process_open_fds", 3.0),
        ("process_max_fds", 3.0),
        ("process_threads", 3.0),
        ("process_start_time_seconds", 1.7e9),
        ("process_cpu_seconds_total", 0.0),
    ] {
        assert!(samples[name] >= min, "{name} is {}", samples[name]);
    }
}
