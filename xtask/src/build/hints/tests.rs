use wasm_encoder::{
    BlockType, CodeSection, EntityType, Function, FunctionSection, ImportSection, InstructionSink,
    TypeSection, ValType,
};
use wasmparser::{KnownCustom, Payload};

use super::*;

const IMPORTED: u32 = 0;
const FREQUENT: u32 = 1;
/// The function that is looked at, frequent as well.
const OWN: u32 = 2;
const RARE: u32 = 3;

/// The hints, in order, of a function beside those.
fn hints(body: impl Fn(&mut InstructionSink<'_>)) -> Vec<bool> {
    hints_where(&(FREQUENT..RARE), body)
}

fn hints_where(frequent: &Range<u32>, body: impl Fn(&mut InstructionSink<'_>)) -> Vec<bool> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32], []);
    let mut imports = ImportSection::new();
    imports.import("env", "imported", EntityType::Function(0));
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    for kind in [0, 1, 0] {
        functions.function(kind);
        let mut function = Function::new([(1, ValType::I64)]);
        if kind == 1 {
            body(&mut function.instructions());
        }
        function.instructions().end();
        code.function(&function);
    }
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&code);
    let module = module.finish();
    let hinted = hint(&module, frequent).expect("hinted");
    wasmparser::validate(&hinted).expect("a module");

    let (mut values, mut offsets, mut branches) = (Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(&hinted) {
        match payload.expect("a section") {
            Payload::CustomSection(section) => {
                let KnownCustom::BranchHints(hints) = section.as_known() else { continue };
                for function in hints {
                    let function = function.expect("hints");
                    assert_eq!(function.func, OWN, "by its index beside the imports");
                    for hint in function.hints {
                        let hint = hint.expect("a hint");
                        values.push(hint.taken);
                        offsets.push(hint.func_offset as usize);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let operators = body.get_operators_reader().expect("operators");
                for operator in operators.into_iter_with_offsets() {
                    let (operator, offset) = operator.expect("an operator");
                    if matches!(operator, Operator::If { .. } | Operator::BrIf { .. }) {
                        branches.push(offset - body.range().start);
                    }
                }
            }
            _ => {}
        }
    }
    assert!(offsets.iter().all(|offset| branches.contains(offset)), "hints are of branches");
    values
}

#[test]
fn a_function_that_is_rare_has_none() {
    let arm = |body: &mut InstructionSink<'_>| {
        body.local_get(0).if_(BlockType::Empty).call(RARE).end();
    };
    assert_eq!(hints_where(&(FREQUENT..RARE), arm), [false]);
    assert!(hints_where(&(FREQUENT..OWN), arm).is_empty());
}

#[test]
fn an_arm_that_panics_or_comes_by_a_rare_call_is_rarely_gone() {
    let arm = |called: u32| {
        move |body: &mut InstructionSink<'_>| {
            body.local_get(0).if_(BlockType::Empty).call(called).else_().call(FREQUENT).end();
        }
    };
    assert_eq!(hints(arm(RARE)), [false]);
    assert!(hints(arm(FREQUENT)).is_empty());
    assert!(hints(arm(IMPORTED)).is_empty());
    let trap = |body: &mut InstructionSink<'_>| {
        body.local_get(0).if_(BlockType::Empty).nop().unreachable().end();
    };
    assert_eq!(hints(trap), [false]);
    let other = |body: &mut InstructionSink<'_>| {
        body.local_get(0).if_(BlockType::Empty).nop().else_().call(RARE).end();
    };
    assert_eq!(hints(other), [true]);
}

#[test]
fn a_jump_over_what_is_rare_is_taken_and_one_to_it_is_not() {
    let over = |body: &mut InstructionSink<'_>| {
        body.block(BlockType::Empty).local_get(0).br_if(0).call(RARE).end();
    };
    assert_eq!(hints(over), [true]);
    // As LLVM has it: what panics stands behind the blocks.
    let to = |body: &mut InstructionSink<'_>| {
        body.block(BlockType::Empty).block(BlockType::Empty).local_get(0).br_if(0);
        body.local_get(0).br_if(1).nop().return_().end().call(RARE).unreachable().end();
    };
    assert_eq!(hints(to), [false]);
}

#[test]
fn what_always_ends_there_is_rare_itself_and_what_may_come_back_is_not() {
    // Both ways of the second branch are rare: the first one's hint tells it.
    let both = |body: &mut InstructionSink<'_>| {
        body.local_get(0).if_(BlockType::Empty).local_get(0).if_(BlockType::Empty);
        body.call(RARE).else_().unreachable().end().end();
    };
    assert_eq!(hints(both), [false]);
    // A loop that may end in a trap, and goes on else.
    let around = |body: &mut InstructionSink<'_>| {
        body.loop_(BlockType::Empty).local_get(0).br_if(0).end().call(FREQUENT);
    };
    assert!(hints(around).is_empty());
}
