//! Ports for servers, which are to find them free again when they are restarted.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the kernel gives out by itself: of those any connection may have one in the next moment.
const PORTS: Range<u16> = 20_000..32_000;

/// A port that is free for TCP and for UDP. Tests in other processes start looking elsewhere.
///
/// # Errors
/// Where none is free.
pub fn free() -> io::Result<u16> {
    static ASKED: AtomicU16 = AtomicU16::new(0);
    let span = u32::from(PORTS.end - PORTS.start);
    for _ in 0..span {
        let step = u32::from(ASKED.fetch_add(1, Ordering::Relaxed));
        let offset = (std::process::id().wrapping_mul(37) + step) % span;
        let port = PORTS.start + u16::try_from(offset).unwrap_or(0);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::other("no free port"))
}
