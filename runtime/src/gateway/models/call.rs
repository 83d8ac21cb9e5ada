//! A call, from its reservation to what it used. It runs on its own: an agent that leaves does not end it.

use super::super::Gateway;
use super::super::answer::{Answer, Refusal};
use super::super::connect::settle;
use super::super::echo::{self, Echo};
use super::endpoint::Endpoint;
use super::forward::{Bounds, Broken, Reads, Stream};
use super::reserve::{Held, price};
use super::stub::Stub;
use super::upstream::Upstream;
use super::{No, denied, left, retry, told};
use crate::body;
use crate::contract::Model;
use crate::model::usage::{Meter, Usage};
use crate::model::{Protocol, Request};
use crate::record::event::Settled;
use crate::transcript::Heard;
use crate::web::{Coming, Refused};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use hyper::{Response, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

/// Time for the head of an answer, which without a stream comes when the answer is whole.
const HEAD: Duration = Duration::from_secs(900);
/// Time in which nothing comes of a stream.
const IDLE: Duration = Duration::from_secs(300);
/// Time in which the agent takes nothing of it.
const UNREAD: Duration = Duration::from_secs(60);
/// Most bytes of a stream.
const MOST_STREAM: usize = 256 << 20;
/// Most bytes of an answer that is read whole.
const MOST_WHOLE: usize = 64 << 20;
/// Fewest bytes of one that goes on while it is read.
const HELD: u64 = 16 << 10;
/// Most bytes of an answer that refuses, and the time for it.
const MOST_REFUSAL: usize = 1 << 20;
const REFUSAL: Duration = Duration::from_secs(10);

/// A call that was set aside.
pub(super) struct Call {
    pub(super) gateway: Arc<Gateway>,
    /// None: a call of the gateway's own.
    pub(super) cycle: Option<u32>,
    /// The path that the agent asked.
    pub(super) path: String,
    pub(super) endpoint: Endpoint,
    /// Index of the model in the contract.
    pub(super) model: usize,
    /// Whether the event that only tells usage is kept from the agent.
    pub(super) hides_usage: bool,
    pub(super) upstream: Upstream,
    /// Who answers in its place.
    pub(super) stub: Option<Stub>,
    /// The transcript, where one is kept.
    pub(super) heard: Option<Heard>,
    /// Memory for the request.
    pub(super) place: OwnedSemaphorePermit,
}

/// The way to the agent; nobody may be there any more.
type Client = oneshot::Sender<Answer>;

/// What upstream said.
enum Said {
    /// Yes.
    Fine(Response<Coming>),
    /// No, with its reasons as far as they could be read.
    No(Response<Bytes>),
    /// Nothing.
    Nothing(Refused),
}

/// What a call used.
enum Used {
    /// No model worked.
    Nothing,
    /// None worked, because of what was asked.
    Turn,
    /// So much.
    Tokens(Usage),
    /// Nobody knows: all that was set aside counts.
    Unknown,
}

impl Used {
    fn settled(self, worst: Settled, model: Option<&Model>) -> Settled {
        match self {
            Self::Unknown => worst,
            Self::Nothing => Settled {
                turns: 0,
                ..Self::Turn.settled(worst, model)
            },
            Self::Turn => Settled {
                input_tokens: 0,
                output_tokens: 0,
                micros: 0,
                ..worst
            },
            Self::Tokens(usage) => {
                let (input, output) = (usage.all_input(), usage.output);
                Settled {
                    input_tokens: input,
                    output_tokens: output,
                    micros: model.map_or(worst.micros, |model| price(model, input, output)),
                    ..worst
                }
            }
        }
    }
}

impl Call {
    /// Whether the agent did not ask for the usage that it is told.
    pub(super) fn hides_usage(endpoint: Endpoint, request: &Request) -> bool {
        endpoint == Endpoint::Chat && request.stream && !request.usage_asked
    }

    /// Asks when the reservation is on the disk, answers the agent, and settles.
    pub(super) async fn run(self, held: Held, client: Client) {
        let Held { pending, worst } = held;
        if pending.await.is_err() {
            // The record has failed, and with it everything that follows.
            let refusal = super::no(self.endpoint.protocol(), &Refusal::Record);
            drop(client.send(refusal));
            return;
        }
        let gateway = Arc::clone(&self.gateway);
        let model = self.model;
        let used = match client.is_closed() {
            true => Used::Nothing,
            false => self.ask(client).await,
        };
        let model = gateway.contract.models.get(model);
        settle(&gateway, used.settled(worst, model)).await;
    }

    async fn ask(mut self, mut client: Client) -> Used {
        if let Some(stub) = self.stub.take() {
            let answer = stub.answer(self.endpoint);
            return self.answered(answer, client).await;
        }
        let said = self.attempts(&mut client).await;
        let protocol = self.endpoint.protocol();
        match said {
            Said::Fine(response) => self.answered(response, client).await,
            Said::No(response) => {
                self.hear(response.status(), response.body());
                let secret = self.upstream.secret.as_deref();
                drop(client.send(told::refusal(protocol, &response, secret)));
                let status = response.status();
                match status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
                    // What is asked wrongly can be asked for ever.
                    true => Used::Turn,
                    // A model that refuses has not worked.
                    false => Used::Nothing,
                }
            }
            Said::Nothing(refused) => {
                self.refuse(client, &No::Silent(refused));
                match refused.asked() {
                    // It may have been read, and answered into the void.
                    true => Used::Unknown,
                    false => Used::Nothing,
                }
            }
        }
    }

    /// A whole answer, for the transcript.
    fn hear(&mut self, status: StatusCode, answer: &[u8]) {
        if let Some(mut heard) = self.heard.take() {
            heard.status(status.as_u16());
            heard.piece(answer);
            heard.end();
        }
    }

    /// Refuses what upstream said, or that it said nothing.
    fn refuse(&self, client: Client, no: &No) {
        denied(&self.gateway, self.cycle, &self.path, no);
        drop(client.send(no.answer(self.endpoint.protocol())));
    }

    /// Sends the request until there is an answer that stays.
    async fn attempts(&self, client: &mut Client) -> Said {
        let mut attempt = 0;
        loop {
            let within = HEAD.min(left(&self.gateway));
            let sent = self.gateway.web.send(self.upstream.request(), within).await;
            let (said, wait) = match sent {
                Ok(response) if response.status().is_success() => return Said::Fine(response),
                Ok(response) => {
                    let status = response.status().as_u16();
                    let wait = retry::after(status, response.headers(), attempt);
                    let reasons = Box::pin(reasons(response));
                    (Said::No(reasons.await), wait)
                }
                // What may have been read is not sent again.
                Err(refused) if refused.asked() => return Said::Nothing(refused),
                Err(refused) => (Said::Nothing(refused), Some(retry::backoff(attempt))),
            };
            attempt += 1;
            match wait {
                Some(wait) if attempt < retry::ATTEMPTS && wait < left(&self.gateway) => {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        // Nobody waits for another attempt.
                        () = client.closed() => return said,
                    }
                }
                _ => return said,
            }
        }
    }

    /// Hands an answer on.
    async fn answered<B>(mut self, response: Response<B>, client: Client) -> Used
    where
        B: hyper::body::Body<Data = Bytes> + Unpin,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let protocol = self.endpoint.protocol();
        let (head, body) = response.into_parts();
        let encoded = head.headers.get(CONTENT_ENCODING);
        if encoded.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            self.refuse(client, &No::Upstream("upstream-encoding", ENCODED));
            return Used::Unknown;
        }
        let secret = self.upstream.secret.as_deref();
        let echo = Echo::new(secret);
        let fields = told::fields(&head.headers, secret, &told::FINE);
        match kind(&head.headers) {
            Kind::Events if self.endpoint.is_turn() => {
                Box::pin(self.piped((head.status, body), fields, client, false)).await
            }
            Kind::Json if self.is_long(&body) => {
                Box::pin(self.piped((head.status, body), fields, client, true)).await
            }
            Kind::Json => {
                let within = HEAD.min(left(&self.gateway));
                let whole = match body::read(body, MOST_WHOLE, within).await {
                    Ok(whole) => whole,
                    Err(unread) => {
                        self.refuse(client, &No::Silent(Refused::Body(unread)));
                        return Used::Unknown;
                    }
                };
                self.hear(head.status, &whole);
                let used = used(self.endpoint, protocol, &whole);
                if echo.is_in(&whole) {
                    self.refuse(client, &ECHOED);
                    return used;
                }
                let answer = Answer::json(head.status, whole);
                drop(client.send(told::with(answer, fields)));
                used
            }
            Kind::Events | Kind::Other => {
                self.refuse(client, &No::Upstream("upstream-type", TYPE));
                Used::Unknown
            }
        }
    }

    /// Whether an answer goes on while it is read. A shorter one is judged whole before its first byte does.
    fn is_long(&self, body: &impl hyper::body::Body) -> bool {
        let length = body.size_hint().exact();
        let long = length.is_some_and(|length| (HELD..=MOST_WHOLE as u64).contains(&length));
        long && self.endpoint.is_turn() && Meter::reads_parts(self.endpoint.protocol())
    }

    /// Hands on an answer while it comes: one document where it is `whole`, else events.
    async fn piped<B>(
        mut self,
        (status, body): (StatusCode, B),
        fields: Vec<(HeaderName, HeaderValue)>,
        client: Client,
        whole: bool,
    ) -> Used
    where
        B: hyper::body::Body<Data = Bytes> + Unpin,
    {
        let until = Instant::now() + left(&self.gateway);
        let bounds = Bounds {
            most: if whole { MOST_WHOLE } else { MOST_STREAM },
            idle: IDLE,
            unread: UNREAD,
            until,
        };
        let reads = Reads {
            meter: Meter::new(self.endpoint.protocol()),
            echo: Echo::new(self.upstream.secret.as_deref()),
            whole,
            hides_usage: self.hides_usage,
        };
        let (stream, piped) = Stream::new(reads, bounds);
        if let Some(heard) = &mut self.heard {
            heard.status(status.as_u16());
        }
        let stream = stream.heard(self.heard.take());
        let kind = if whole { JSON } else { EVENTS };
        let answer = Answer::new(status, kind, piped.boxed_unsync());
        let answer = match body.size_hint().exact().filter(|_| whole) {
            // So that what breaks off is not taken for whole.
            Some(length) => answer.with(CONTENT_LENGTH, HeaderValue::from(length)),
            None => answer,
        };
        drop(client.send(told::with(answer, fields)));
        // The request is not sent again.
        drop((self.upstream, self.place));
        let used = stream.run(body).await;
        if used == Err(Broken::Echo) {
            denied(&self.gateway, self.cycle, &self.path, &ECHOED);
        }
        used.map_or(Used::Unknown, Used::Tokens)
    }
}

