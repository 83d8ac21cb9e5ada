//! One value against its kind.

use super::Scalar;
use crate::codes::Code;
use crate::diag::Finding;
use crate::nodes::Kind;
use crate::reserved::mentions_placeholder;
use crate::span::{Span, Spanned};
use crate::syntax::tree::Value;
use crate::values::pattern::{Kind as PatternKind, Pattern};
use crate::values::url::{Plaintext, Url};
use crate::values::{Parsed, Refusal};
use crate::values::{
    cidr, cpu, cron, date, duration, event_pointer, file_name, host, image, money, name, regex, s3,
    size, ssh_key, temperature, template, timezone,
};

/// Why a value does not do.
pub(super) struct Refused {
    code: Code,
    message: String,
    help: String,
    fix: Option<String>,
}

impl Refused {
    pub(super) fn finding(self, of: &str, span: Span) -> Finding {
        let finding = Finding::new(self.code, span, self.message)
            .label(format!("value of `{of}`"))
            .help(self.help);
        match self.fix {
            Some(text) => finding.fix(span, text),
            None => finding,
        }
    }
}

/// What a kind is called.
pub(super) fn word(kind: Kind) -> String {
    match kind {
        Kind::Name => "a name".to_owned(),
        Kind::Ref(decl) => format!("the name of a declared `{}`", decl.word()),
        Kind::Line => "text of one line".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Int(low, high) if high >= 9_007_199_254_740_991 => {
            format!("a whole number from {low}")
        }
        Kind::Int(low, high) if low == high => format!("the number {low}"),
        Kind::Int(low, high) => format!("a whole number from {low} to {high}"),
        Kind::Bool => "`#true` or `#false`".to_owned(),
        Kind::Word(words) => super::quote_list(words.iter().copied()).replace(" and ", " or "),
        Kind::Duration => "a time such as \"30s\", \"10m\", \"2h\" or \"3d\"".to_owned(),
        Kind::Size => "a size such as \"100Ki\" or \"10Gi\"".to_owned(),
        Kind::Cpu => "CPUs such as \"1\" or \"500m\"".to_owned(),
        Kind::Money => "money such as \"25 USD\"".to_owned(),
        Kind::Temperature => "a number such as 0.3".to_owned(),
        Kind::Host => "a host such as \"api.example.com\" or \"*.example.com\"".to_owned(),
        Kind::IdPattern => "a name, or a pattern such as \"claude-*\"".to_owned(),
        Kind::ImagePattern => {
            "a repository, or a pattern such as \"images.example.com/*\"".to_owned()
        }
        Kind::OwnerRepo => "a repository, or a pattern such as \"acme/*\"".to_owned(),
        Kind::PathPattern => "a path, or a pattern such as \"/repos/**\"".to_owned(),
        Kind::FilePattern => "files such as \".github/**\"".to_owned(),
        Kind::RepoPattern => "a repository, or a pattern such as \"github.com/acme/*\"".to_owned(),
        Kind::BranchPattern => "a branch, or a pattern such as \"agent/**\"".to_owned(),
        Kind::Image => "an image with its digest".to_owned(),
        Kind::Url => "a URL such as \"https://api.example.com\"".to_owned(),
        Kind::S3 => "a place such as \"s3://bucket/prefix\"".to_owned(),
        Kind::Regex => "a regular expression".to_owned(),
        Kind::Cron => "a cron expression of five fields".to_owned(),
        Kind::Timezone => "a time zone such as \"Europe/Berlin\" or \"UTC\"".to_owned(),
        Kind::Cidr => "a block such as \"10.0.0.0/8\"".to_owned(),
        Kind::SshKey => "an SSH public key".to_owned(),
        Kind::Date => "a date such as \"2027-03-31\"".to_owned(),
        Kind::ObjectName => "the name of a Kubernetes object".to_owned(),
        Kind::SecretKey => "a key of a Secret or ConfigMap".to_owned(),
        Kind::LabelKey => "a label key".to_owned(),
        Kind::LabelValue => "a label value".to_owned(),
        Kind::EnvName => "the name of an environment variable".to_owned(),
        Kind::FilePath => "a path inside the workspace, relative to this file".to_owned(),
        Kind::FileName => "a place such as \"scripts/plan.sh\"".to_owned(),
        Kind::Glob => "files such as \"agents/*.kdl\"".to_owned(),
        Kind::Code => "a code such as \"PA0512\"".to_owned(),
        Kind::Method => "a method such as \"GET\"".to_owned(),
        Kind::Identifier => "a name such as \"get_stats\"".to_owned(),
        Kind::PathTemplate => "a path such as \"/services/{name}\"".to_owned(),
        Kind::Pointer => "a JSON Pointer such as \"/{name}/state\"".to_owned(),
        Kind::EventPointer => "a JSON Pointer such as \"/alerts/0/status\"".to_owned(),
        Kind::Semver => "a version such as \"3.7.15\"".to_owned(),
        Kind::Account => "an account such as \"system:serviceaccount:argo:argo\"".to_owned(),
    }
}

