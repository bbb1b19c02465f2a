//! The ports that a handler uses: the trait bounds of its `impl`, parsed from the function's source.

use syn::{
    GenericArgument, GenericParam, Generics, Item, ItemImpl, PathArguments, Type, TypeParamBound,
    WherePredicate,
};

/// The ports in the bounds of a handler, by the traits' names, in the order of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The bounds of the first type parameter.
    pub store: Vec<String>,
    /// The bounds of the second type parameter.
    pub services: Vec<String>,
}

impl Handler {
    /// Reads the only `impl<S: …, E: …> Trait<S, E> for …` of a source.
    pub fn parse(source: &str) -> Result<Self, String> {
        let file = syn::parse_file(source).map_err(|error| error.to_string())?;
        let mut handlers = file.items.iter().filter_map(|item| match item {
            Item::Impl(item) => of_impl(item),
            _ => None,
        });
        match (handlers.next(), handlers.next()) {
            (Some(handler), None) => Ok(handler),
            (None, _) => Err("no impl of a trait with two type parameters".to_owned()),
            (Some(_), Some(_)) => Err("more than one impl of a trait with two type parameters".to_owned()),
        }
    }

    pub fn ports(&self) -> impl Iterator<Item = &str> {
        self.store.iter().chain(&self.services).map(String::as_str)
    }
}

fn of_impl(item: &ItemImpl) -> Option<Handler> {
    let (_, path, _) = item.trait_.as_ref()?;
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else { return None };
    let parameters: Vec<String> = item.generics.params.iter().filter_map(parameter).collect();
    let arguments: Vec<String> = arguments.args.iter().filter_map(argument).collect();
    let [store, services] = arguments.as_slice() else { return None };
    let is_parameter = |name: &String| parameters.contains(name);
    (is_parameter(store) && is_parameter(services))
        .then(|| Handler { store: bounds(&item.generics, store), services: bounds(&item.generics, services) })
}

fn parameter(parameter: &GenericParam) -> Option<String> {
    match parameter {
        GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
        _ => None,
    }
}

fn argument(argument: &GenericArgument) -> Option<String> {
    match argument {
        GenericArgument::Type(of) => ident(of),
        _ => None,
    }
}

fn ident(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// The trait bounds of a type parameter, in its declaration and in the `where` clause, except `Send` and `Sync`.
fn bounds(generics: &Generics, name: &str) -> Vec<String> {
    let declared = generics.type_params().filter(|parameter| parameter.ident == name);
    let declared = declared.flat_map(|parameter| &parameter.bounds);
    let clauses = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let clauses = clauses.filter_map(|predicate| match predicate {
        WherePredicate::Type(of) if ident(&of.bounded_ty).as_deref() == Some(name) => Some(&of.bounds),
        _ => None,
    });
    let traits = declared.chain(clauses.flatten()).filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    });
    traits.filter(|name| name != "Send" && name != "Sync").collect()
}