const EVENTS: &str = "text/event-stream; charset=utf-8";
const JSON: &str = "application/json";
const ECHOED: No = No::Upstream(echo::RULE, "the provider's answer shows its credential");
const ENCODED: &str = "the provider answered with a compressed body, for which nobody asked";
const TYPE: &str =
    "the provider answered with something that is neither JSON nor a stream of events";

/// What a body is.
pub(super) enum Kind {
    Json,
    Events,
    Other,
}

/// What the header says of the body.
pub(super) fn kind(headers: &HeaderMap) -> Kind {
    let told = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let told = told.and_then(|told| told.split(';').next());
    let told = told.unwrap_or_default().trim().to_ascii_lowercase();
    match told.as_str() {
        "application/json" => Kind::Json,
        "text/event-stream" => Kind::Events,
        _ => Kind::Other,
    }
}

fn used(endpoint: Endpoint, protocol: Protocol, whole: &[u8]) -> Used {
    if !endpoint.is_turn() {
        return Used::Nothing;
    }
    let mut meter = Meter::new(protocol);
    meter.body(whole);
    meter.usage().map_or(Used::Unknown, Used::Tokens)
}

/// Reads an answer that refuses. Reasons that cannot be read are none.
async fn reasons(response: Response<Coming>) -> Response<Bytes> {
    let (head, body) = response.into_parts();
    let body = body::read(body, MOST_REFUSAL, REFUSAL).await;
    Response::from_parts(head, body.unwrap_or_default())
}
