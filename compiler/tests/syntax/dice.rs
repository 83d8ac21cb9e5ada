//! Random texts in KDL, the same for the same seed on every machine.

/// A small generator of numbers; the same on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    /// A generator for one text.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A document.
    pub(crate) fn document(&mut self) -> String {
        let mut text = String::new();
        self.nodes(0, &mut text);
        text
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len())]
    }

    fn blank(&mut self, out: &mut String) {
        let blank = self.pick(&[
            " ",
            " ",
            " ",
            "  ",
            "\t",
            "/* c */",
            " /* a /* b */ c */ ",
            " \\\n  ",
            "\u{a0}",
            " \\ // c\n ",
            " \\ /* c */ \n",
            "/**/ ",
        ]);
        out.push_str(blank);
    }

    fn string(&mut self, out: &mut String) {
        let string = self.pick(&[
            "\"x\"",
            "\"\"",
            "\"a b {} // /* /- ;\"",
            "\"\\n\\t\\\\\\\"\\s\\r\"",
            "\"\\u{e9}x\"",
            "\"a\\   b\"",
            "\"a\\\n   b\"",
            "#\"raw \\ \"x\" \"#",
            "##\"a\"#b\"##",
            "#\"\"#",
            "\"\"\"\n\"\"\"",
            "\"\"\"\n\n\"\"\"",
            "\"\"\"\n  a\n   b\n\n  \"\"\"",
            "\"\"\"\n\ta\n \t\n\tb \"\" \"c\n\t\"\"\"",
            "\"\"\"\n a\\n\\\"\"\"\n \\s\n \"\"\"",
            "\"\"\"\n a \\\n   b\n \"\"\"",
            "\"\"\"\n a\n  \\\n \"\"\"",
            "#\"\"\"\n  a\\\n   \"\"\" b\n  \"\"\"#",
            "#\"\"\"\n\"\"\"#",
            "\"日本\"",
            "#\"\"a\"#",
            "#\"\"\"a\"#",
            "#\"\"\"#",
            "\"\"\"\n  a\n   \n      \n  b\n  \"\"\"",
        ]);
        out.push_str(string);
    }

    fn word(&mut self, out: &mut String) {
        let word = self.pick(&[
            "a", "name", "a-b", "a_b.c", "A1", "日本", "é", "-", "-x", "+", ".x", "-.x", "$", "@a",
            "a'b", "x:y", "<=>", "inf2", "truex", "_",
        ]);
        out.push_str(word);
    }

    fn number(&mut self, out: &mut String) {
        let number = self.pick(&[
            "0",
            "1",
            "-1",
            "+7",
            "1_000",
            "007",
            "1_",
            "0x1F",
            "0o17",
            "-0b101",
            "1.5",
            "-1.5e10",
            "1e3",
            "1E-3",
            "170141183460469231731687303715884105727",
            "#true",
            "#false",
            "#null",
            "#inf",
            "#-inf",
            "#nan",
            "1.0_0",
        ]);
        out.push_str(number);
    }

    fn entry(&mut self, out: &mut String) {
        if self.roll(6) == 0 {
            if self.roll(2) == 0 {
                self.word(out)
            } else {
                self.string(out)
            }
            if self.roll(4) == 0 {
                self.blank(out);
            }
            out.push('=');
            if self.roll(4) == 0 {
                self.blank(out);
            }
        }
        if self.roll(12) == 0 {
            out.push_str(self.pick(&["(t)", "( t )", "(\"t\")", "(t) "]));
        }
        match self.roll(3) {
            0 => self.word(out),
            1 => self.string(out),
            _ => self.number(out),
        }
    }

    fn node(&mut self, depth: usize, out: &mut String) {
        if self.roll(20) == 0 {
            out.push_str(self.pick(&["(t)", "(t) "]));
        }
        if self.roll(5) == 0 {
            self.string(out)
        } else {
            self.word(out)
        }
        for _ in 0..self.roll(4) {
            self.blank(out);
            if self.roll(12) == 0 {
                out.push_str(self.pick(&["/-", "/- ", "/-\n"]));
            }
            self.entry(out);
        }
        if depth < 3 && self.roll(3) == 0 {
            self.blank(out);
            self.block(depth, out);
        }
        if self.roll(6) == 0 {
            self.blank(out);
        }
    }

    fn block(&mut self, depth: usize, out: &mut String) {
        out.push('{');
        self.nodes(depth + 1, out);
        out.push('}');
    }

    fn nodes(&mut self, depth: usize, out: &mut String) {
        for _ in 0..self.roll(4) {
            out.push_str(self.pick(&["", "\n", "  ", "// c\n", "/* c */", "\n\n"]));
            let is_dropped = depth == 0 && self.roll(20) == 0;
            if is_dropped {
                out.push_str(self.pick(&["/-", "/- ", "/-\n"]));
            }
            self.node(depth, out);
            // The crate refuses the `;` of a node that `/-` takes out, where it is not the first.
            let ends = ["\n", "\n", " // c\n", "//\n", ";", " ; "];
            out.push_str(self.pick(if is_dropped { &ends[..4] } else { &ends }));
        }
        if depth > 0 && self.roll(3) == 0 {
            self.node(depth, out);
        }
    }

    /// Puts in, takes out or doubles a few characters.
    pub(crate) fn spoil(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.roll(2) {
            let at = self.roll(chars.len() + 1);
            match self.roll(3) {
                0 if at < chars.len() => {
                    chars.remove(at);
                }
                1 if at < chars.len() => chars.insert(at, chars[at]),
                _ => {
                    let piece = self.pick(&[
                        "\"", "\"\"\"", "#", "\\", "{", "}", ";", "=", "(", ")", "[", "/", "*/",
                        "/*", "//", " ", "\n", "1", "a", ",", "'", ":", "true", "é", "-", ".", "$",
                    ]);
                    chars.splice(at..at, piece.chars());
                }
            }
        }
        chars.into_iter().collect()
    }
}

/// How many texts a test makes: `PURE_AGENT_FUZZ_RUNS`.
pub(crate) fn runs() -> u64 {
    std::env::var("PURE_AGENT_FUZZ_RUNS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3_000)
}
