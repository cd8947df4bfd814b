//! SIP messages, as far as a lab needs them: total on garbage, no opinion on what it does not use.

use std::net::SocketAddr;

/// The first line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    Request { method: String, uri: String },
    Response(u16),
}

/// One SIP message, with its headers in the order they came.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) start: Start,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Message {
    /// Reads a datagram; None when it is not SIP.
    pub(super) fn parse(datagram: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(datagram).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let start = parse_start(lines.next()?)?;
        let headers = lines.map(parse_header).collect::<Option<Vec<_>>>()?;
        Some(Self { start, headers, body: body.to_owned() })
    }

    /// The first header of that name; the name is compared without regard to case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The method that a request has, or that a response answers.
    pub(super) fn method(&self) -> Option<&str> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response(_) => self.header("CSeq")?.split_whitespace().nth(1),
        }
    }

    /// A response to this request, without a body. `tag` is our half of the dialog.
    pub(super) fn response(&self, code: u16, tag: &str) -> Response {
        let mut lines = format!("SIP/2.0 {code} {}\r\n", phrase(code));
        for (name, value) in &self.headers {
            if ["Via", "From", "Call-ID", "CSeq"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
                push(&mut lines, name, value);
            }
        }
        let to = self.header("To").unwrap_or_default();
        if code == 100 || to.contains(";tag=") {
            push(&mut lines, "To", to);
        } else {
            push(&mut lines, "To", &format!("{to};tag={tag}"));
        }
        Response { lines }
    }
}

/// A message that is being written.
pub(super) struct Response {
    lines: String,
}

impl Response {
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        push(&mut self.lines, name, value);
        self
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        format!("{}Content-Length: 0\r\n\r\n", self.lines).into_bytes()
    }

    pub(super) fn bytes_with_sdp(self, sdp: &str) -> Vec<u8> {
        let length = sdp.len();
        format!("{}Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}", self.lines)
            .into_bytes()
    }
}

/// The BYE that ends, from the called side, the dialog that this INVITE began.
pub(super) fn bye(invite: &Message, tag: &str, ours: SocketAddr) -> Vec<u8> {
    let target = invite.header("Contact").and_then(uri_within).unwrap_or_default();
    let mut lines = format!("BYE {target} SIP/2.0\r\n");
    push(&mut lines, "Via", &format!("SIP/2.0/UDP {ours};branch=z9hG4bK-{tag}-bye"));
    push(&mut lines, "From", &format!("{};tag={tag}", invite.header("To").unwrap_or_default()));
    push(&mut lines, "To", invite.header("From").unwrap_or_default());
    push(&mut lines, "Call-ID", invite.header("Call-ID").unwrap_or_default());
    push(&mut lines, "CSeq", "1 BYE");
    push(&mut lines, "Max-Forwards", "70");
    Response { lines }.bytes()
}

/// The user part of the first SIP address in a header or request line.
pub(super) fn user_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("sip:")?;
    rest.split_once('@').map(|(user, _)| user)
}

/// Where an SDP offer wants its sound.
pub(super) fn media_address(sdp: &str) -> Option<SocketAddr> {
    let host = sdp.lines().find_map(|line| line.strip_prefix("c=IN IP4 "))?;
    let port = sdp.lines().find_map(|line| line.strip_prefix("m=audio "))?.split(' ').next()?;
    format!("{}:{port}", host.trim()).parse().ok()
}

/// The RTP payload type of keys (RFC 4733), which is the one that Asterisk offers.
pub(super) const KEYS: u8 = 101;

/// Our half of the media: PCMU and keys, at our one RTP port.
pub(super) fn sdp(media: SocketAddr, ptime_ms: u64) -> String {
    let (host, port) = (media.ip(), media.port());
    format!(
        "v=0\r\no=lab 1 1 IN IP4 {host}\r\ns=lab\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0 {KEYS}\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:{KEYS} telephone-event/8000\r\na=fmtp:{KEYS} 0-16\r\na=ptime:{ptime_ms}\r\na=sendrecv\r\n"
    )
}

fn parse_start(line: &str) -> Option<Start> {
    let mut words = line.split(' ');
    let (first, second) = (words.next()?, words.next()?);
    if first == "SIP/2.0" {
        return second.parse().ok().map(Start::Response);
    }
    (words.next()? == "SIP/2.0").then(|| Start::Request { method: first.to_owned(), uri: second.to_owned() })
}

fn parse_header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((long_name(name.trim()).to_owned(), value.trim().to_owned()))
}

/// The names that SIP lets a sender abbreviate and that we read.
fn long_name(name: &str) -> &str {
    match name {
        "v" => "Via",
        "f" => "From",
        "t" => "To",
        "i" => "Call-ID",
        "m" => "Contact",
        other => other,
    }
}

fn uri_within(header: &str) -> Option<&str> {
    let (_, rest) = header.split_once('<')?;
    rest.split_once('>').map(|(uri, _)| uri)
}

fn push(lines: &mut String, name: &str, value: &str) {
    lines.push_str(name);
    lines.push_str(": ");
    lines.push_str(value);
    lines.push_str("\r\n");
}

fn phrase(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        302 => "Moved Temporarily",
        404 => "Not Found",
        480 => "Temporarily Unavailable",
        481 => "Call Does Not Exist",
        486 => "Busy Here",
        487 => "Request Terminated",
        503 => "Service Unavailable",
        603 => "Decline",
        608 => "Rejected",
        _ => "As Told",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INVITE: &str = "INVITE sip:15552000001@127.0.0.1:5070 SIP/2.0\r\n\
        v: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\nFrom: \"x\" <sip:1800@127.0.0.1>;tag=a\r\n\
        To: <sip:15552000001@127.0.0.1>\r\nContact: <sip:asterisk@127.0.0.1:5060>\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\n\r\n\
        v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n";

    #[test]
    fn an_invite_shows_who_calls_whom_and_where_the_sound_goes() {
        let invite = Message::parse(INVITE.as_bytes()).expect("it is SIP");
        assert_eq!(invite.method(), Some("INVITE"));
        assert_eq!(invite.header("from").and_then(user_of), Some("1800"));
        assert_eq!(media_address(&invite.body), Some(SocketAddr::from(([127, 0, 0, 1], 4000))));
    }

    #[test]
    fn a_response_keeps_the_way_back_and_gets_our_tag() {
        let invite = Message::parse(INVITE.as_bytes()).expect("it is SIP");
        let response = Message::parse(&invite.response(486, "t9").bytes()).expect("we write SIP");
        assert_eq!(response.start, Start::Response(486));
        assert_eq!(response.header("Via"), invite.header("Via"));
        assert_eq!(response.header("To"), Some("<sip:15552000001@127.0.0.1>;tag=t9"));
        assert_eq!(response.method(), Some("INVITE"));
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Message::parse(&bytes);
        }

        #[test]
        fn a_torn_invite_is_read_or_refused_without_a_panic(cut in 0..INVITE.len()) {
            if let Some(message) = Message::parse(&INVITE.as_bytes()[..cut]) {
                let _ = (media_address(&message.body), message.response(200, "t").bytes(), bye(&message, "t", SocketAddr::from(([127, 0, 0, 1], 1))));
            }
        }
    }
}
