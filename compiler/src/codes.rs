//! The catalogue of diagnostic codes. One line per code; its page stands in `codes/PAxxxx.md`.
//!
//! | codes | stage |
//! |---|---|
//! | PA01xx | text and syntax |
//! | PA02xx | shape |
//! | PA03xx | names, includes, cycles |
//! | PA04xx | policy: grants |
//! | PA05xx | egress and flow |
//! | PA06xx | supply: images, secrets |
//! | PA07xx | limits and budget |
//! | PA08xx | unused declarations, allowances, waivers |
//! | PA09xx | usage, I/O, drift |

use crate::diag::Severity;

macro_rules! codes {
    ($($name:ident $number:literal $severity:ident $title:literal;)*) => {
        /// A stable diagnostic code. Numbers are never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the title is the documentation; the page is the long form")]
        pub enum Code { $($name,)* }

        impl Code {
            /// Every code, in the order of its number.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as people write it.
            #[must_use]
            pub fn number(self) -> &'static str {
                match self { $(Code::$name => concat!("PA", $number),)* }
            }

            /// A few words that say what the code is about.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The severity before any configuration.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// Whether the owner of a policy may accept such a finding with `waive`: warnings, but not
            /// those about waivers, and a path that the same policy rules out. No other error is
            /// lifted by anybody: it is a mistake, or the word of another owner.
            #[must_use]
            pub fn waivable(self) -> bool {
                match self {
                    Code::FlowAsserted => true,
                    Code::WaiverUnused => false,
                    other => other.severity() == Severity::Warning,
                }
            }

            /// The page: what, why, a wrong example, a right one.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("codes/PA", $number, ".md")),)* }
            }

            /// The code with this number, if there is one.
            #[must_use]
            pub fn parse(text: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|c| c.number().eq_ignore_ascii_case(text))
            }
        }
    };
}

