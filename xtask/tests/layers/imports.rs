//! The imports between the files of one target, read from its `use` declarations.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, Expr, ItemMod, ItemUse, Lit, Meta, UseTree,
    visit::{self, Visit},
};

/// A module's path below the root of its target, such as `["tls", "keys"]`.
type Module = Vec<String>;

/// Each file with the other files of the same target that it imports from.
pub(crate) type Imports = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

/// Reads the target whose root file is `root`. A `use` below `#[cfg(test)]` counts for nothing.
pub(crate) fn of_target(root: &Path) -> Imports {
    let mut tree = Tree::default();
    let folder = root.parent().expect("a root file lies in a folder");
    tree.read(root, folder, Vec::new());
    let mut imports = Imports::new();
    for (file, module, path) in &tree.uses {
        let imported = tree.resolve(module, path);
        if let Some(imported) = imported.filter(|imported| *imported != file) {
            imports.entry(file.clone()).or_default().insert(imported.clone());
        }
    }
    imports
}

/// The modules of a target with their files, and every imported path with the file and the module it stands in.
#[derive(Default)]
struct Tree {
    files: BTreeMap<Module, PathBuf>,
    uses: Vec<(PathBuf, Module, Vec<String>)>,
}

impl Tree {
    /// Reads `file`, which is `module` and has the files of its child modules in `folder`.
    fn read(&mut self, file: &Path, folder: &Path, module: Module) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.files.insert(module.clone(), file.to_owned());
        Reader { tree: self, file, folder: folder.to_owned(), module }.visit_file(&parsed);
    }

    /// The file of the deepest module that `path` names, seen from `module`; none for another crate's.
    fn resolve(&self, module: &[String], path: &[String]) -> Option<&PathBuf> {
        let mut base = module.to_vec();
        let mut segments = path.iter().peekable();
        match path.first()?.as_str() {
            "crate" => base.clear(),
            "self" | "super" => {}
            child => {
                base.push(child.to_owned());
                self.files.get(&base)?;
            }
        }
        if path[0] != "super" {
            segments.next();
        }
        while segments.next_if(|segment| *segment == "super").is_some() {
            base.pop();
        }
        for segment in segments {
            base.push(segment.clone());
            if !self.files.contains_key(&base) {
                base.pop();
                break;
            }
        }
        self.files.get(&base)
    }
}

/// Visits one file.
struct Reader<'t> {
    tree: &'t mut Tree,
    file: &'t Path,
    /// Where the files of the child modules of `module` lie.
    folder: PathBuf,
    module: Module,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = unraw(&item.ident);
        let is_test = item.attrs.iter().any(is_cfg_test);
        if item.content.is_some() && !is_test {
            let folder = self.folder.join(&name);
            let outer = std::mem::replace(&mut self.folder, folder);
            self.module.push(name);
            self.tree.files.insert(self.module.clone(), self.file.to_owned());
            visit::visit_item_mod(self, item);
            self.module.pop();
            self.folder = outer;
        } else if item.content.is_none() {
            let child = [&self.module[..], std::slice::from_ref(&name)].concat();
            let (file, folder) = self.child(&name, &item.attrs);
            self.tree.read(&file, &folder, child);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.attrs.iter().any(is_cfg_test) || item.leading_colon.is_some() {
            return;
        }
        for path in paths(&item.tree) {
            self.tree.uses.push((self.file.to_owned(), self.module.clone(), path));
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !item.attrs.iter().any(is_cfg_test) {
            visit::visit_item_fn(self, item);
        }
    }
}

impl Reader<'_> {
    /// The file of the child module `name`, and the folder of that module's own children.
    fn child(&self, name: &str, attributes: &[Attribute]) -> (PathBuf, PathBuf) {
        if let Some(path) = attributes.iter().find_map(path_of) {
            let file = self.file.with_file_name(path);
            let folder = file.parent().expect("a file lies in a folder").to_owned();
            return (file, folder);
        }
        let folder = self.folder.join(name);
        let beside = self.folder.join(format!("{name}.rs"));
        if beside.is_file() { (beside, folder) } else { (folder.join("mod.rs"), folder) }
    }
}

/// Every path of a `use` declaration, in full.
fn paths(tree: &UseTree) -> Vec<Vec<String>> {
    match tree {
        UseTree::Path(path) => {
            let below = |rest: Vec<String>| [vec![unraw(&path.ident)], rest].concat();
            paths(&path.tree).into_iter().map(below).collect()
        }
        UseTree::Group(group) => group.items.iter().flat_map(paths).collect(),
        UseTree::Glob(_) => vec![Vec::new()],
        UseTree::Name(name) => vec![last(&name.ident)],
        UseTree::Rename(rename) => vec![last(&rename.ident)],
    }
}

/// `self` in braces is the module before them.
fn last(name: &syn::Ident) -> Vec<String> {
    if name == "self" { Vec::new() } else { vec![unraw(name)] }
}

fn unraw(name: &syn::Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|option| option.is_ident("test"))
}

fn path_of(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(value) if value.path.is_ident("path") => match &value.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(path) => Some(path.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
