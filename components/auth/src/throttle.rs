//! How long a sign-in by account password has to wait after failures: a delay that doubles, against the name and
//! against the network address. App passwords and tokens never wait: 140 random bits cannot be guessed, and so nobody
//! can lock an owner out of them.

use std::net::{IpAddr, SocketAddr};

use crate::accounts::{Attempts, Guess, Guesses, Login};

/// Failures that cost nothing: people mistype.
const FREE_BY_NAME: u32 = 5;
/// More of them behind one address, where a household or an office may be.
const FREE_BY_ADDRESS: u32 = 20;
/// Seconds that the delay grows to, at most: 288 guesses a day.
const LONGEST: i64 = 300;
/// Seconds of one window, in which guesses are counted before they are made.
const WINDOW: i64 = 10;
/// Guesses in a window that reach Argon2, right ones too: a client may open several connections at once.
const AT_ONCE_BY_NAME: u32 = 16;
/// The same from one address.
const AT_ONCE_BY_ADDRESS: u32 = 64;
/// Failures beyond those that cost nothing after which the delay is longer than a window, so that there is one guess in
/// each.
const LONGER_THAN_A_WINDOW: u32 = 4;
/// Seconds after which failures no longer count.
const FORGOTTEN: i64 = 86_400;

/// Seconds that a sign-in has to wait still; none where it may go ahead.
pub fn wait(login: &Login, now: i64) -> Option<u32> {
    let by_name = remaining(&login.name_attempts, FREE_BY_NAME, now);
    let by_address = remaining(&login.address_attempts, FREE_BY_ADDRESS, now);
    u32::try_from(by_name.max(by_address)).ok().filter(|seconds| *seconds > 0)
}

/// A guess of this moment, which is counted under the name, and the network, each with the window. The look-up does not
/// count it where there may be something to wait for: whoever has to wait writes nothing.
pub fn guess(name: &str, network: Option<&str>, now: i64) -> Guess {
    let window = now.div_euclid(WINDOW);
    Guess {
        // The names of sign-ins come in lower case, whatever was sent: none of them begins like this.
        name: format!("GUESS {name} {window}"),
        address: network.map(|network| format!("{network} {window}")),
        now,
        most_by_name: FREE_BY_NAME,
        most_by_address: FREE_BY_ADDRESS,
    }
}

/// Seconds that a guess has to wait because of others at the same moment; none where it may be made. `guesses` are
/// those of the window, this one among them.
pub fn crowded(login: &Login, guesses: &Guesses, now: i64) -> Option<u32> {
    let room = |failed: &Attempts, free: u32, at_once: u32| {
        if failed.failures >= free + LONGER_THAN_A_WINDOW && now.saturating_sub(failed.last) < FORGOTTEN {
            1
        } else {
            at_once
        }
    };
    let by_name = room(&login.name_attempts, FREE_BY_NAME, AT_ONCE_BY_NAME);
    let by_address = room(&login.address_attempts, FREE_BY_ADDRESS, AT_ONCE_BY_ADDRESS);
    let crowded = guesses.by_name > by_name || guesses.by_address > by_address;
    crowded.then(|| u32::try_from(WINDOW - now.rem_euclid(WINDOW)).unwrap_or(1))
}

/// Whether there is a failure to forget.
pub fn has_failures(login: &Login) -> bool {
    login.name_attempts.failures > 0 || login.address_attempts.failures > 0
}

fn remaining(attempts: &Attempts, free: u32, now: i64) -> i64 {
    // A clock that was set back must not lengthen the wait.
    let elapsed = now.saturating_sub(attempts.last).max(0);
    let over = attempts.failures.saturating_sub(free);
    if over == 0 || elapsed >= FORGOTTEN {
        return 0;
    }
    let delay = 1i64.checked_shl(over.min(16)).unwrap_or(LONGEST).min(LONGEST);
    (delay - elapsed).max(0)
}

