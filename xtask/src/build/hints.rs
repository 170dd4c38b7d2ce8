//! Hints for V8 at branches that rarely go one way.
//!
//! A function that requests run has its rare arms, as those that panic, between the frequent ones, unless V8 is told. Where it
//! is, they come after all others, out of the lines of the cache that a request fetches. The section is that of WebAssembly's
//! [branch hinting](https://github.com/WebAssembly/branch-hinting); who does not know it passes over it.

use std::ops::Range;

use wasm_encoder::{BranchHint, BranchHints, Module, RawSection, SectionId};
use wasmparser::{BinaryReader, CodeSectionReader, FunctionBody, Operator, Parser};

use crate::Outcome;

/// The module with hints in its functions of these indices, the first of its own, which are run frequently: at each branch of
/// which one way alone ends in a trap, or comes by a call of a function behind them.
pub fn hint(bytes: &[u8], frequent: &Range<u32>) -> Outcome<Vec<u8>> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        let data = &bytes[range.clone()];
        // In front of the code that they are about.
        if id == SectionId::Code as u8 {
            let code = CodeSectionReader::new(BinaryReader::new(data, range.start))?;
            module.section(&hints(code, frequent)?);
        }
        module.section(&RawSection { id, data });
    }
    Ok(module.finish())
}

fn hints(code: CodeSectionReader<'_>, frequent: &Range<u32>) -> Outcome<BranchHints> {
    let mut hints = BranchHints::new();
    for (index, body) in frequent.clone().zip(code) {
        let own = Flow::of(&body?, |called| called >= frequent.end)?.hints();
        if !own.is_empty() {
            hints.function_hints(index, own);
        }
    }
    Ok(hints)
}

/// The ways through a function: its instructions by their places.
#[derive(Default)]
struct Flow {
    /// The instructions that each may go on at.
    next: Vec<Vec<usize>>,
    /// True of those that are rarely come by.
    rare: Vec<bool>,
    branches: Vec<Branch>,
}

/// An instruction that goes on at the next one or elsewhere.
struct Branch {
    place: usize,
    /// Bytes from the beginning of the function's body.
    offset: u32,
    /// True of an `if`, which goes on at the next instruction where its condition holds; a `br_if` jumps then.
    is_if: bool,
}

/// A block whose end was not come to yet.
#[derive(Default)]
struct Block {
    /// Its first instruction, if it is a loop: branches to it go there, and to the end of any other block.
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

    /// Marks as rare all that goes on only at what is rare.
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
