//! The workspace as the rules see it: plain data that a planted violation can change.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a crate is for, by its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Domain,
    Ports,
    Conformance,
    Wire,
    Folder,
    Adapter,
    Services,
    App,
    Proof,
}

impl Role {
    /// The role of the crate in `folder`, relative to the root; `None` for a folder that the blueprint does not know.
    pub(crate) fn of(folder: &str) -> Option<Self> {
        match folder.split('/').collect::<Vec<_>>().as_slice() {
            ["domain"] => Some(Self::Domain),
            ["ports"] => Some(Self::Ports),
            ["ports", "conformance"] => Some(Self::Conformance),
            ["adapters", "wire"] => Some(Self::Wire),
            ["adapters", "folder"] => Some(Self::Folder),
            ["adapters", _] => Some(Self::Adapter),
            ["apps", "services"] => Some(Self::Services),
            ["apps", _] => Some(Self::App),
            ["proptests"] | ["proptests", _] => Some(Self::Proof),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    Normal,
    Dev,
    Build,
}

#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: DependencyKind,
}

#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Relative to the root, with `/`.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) manifest: toml::Table,
    pub(crate) clippy: Option<toml::Table>,
}

#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(crate) manifest: toml::Table,
    pub(crate) deny: toml::Table,
    /// Names of the packages that a bare `cargo run` chooses from.
    pub(crate) default_members: Vec<String>,
    /// By name.
    pub(crate) packages: BTreeMap<String, Package>,
    /// Every Rust file of a member, by its path relative to the root, with its text.
    pub(crate) sources: BTreeMap<String, String>,
    /// The documents of the root and of `docs`, and each crate's README, in the same way.
    pub(crate) documents: BTreeMap<String, String>,
}

/// The root folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

impl Workspace {
    pub(crate) fn read() -> Self {
        let root = root();
        let metadata = metadata(&root);
        let packages: BTreeMap<_, _> = array(&metadata, "packages")
            .iter()
            .map(|package| package_of(&root, package))
            .map(|package| (package.name.clone(), package))
            .collect();
        let names_by_id: BTreeMap<&str, &str> = array(&metadata, "packages")
            .iter()
            .map(|package| (text(package, "id"), text(package, "name")))
            .collect();
        let default_members = array(&metadata, "workspace_default_members")
            .iter()
            .map(|id| names_by_id[id.as_str().unwrap()].to_owned())
            .collect();
        let mut sources = BTreeMap::new();
        for package in packages.values() {
            read_files(&root, &root.join(&package.folder), "rs", &mut sources);
        }
        let mut documents = BTreeMap::new();
        read_files(&root, &root.join("docs"), "md", &mut documents);
        for package in packages.values() {
            let path = format!("{}/README.md", package.folder);
            if let Ok(text) = std::fs::read_to_string(root.join(&path)) {
                documents.insert(path, text);
            }
        }
        for name in ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"] {
            documents.insert(name.to_owned(), text_of(&root.join(name)));
        }
        Self {
            manifest: table(&root.join("Cargo.toml")),
            deny: table(&root.join("deny.toml")),
            default_members,
            packages,
            sources,
            documents,
        }
    }

    /// The package of this name, to be doctored.
    pub(crate) fn package(&mut self, name: &str) -> &mut Package {
        self.packages.get_mut(name).unwrap()
    }

    /// Makes `from` depend on `to`.
    pub(crate) fn draw_arrow(&mut self, from: &str, to: &str, kind: DependencyKind) {
        let name = to.to_owned();
        self.package(from).dependencies.push(Dependency { name, kind });
    }

    /// Adds a line to a source file, which may be new.
    pub(crate) fn write_line(&mut self, path: &str, line: &str) {
        let text = self.sources.entry(path.to_owned()).or_default();
        text.push_str(line);
        text.push('\n');
    }
}

fn metadata(root: &Path) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn package_of(root: &Path, package: &Value) -> Package {
    let folder = PathBuf::from(text(package, "manifest_path"))
        .parent()
        .unwrap()
        .to_owned();
    let dependencies = array(package, "dependencies")
        .iter()
        .map(|dependency| Dependency {
            name: text(dependency, "name").to_owned(),
            kind: match dependency["kind"].as_str() {
                None => DependencyKind::Normal,
                Some("dev") => DependencyKind::Dev,
                Some(_) => DependencyKind::Build,
            },
        })
        .collect();
    let clippy = folder.join("clippy.toml");
    Package {
        name: text(package, "name").to_owned(),
        folder: relative(root, &folder),
        dependencies,
        manifest: table(&folder.join("Cargo.toml")),
        clippy: clippy.exists().then(|| table(&clippy)),
    }
}

/// Every file of this kind below `folder`; folders that are crates of their own, or hold what cargo built, are left out.
fn read_files(root: &Path, folder: &Path, extension: &str, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") && !path.join("Cargo.toml").exists() {
                read_files(root, &path, extension, files);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            files.insert(relative(root, &path), text_of(&path));
        }
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.canonicalize().unwrap();
    let parts: Vec<_> = path
        .strip_prefix(root)
        .unwrap()
        .iter()
        .map(|part| part.to_str().unwrap())
        .collect();
    parts.join("/")
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("failed to read {}: {error}", path.display()))
}

fn table(path: &Path) -> toml::Table {
    text_of(path)
        .parse()
        .unwrap_or_else(|error| panic!("failed to read {}: {error}", path.display()))
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}
