//! Who may ask: the token, the cookie that stands for it, and the bound on guessing.
//!
//! No clock in here: the time is an argument, in seconds since 1970.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::secret::{self, Token};

/// How long a session lasts, in seconds: 30 days.
pub(crate) const SESSION_SECONDS: u64 = 30 * 24 * 3600;

/// Addresses whose wrong tokens are counted apart; beyond that all others share one count.
const COUNTED_ADDRESSES: usize = 1_024;

/// What a request shows to prove that it may ask.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Proof<'a> {
    /// `Authorization: Bearer`, or the second subprotocol of a WebSocket.
    pub(crate) token: Option<&'a str>,
    /// The value of our cookie.
    pub(crate) cookie: Option<&'a str>,
}

/// How a request proved itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Nobody is asked for a token (`--no-auth`).
    Open,
    /// With the token itself.
    Token,
    /// With the cookie.
    Cookie,
}

impl Identity {
    /// The word in the answer of `GET /api/v1/session`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Open => "none",
            Self::Token => "token",
            Self::Cookie => "cookie",
        }
    }
}

/// Why a request may not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Neither token nor cookie.
    Nothing,
    /// Another token than ours.
    WrongToken,
    /// A cookie that ended, was signed out, or was never ours.
    WrongCookie,
    /// Too many wrong tokens from there; this one was not looked at.
    TooMany,
}

/// A new session: the value of its cookie.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) cookie: String,
}

/// Whose session a sign-out ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedOut {
    /// The cookie was none of ours, or ended already.
    Nobody,
    /// That of the cookie.
    This,
    /// All, because as many sign-outs are remembered as the limit allows.
    Everybody,
}

/// The token and the sessions of one bridge.
pub(crate) struct Auth {
    token: Option<Token>,
    bounds: Bounds,
    state: Mutex<State>,
}

/// How many sign-outs and wrong tokens are remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) sign_outs: usize,
    pub(crate) wrong_tokens: usize,
}

struct State {
    key: [u8; 32],
    /// Signed-out sessions by id, with the time at which their cookie ends anyway.
    signed_out: HashMap<String, u64>,
    guesses: HashMap<IpAddr, Guesses>,
    /// For all addresses that do not fit into `guesses`.
    others: Guesses,
}

/// A bucket of different wrong tokens: one drains every second.
#[derive(Clone, Copy, Default)]
struct Guesses {
    wrong: usize,
    since: u64,
    /// Digests of the newest ones. Showing one of them again is no new guess: a script that still has the token of
    /// yesterday must not lock out the person at the same computer.
    newest: [u64; 4],
}

impl Auth {
    /// Every request must show `token`; `None` lets every request in.
    ///
    /// With `fixed`, the session key is derived from the token, so that sessions live through a restart with the same
    /// token; else it is random.
    pub(crate) fn new(token: Option<Token>, fixed: bool, bounds: Bounds) -> anyhow::Result<Self> {
        let key = match &token {
            Some(token) if fixed => mac(token.as_str().as_bytes(), b"footbridge session key, layout 1"),
            _ => secret::random()?,
        };
        let state = State { key, signed_out: HashMap::new(), guesses: HashMap::new(), others: Guesses::default() };
        Ok(Self { token, bounds, state: Mutex::new(state) })
    }

    /// Whether a request may ask.
    pub(crate) fn check(&self, proof: Proof<'_>, from: IpAddr, now: u64) -> Result<Identity, Refused> {
        let Some(token) = &self.token else { return Ok(Identity::Open) };
        if let Some(shown) = proof.token {
            let mut state = self.state();
            let digest = state.digest(shown);
            let bucket = state.bucket(from, now);
            if bucket.newest.contains(&digest) {
                return Err(Refused::WrongToken);
            }
            if bucket.wrong >= self.bounds.wrong_tokens {
                return Err(Refused::TooMany);
            }
            if bool::from(shown.as_bytes().ct_eq(token.as_str().as_bytes())) {
                return Ok(Identity::Token);
            }
            state.guessed(from, now, digest);
            return Err(Refused::WrongToken);
        }
        match proof.cookie {
            None => Err(Refused::Nothing),
            Some(cookie) if self.state().open(cookie, now).is_some() => Ok(Identity::Cookie),
            Some(_) => Err(Refused::WrongCookie),
        }
    }

    /// Starts a session. The caller has checked the token.
    pub(crate) fn sign_in(&self, now: u64) -> anyhow::Result<Session> {
        let id = secret::text(&secret::random::<16>()?);
        let ends = now + SESSION_SECONDS;
        let cookie = self.state().seal(&id, ends);
        Ok(Session { cookie })
    }

