//! Envoy with the gate as container images, one of each form, built by podman on an image with Envoy.

use std::fs;
use std::process::Command;

use testbed::{Host, tools, workspace};

use super::archive;
use crate::{Outcome, command, image};

/// The image of that form as one file. The same podman makes the same bytes of the same base.
pub fn image(host: Host, base: &str) -> Outcome<Vec<u8>> {
    let podman =
        tools::on_path("podman").ok_or("containers want podman: `apt-get install podman`")?;
    let form = host.name();
    let tag = format!("localhost/probegate-release:{form}");
    let folder = workspace().join(format!("target/release-images/{form}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.parent().ok_or("it lies below target")?)?;
    let mut build = Command::new(&podman);
    // Of no time, and without what is left of another build.
    build.args(["build", "--quiet", "--no-cache", "--timestamp", "0", "--format", "oci"]);
    for (name, value) in image::labels()? {
        let label = format!("org.opencontainers.image.{name}={value}");
        build.args(["--annotation", &label, "--label", &label]);
    }
    for argument in [format!("ENVOY_IMAGE={base}"), format!("FORM={form}")] {
        build.args(["--build-arg", &argument]);
    }
    build.args(["--file", "envoy/Dockerfile", "--tag", &tag, "."]).current_dir(workspace());
    command::run(&mut build)?;
    let mut save = Command::new(&podman);
    save.args(["save", "--quiet", "--format", "oci-dir", "--output"]).arg(&folder).arg(&tag);
    command::run(&mut save)?;
    archive(&folder)
}
