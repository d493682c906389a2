//! Programs of other languages that tests need: fetched once by their ordinary clients and kept beside the builds, in
//! `$NIGHTOWL_CI_CACHE/tools` (by default `~/.cache/nightowl-ci/tools`), each in a folder that names its version.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Written last: a folder without it was left half made.
const COMPLETE: &str = "complete";

/// The Python of an environment with these packages, each with its version.
pub fn python(name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = kept(name, &packages.join(" "), |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        run(Command::new(folder.join("bin/python")).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages))
    })?;
    Ok(folder.join("bin/python"))
}

/// The folder with the jars of these artifacts (`group:artifact:version`) and of what they need.
pub fn jars(name: &str, artifacts: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = kept(name, &artifacts.join(" "), |folder| {
        let mut dependencies = String::new();
        for artifact in artifacts {
            let parts: Vec<&str> = artifact.split(':').collect();
            let [group, artifact, version] = parts[..] else { bail!("{artifact} is no group:artifact:version") };
            dependencies += &format!("<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>");
        }
        let project = format!(
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion><groupId>nightowl</groupId>\
             <artifactId>{name}</artifactId><version>1</version><dependencies>{dependencies}</dependencies></project>"
        );
        fs::write(folder.join("pom.xml"), project)?;
        run(Command::new("mvn").args(["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"]).current_dir(folder))
    })?;
    Ok(folder.join("jars"))
}

/// The folder with these packages of npm, each with its version.
pub fn node(name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    kept(name, &packages.join(" "), |folder| {
        run(Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(folder).args(packages))
    })
}

/// The folder with a package of Debian's unstable suite and what it needs, as their files are in `/`, and what `make` makes
/// of it. apt checks the signatures; nothing is installed.
pub fn debian(name: &str, package: &str, make: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    kept(name, package, |folder| {
        let apt = folder.join("apt");
        fs::create_dir_all(apt.join("lists"))?;
        fs::create_dir_all(apt.join("cache"))?;
        fs::write(apt.join("status"), "")?;
        fs::write(apt.join("sources"), "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main\n")?;
        let place = |option: &str, file: &str| format!("-oDir::{option}={}", apt.join(file).display());
        let apt_get = || {
            let mut command = Command::new("apt-get");
            // A machine without a network is noticed soon.
            command.args(["-qq", "-oAcquire::http::Timeout=10", "-oAcquire::Retries=0"]);
            command.args(["-oDir::Etc::sourceparts=-", "-oAPT::Sandbox::User=root", "-oDebug::NoLocking=1"]);
            command.args([place("Etc::sourcelist", "sources"), place("State::lists", "lists"), place("State::status", "status"), place("Cache", "cache")]);
            command
        };
        run(apt_get().arg("update"))?;
        run(apt_get().args(["install", "-y", "--download-only", "--no-install-recommends", package]))?;
        for file in fs::read_dir(apt.join("cache/archives"))? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg-deb").arg("-x").arg(&file).arg(folder))?;
            }
        }
        fs::remove_dir_all(&apt)?;
        make(folder)
    })
}

/// A folder that is made once. Others wait for who makes it; what was left half made, or is meant to hold something else
/// by now, is made anew.
fn kept(name: &str, content: &str, make: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    let tools = match std::env::var_os("NIGHTOWL_CI_CACHE") {
        Some(cache) => PathBuf::from(cache).join("tools"),
        None => PathBuf::from(std::env::var_os("HOME").context("there is no home folder")?).join(".cache/nightowl-ci/tools"),
    };
    fs::create_dir_all(&tools)?;
    let lock = File::create(tools.join(format!("{name}.lock")))?;
    lock.lock()?;
    let folder = tools.join(name);
    if fs::read_to_string(folder.join(COMPLETE)).is_ok_and(|found| found == content) {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    make(&folder).with_context(|| format!("{content} can not be had"))?;
    fs::write(folder.join(COMPLETE), content)?;
    Ok(folder)
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{:?} can not be run", command.get_program()))?;
    if !output.status.success() {
        bail!("{:?} failed: {}", command.get_program(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