/// Reads a value as its kind.
pub(super) fn check(kind: Kind, value: &Spanned<Value>) -> Result<Scalar, Refused> {
    match (kind, &value.value) {
        (Kind::Int(low, high), Value::Int(n)) => integer(*n, low, high),
        (Kind::Bool, Value::Bool(b)) => Ok(Scalar::Bool(*b)),
        (Kind::Temperature, Value::Int(n)) => string(kind, &n.to_string()),
        (Kind::Temperature, Value::Float(written)) => string(kind, written),
        (Kind::Int(..) | Kind::Bool | Kind::Temperature, other) => Err(wrong_type(kind, other)),
        (_, Value::String(text)) => string(kind, text),
        (_, other) => Err(wrong_type(kind, other)),
    }
}

fn wrong_type(kind: Kind, value: &Value) -> Refused {
    let (got, as_string) = match value {
        Value::String(t) => {
            let number = t.parse::<i64>().is_ok().then(|| t.clone());
            let truth = matches!(t.as_str(), "true" | "false").then(|| format!("#{t}"));
            let decimal = || string(kind, t).is_ok().then(|| t.clone());
            let fix = match kind {
                Kind::Int(..) => number,
                Kind::Temperature => decimal(),
                _ => truth,
            };
            return Refused {
                code: Code::WrongType,
                message: format!("text where {} is needed", word(kind)),
                help: match &fix {
                    Some(f) => format!("write {f} without quotes"),
                    None => format!("write {}", word(kind)),
                },
                fix,
            };
        }
        Value::Int(n) => (format!("the number {n}"), Some(n.to_string())),
        Value::Float(n) => (format!("the number {n}"), Some(n.clone())),
        Value::Bool(b) => (format!("`#{b}`"), None),
        Value::Null => ("`#null`".to_owned(), None),
    };
    let quoted = as_string
        .filter(|t| kind != Kind::Temperature && string(kind, t).is_ok())
        .map(|t| format!("\"{t}\""));
    Refused {
        code: Code::WrongType,
        message: format!("{got} where {} is needed", word(kind)),
        help: match &quoted {
            Some(q) => format!("write {q}"),
            None => format!("write {}", word(kind)),
        },
        fix: quoted,
    }
}

fn integer(n: i128, low: i64, high: i64) -> Result<Scalar, Refused> {
    match i64::try_from(n) {
        Ok(n) if (low..=high).contains(&n) => Ok(Scalar::Int(n)),
        _ => Err(Refused {
            code: Code::BadValue,
            message: format!("{n} is not {}", word(Kind::Int(low, high))),
            help: format!("write {}", word(Kind::Int(low, high))),
            fix: None,
        }),
    }
}