/// The network that failures from an address count against: an IPv4 address itself, of an IPv6 address the /64 that
/// one subscriber has. None for what is no address, and for the machine itself: that is a proxy that hides everybody
/// behind it.
pub fn network(address: &str) -> Option<String> {
    let address = read(address.trim())?.to_canonical();
    if address.is_loopback() {
        return None;
    }
    Some(match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    })
}

/// An address, in brackets where somebody writes it like that, or with the port behind it that some gateways add.
fn read(address: &str) -> Option<IpAddr> {
    let alone = address.trim_matches(['[', ']']).parse().ok();
    alone.or_else(|| Some(address.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failures: u32, seconds: i64) -> Option<u32> {
        let none = Attempts { failures: 0, last: 0 };
        wait(&login(Attempts { failures, last: 1_000_000 }, none), 1_000_000 + seconds)
    }

    fn login(name_attempts: Attempts, address_attempts: Attempts) -> Login {
        Login { account: None, name_attempts, address_attempts, standing: 0 }
    }

    #[test]
    fn the_delay_doubles_and_ends() {
        assert_eq!(after(5, 0), None);
        assert_eq!(after(6, 0), Some(2));
        assert_eq!(after(7, 0), Some(4));
        assert_eq!(after(7, 3), Some(1));
        assert_eq!(after(7, 4), None);
        assert_eq!(after(u32::MAX, 0), Some(300));
        assert_eq!(after(u32::MAX, 300), None);
        assert_eq!(after(6, -500), Some(2), "a clock set back");
    }

    #[test]
    fn the_longer_of_both_delays_counts() {
        let at = |failures| Attempts { failures, last: 0 };
        assert_eq!(wait(&login(at(6), at(23)), 0), Some(8));
        assert_eq!(wait(&login(at(0), at(20)), 0), None);
    }

    #[test]
    fn many_guesses_at_the_same_moment_are_bounded() {
        let at = |failures| Attempts { failures, last: 1000 };
        let of = |name, address| login(at(name), at(address));
        let guesses = |by_name, by_address| Guesses { by_name, by_address };
        let calm = of(0, 0);
        assert_eq!(crowded(&calm, &guesses(16, 64), 1000), None);
        assert_eq!(crowded(&calm, &guesses(17, 1), 1003), Some(7), "the rest of the window");
        assert_eq!(crowded(&calm, &guesses(1, 65), 1009), Some(1));
        let slowed_down = of(9, 0);
        assert_eq!(crowded(&slowed_down, &guesses(1, 1), 1016), None);
        assert_eq!(crowded(&slowed_down, &guesses(2, 2), 1016), Some(4));
        assert_eq!(crowded(&of(0, 24), &guesses(2, 2), 1016), Some(4));
        assert_eq!(crowded(&slowed_down, &guesses(2, 2), 1000 + FORGOTTEN), None, "forgotten");
        let window = |now| {
            let guess = guess("alice", Some("192.0.2.1"), now);
            (guess.name, guess.address)
        };
        assert_eq!(window(1009), window(1000));
        assert_ne!(window(1010).0, window(1009).0);
        assert_ne!(window(1010).1, window(1009).1);
    }

    #[test]
    fn addresses_count_by_network() {
        let counted = |address| network(address).unwrap();
        assert_eq!(counted("192.0.2.1"), "192.0.2.1");
        assert_eq!(counted("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(counted("[2001:db8:1:2::9]"), "2001:db8:1:2::/64");
        assert_eq!(counted("192.0.2.1:5678"), "192.0.2.1", "as some gateways write it");
        assert_eq!(counted(" [2001:db8:1:2::9]:443 "), "2001:db8:1:2::/64");
        assert_eq!(counted("[::ffff:192.0.2.1]:443"), "192.0.2.1");
        for other in ["", "unix:", "127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.1:80", "[::1]:80", "192.0.2.1:x"] {
            assert_eq!(network(other), None, "{other}");
        }
    }
}
