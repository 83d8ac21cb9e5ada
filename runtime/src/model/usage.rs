//! What an answer used, as the provider says at its end.

use super::Protocol;
use super::sse::{Event, Parser, Raw, TooLong};
use crate::strict::{self, Pieces};
use serde_json::Value;
use skim::Skim;

mod skim;

/// Tokens of one answer. Input are `input`, `cache_read` and `cache_write` together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read anew.
    pub input: u64,
    /// Put out, thoughts included.
    pub output: u64,
    /// Read from a cache.
    pub cache_read: u64,
    /// Read and written to a cache.
    pub cache_write: u64,
}

impl Usage {
    /// All tokens that count as input.
    #[must_use]
    pub fn all_input(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }

    /// All tokens.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.all_input().saturating_add(self.output)
    }
}

/// The answer did not say what it used, or not believably: what was reserved counts as used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incomplete;

/// The field of an answer in which most providers tell it.
const FIELD: &str = "usage";

/// No answer has more tokens of any kind; a larger number is no number of tokens.
pub const ABSURD: u64 = 100_000_000;

/// Counts one successful (2xx) answer. An answer that refuses has used nothing and is not metered.
#[derive(Debug)]
pub struct Meter {
    protocol: Protocol,
    seen: Usage,
    /// Whether the answer has said what it read.
    read: bool,
    /// Whether the answer has said all that it used.
    told: bool,
    ended: bool,
    broken: bool,
    /// A whole body that comes in pieces.
    pieces: Option<Box<Pieces>>,
}

