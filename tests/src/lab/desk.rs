//! The state of a station without its sockets: messages and time in, datagrams out.
//!
//! It decides nothing: for each new INVITE its owner hands it a [`Conduct`], a script of timed steps, and it acts it out.
//! Calls share the RTP port: a packet's call is known by the port of Asterisk's that it came from.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;

use super::audio::{Voice, is_sound, phone_heard};
use super::call_log::{CallLog, Log, Side};
use super::message::{self, Message, Start};

/// SIP's T1: the first wait before something unanswered is sent again.
const RESEND_FIRST: Duration = Duration::from_millis(500);
/// SIP's T2: the longest such wait.
const RESEND_LONGEST: Duration = Duration::from_secs(4);
/// An RTP header without extensions.
const RTP_HEADER: usize = 12;
/// The RTP payload type of PCMU.
const PCMU: u8 = 0;
/// How many packets a key is held for, and how often its end is told: the network may lose one.
const KEY_HELD: u16 = 5;
const KEY_ENDS: u16 = 3;

/// One thing that a called party does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// 180.
    Ring,
    /// 183 with SDP, and sound.
    EarlyMedia,
    /// 200. The next step's time counts from its ACK.
    Answer,
    /// A key is pressed.
    Press(char),
    /// BYE.
    HangUp,
    /// A final response that is not 200.
    Refuse(u16),
    /// 302 to this number here.
    Redirect(String),
}

/// How one call is dealt with.
#[derive(Debug, Clone)]
pub(super) struct Conduct {
    /// False: not even 100 is sent.
    pub(super) replies: bool,
    /// Steps, each with its time after the one before.
    pub(super) script: Vec<(Duration, Step)>,
    pub(super) voice: Voice,
    pub(super) ptime: Duration,
    /// Whether to keep what is heard.
    pub(super) keep_audio: bool,
}

/// Chooses the conduct for a called number.
pub(super) type Chooser = Box<dyn FnMut(&str) -> Conduct + Send>;

/// What its owner tells a station to do, with the number that was called.
#[derive(Debug)]
pub(super) enum Order {
    HangUp(String),
    Unplug(String),
}

/// What is to be done at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Step { call: usize },
    Resend { call: usize, round: u32, after: Duration },
    Sound { call: usize, packet: u32 },
}

/// One call, apart from its log.
struct Call {
    conduct: Conduct,
    /// The next step of the script.
    step: usize,
    invite: Message,
    from: SocketAddr,
    media: Option<SocketAddr>,
    tag: String,
    /// What was said last, for a repeated INVITE.
    said: Option<Vec<u8>>,
    /// What is sent again until it is acknowledged, and how many such things there were before.
    unacknowledged: Option<Vec<u8>>,
    round: u32,
    talks: bool,
    /// The key that is being pressed, which is heard in place of what is said.
    pressed: Option<Pressed>,
    /// When the last key was pressed that was heard, as RTP tells the time.
    key_heard: Option<Vec<u8>>,
    over: bool,
}

/// A key that is being pressed.
#[derive(Debug, Clone, Copy)]
struct Pressed {
    /// As RFC 4733 numbers it.
    event: u8,
    /// The packet that it began with.
    began: u32,
    /// How many packets have told of it.
    told: u16,
}

/// The state of a station: messages and time in, datagrams out.
pub(super) struct Desk {
    sip: SocketAddr,
    media: SocketAddr,
    log: Log,
    choose: Chooser,
    /// In step with the log: one entry a call.
    calls: Vec<Call>,
    by_id: HashMap<String, usize>,
    by_media_port: HashMap<u16, usize>,
    due: BinaryHeap<Reverse<(Instant, Due)>>,
    sip_out: Vec<(Vec<u8>, SocketAddr)>,
    media_out: Vec<(Vec<u8>, SocketAddr)>,
}

