//! A SIP user agent server on one UDP port, with one RTP port for all its calls.
//!
//! It lives on a thread of its own, so that a busy test does not falsify its times.

use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::call_log::{CallLog, Log};
use super::desk::{Chooser, Desk, Order};

/// The handle of a station's thread. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Station {
    address: SocketAddr,
    log: Log,
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Station {
    pub(super) fn start(choose: Chooser) -> io::Result<Self> {
        let (sip, media) = (bind()?, bind()?);
        let address = sip.local_addr()?;
        let log = Log::default();
        let (orders, inbox) = mpsc::unbounded_channel();
        let desk = Desk::new(address, media.local_addr()?, log.clone(), choose);
        let thread = std::thread::Builder::new()
            .name("station".to_owned())
            .spawn(move || work(sip, media, desk, inbox))?;
        Ok(Self {
            address,
            log,
            orders: Some(orders),
            thread: Some(thread),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// All calls so far, in the order of their INVITEs.
    pub(super) fn calls(&self) -> Vec<CallLog> {
        self.log.lock().clone()
    }

    /// Hangs up all answered calls to this number.
    pub(super) fn hang_up(&self, number: &str) {
        self.order(Order::HangUp(number.to_owned()));
    }

    /// No reply and no sound any more in the answered calls to this number.
    pub(super) fn unplug(&self, number: &str) {
        self.order(Order::Unplug(number.to_owned()));
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread outlives its orders' sender, unless it panicked: then there are no calls either.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "a station's thread panicked"
            );
        }
    }
}

fn bind() -> io::Result<std::net::UdpSocket> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The thread of one station.
fn work(
    sip: std::net::UdpSocket,
    media: std::net::UdpSocket,
    desk: Desk,
    orders: mpsc::UnboundedReceiver<Order>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let served = runtime.and_then(|runtime| runtime.block_on(serve(sip, media, desk, orders)));
    if let Err(error) = served {
        super::say(&format!("a station ended: {error}"));
    }
}

async fn serve(
    sip: std::net::UdpSocket,
    media: std::net::UdpSocket,
    mut desk: Desk,
    mut orders: mpsc::UnboundedReceiver<Order>,
) -> io::Result<()> {
    let (sip, media) = (UdpSocket::from_std(sip)?, UdpSocket::from_std(media)?);
    let mut datagram = vec![0; 65_536];
    let mut packet = [0; 2_048];
    loop {
        let due = desk
            .next_due()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
        tokio::select! {
            Ok((length, from)) = sip.recv_from(&mut datagram) => desk.take_sip(&datagram[..length], from),
            Ok((length, from)) = media.recv_from(&mut packet) => desk.take_rtp(&packet[..length], from),
            order = orders.recv() => match order {
                Some(order) => desk.obey(&order),
                None => return Ok(()),
            },
            () = tokio::time::sleep_until(due.into()) => desk.act(Instant::now()),
        }
        desk.flush(&sip, &media);
    }
}
