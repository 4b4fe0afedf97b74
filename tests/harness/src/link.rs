//! A connection between two processes that a test can disturb: a TCP proxy in the test's own process.
//!
//! ```text
//! caller ── out ──▶ ┌──────┐ ── out ──▶ callee
//!        ◀── back ─ │ link │ ◀── back ─
//!                   └──────┘  cut · one way · slow · flapping
//! ```
//!
//! What a disturbed direction holds is delivered when it flows again, as TCP does after a loss, unless the connection is cut.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Most that is carried at once.
const PIECE: usize = 16 << 10;
/// Least and most bytes that a connection carries while a link flaps: from within the handshake to several calls.
const FLAPPING: std::ops::Range<u64> = 500..40_000;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the caller.
    Out,
    /// To the caller.
    Back,
}

/// How one direction flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Free,
    Held,
    /// Bytes in a second.
    Slow(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weather {
    out: Flow,
    back: Flow,
    /// Whether connections are taken.
    open: bool,
    /// Connections of an earlier one have ended.
    generation: u64,
    /// Each connection ends after a number of bytes that follows from this and its ordinal.
    flapping: Option<u64>,
}

impl Weather {
    fn flow(&self, direction: Direction) -> Flow {
        match direction {
            Direction::Out => self.out,
            Direction::Back => self.back,
        }
    }

    fn set(&mut self, direction: Direction, flow: Flow) {
        match direction {
            Direction::Out => self.out = flow,
            Direction::Back => self.back = flow,
        }
    }
}

/// One callee as one caller reaches it. Undisturbed at first; gone with this value.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    callee: Arc<watch::Sender<SocketAddr>>,
    weather: Arc<watch::Sender<Weather>>,
    connections: Arc<AtomicU64>,
    carrying: tokio::task::JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.cut();
        self.carrying.abort();
    }
}

impl Link {
    /// Listens on a port of its own and carries to `callee`.
    ///
    /// # Errors
    /// No port is free.
    #[expect(clippy::disallowed_methods, reason = "it ends with its value")]
    pub async fn new(address: IpAddr, callee: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind((address, 0)).await?;
        let address = listener.local_addr()?;
        let weather = Arc::new(watch::Sender::new(Weather {
            out: Flow::Free,
            back: Flow::Free,
            open: true,
            generation: 0,
            flapping: None,
        }));
        let connections = Arc::new(AtomicU64::new(0));
        let callee = Arc::new(watch::Sender::new(callee));
        let carrying = tokio::spawn(carry(
            listener,
            callee.subscribe(),
            Arc::clone(&weather),
            Arc::clone(&connections),
        ));
        Ok(Self {
            address,
            callee,
            weather,
            connections,
            carrying,
        })
    }

    /// Where the caller connects.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that the caller has tried to make so far.
    pub fn tried(&self) -> u64 {
        self.connections.load(Ordering::Acquire)
    }

    /// Ends every connection, with whatever is on its way, and takes none until it is mended.
    pub fn cut(&self) {
        self.weather.send_modify(|weather| {
            weather.open = false;
            weather.generation += 1;
        });
    }

    /// Ends every connection, with whatever is on its way; the next is taken.
    pub fn reset(&self) {
        self.weather.send_modify(|weather| weather.generation += 1);
    }

    /// Whoever calls reaches this address from now on; connections to the one before end.
    pub fn lead_to(&self, callee: SocketAddr) {
        self.callee.send_replace(callee);
        self.reset();
    }

    /// Nothing arrives in one direction, and nobody is told; the other flows.
    pub fn hold(&self, direction: Direction) {
        self.weather
            .send_modify(|weather| weather.set(direction, Flow::Held));
    }

    /// So many bytes in a second, both ways.
    pub fn slow(&self, rate: u32) {
        self.weather.send_modify(|weather| {
            (weather.out, weather.back) = (Flow::Slow(rate.max(1)), Flow::Slow(rate.max(1)));
        });
    }

    /// Every connection breaks after some bytes, one in its handshake, the next in the middle of a call; how many follows
    /// from `seed`.
    pub fn flap(&self, seed: u64) {
        self.weather.send_modify(|weather| {
            weather.flapping = Some(seed);
            weather.generation += 1;
        });
    }