    /// Ends the session of a cookie, everywhere it may have been copied to. A cookie that is not ours does nothing.
    pub(crate) fn sign_out(&self, cookie: &str, now: u64) -> anyhow::Result<SignedOut> {
        let mut state = self.state();
        let Some((id, ends)) = state.open(cookie, now) else { return Ok(SignedOut::Nobody) };
        state.signed_out.retain(|_, ends| *ends > now);
        if state.signed_out.len() >= self.bounds.sign_outs {
            // Forgetting one would let it in again; a new key ends them all.
            state.key = secret::random()?;
            state.signed_out.clear();
            return Ok(SignedOut::Everybody);
        }
        state.signed_out.insert(id, ends);
        Ok(SignedOut::This)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn seal(&self, id: &str, ends: u64) -> String {
        let signed = format!("{id}.{ends}");
        let seal = secret::text(&mac(&self.key, signed.as_bytes()));
        format!("{signed}.{seal}")
    }

    /// The id and the end of a session, if the cookie is one of ours that still counts.
    fn open(&self, cookie: &str, now: u64) -> Option<(String, u64)> {
        let (signed, seal) = cookie.rsplit_once('.')?;
        let expected = secret::text(&mac(&self.key, signed.as_bytes()));
        if !bool::from(expected.as_bytes().ct_eq(seal.as_bytes())) {
            return None;
        }
        let (id, ends) = signed.split_once('.')?;
        let ends: u64 = ends.parse().ok()?;
        (now < ends && !self.signed_out.contains_key(id)).then(|| (id.to_owned(), ends))
    }

    fn digest(&self, shown: &str) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = mac(&self.key, shown.as_bytes());
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    fn guessed(&mut self, from: IpAddr, now: u64, digest: u64) {
        let from = network(from);
        if self.guesses.len() >= COUNTED_ADDRESSES && !self.guesses.contains_key(&from) {
            self.guesses.retain(|_, bucket| bucket.drained(now).wrong > 0);
        }
        let fits = self.guesses.len() < COUNTED_ADDRESSES || self.guesses.contains_key(&from);
        let bucket = if fits { self.guesses.entry(from).or_default() } else { &mut self.others };
        *bucket = bucket.drained(now);
        bucket.wrong += 1;
        bucket.newest.rotate_right(1);
        bucket.newest[0] = digest;
    }

    /// The bucket that counts for an address, drained up to now.
    fn bucket(&self, from: IpAddr, now: u64) -> Guesses {
        match self.guesses.get(&network(from)) {
            Some(bucket) => bucket.drained(now),
            None if self.guesses.len() >= COUNTED_ADDRESSES => self.others.drained(now),
            None => Guesses::default(),
        }
    }
}

impl Guesses {
    fn drained(self, now: u64) -> Self {
        let seconds = now.saturating_sub(self.since);
        let wrong = self.wrong.saturating_sub(usize::try_from(seconds).unwrap_or(usize::MAX));
        Self { wrong, since: now, newest: self.newest }
    }
}

/// The network that one person holds: an IPv4 address, or the 64-bit prefix of an IPv6 address.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => std::net::Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of every length, so there is no error to meet.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const BOUNDS: Bounds = Bounds { sign_outs: 2, wrong_tokens: 3 };
    const TOKEN: &str = "0123456789abcdefghij";

    fn auth() -> Auth {
        Auth::new(Some(Token::parse(TOKEN).unwrap()), false, BOUNDS).unwrap()
    }

