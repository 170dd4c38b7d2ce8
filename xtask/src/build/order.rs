//! The order of the functions in the module.
//!
//! V8 lays the code of functions out in the order of the module, and calls them by way of a table in that order. A request
//! runs three dozen of 1,400, once each and cold, so it costs by the lines of the cache and the pages that they lie on more
//! than by its instructions. Put together, they lie on half as many pages.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Range;

use rustc_demangle::demangle;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionSectionReader, KnownCustom, Name, Parser,
    Payload, TypeRef,
};

use crate::Outcome;

/// What requests run, a name in a line: see CONTRIBUTING.md. What is not named here is slower, and no less right.
const OF_REQUESTS: &str = include_str!("order.txt");

type Result<T> = std::result::Result<T, reencode::Error>;

/// A module whose functions were put in order.
pub struct Ordered<'n> {
    /// The module, without custom sections.
    pub module: Vec<u8>,
    /// The indices of the functions that were named.
    pub first: Range<u32>,
    /// Names that no function has.
    pub missing: Vec<&'n str>,
}

/// The module with the functions of requests together, in front of all others. It is to have names, in its section `name`.
pub fn order(bytes: &[u8]) -> Outcome<Ordered<'static>> {
    ordered(bytes, OF_REQUESTS)
}

fn ordered<'n>(bytes: &[u8], first: &'n str) -> Outcome<Ordered<'n>> {
    let (imported, names) = functions(bytes)?;
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, name) in names.iter().enumerate() {
        places.entry(name).or_default().push(place);
    }
    let (mut order, mut missing) = (Vec::new(), Vec::new());
    for name in first.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match places.remove(name) {
            Some(places) => order.extend(places),
            None => missing.push(name),
        }
    }
    let first = u32::try_from(imported)?..u32::try_from(imported + order.len())?;
    let mut rest: Vec<usize> = places.into_values().flatten().collect();
    rest.sort_unstable();
    order.append(&mut rest);

    let mut module = Module::new();
    Order::new(imported, order)
        .parse_core_module(&mut module, Parser::new(0), bytes)
        .map_err(|error| format!("the module: {error}"))?;
    Ok(Ordered { module: module.finish(), first, missing })
}

/// How many functions the module imports, and the names of its own.
fn functions(bytes: &[u8]) -> Outcome<(usize, Vec<String>)> {
    let (mut imported, mut own, mut named) = (0, 0, HashMap::new());
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(functions) => own = functions.count() as usize,
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for names in names {
                    let Name::Function(names) = names? else { continue };
                    for name in names {
                        let name = name?;
                        named.insert(name.index as usize, format!("{:#}", demangle(name.name)));
                    }
                }
            }
            _ => {}
        }
    }
    let names = (imported..imported + own).map(|index| named.remove(&index).unwrap_or_default());
    Ok((imported, names.collect()))
}

/// Writes a module anew, its functions in this order.
struct Order {
    /// The function that stands in each place, by where it stood among those that are not imported.
    order: Vec<usize>,
    /// The new index of each function by the old one.
    indices: Vec<u32>,
}

impl Order {
    fn new(imported: usize, order: Vec<usize>) -> Self {
        let mut indices: Vec<u32> = (0_u32..).take(imported + order.len()).collect();
        for (new, old) in (0_u32..).skip(imported).zip(&order) {
            indices[imported + old] = new;
        }
        Self { order, indices }
    }
}

impl Reencode for Order {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32> {
        Ok(self.indices[index as usize])
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<()> {
        let types = section.into_iter().collect::<std::result::Result<Vec<u32>, _>>()?;
        for old in &self.order {
            functions.function(types[*old]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<()> {
        let bodies = section.into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
        for old in self.order.clone() {
            self.parse_function_body(code, bodies[old].clone())?;
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::{FunctionBuilder, FunctionId, ValType};

    /// A module that imports one function, and whose own ones, each as long as it is small a number, return their numbers;
    /// `caller` returns what `third` does.
    fn module() -> Vec<u8> {
        let mut module = walrus::Module::default();
        let empty = module.types.add(&[], &[]);
        module.add_import_func("env", "imported", empty);
        let mut add = |name: &str, body: &dyn Fn(&mut walrus::InstrSeqBuilder)| -> FunctionId {
            let mut builder = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
            body(&mut builder.name(name.to_owned()).func_body());
            let id = builder.finish(vec![], &mut module.funcs);
            module.exports.add(name, id);
            id
        };
        let number = |number: i32| {
            move |body: &mut walrus::InstrSeqBuilder| {
                (number..9).for_each(|_| _ = body.i32_const(0).drop());
                body.i32_const(number);
            }
        };
        add("first", &number(1));
        add("second", &number(2));
        let third = add("third", &number(3));
        add("caller", &|body| _ = body.call(third));
        module.emit_wasm()
    }

    /// The exported functions in the order in which they stand.
    fn exported(module: &walrus::Module) -> Vec<String> {
        let mut exports: Vec<_> = module
            .exports
            .iter()
            .filter_map(|export| match export.item {
                walrus::ExportItem::Function(id) => Some((id, export.name.clone())),
                _ => None,
            })
            .collect();
        exports.sort();
        exports.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn what_is_named_comes_first_and_is_what_it_was() {
        let ordered = ordered(&module(), "# of a test\nthird\nnone\nsecond\n").expect("ordered");
        assert_eq!((ordered.first, ordered.missing), (1..3, vec!["none"]));
        let module = walrus::Module::from_buffer(&ordered.module).expect("a module");
        assert_eq!(exported(&module), ["third", "second", "first", "caller"]);
        let third = module.exports.get_func("third").expect("a function");
        let caller = module.exports.get_func("caller").expect("a function");
        let caller = module.funcs.get(caller).kind.unwrap_local();
        let body = &caller.block(caller.entry_block()).instrs;
        assert!(matches!(&body[0].0, walrus::ir::Instr::Call(call) if call.func == third));
        assert!(module.customs.iter().all(|(_, section)| section.name() == "producers"));
        assert!(module.funcs.iter().all(|function| function.name.is_none()));
    }
}