    /// Undisturbed again; what was held is delivered.
    pub fn mend(&self) {
        self.weather.send_modify(|weather| {
            *weather = Weather {
                out: Flow::Free,
                back: Flow::Free,
                open: true,
                flapping: None,
                ..*weather
            };
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "a connection ends with its link")]
async fn carry(
    listener: TcpListener,
    callee: watch::Receiver<SocketAddr>,
    weather: Arc<watch::Sender<Weather>>,
    connections: Arc<AtomicU64>,
) {
    while let Ok((caller, _)) = listener.accept().await {
        let ordinal = connections.fetch_add(1, Ordering::AcqRel);
        let now = *weather.borrow();
        if !now.open {
            continue;
        }
        let callee = *callee.borrow();
        tokio::spawn(connection(caller, callee, weather.subscribe(), now, ordinal));
    }
}

/// One connection until it ends by itself, is cut, or has carried what a flapping link lets through.
async fn connection(
    caller: TcpStream,
    callee: SocketAddr,
    weather: watch::Receiver<Weather>,
    then: Weather,
    ordinal: u64,
) {
    let Ok(callee) = TcpStream::connect(callee).await else {
        return;
    };
    let _delays_only = (caller.set_nodelay(true), callee.set_nodelay(true));
    let (from_caller, to_caller) = caller.into_split();
    let (from_callee, to_callee) = callee.into_split();
    let left = Arc::new(AtomicU64::new(match then.flapping {
        Some(seed) => {
            let span = FLAPPING.end - FLAPPING.start;
            FLAPPING.start + mixed(seed ^ ordinal) % span
        }
        None => u64::MAX,
    }));
    let generation = then.generation;
    let mut until_cut = weather.clone();
    let out = pump(from_caller, to_callee, weather.clone(), Direction::Out, &left);
    let back = pump(from_callee, to_caller, weather, Direction::Back, &left);
    tokio::select! {
        () = async { tokio::join!(out, back); } => {}
        () = emptied(&left) => {}
        _ = until_cut.wait_for(|weather| weather.generation != generation) => {}
    }
}

/// Returns once a flapping connection has carried what it may.
async fn emptied(left: &AtomicU64) {
    while left.load(Ordering::Acquire) > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    direction: Direction,
    left: &AtomicU64,
) {
    let mut piece = vec![0; PIECE];
    loop {
        let Ok(read) = from.read(&mut piece).await else {
            return;
        };
        if read == 0 {
            let _gone_or_told = to.shutdown().await;
            return;
        }
        let flowing = weather
            .wait_for(|weather| weather.flow(direction) != Flow::Held)
            .await;
        let Ok(flow) = flowing.map(|weather| weather.flow(direction)) else {
            return;
        };
        if let Flow::Slow(rate) = flow {
            let share = u32::try_from(read).unwrap_or(u32::MAX);
            tokio::time::sleep(Duration::from_secs(1) * share / rate).await;
        }
        let spent = u64::try_from(read).unwrap_or(u64::MAX);
        let before = left.load(Ordering::Acquire);
        let through = usize::try_from(before.min(spent)).unwrap_or(read);
        if to.write_all(&piece[..through]).await.is_err() {
            return;
        }
        if before != u64::MAX {
            let rest = left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                Some(left.saturating_sub(spent))
            });
            if rest.is_ok_and(|before| before <= spent) {
                return;
            }
        }
    }
}

/// A step of SplitMix64: numbers beside each other come out far apart.
pub fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A callee that answers each byte with the same byte.
    #[expect(clippy::disallowed_methods, reason = "it ends with its test")]
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    async fn linked() -> (Link, TcpStream) {
        let link = Link::new(IpAddr::from([127, 0, 0, 1]), echo().await)
            .await
            .expect("a port");
        let stream = TcpStream::connect(link.address()).await.expect("taken");
        (link, stream)
    }

    async fn answered(stream: &mut TcpStream) -> std::io::Result<u8> {
        stream.write_u8(7).await?;
        stream.read_u8().await
    }

    #[tokio::test]
    async fn a_cut_link_ends_connections_and_takes_none_until_it_is_mended() {
        let (link, mut stream) = linked().await;
        assert_eq!(answered(&mut stream).await.expect("carried"), 7);
        link.cut();
        assert!(answered(&mut stream).await.is_err());
        let mut refused = TcpStream::connect(link.address())
            .await
            .expect("taken and dropped");
        assert!(answered(&mut refused).await.is_err());
        link.mend();
        let mut again = TcpStream::connect(link.address()).await.expect("taken");
        assert_eq!(answered(&mut again).await.expect("carried"), 7);
        assert_eq!(link.tried(), 3);
    }

    #[tokio::test]
    async fn what_one_direction_holds_arrives_when_it_flows_again() {
        let (link, mut stream) = linked().await;
        assert_eq!(answered(&mut stream).await.expect("carried"), 7);
        link.hold(Direction::Back);
        stream.write_u8(8).await.expect("the other direction flows");
        let mut held = [0];
        assert_eq!(
            stream.try_read(&mut held).expect_err("nothing there").kind(),
            std::io::ErrorKind::WouldBlock
        );
        link.mend();
        assert_eq!(stream.read_u8().await.expect("delivered"), 8);
    }

    #[tokio::test]
    async fn a_flapping_link_breaks_every_connection_and_a_slow_one_none() {
        let (link, mut stream) = linked().await;
        link.slow(1_000_000);
        assert_eq!(answered(&mut stream).await.expect("carried"), 7);
        link.mend();
        link.flap(3);
        for _ in 0..3 {
            let mut stream = TcpStream::connect(link.address()).await.expect("taken");
            let mut carried = 0;
            while answered(&mut stream).await.is_ok() {
                carried += 1;
            }
            assert!(2 * carried <= FLAPPING.end, "{carried}");
        }
    }
}
