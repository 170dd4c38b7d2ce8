//! A page of Markdown, and what can be checked of it.

use std::collections::BTreeSet;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Each thing with the number of its line.
#[derive(Debug, Default)]
pub struct Page {
    pub links: Vec<(usize, String)>,
    /// Names of its headings, as a forge makes them.
    pub anchors: BTreeSet<String>,
    /// The words behind each `cargo xtask`.
    pub commands: Vec<(usize, String)>,
    /// Blocks of YAML and JSON.
    pub blocks: Vec<(usize, String)>,
}

impl Page {
    pub fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        let mut block: Option<String> = None;
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            let line = 1 + text[..range.start].matches('\n').count();
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push((line, dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.name(heading.take().unwrap_or_default()),
                Event::Start(Tag::CodeBlock(kind)) => {
                    block = Some(match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    });
                }
                Event::End(TagEnd::CodeBlock) => block = None,
                Event::Code(code) => {
                    page.commands(line, &code);
                    heading.iter_mut().for_each(|heading| heading.push_str(&code));
                }
                Event::Text(words) => {
                    match block.as_deref() {
                        Some("yaml" | "yml" | "json") => {
                            page.blocks.push((line, words.to_string()))
                        }
                        Some(_) => page.commands(line, &words),
                        None => {}
                    }
                    heading.iter_mut().for_each(|heading| heading.push_str(&words));
                }
                _ => {}
            }
        }
        page
    }

    /// The heading's name; a second one of the same gets a number.
    fn name(&mut self, heading: String) {
        let slug: String = heading
            .to_lowercase()
            .chars()
            .filter_map(|letter| match letter {
                ' ' => Some('-'),
                '-' | '_' => Some(letter),
                letter => letter.is_alphanumeric().then_some(letter),
            })
            .collect();
        let names = (0..).map(|number| match number {
            0 => slug.clone(),
            number => format!("{slug}-{number}"),
        });
        let free = names.into_iter().find(|name| !self.anchors.contains(name));
        self.anchors.extend(free);
    }

    fn commands(&mut self, first: usize, code: &str) {
        for (line, text) in (first..).zip(code.lines()) {
            for rest in text.split("cargo xtask").skip(1) {
                let end = rest.find(['#', '&', ';', '|', '`', '>']).unwrap_or(rest.len());
                let words = rest[..end].trim();
                // Alone it lists the verbs; with dots or brackets it is no command, but tells of some.
                if !words.is_empty() && !words.contains(['…', '[']) {
                    self.commands.push((line, words.to_owned()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn a_page_is_its_links_headings_commands_and_blocks() {
        let page = Page::parse(
            "# `a` page, twice: A_b\n\n[one](x.md#y), ![two](z.png) and `cargo xtask demo --once`\n\n## Same\n\n## Same\n\n\
             ```console\ncargo xtask build && cargo xtask image   # and more\n```\n\n\
             ```yaml\nmode: dev\n```\n\n| `cargo xtask chaos …` |\n|---|\n| [three](#same) |\n",
        );
        let links: Vec<_> = page.links.iter().map(|(line, link)| (*line, link.as_str())).collect();
        assert_eq!(links, [(3, "x.md#y"), (3, "z.png"), (19, "#same")]);
        let anchors: Vec<_> = page.anchors.iter().map(String::as_str).collect();
        assert_eq!(anchors, ["a-page-twice-a_b", "same", "same-1"]);
        let commands: Vec<_> =
            page.commands.iter().map(|(line, words)| (*line, words.as_str())).collect();
        assert_eq!(commands, [(3, "demo --once"), (10, "build"), (10, "image")]);
        assert_eq!(page.blocks, [(14, "mode: dev\n".to_owned())]);
    }
}
