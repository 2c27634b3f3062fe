//! What a source file names, over its syntax tree: paths with the aliases of `use` put in, and the methods that it calls.

use std::collections::BTreeMap;
use syn::visit::{self, Visit};

/// What is named somewhere in a file, tests apart.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Paths in full, such as `fiacre_domain::saga::react`, whatever they are called in the file. `*` ends one that takes all.
    pub(crate) paths: Vec<String>,
    /// Methods that are called, each with the last name of what it is called on and the number of its arguments.
    pub(crate) calls: Vec<Call>,
    /// For each name that a `use` brings in, what it stands for.
    aliases: BTreeMap<String, String>,
}

/// The call of a method.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) on: Option<String>,
    pub(crate) arguments: usize,
}

impl Named {
    /// What `text` names.
    ///
    /// # Errors
    ///
    /// The parser's, where it is no Rust.
    pub(crate) fn read(text: &str) -> syn::Result<Self> {
        let file = syn::parse_file(text)?;
        let mut named = Self::default();
        Aliases(&mut named).visit_file(&file);
        Names(&mut named).visit_file(&file);
        Ok(named)
    }

    /// A path as it is written, with what its first name stands for.
    fn add(&mut self, written: &[String]) {
        let Some((first, rest)) = written.split_first() else {
            return;
        };
        let mut path = self.aliases.get(first).unwrap_or(first).clone();
        for name in rest {
            path.push_str("::");
            path.push_str(name);
        }
        self.paths.push(path);
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = attribute
            .path()
            .is_ident("cfg")
            .then(|| attribute.parse_args::<syn::Path>());
        condition.is_some_and(|path| path.is_ok_and(|path| path.is_ident("test")))
    })
}

/// Reads what `use` brings in, in every module and function.
struct Aliases<'n>(&'n mut Named);

impl Aliases<'_> {
    fn tree(&mut self, prefix: &str, tree: &syn::UseTree) {
        let joined = |name: &syn::Ident| {
            if prefix.is_empty() {
                name.to_string()
            } else {
                format!("{prefix}::{name}")
            }
        };
        match tree {
            syn::UseTree::Path(path) => self.tree(&joined(&path.ident), &path.tree),
            syn::UseTree::Name(name) if name.ident == "self" => {
                let last = prefix.rsplit("::").next().unwrap_or(prefix);
                self.bring_in(last.to_owned(), prefix.to_owned());
            }
            syn::UseTree::Name(name) => self.bring_in(name.ident.to_string(), joined(&name.ident)),
            syn::UseTree::Rename(rename) if rename.ident == "self" => {
                self.bring_in(rename.rename.to_string(), prefix.to_owned());
            }
            syn::UseTree::Rename(rename) => self.bring_in(rename.rename.to_string(), joined(&rename.ident)),
            syn::UseTree::Glob(_) => self.0.paths.push(format!("{prefix}::*")),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(prefix, tree)),
        }
    }

    fn bring_in(&mut self, name: String, path: String) {
        self.0.paths.push(path.clone());
        self.0.aliases.insert(name, path);
    }
}

impl<'ast> Visit<'ast> for Aliases<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test(&item.attrs) {
            self.tree("", &item.tree);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        if let Some((_, name)) = &item.rename {
            self.bring_in(name.to_string(), item.ident.to_string());
        }
    }
}

/// Reads what is named beside that, in macros as well.
struct Names<'n>(&'n mut Named);

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let written: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.0.add(&written);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.0.calls.push(Call {
            method: call.method.to_string(),
            on: last_name(&call.receiver),
            arguments: call.args.len(),
        });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        // What a macro is given is seldom more than expressions; where it is, its words are read as they stand.
        let arguments = syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        if let Ok(arguments) = invoked.parse_body_with(arguments) {
            for argument in &arguments {
                self.visit_expr(argument);
            }
        } else {
            self.words(&invoked.tokens.to_string());
        }
        visit::visit_macro(self, invoked);
    }
}

impl Names<'_> {
    /// Paths and calls in tokens that are no list of expressions.
    fn words(&mut self, tokens: &str) {
        let packed = tokens
            .replace(" :: ", "::")
            .replace(" . ", ".")
            .replace(" (", "(");
        let is_of_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
        for word in packed
            .split(|letter| !is_of_path(letter))
            .filter(|word| !word.is_empty())
        {
            let written: Vec<_> = word
                .split("::")
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            self.0.add(&written);
        }
        for (before, after) in packed.match_indices('.').map(|(at, _)| packed.split_at(at)) {
            let Some((method, _)) = after[1..].split_once('(') else {
                continue;
            };
            if method
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_')
            {
                self.0.calls.push(Call {
                    method: method.to_owned(),
                    on: before
                        .rsplit(|letter: char| !is_of_path(letter))
                        .next()
                        .map(str::to_owned),
                    arguments: 1,
                });
            }
        }
    }
}

/// `consumer` for `self.consumer`, and for `consumer`.
fn last_name(expression: &syn::Expr) -> Option<String> {
    if let syn::Expr::Field(field) = expression
        && let syn::Member::Named(name) = &field.member
    {
        return Some(name.to_string());
    }
    if let syn::Expr::Path(path) = expression {
        return path.path.segments.last().map(|segment| segment.ident.to_string());
    }
    None
}

#[test]
fn aliases_are_put_in_and_tests_left_out() {
    let text = r#"
        use fiacre_domain::{self as rules, saga::{self, react as answer}, trip::*};
        fn plays() { rules::saga::react(x); saga::deadline(y); answer(z); log!("{}", rules::decision::decide(1)); }
        odd! { let a => saga :: react ( b ) ; c . decide ( d ) }
        #[cfg(test)]
        mod tests { use fiacre_domain::matching::assign; fn t() { assign(); a.decide(b); } }
    "#;
    let named = Named::read(text).unwrap();
    let says = |path: &str| named.paths.iter().any(|named| named == path);
    for path in [
        "fiacre_domain::saga::react",
        "fiacre_domain::saga::deadline",
        "fiacre_domain::trip::*",
        "fiacre_domain::decision::decide",
    ] {
        assert!(says(path), "{path} of {:?}", named.paths);
    }
    assert!(!named.paths.iter().any(|path| path.contains("matching")));
    let decide = Call {
        method: "decide".to_owned(),
        on: Some("c".to_owned()),
        arguments: 1,
    };
    assert_eq!(named.calls, [decide]);
}
