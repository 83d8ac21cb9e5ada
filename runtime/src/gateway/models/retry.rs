//! When to ask again.

use hyper::header::{HeaderMap, RETRY_AFTER};
use rustix::rand::{GetRandomFlags, getrandom};
use std::time::{Duration, SystemTime};

/// How often a request is sent at most.
pub const ATTEMPTS: u32 = 5;
/// The longest wait that an upstream may ask for; one that asks for more is not asked again.
pub const LONGEST: Duration = Duration::from_secs(60);
/// The first wait where upstream says nothing; each one after it is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// The longest of these.
const SLOWEST: Duration = Duration::from_secs(8);

/// How long to wait after this answer, the first being number 0. None: the answer stays the same.
#[must_use]
pub fn after(status: u16, headers: &HeaderMap, attempt: u32) -> Option<Duration> {
    if !matches!(status, 429 | 500 | 502 | 503 | 504 | 529) {
        return None;
    }
    if headers.get("x-should-retry").is_some_and(|v| v == "false") {
        return None;
    }
    match headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()) {
        Some(told) => Some(told_wait(told.trim()).unwrap_or_else(|| backoff(attempt)))
            .filter(|wait| *wait <= LONGEST),
        None => Some(backoff(attempt)),
    }
}

/// Seconds, or a date.
fn told_wait(told: &str) -> Option<Duration> {
    if let Ok(seconds) = told.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(told).ok()?;
    // A date that is over asks for no wait.
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Twice as long each time, and between half and all of that, so that those who failed together do not come together.
pub(super) fn backoff(attempt: u32) -> Duration {
    let most = FIRST.saturating_mul(1 << attempt.min(10)).min(SLOWEST);
    let mut byte = [0_u8; 1];
    // Without random bytes the wait is the shortest.
    let _drawn = getrandom(&mut byte, GetRandomFlags::empty());
    let [byte] = byte;
    most / 2 + most * u32::from(byte) / 510
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn wait(status: u16, name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        after(status, &headers, 0)
    }

    #[test]
    fn upstream_says_how_long() {
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(wait(429, "retry-after", "7"), seconds(7));
        assert_eq!(wait(529, "retry-after", " 60 "), seconds(60));
        let past = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(wait(503, "retry-after", past), seconds(0));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(20));
        let waited = wait(503, "retry-after", &soon).unwrap();
        assert!(waited > Duration::from_secs(15) && waited <= Duration::from_secs(20));
        let late = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(600));
        for told in ["61", "18446744073709551615", &late] {
            assert_eq!(wait(429, "retry-after", told), None, "{told}");
        }
        for told in ["-1", "1.5", "", "soon", "18446744073709551616"] {
            let waited = wait(429, "retry-after", told).unwrap();
            assert!(waited >= FIRST / 2 && waited <= FIRST, "{told}");
        }
        assert_eq!(wait(429, "x-should-retry", "false"), None);
        for status in [200, 301, 400, 401, 403, 404, 408, 409, 422, 501] {
            assert_eq!(wait(status, "retry-after", "0"), None, "{status}");
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let mut least = Duration::ZERO;
        for attempt in [0, 1, 2, 3, 4] {
            let most = FIRST * (1 << attempt);
            for _ in 0..50 {
                let waited = backoff(attempt);
                assert!(waited >= most / 2 && waited <= most, "{waited:?}");
                least = least.max(waited);
            }
        }
        assert!(backoff(u32::MAX) <= SLOWEST && least > FIRST);
    }
}