impl Desk {
    pub(super) fn new(sip: SocketAddr, media: SocketAddr, log: Log, choose: Chooser) -> Self {
        Self {
            sip,
            media,
            log,
            choose,
            calls: Vec::new(),
            by_id: HashMap::new(),
            by_media_port: HashMap::new(),
            due: BinaryHeap::new(),
            sip_out: Vec::new(),
            media_out: Vec::new(),
        }
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// Sends what was written. A full socket loses it, as a network would.
    pub(super) fn flush(&mut self, sip: &UdpSocket, media: &UdpSocket) {
        for (bytes, to) in self.sip_out.drain(..) {
            let _ = sip.try_send_to(&bytes, to);
        }
        for (bytes, to) in self.media_out.drain(..) {
            let _ = media.try_send_to(&bytes, to);
        }
    }

    pub(super) fn act(&mut self, now: Instant) {
        while let Some(Reverse((at, due))) = self.due.peek().copied() {
            if at > now {
                return;
            }
            self.due.pop();
            match due {
                Due::Step { call } => self.take_step(call, now),
                Due::Resend { call, round, after } => self.resend(call, round, after, now),
                Due::Sound { call, packet } => self.talk(call, packet, at),
            }
        }
    }

    pub(super) fn take_sip(&mut self, datagram: &[u8], from: SocketAddr) {
        let Some(message) = Message::parse(datagram) else {
            return;
        };
        let call = message.header("Call-ID").and_then(|id| self.by_id.get(id)).copied();
        if call.is_some_and(|call| !self.calls[call].conduct.replies) {
            return self.ignore(&message, call);
        }
        match (&message.start, message.method(), call) {
            (Start::Response(code), _, Some(call)) if *code >= 200 => self.calls[call].unacknowledged = None,
            (Start::Response(_), _, _) => {}
            (Start::Request { uri, .. }, Some("INVITE"), None) => {
                let number = message::user_of(uri).unwrap_or_default().to_owned();
                self.invited(message, number, from);
            }
            (Start::Request { .. }, Some("INVITE"), Some(call)) => self.invited_again(call, &message, from),
            (Start::Request { .. }, Some("ACK"), Some(call)) => self.acked(call),
            (Start::Request { .. }, Some("CANCEL"), Some(call)) => self.cancelled(call, &message, from),
            (Start::Request { .. }, Some("BYE"), Some(call)) => self.said_bye(call, &message, from),
            (Start::Request { .. }, Some("ACK"), None) => {}
            (Start::Request { .. }, Some("OPTIONS"), _) => self.reply(&message, 200, from),
            (Start::Request { .. }, _, _) => self.reply(&message, 481, from),
        }
    }

    /// A message in a call that is given no reply: only seen.
    fn ignore(&mut self, message: &Message, call: Option<usize>) {
        let mut log = self.log.lock();
        let Some(entry) = call.and_then(|call| log.get_mut(call)) else {
            return;
        };
        match message.method() {
            Some("INVITE") => entry.retransmissions += 1,
            Some("CANCEL") => _ = entry.cancelled_at.get_or_insert_with(Instant::now),
            Some("BYE") => _ = entry.bye.get_or_insert_with(|| (Side::There, Instant::now())),
            _ => {}
        }
    }

    fn reply(&mut self, request: &Message, code: u16, to: SocketAddr) {
        self.sip_out.push((request.response(code, "lab").bytes(), to));
    }

    fn invited(&mut self, invite: Message, number: String, from: SocketAddr) {
        let conduct = (self.choose)(&number);
        let call = self.calls.len();
        let entry = CallLog::new(&invite, number);
        let now = entry.invited_at;
        self.by_id.insert(entry.call_id.clone(), call);
        self.log.lock().push(entry);
        let media = message::media_address(&invite.body);
        if let Some(media) = media {
            self.by_media_port.insert(media.port(), call);
        }
        let trying = conduct.replies.then(|| invite.response(100, "").bytes());
        self.calls.push(Call {
            conduct,
            step: 0,
            invite,
            from,
            media,
            tag: format!("lab{call}"),
            said: None,
            unacknowledged: None,
            round: 0,
            talks: false,
            pressed: None,
            key_heard: None,
            over: false,
        });
        if let Some(trying) = trying {
            self.say(call, trying);
        }
        self.plan_step(call, now);
    }

    /// The same INVITE once more, or a new one inside the dialog, which keeps the media as they are.
    fn invited_again(&mut self, call: usize, message: &Message, from: SocketAddr) {
        let ours = &self.calls[call];
        if ours.invite.header("CSeq") == message.header("CSeq") {
            self.log.lock()[call].retransmissions += 1;
            self.sip_out.extend(ours.said.clone().map(|said| (said, from)));
            return;
        }
        let sdp = message::sdp(self.media, ptime_ms(ours.conduct.ptime));
        let answer = message.response(200, &ours.tag).with("Contact", &format!("<sip:{}>", self.sip));
        self.sip_out.push((answer.bytes_with_sdp(&sdp), from));
    }

    fn acked(&mut self, call: usize) {
        self.calls[call].unacknowledged = None;
        let now = Instant::now();
        {
            let entry = &mut self.log.lock()[call];
            if entry.answered_at.is_none() || entry.acked_at.is_some() {
                return;
            }
            entry.acked_at = Some(now);
        }
        self.plan_step(call, now);
    }

    fn cancelled(&mut self, call: usize, cancel: &Message, from: SocketAddr) {
        self.reply(cancel, 200, from);
        self.log.lock()[call].cancelled_at.get_or_insert_with(Instant::now);
        if self.log.lock()[call].final_code.is_none() {
            self.refuse(call, 487, None, Instant::now());
        }
    }

    fn said_bye(&mut self, call: usize, bye: &Message, from: SocketAddr) {
        self.reply(bye, 200, from);
        self.log.lock()[call].bye.get_or_insert((Side::There, Instant::now()));
        self.end(call);
    }

    fn plan_step(&mut self, call: usize, now: Instant) {
        let ours = &self.calls[call];
        if let Some((after, _)) = ours.conduct.script.get(ours.step) {
            self.due.push(Reverse((now + *after, Due::Step { call })));
        }
    }

    fn take_step(&mut self, call: usize, now: Instant) {
        let ours = &mut self.calls[call];
        if ours.over {
            return;
        }
        let Some((_, step)) = ours.conduct.script.get(ours.step).cloned() else {
            return;
        };
        ours.step += 1;
        match step {
            Step::Ring => {
                let ringing =
                    ours.invite.response(180, &ours.tag).with("Contact", &format!("<sip:{}>", self.sip));
                self.say(call, ringing.bytes());
                self.log.lock()[call].ringing_at = Some(now);
            }
            Step::EarlyMedia => {
                self.accept(call, 183, now);
                self.log.lock()[call].early_media_at = Some(now);
            }
            Step::Press(key) => {
                let event = "0123456789*#".find(key).and_then(|at| u8::try_from(at).ok());
                let event = event.expect("a key that every telephone has");
                ours.pressed = Some(Pressed { event, began: 0, told: 0 });
            }
            Step::Answer => return self.answer(call, now),
            Step::HangUp => return self.hang_up(call, now),
            Step::Refuse(code) => return self.refuse(call, code, None, now),
            Step::Redirect(number) => return self.refuse(call, 302, Some(&number), now),
        }
        self.plan_step(call, now);
    }

    /// A response with SDP, and sound from now on.
    fn accept(&mut self, call: usize, code: u16, now: Instant) {
        let ours = &mut self.calls[call];
        let sdp = message::sdp(self.media, ptime_ms(ours.conduct.ptime));
        let response = ours.invite.response(code, &ours.tag).with("Contact", &format!("<sip:{}>", self.sip));
        let talked = std::mem::replace(&mut ours.talks, true);
        self.say(call, response.bytes_with_sdp(&sdp));
        if !talked {
            self.due.push(Reverse((now, Due::Sound { call, packet: 0 })));
        }
    }

    fn answer(&mut self, call: usize, now: Instant) {
        self.accept(call, 200, now);
        {
            let entry = &mut self.log.lock()[call];
            entry.answered_at = Some(now);
            entry.final_code = Some(200);
        }
        let said = self.calls[call].said.clone();
        self.await_acknowledgement(call, said, now);
    }

    fn refuse(&mut self, call: usize, code: u16, contact: Option<&str>, now: Instant) {
        let ours = &self.calls[call];
        let mut response = ours.invite.response(code, &ours.tag);
        if let Some(number) = contact {
            response = response.with("Contact", &format!("<sip:{number}@{}>", self.sip));
        }
        self.say(call, response.bytes());
        self.log.lock()[call].final_code = Some(code);
        self.end(call);
        let said = self.calls[call].said.clone();
        self.await_acknowledgement(call, said, now);
    }

    pub(super) fn obey(&mut self, order: &Order) {
        let now = Instant::now();
        let (Order::HangUp(number) | Order::Unplug(number)) = order;
        for call in self.calls_to(number) {
            match order {
                Order::HangUp(_) => self.hang_up(call, now),
                Order::Unplug(_) => {
                    self.calls[call].conduct.replies = false;
                    self.end(call);
                }
            }
        }
    }

    /// The answered calls to this number that nobody has ended.
    fn calls_to(&self, number: &str) -> Vec<usize> {
        let log = self.log.lock();
        let stands =
            |entry: &CallLog| entry.number == number && entry.acked_at.is_some() && entry.bye.is_none();
        log.iter().enumerate().filter(|(_, entry)| stands(entry)).map(|(call, _)| call).collect()
    }

    fn hang_up(&mut self, call: usize, now: Instant) {
        let ours = &self.calls[call];
        let bye = message::bye(&ours.invite, &ours.tag, self.sip);
        self.sip_out.push((bye.clone(), ours.from));
        self.log.lock()[call].bye.get_or_insert((Side::Here, now));
        self.end(call);
        self.await_acknowledgement(call, Some(bye), now);
    }

    fn end(&mut self, call: usize) {
        let ours = &mut self.calls[call];
        ours.over = true;
        ours.talks = false;
        ours.unacknowledged = None;
        self.log.lock()[call].ended_at.get_or_insert_with(Instant::now);
    }

    fn say(&mut self, call: usize, response: Vec<u8>) {
        let ours = &mut self.calls[call];
        ours.said = Some(response.clone());
        self.sip_out.push((response, ours.from));
    }

    fn await_acknowledgement(&mut self, call: usize, sent: Option<Vec<u8>>, now: Instant) {
        let ours = &mut self.calls[call];
        ours.unacknowledged = sent;
        ours.round += 1;
        let resend = Due::Resend { call, round: ours.round, after: RESEND_FIRST };
        self.due.push(Reverse((now + RESEND_FIRST, resend)));
    }

    fn resend(&mut self, call: usize, round: u32, after: Duration, now: Instant) {
        let ours = &self.calls[call];
        let Some(bytes) = ours.unacknowledged.clone().filter(|_| ours.round == round) else {
            return;
        };
        self.sip_out.push((bytes, ours.from));
        let after = (after * 2).min(RESEND_LONGEST);
        self.due.push(Reverse((now + after, Due::Resend { call, round, after })));
    }

    /// Sends one packet and plans the next one, by the clock of the first.
    fn talk(&mut self, call: usize, packet: u32, at: Instant) {
        let ours = &mut self.calls[call];
        let ptime = ours.conduct.ptime;
        let (Some(to), true) = (ours.media, ours.talks) else {
            return;
        };
        let Some(payload) = ours.conduct.voice.payload(ptime * packet, ptime) else {
            return;
        };
        let length = payload.len();
        let sent = match &mut ours.pressed {
            Some(pressed) => {
                let sent = pressed.packet(call, packet, length);
                ours.pressed = ours.pressed.filter(|pressed| pressed.told < KEY_HELD + KEY_ENDS);
                sent
            }
            None => rtp(call, PCMU, packet, stamp(packet, length), &payload),
        };
        self.media_out.push((sent, to));
        self.due.push(Reverse((at + ptime, Due::Sound { call, packet: packet + 1 })));
    }

    /// A packet of a key. All packets of one key have the time at which it was pressed.
    fn take_key(&mut self, call: usize, stamp: &[u8], payload: &[u8]) {
        let Some(&event) = payload.first() else {
            return;
        };
        if self.calls[call].key_heard.replace(stamp.to_vec()).is_some_and(|before| before == stamp) {
            return;
        }
        if let Some(key) = "0123456789*#ABCD".chars().nth(usize::from(event)) {
            self.log.lock()[call].keys.push(key);
        }
    }

    pub(super) fn take_rtp(&mut self, packet: &[u8], from: SocketAddr) {
        let Some(call) = self.by_media_port.get(&from.port()).copied() else {
            return;
        };
        let Some(payload) = packet.get(RTP_HEADER..) else {
            return;
        };
        if packet[1] & 0x7f == message::KEYS {
            return self.take_key(call, &packet[4..8], payload);
        }
        if packet[1] & 0x7f != PCMU {
            return;
        }
        let now = Instant::now();
        let entry = &mut self.log.lock()[call];
        entry.packets += 1;
        if let Some(phone) = phone_heard(payload) {
            entry.phones_heard.entry(phone).or_insert(now);
        } else if is_sound(payload) {
            entry.sound_at.get_or_insert(now);
        }
        if self.calls[call].conduct.keep_audio {
            entry.heard.extend_from_slice(payload);
        }
    }
}

fn ptime_ms(ptime: Duration) -> u64 {
    u64::try_from(ptime.as_millis()).unwrap_or(20)
}

impl Pressed {
    /// The packet that tells of it in place of one of so many samples. All have the time at which the key was pressed.
    fn packet(&mut self, call: usize, packet: u32, samples: usize) -> Vec<u8> {
        let is_first = self.told == 0;
        if is_first {
            self.began = packet;
        }
        self.told += 1;
        let held = self.told.min(KEY_HELD).wrapping_mul(u16::try_from(samples).unwrap_or(0));
        let end_and_volume = if self.told > KEY_HELD { 0x8a } else { 0x0a };
        let [high, low] = held.to_be_bytes();
        let mark = if is_first { 0x80 } else { 0 };
        let event = [self.event, end_and_volume, high, low];
        rtp(call, mark | message::KEYS, packet, stamp(self.began, samples), &event)
    }
}

fn stamp(packet: u32, samples: usize) -> u32 {
    packet.wrapping_mul(u32::try_from(samples).unwrap_or(0))
}

/// One packet; the call's place serves as its stream's name.
fn rtp(call: usize, kind: u8, packet: u32, stamp: u32, payload: &[u8]) -> Vec<u8> {
    let [.., high, low] = packet.to_be_bytes();
    let stream = u32::try_from(call).unwrap_or(0) + 1;
    let first = if packet == 0 { 0x80 } else { 0 };
    let mut bytes = vec![0x80, first | kind, high, low];
    bytes.extend(stamp.to_be_bytes());
    bytes.extend(stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}