    fn token(token: &str) -> Proof<'_> {
        Proof { token: Some(token), cookie: None }
    }

    fn cookie(cookie: &str) -> Proof<'_> {
        Proof { token: None, cookie: Some(cookie) }
    }

    #[test]
    fn proofs() {
        let auth = auth();
        let session = auth.sign_in(1_000).unwrap();
        let both = Proof { token: Some(TOKEN), cookie: Some("x") };
        let cases = [
            ("nothing", Proof::default(), 1_000, Err(Refused::Nothing)),
            ("the token", token(TOKEN), 1_000, Ok(Identity::Token)),
            ("the token wins over a dead cookie", both, 1_000, Ok(Identity::Token)),
            ("another token", token("0123456789abcdefghiX"), 1_000, Err(Refused::WrongToken)),
            ("the cookie", cookie(&session.cookie), 1_000, Ok(Identity::Cookie)),
            ("its last second", cookie(&session.cookie), 999 + SESSION_SECONDS, Ok(Identity::Cookie)),
            ("ended", cookie(&session.cookie), 1_000 + SESSION_SECONDS, Err(Refused::WrongCookie)),
        ];
        for (why, proof, now, want) in cases {
            assert_eq!(auth.check(proof, HERE, now), want, "{why}");
        }
        let open = Auth::new(None, false, BOUNDS).unwrap();
        assert_eq!(open.check(Proof::default(), HERE, 0), Ok(Identity::Open));
    }

    #[test]
    fn a_forged_cookie_does_not_open() {
        let auth = auth();
        let real = auth.sign_in(1_000).unwrap().cookie;
        let [id, ends, seal] = real.split('.').collect::<Vec<_>>()[..] else { panic!("{real}") };
        let other = Auth::new(Some(Token::parse(TOKEN).unwrap()), false, BOUNDS).unwrap();
        let longer = (ends.parse::<u64>().unwrap() + 1).to_string();
        for forged in [
            String::new(),
            ".".into(),
            "..".into(),
            format!("{id}.{ends}"),
            format!("{id}.{ends}."),
            format!("{id}.{longer}.{seal}"),
            format!("{id}x.{ends}.{seal}"),
            format!("{id}.{ends}.{}", seal.replace(&seal[..1], if seal.starts_with('A') { "B" } else { "A" })),
            format!("{id}.{ends}.{}", &seal[..seal.len() - 1]),
            format!("{id}.{ends}.{seal}."),
            other.sign_in(1_000).unwrap().cookie,
        ] {
            assert_eq!(auth.check(cookie(&forged), HERE, 1_000), Err(Refused::WrongCookie), "{forged}");
        }
        assert_eq!(auth.check(cookie(&real), HERE, 1_000), Ok(Identity::Cookie));
    }

    #[test]
    fn a_fixed_token_keeps_sessions_over_a_restart() {
        let fixed = || Auth::new(Some(Token::parse(TOKEN).unwrap()), true, BOUNDS).unwrap();
        let before = fixed().sign_in(0).unwrap();
        assert_eq!(fixed().check(cookie(&before.cookie), HERE, 1), Ok(Identity::Cookie));
    }

    #[test]
    fn signing_out_ends_a_session_and_too_many_end_all() {
        let auth = auth();
        let sessions: Vec<_> = (0..4).map(|_| auth.sign_in(0).unwrap().cookie).collect();
        let alive = || -> Vec<bool> { sessions.iter().map(|c| auth.check(cookie(c), HERE, 1).is_ok()).collect() };
        assert_eq!(auth.sign_out("not.ours.x", 1).unwrap(), SignedOut::Nobody);
        assert_eq!(auth.sign_out(&sessions[0], 1).unwrap(), SignedOut::This);
        assert_eq!(auth.sign_out(&sessions[0], 1).unwrap(), SignedOut::Nobody);
        assert_eq!(alive(), [false, true, true, true]);
        auth.sign_out(&sessions[1], 1).unwrap();
        assert_eq!(alive(), [false, false, true, true]);
        assert_eq!(auth.sign_out(&sessions[2], 1).unwrap(), SignedOut::Everybody);
        assert_eq!(alive(), [false; 4], "the list was full");
    }

    #[test]
    fn guessing_is_bounded_by_address() {
        let auth = auth();
        let there: IpAddr = "192.0.2.1".parse().unwrap();
        for guess in ["1", "2", "3"] {
            assert_eq!(auth.check(token(guess), there, 10), Err(Refused::WrongToken));
        }
        assert_eq!(auth.check(token("4"), there, 10), Err(Refused::TooMany));
        assert_eq!(auth.check(token("3"), there, 10), Err(Refused::WrongToken), "nothing new is learnt from it");
        assert_eq!(auth.check(token(TOKEN), there, 10), Err(Refused::TooMany), "else guessing would not be bounded");
        assert_eq!(auth.check(token(TOKEN), HERE, 10), Ok(Identity::Token), "another address");
        assert_eq!(auth.check(token("4"), there, 11), Err(Refused::WrongToken), "one more per second");
        assert_eq!(auth.check(token("5"), there, 11), Err(Refused::TooMany));
        assert_eq!(auth.check(token(TOKEN), there, 12), Ok(Identity::Token));
    }

    #[test]
    fn a_script_with_an_old_token_locks_nobody_out() {
        let auth = auth();
        for second in 0..100 {
            assert_eq!(auth.check(token("of-yesterday"), HERE, second / 50), Err(Refused::WrongToken));
        }
        assert_eq!(auth.check(token(TOKEN), HERE, 2), Ok(Identity::Token));
    }

    #[test]
    fn counting_guesses_is_bounded_too() {
        let auth = auth();
        for n in 0..5_000_u32 {
            let from = IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0a00_0000 + n));
            let _refused = auth.check(token(&n.to_string()), from, 10);
        }
        assert_eq!(auth.state().guesses.len(), COUNTED_ADDRESSES);
        let new: IpAddr = "192.0.2.7".parse().unwrap();
        assert_eq!(auth.check(token(TOKEN), new, 10), Err(Refused::TooMany), "the shared bucket is full");
        assert_eq!(auth.check(token(TOKEN), new, 10 + 5_000), Ok(Identity::Token));
    }
}