fn string(kind: Kind, text: &str) -> Result<Scalar, Refused> {
    if mentions_placeholder(text) {
        return Err(Refused {
            code: Code::BadValue,
            message: "text holds a word that stands for the digest of a bundle".to_owned(),
            help: "leave out the word that begins with `0bundle-`".to_owned(),
            fix: None,
        });
    }
    let parsed = match kind {
        Kind::Name | Kind::Ref(_) => name::Name::parse(text).map(drop),
        Kind::Line => line(text),
        Kind::Text => Ok(()),
        Kind::Word(words) => return one_of(words, text),
        Kind::Int(..) | Kind::Bool => Ok(()),
        Kind::Duration => duration::Duration::parse(text).map(drop),
        Kind::Size => size::Size::parse(text).map(drop),
        Kind::Cpu => cpu::Cpu::parse(text).map(drop),
        Kind::Money => money::Money::parse(text).map(drop),
        Kind::Temperature => temperature::Temperature::parse(text).map(drop),
        Kind::Host => host::HostPattern::parse(text).map(drop),
        Kind::IdPattern => Pattern::parse(PatternKind::Name, text).map(drop),
        Kind::ImagePattern => Pattern::parse(PatternKind::Image, text).map(drop),
        Kind::OwnerRepo => Pattern::parse(PatternKind::Repo, text).map(drop),
        Kind::PathPattern => Pattern::parse(PatternKind::Path, text).map(drop),
        Kind::FilePattern => Pattern::parse(PatternKind::File, text).map(drop),
        Kind::RepoPattern => Pattern::parse(PatternKind::HostedRepo, text).map(drop),
        Kind::BranchPattern => Pattern::parse(PatternKind::Branch, text).map(drop),
        Kind::Image => return image_reference(text),
        Kind::Url => Url::parse(text, Plaintext::Internal).map(drop),
        Kind::S3 => s3::S3Place::parse(text).map(drop),
        Kind::Regex => regex::Regex::parse(text).map(drop),
        Kind::Cron => cron::Cron::parse(text).map(drop),
        Kind::Timezone => timezone::Timezone::parse(text).map(drop),
        Kind::Cidr => cidr::Cidr::parse(text).map(drop),
        Kind::SshKey => ssh_key::SshKey::parse(text).map(drop),
        Kind::Date => date::Date::parse(text).map(drop),
        Kind::ObjectName => name::DnsSubdomain::parse(text).map(drop),
        Kind::SecretKey => name::SecretKey::parse(text).map(drop),
        Kind::LabelKey => name::LabelKey::parse(text).map(drop),
        Kind::LabelValue => name::LabelValue::parse(text).map(drop),
        Kind::EnvName => name::EnvName::parse(text).map(drop),
        Kind::FilePath | Kind::Glob => line(text),
        Kind::FileName => file_name::FileName::parse(text).map(drop),
        Kind::Code => code(text),
        Kind::Method => method(text),
        Kind::Identifier => template::Identifier::parse(text).map(drop),
        Kind::PathTemplate => template::PathTemplate::parse(text).map(drop),
        Kind::Pointer => template::Pointer::parse(text).map(drop),
        Kind::EventPointer => event_pointer::EventPointer::parse(text).map(drop),
        Kind::Semver => semver(text),
        Kind::Account => account(text),
    };
    match parsed {
        Ok(()) => Ok(Scalar::Text(text.to_owned())),
        Err(Refusal { message, help }) => {
            let bad = matches!(kind, Kind::Name | Kind::Ref(_));
            let code = if bad { Code::BadName } else { Code::BadValue };
            Err(Refused {
                code,
                message,
                help,
                fix: None,
            })
        }
    }
}

fn one_of(words: &'static [&'static str], text: &str) -> Result<Scalar, Refused> {
    if words.contains(&text) {
        return Ok(Scalar::Text(text.to_owned()));
    }
    let list = word(Kind::Word(words));
    let near = super::nearest(text, words.iter().copied());
    Err(Refused {
        code: Code::BadValue,
        message: format!("`{text}` is not {list}"),
        help: match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {list}"),
        },
        fix: near.map(|n| format!("\"{n}\"")),
    })
}

fn image_reference(text: &str) -> Result<Scalar, Refused> {
    match image::Image::parse(text) {
        Ok(_) => Ok(Scalar::Text(text.to_owned())),
        Err(Refusal { message, help }) => {
            let code = if image::lacks_digest(text) {
                Code::ImageDigest
            } else {
                Code::BadValue
            };
            Err(Refused {
                code,
                message,
                help,
                fix: None,
            })
        }
    }
}

fn line(text: &str) -> Parsed<()> {
    if text.is_empty() {
        return Err(Refusal::new(
            "empty text",
            "write something, or remove the node",
        ));
    }
    if text.len() > 4096 {
        return Err(Refusal::new("text of more than 4096 bytes", "shorten it"));
    }
    if text.contains(['\n', '\r', '\t']) {
        return Err(Refusal::new(
            "text of more than one line",
            "write it on one line",
        ));
    }
    Ok(())
}

fn code(text: &str) -> Parsed<()> {
    match Code::parse(text) {
        Some(c) if c.number() == text => Ok(()),
        _ => Err(Refusal::new(
            format!("no finding has the code `{text}`"),
            "write the code as the finding shows it, such as \"PA0512\"",
        )),
    }
}

fn method(text: &str) -> Parsed<()> {
    match text {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => Ok(()),
        _ => Err(Refusal::new(
            format!("`{text}` is not a method"),
            "write \"GET\", \"HEAD\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\" or \"OPTIONS\"",
        )),
    }
}

fn semver(text: &str) -> Parsed<()> {
    let part = |p: &str| p.len() <= 4 && !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    if text.split('.').count() == 3 && text.split('.').all(part) {
        return Ok(());
    }
    Err(Refusal::new(
        format!("`{text}` is not a version"),
        "write three numbers: \"3.7.15\"",
    ))
}

fn account(text: &str) -> Parsed<()> {
    let ok = text
        .strip_prefix("system:serviceaccount:")
        .and_then(|rest| rest.split_once(':'));
    match ok {
        Some((namespace, name)) => {
            name::DnsLabel::parse(namespace)?;
            name::DnsSubdomain::parse(name).map(drop)
        }
        None => Err(Refusal::new(
            format!("`{text}` is not a service account"),
            "write \"system:serviceaccount:NAMESPACE:NAME\"",
        )),
    }
}