codes! {
    TextNotUtf8        "0101" Error "text is not UTF-8";
    TextTooLarge       "0102" Error "file is too large";
    TextControl        "0103" Error "control, bidi or zero-width character";
    TooDeep            "0104" Error "nested too deep";
    Unbalanced         "0105" Error "brace, string or comment without its end";
    Syntax             "0106" Error "not KDL";
    BareValue          "0107" Error "value must be quoted or written another way";
    TooSlow            "0108" Error "text takes too long to read";
    UnknownNode        "0201" Error "unknown node";
    UnknownProperty    "0202" Error "unknown property";
    Duplicate          "0203" Error "written twice";
    MissingNode        "0204" Error "required node is missing";
    MissingArgument    "0205" Error "required argument is missing";
    MissingProperty    "0206" Error "required property is missing";
    ExtraArgument      "0207" Error "argument too many";
    WrongType          "0208" Error "value of the wrong type";
    BadValue           "0209" Error "value not understood";
    UnexpectedBlock    "0210" Error "node takes no children";
    TypeAnnotation     "0211" Error "type annotation";
    BadVersion         "0212" Error "language version";
    MixedDocument      "0213" Error "node belongs in another kind of document";
    BadName            "0214" Error "name not allowed";
    Conflict           "0215" Error "settings exclude each other";
    ArgoRescan         "0216" Error "text that Argo would read again";
    Outcomes           "0217" Error "outcomes that do not fit the work of a step";
    UnknownName        "0301" Error "name that nothing declares";
    DeclaredTwice      "0302" Error "name declared in two files";
    NoRun              "0303" Error "spec without a run";
    ManyRuns           "0304" Error "spec with more than one run";
    FileNotRead        "0305" Error "file that cannot be read";
    LeavesRoot         "0306" Error "path that leaves the workspace";
    UseCycle           "0307" Error "files that use each other";
    WrongKind          "0308" Error "file of another kind than expected";
    NoPolicy           "0309" Error "no policy bounds the run";
    NoTarget           "0310" Error "no target";
    AnswerUnset        "0311" Error "answer that nobody may have given";
    ImageGrant         "0401" Error "image that no policy permits";
    ModelGrant         "0402" Error "model that no policy permits";
    UpstreamGrant      "0403" Error "host that no policy permits the gateway to call";
    SecretGrant        "0404" Error "secret that no policy permits for this";
    ToolGrant          "0405" Error "tool that no policy permits";
    ToolApproval       "0406" Error "tool that a policy permits only with approval";
    ToolTimes          "0407" Error "more calls than a policy permits";
    RepoGrant          "0408" Error "repository that no policy permits";
    ApproverGrant      "0409" Error "approver that no policy lists";
    EnvGrant           "0410" Error "environment variable that no policy permits";
    TunnelGrant        "0411" Error "tunnel that no policy permits";
    HttpGrant          "0412" Error "request that no policy permits";
    ExportGrant        "0413" Error "export that no policy permits";
    ExportTimes        "0414" Error "more exports than a policy permits";
    ToolUnknown        "0415" Error "tool that the builtin does not have";
    ToolTwice          "0416" Error "tool that is granted twice";
    ArgumentUnknown    "0417" Error "argument that the tool does not have";
    BranchIsBase       "0418" Error "pull request from the branch that it goes to";
    ApprovalTooLong    "0419" Error "approval that outlasts the run";
    BucketHost         "0420" Error "bucket or region without a host";
    Workloads          "0421" Error "namespace that the target does not open";
    RunClosed          "0429" Error "run that the target does not open to others";
    AroundGateway      "0501" Error "way around the gateway";
    TunnelUnseen       "0502" Warning "tunnel whose content nobody sees";
    PlaintextSecret    "0503" Error "secret over an unencrypted connection";
    InternalHost       "0504" Warning "internal host that the target does not open";
    RouteWidens        "0505" Warning "choice that gives more than the fallback has";
    WordChanges        "0506" Warning "word of an agent that leads to a change nobody agreed to";
    FlowPath           "0510" Warning "untrusted text, private data and a way out";
    FlowAsserted       "0511" Error "path that a policy rules out";
    ImageDigest        "0601" Error "image without a digest";
    SecretKinds        "0602" Error "secret with two kinds of consumer";
    SecretTwice        "0603" Error "secret with two names";
    EnvSecret          "0604" Error "secret in an environment variable";
    LimitExceeded      "0701" Error "more than a policy permits";
    LimitSilent        "0702" Error "limit that a policy does not permit";
    CostUncounted      "0703" Error "money that cannot be counted";
    CurrencyMixed      "0704" Error "amounts of different currencies";
    LimitImpossible    "0705" Error "limits that contradict each other";
    LimitUnreached     "0706" Warning "limit that is never reached";
    WorstCase          "0707" Error "worst case above what a policy permits";
    InputSize          "0708" Error "inputs larger than a submission may be";
    InputMissing       "0709" Error "input that may be missing where it is needed";
    ScheduleRefused    "0710" Error "schedule that a policy does not permit";
    QuotaExceeded      "0711" Error "run that its target has no room for";
    CircleUnbounded    "0712" Error "circle of steps without a bound";
    TriggerRefused     "0713" Error "trigger that a policy does not permit";
    UnusedName         "0801" Warning "declaration that nothing uses";
    UnusedRule         "0802" Warning "rule that no run needs";
    CoveredRule        "0803" Warning "rule that another rule covers";
    WaiverExpired      "0804" Error "waiver that has expired";
    WaiverUnused       "0805" Warning "waiver that covers nothing";
    WaiverRefused      "0806" Error "waiver for what cannot be waived";
    StepUnreached      "0807" Error "step that no path leads to";
    Drift              "0901" Error "files differ from what the sources compile to";
    NotFormatted       "0902" Error "source not in the one layout";
    LeftOut            "0903" Warning "more findings than the format takes";
}
