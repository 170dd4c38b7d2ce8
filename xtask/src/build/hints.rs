//! Which way branches rarely go, told to V8.
//!
//! A function that requests run has its rare arms, as those that panic, between the frequent ones, unless V8 is told. Where it
//! is, they come after all others, out of the lines of the cache that a request fetches. The section is that of WebAssembly's
//! [branch hinting](https://github.com/WebAssembly/branch-hinting); who does not know it passes over it.

use std::ops::Range;

use wasm_encoder::{BranchHint, BranchHints, Module, RawSection};
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

use crate::Outcome;

/// The module with hints in those of its functions that are `frequent`, by their indices: at each branch of which one way
/// alone ends in a trap, or comes by a call of any other of its own functions.
pub fn hint(bytes: &[u8], frequent: &Range<u32>) -> Outcome<Vec<u8>> {
    let mut hints = BranchHints::new();
    let (mut imported, mut index) = (0, 0);
    let mut module = Module::new();
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, range));
        }
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
                index = imported;
            }
            Payload::CodeSectionEntry(body) => {
                let rare = |called: u32| called >= imported && !frequent.contains(&called);
                let hinted = frequent.contains(&index);
                let own = if hinted { Flow::of(&body, rare)?.hints() } else { Vec::new() };
                if !own.is_empty() {
                    hints.function_hints(index, own);
                }
                index += 1;
            }
            _ => {}
        }
    }
    for (id, range) in sections {
        // In front of the code that they are about.
        if id == wasm_encoder::SectionId::Code as u8 {
            module.section(&hints);
        }
        module.section(&RawSection { id, data: &bytes[range] });
    }
    Ok(module.finish())
}

/// The ways through a function: its instructions by their places.
#[derive(Default)]
struct Flow {
    /// Where each may go on.
    next: Vec<Vec<usize>>,
    /// Whether it is rarely come by.
    rare: Vec<bool>,
    branches: Vec<Branch>,
}

/// An instruction that goes on at the next one or elsewhere.
struct Branch {
    place: usize,
    /// Bytes from the beginning of the function's body.
    offset: u32,
    /// What it goes to if its condition holds is the next instruction.
    is_if: bool,
}

/// A block whose end was not come to yet.
#[derive(Default)]
struct Block {
    /// Where branches to it go, if it is a loop; else they go to its end.
    start: Option<usize>,
    /// The instructions that go to its end.
    leave: Vec<usize>,
}

impl Flow {
    fn of(body: &FunctionBody<'_>, rare: impl Fn(u32) -> bool) -> Outcome<Self> {
        let mut flow = Self::default();
        let mut blocks = vec![Block::default()];
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            let offset = u32::try_from(offset - body.range().start)?;
            let place = flow.next.len();
            flow.next.push(Vec::new());
            flow.rare.push(false);
            let mut goes_on = true;
            match operator {
                Operator::Block { .. } => blocks.push(Block::default()),
                Operator::Loop { .. } => {
                    blocks.push(Block { start: Some(place), ..Block::default() });
                }
                Operator::If { .. } => {
                    flow.branches.push(Branch { place, offset, is_if: true });
                    // Until there is an `else`.
                    blocks.push(Block { leave: vec![place], ..Block::default() });
                }
                Operator::Else => {
                    let block = blocks.last_mut().ok_or("an else without its if")?;
                    flow.next[block.leave.remove(0)].push(place + 1);
                    block.leave.push(place);
                    goes_on = false;
                }
                Operator::End => {
                    let block = blocks.pop().ok_or("an end without its block")?;
                    block.leave.into_iter().for_each(|from| flow.next[from].push(place));
                    goes_on = !blocks.is_empty();
                }
                Operator::BrIf { relative_depth } => {
                    flow.branches.push(Branch { place, offset, is_if: false });
                    flow.jump(place, relative_depth, &mut blocks)?;
                }
                Operator::Br { relative_depth } => {
                    flow.jump(place, relative_depth, &mut blocks)?;
                    goes_on = false;
                }
                Operator::BrTable { targets } => {
                    for depth in targets.targets() {
                        flow.jump(place, depth?, &mut blocks)?;
                    }
                    flow.jump(place, targets.default(), &mut blocks)?;
                    goes_on = false;
                }
                Operator::Return => goes_on = false,
                Operator::Unreachable => {
                    flow.rare[place] = true;
                    goes_on = false;
                }
                Operator::Call { function_index } => flow.rare[place] = rare(function_index),
                _ => {}
            }
            if goes_on {
                flow.next[place].push(place + 1);
            }
        }
        flow.spread();
        Ok(flow)
    }

    /// Notes a jump out of so many blocks.
    fn jump(&mut self, place: usize, depth: u32, blocks: &mut [Block]) -> Outcome {
        let block = blocks.iter_mut().rev().nth(depth as usize).ok_or("a jump out of no block")?;
        match block.start {
            Some(start) => self.next[place].push(start),
            None => block.leave.push(place),
        }
        Ok(())
    }

    /// What goes on only where it is rarely come by is rarely come by itself.
    fn spread(&mut self) {
        let mut spreads = true;
        while spreads {
            spreads = false;
            for place in (0..self.next.len()).rev() {
                let next = &self.next[place];
                if !self.rare[place] && !next.is_empty() && next.iter().all(|next| self.rare[*next])
                {
                    self.rare[place] = true;
                    spreads = true;
                }
            }
        }
    }

    fn hints(&self) -> Vec<BranchHint> {
        let hint = |branch: &Branch| {
            let beside = branch.place + 1;
            let elsewhere = *self.next[branch.place].iter().find(|next| **next != beside)?;
            let (taken, other) =
                if branch.is_if { (beside, elsewhere) } else { (elsewhere, beside) };
            (self.rare[taken] != self.rare[other]).then_some(BranchHint {
                branch_func_offset: branch.offset,
                branch_hint_value: u32::from(self.rare[other]),
            })
        };
        self.branches.iter().filter_map(hint).collect()
    }
}

#[cfg(test)]
mod tests;