impl Meter {
    /// A meter for an answer of this protocol.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            seen: Usage::default(),
            read: false,
            told: false,
            ended: false,
            broken: false,
            pieces: None,
        }
    }

    /// Whether [`Meter::part`] reads the answers of a protocol: all that is needed of them stands in one field.
    #[must_use]
    pub fn reads_parts(protocol: Protocol) -> bool {
        protocol != Protocol::Generate
    }

    /// Takes the next piece of a body that is no stream; as [`Meter::body`], once [`Meter::end`] has been told.
    pub fn part(&mut self, piece: &[u8]) {
        let pieces = || Box::new(Pieces::new(FIELD));
        self.pieces.get_or_insert_with(pieces).push(piece);
    }

    /// The body has come whole.
    pub fn end(&mut self) {
        let pieces = self.pieces.take();
        let pieces = pieces.filter(|_| Self::reads_parts(self.protocol));
        match pieces.map(|pieces| pieces.end()) {
            Some(Ok(usage)) => self.answered(usage.as_ref().unwrap_or(&Value::Null)),
            Some(Err(_)) | None => self.broken = true,
        }
    }

    /// Takes the whole body of an answer that is no stream.
    pub fn body(&mut self, body: &[u8]) {
        let answer = match self.protocol {
            Protocol::Generate => strict::value(body),
            // Nothing is made of the rest, which is long.
            _ => strict::field(body, FIELD),
        };
        match (answer, self.protocol) {
            (Ok(answer), Protocol::Generate) => self.answered(&answer),
            (Ok(answer), _) => self.answered(answer.get(FIELD).unwrap_or(&Value::Null)),
            (Err(_), _) => self.broken = true,
        }
    }

    /// Takes the usage of an answer; of [`Protocol::Generate`], the answer itself.
    fn answered(&mut self, told: &Value) {
        match self.protocol {
            Protocol::Messages => self.anthropic(told),
            Protocol::Chat => self.openai(told, CHAT),
            Protocol::Responses => self.openai(told, RESPONSES),
            Protocol::Embeddings => self.embeddings(told),
            Protocol::Generate => self.generated(told),
        }
        self.ended = true;
    }

    /// Takes the next piece of a stream; `also` hears of each block that it ends. An event that no reader could take for
    /// one that counts is not read: so it is not known either whether it is JSON.
    ///
    /// # Errors
    /// As [`Parser::each`].
    pub fn piece(
        &mut self,
        parser: &mut Parser,
        piece: &[u8],
        mut also: impl FnMut(&Raw<'_>),
    ) -> Result<(), TooLong> {
        let mut skim = Skim::of(self.protocol, piece);
        parser.each(piece, |block| {
            let length = block.bytes.len();
            let counts = match block.at {
                Some(at) => skim.meets(at, length),
                None => Skim::of(self.protocol, block.bytes).meets(0, length),
            };
            if counts && let Some(event) = block.event() {
                self.event(&event);
            }
            also(&block);
        })
    }

    /// Takes the next event of a stream.
    pub fn event(&mut self, event: &Event) {
        if self.protocol == Protocol::Chat && event.data.trim() == "[DONE]" {
            self.ended = true;
            return;
        }
        if self.protocol == Protocol::Responses && event.data.trim() == "[DONE]" {
            return;
        }
        let Ok(data) = strict::value(event.data.as_bytes()) else {
            self.broken = true;
            return;
        };
        match self.protocol {
            Protocol::Messages => self.messages_event(&data),
            Protocol::Chat => self.chat_event(&data),
            Protocol::Responses => self.responses_event(&data),
            Protocol::Generate => self.generated(&data),
            Protocol::Embeddings => self.broken = true,
        }
    }

    /// What was used.
    ///
    /// # Errors
    /// [`Incomplete`] if the answer broke off, or its numbers are missing, negative, fractions or above [`ABSURD`].
    pub fn usage(&self) -> Result<Usage, Incomplete> {
        if self.told && self.ended && !self.broken {
            Ok(self.seen)
        } else {
            Err(Incomplete)
        }
    }

    /// `message_start` has the input, each `message_delta` all so far, `message_stop` is the end.
    fn messages_event(&mut self, data: &Value) {
        match data.get("type").and_then(Value::as_str) {
            Some("message_start") => {
                self.anthropic(data.pointer("/message/usage").unwrap_or(&Value::Null));
                // The output so far; all of it comes at the end.
                self.told = false;
            }
            Some("message_delta") => {
                self.anthropic(data.get("usage").unwrap_or(&Value::Null));
            }
            Some("message_stop") => self.ended = true,
            Some("error") => self.broken = true,
            _ => {}
        }
    }

    fn anthropic(&mut self, usage: &Value) {
        if !usage.is_object() {
            self.broken = true;
            return;
        }
        let input = self.number(usage.get("input_tokens"));
        let output = self.number(usage.get("output_tokens"));
        let read = self.number(usage.get("cache_read_input_tokens"));
        let written = self.number(usage.get("cache_creation_input_tokens"));
        // Each number is cumulative, so the largest one is the last.
        self.seen.input = self.seen.input.max(input.unwrap_or(0));
        self.seen.output = self.seen.output.max(output.unwrap_or(0));
        self.seen.cache_read = self.seen.cache_read.max(read.unwrap_or(0));
        self.seen.cache_write = self.seen.cache_write.max(written.unwrap_or(0));
        self.read |= input.is_some();
        self.told = self.read && output.is_some();
    }

    /// Some servers tell the usage so far in every chunk: the last one counts, and the end must come.
    fn chat_event(&mut self, data: &Value) {
        if data.get("error").is_some_and(|e| !e.is_null()) {
            self.broken = true;
        }
        match data.get("usage") {
            None | Some(Value::Null) => {}
            Some(usage) => {
                self.openai(usage, CHAT);
                self.ended |= is_only_usage(data);
            }
        }
    }

    fn responses_event(&mut self, data: &Value) {
        if let Some("response.completed" | "response.incomplete" | "response.failed") =
            data.get("type").and_then(Value::as_str)
        {
            let usage = data.pointer("/response/usage").unwrap_or(&Value::Null);
            self.openai(usage, RESPONSES);
            self.ended = true;
        }
    }

    fn openai(&mut self, usage: &Value, names: Names) {
        let input = self.number(usage.get(names.input));
        let output = self.number(usage.get(names.output));
        let total = self.number(usage.get("total_tokens"));
        let cached = self.number(usage.pointer(names.cached)).unwrap_or(0);
        let (Some(input), Some(output)) = (input, output) else {
            self.broken = true;
            return;
        };
        let Some(fresh) = input.checked_sub(cached) else {
            self.broken = true;
            return;
        };
        // Where thoughts are only part of the total, they are output.
        let output = output.max(total.unwrap_or(0).saturating_sub(input));
        self.seen = Usage {
            input: fresh,
            output,
            cache_read: cached,
            cache_write: 0,
        };
        self.told = true;
    }

    fn embeddings(&mut self, usage: &Value) {
        let input = self.number(usage.get("prompt_tokens"));
        let total = self.number(usage.get("total_tokens"));
        match input {
            Some(input) => {
                self.seen.input = input.max(total.unwrap_or(0));
                self.told = true;
            }
            None => self.broken = true,
        }
    }

    /// Each piece tells the usage so far; the last one says why the answer ended, or why there is none.
    fn generated(&mut self, data: &Value) {
        self.broken |= data.get("error").is_some_and(|e| !e.is_null());
        let said = |at| data.pointer(at).is_some_and(Value::is_string);
        self.ended |= said("/candidates/0/finishReason") || said("/promptFeedback/blockReason");
        let Some(usage) = data.get("usageMetadata").filter(|u| !u.is_null()) else {
            return;
        };
        let mut number = |name| self.number(usage.get(name));
        let read = number("promptTokenCount");
        let tools = number("toolUsePromptTokenCount").unwrap_or(0);
        let cached = number("cachedContentTokenCount").unwrap_or(0);
        let answer = number("candidatesTokenCount").unwrap_or(0);
        let thoughts = number("thoughtsTokenCount").unwrap_or(0);
        let total = number("totalTokenCount").unwrap_or(0);
        let Some(input) = read.map(|read| read.saturating_add(tools)) else {
            self.broken = true;
            return;
        };
        // Where thoughts are only part of the total, they are output.
        let output = answer.saturating_add(thoughts);
        let output = output.max(total.saturating_sub(input));
        let Some(fresh) = input.checked_sub(cached) else {
            self.broken = true;
            return;
        };
        self.seen.input = fresh;
        self.seen.cache_read = cached;
        self.seen.output = self.seen.output.max(output);
        self.told = true;
    }

    /// A number of tokens; one that is there and cannot be believed breaks the whole account.
    fn number(&mut self, value: Option<&Value>) -> Option<u64> {
        match value {
            None | Some(Value::Null) => None,
            Some(value) => {
                let number = value.as_u64().filter(|n| *n <= ABSURD);
                self.broken |= number.is_none();
                number
            }
        }
    }
}

/// Whether an event of a chat only tells usage: it comes because the gateway asked for it, and goes to the
/// client only if the client asked too ([`super::Request::usage_asked`]).
#[must_use]
pub fn only_usage(event: &Event) -> bool {
    serde_json::from_str::<Value>(&event.data).is_ok_and(|data| is_only_usage(&data))
}

fn is_only_usage(data: &Value) -> bool {
    let empty = data
        .get("choices")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty);
    empty && data.get("usage").is_some_and(Value::is_object)
}

/// Names of the same numbers.
#[derive(Clone, Copy)]
struct Names {
    input: &'static str,
    output: &'static str,
    cached: &'static str,
}

const CHAT: Names = Names {
    input: "prompt_tokens",
    output: "completion_tokens",
    cached: "/prompt_tokens_details/cached_tokens",
};

const RESPONSES: Names = Names {
    input: "input_tokens",
    output: "output_tokens",
    cached: "/input_tokens_details/cached_tokens",
};
