//! What must hold after every scene, whatever it expects.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::call::{CallRequest, TransferRequest};
use engine::recording::{TakeLog, TakeState, Track};
use engine::words::Leg;
use tests::house::{House, Logged};
use tests::lab::{Heard, Recording};
use tests::pbx::{Dialled, Pbx};

/// How long Asterisk may take to forget a channel or a bridge that it was told to end.
const FORGETTING: Duration = Duration::from_secs(5);

/// The laws that were broken, one sentence each.
pub(super) async fn broken(house: &House, pbx: &Pbx, printed: &str) -> Vec<String> {
    let (calls, dialled, requests) = (house.logged().await, pbx.dialled().await, house.requests().await);
    let others = house.transfer_requests().await;
    let mut faults = each_attempt_has_one_record(house, &calls, &requests).await;
    faults.extend(each_try_was_one_call(&calls, &others, &dialled));
    faults.extend(every_call_is_over(&dialled));
    faults.extend(no_lead_is_lost(house).await);
    faults.extend(nothing_is_left(pbx).await);
    faults.extend(recordings_are_there(&calls, pbx).await);
    faults.extend(the_journal_replays(house, printed));
    faults.extend(requests_are_what_the_pbx_saw(&requests, &others, pbx.variables().await));
    faults.extend(callees_saw_what_is_on_record(&requests, &others, &dialled));
    faults.extend(items_name_the_carriers_of_their_last_tries(house).await);
    faults
}

async fn each_attempt_has_one_record(
    house: &House,
    calls: &[Logged],
    requests: &[CallRequest],
) -> Vec<String> {
    let recorded: Vec<i64> = calls.iter().map(|call| call.attempt).collect();
    let asked: BTreeSet<i64> =
        requests.iter().map(|request| i64::try_from(request.attempt.0).unwrap_or(-1)).collect();
    let open = house.count("SELECT COUNT(*) FROM attempts WHERE closed = 0").await;
    let mut faults = Vec::new();
    if recorded != asked.iter().copied().collect::<Vec<_>>() {
        faults.push(format!("attempts {asked:?} have the records {recorded:?}"));
    }
    if open != 0 {
        faults.push(format!("{open} attempts are open"));
    }
    faults
}

/// For each number, as many calls as tries that were given to a carrier, whomever they were for.
fn each_try_was_one_call(
    calls: &[Logged],
    others: &[TransferRequest],
    dialled: &[Dialled],
) -> Option<String> {
    let mut tries: BTreeMap<String, usize> = BTreeMap::new();
    for call in calls.iter().filter(|call| !call.dialled.is_empty()) {
        *tries.entry(call.number.clone()).or_default() += call.dialled.len();
    }
    for number in numbers_of_transfers(calls, others) {
        *tries.entry(number).or_default() += 1;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for call in dialled {
        *seen.entry(canonical(&call.number).to_owned()).or_default() += 1;
    }
    (tries != seen).then(|| format!("tries {tries:?} are not the calls seen, {seen:?}"))
}

/// The number of each leg to somebody else that a carrier was given, as the records tell.
fn numbers_of_transfers(calls: &[Logged], others: &[TransferRequest]) -> Vec<String> {
    let mut numbers = Vec::new();
    for call in calls {
        for log in call.transfers.iter().filter(|log| log.times.placed.is_some() && log.unplaced.is_none()) {
            let is_it = |other: &&TransferRequest| {
                u64::try_from(call.attempt) == Ok(other.attempt.0) && other.ordinal == log.ordinal
            };
            let number =
                others.iter().find(is_it).expect("nobody is called before it is written down").number;
            numbers.extend(number.map(|number| number.to_string()));
        }
    }
    numbers
}

/// What is on record of recordings is there, and complete.
async fn recordings_are_there(calls: &[Logged], pbx: &Pbx) -> Vec<String> {
    let mut faults = Vec::new();
    for name in calls.iter().flat_map(|call| &call.recordings) {
        if !pbx.has_recording(name).await {
            faults.push(format!("there is no recording {name}"));
        }
    }
    for take in calls.iter().flat_map(|call| &call.takes).filter(|take| take.state == TakeState::Kept) {
        for track in Track::of(take.stereo) {
            let name = file_of(take, *track);
            match pbx.recording(&name) {
                _ if !pbx.has_recording(&name).await => faults.push(format!("there is no recording {name}")),
                Some(recording) => faults.extend(sounds_wrong(take, *track, &recording)),
                None => {}
            }
        }
    }
    faults
}

fn file_of(take: &TakeLog, track: Track) -> String {
    let suffix = match track {
        Track::Both => "",
        Track::Callee => ".callee",
        Track::Agent => ".agent",
    };
    format!("{}{suffix}", take.name)
}

/// A file is as long as is on record, silent for as long, and has those in it who are to be in it.
fn sounds_wrong(take: &TakeLog, track: Track, recording: &Recording) -> Vec<String> {
    let took = Duration::from_millis(take.took_ms.unwrap_or(0));
    let paused = usize::try_from(take.paused_ms / 100).unwrap_or(0);
    let (length, heard, mute) = (recording.length(), recording.heard(0), recording.mute_tenths(0));
    let mut faults = Vec::new();
    if length.abs_diff(took) > Duration::from_millis(200) {
        faults.push(format!("{} is {length:?} long, and {took:?} are on record", take.name));
    }
    // Whoever has said hello is silent, but for the agent's phone, which never is.
    let silent = track == Track::Callee || mute.abs_diff(paused) <= 2;
    if !silent {
        faults.push(format!("{} is mute for {mute} tenths of a second, not for {paused}", take.name));
    }
    // The callee says hello when the call begins.
    let is_first = take.name.ends_with(".1");
    let wanted = match track {
        Track::Both => Heard { callee: is_first, phone: true },
        Track::Callee => Heard { callee: is_first, phone: false },
        Track::Agent => Heard { callee: false, phone: true },
    };
    if heard != wanted {
        faults.push(format!("in {}, {track:?}, there are {heard:?}, not {wanted:?}", take.name));
    }
    faults
}

/// A callee who never says anything cannot be told that it is over.
fn every_call_is_over(dialled: &[Dialled]) -> Vec<String> {
    let lives = |call: &&Dialled| !call.over && !canonical(&call.number).starts_with("1555100");
    dialled.iter().filter(lives).map(|call| format!("{} is still on the phone", call.number)).collect()
}

async fn no_lead_is_lost(house: &House) -> Option<String> {
    let lost = "SELECT COUNT(*) FROM queue WHERE state IN ('claimed', 'open')";
    let lost = house.count(lost).await;
    (lost != 0).then(|| format!("{lost} leads are with nobody"))
}

async fn nothing_is_left(pbx: &Pbx) -> Option<String> {
    let end = tokio::time::Instant::now() + FORGETTING;
    loop {
        let left = pbx.left().await;
        if left == (0, 0) {
            return None;
        }
        if tokio::time::Instant::now() > end {
            return Some(format!("{left:?} channels and bridges are left: {:?}", pbx.channels().await));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn the_journal_replays(house: &House, printed: &str) -> Option<String> {
    let (code, replayed) = house.replay();
    let digest = printed.lines().find_map(|line| line.strip_prefix("digest of all commands: "));
    let same = digest.is_some_and(|digest| replayed.contains(digest));
    (code != 0 || !same).then(|| format!("{digest:?} is not what the replay gives ({code}): {replayed}"))
}

/// What the model was asked, to the letter. A real Asterisk is asked itself while the call lives.
fn requests_are_what_the_pbx_saw(
    requests: &[CallRequest],
    others: &[TransferRequest],
    seen: Option<Vec<BTreeMap<String, String>>>,
) -> Option<String> {
    let mut seen = seen?;
    let owned = |(name, value): (&str, Cow<'_, str>)| (name.to_owned(), value.into_owned());
    let asked = requests.iter().map(|request| &request.variables);
    let asked = asked.chain(others.iter().map(|other| &other.variables));
    let mut asked: Vec<BTreeMap<String, String>> =
        asked.map(|variables| variables.iter().map(owned).collect()).collect();
    // A request that was never sent is in no order with those that were.
    asked.retain(|variables| seen.contains(variables));
    asked.sort();
    seen.sort();
    (asked != seen).then(|| format!("the PBX saw {seen:?}, and {asked:?} is on record"))
}

/// The number that each callee was called by, and the prefix, as the far end heard them.
fn callees_saw_what_is_on_record(
    requests: &[CallRequest],
    others: &[TransferRequest],
    dialled: &[Dialled],
) -> Vec<String> {
    let asked = |prefix: &str, number: String, caller_id: &Option<String>| {
        (
            format!("{prefix}{number}"),
            caller_id.as_deref().map(|shown| shown.trim_start_matches('+').to_owned()),
        )
    };
    let callees =
        requests.iter().map(|request| asked(&request.prefix, request.number.to_string(), &request.caller_id));
    let others = others
        .iter()
        .filter_map(|other| Some(asked(&other.prefix, other.number?.to_string(), &other.caller_id)));
    let asked: Vec<(String, Option<String>)> = callees.chain(others).collect();
    let is_on_record = |call: &&Dialled| {
        let seen = |shown: &Option<String>| shown.as_ref().is_none_or(|shown| *shown == call.caller);
        asked.iter().any(|(number, shown)| *number == call.number && seen(shown))
    };
    let unknown = dialled.iter().filter(|call| !is_on_record(call));
    unknown
        .map(|call| format!("{} was called by {}, which is not on record", call.number, call.caller))
        .collect()
}

/// Also after a failover, queue item and call log name the carrier of the last try.
async fn items_name_the_carriers_of_their_last_tries(house: &House) -> Option<String> {
    let strange = "SELECT COUNT(*) FROM queue JOIN call_log ON call_log.attempt_id = queue.attempt_id \
                   JOIN attempts ON attempts.id = queue.attempt_id \
                   WHERE queue.carrier_id <> call_log.carrier_id OR attempts.carrier_id <> call_log.carrier_id";
    let strange = house.count(strange).await;
    (strange != 0).then(|| format!("{strange} queue items name another carrier than their records"))
}

/// Variables of live customers' channels that are not what is on record, or that are not there.
pub(super) async fn strange_variables(house: &House, pbx: &Pbx) -> Vec<String> {
    let signature = house.signature().await;
    let requests = house.requests().await;
    let (mut faults, mut customers) = (Vec::new(), 0);
    for channel in pbx.channels().await {
        let Some(leg @ Leg::Customer { .. }) = signature.leg(&channel) else { continue };
        customers += 1;
        let request = requests.iter().find(|request| request.leg() == leg);
        let request = request.expect("a live call has a request on record");
        faults.extend(missing_names(request));
        for (name, value) in request.variables.iter().filter(|(name, _)| can_be_read(name)) {
            let seen = pbx.variable(&channel, name).await;
            if seen.as_deref() != Some(&*value) {
                faults.push(format!("{channel}: {name} is {seen:?} and was to be {value:?}"));
            }
        }
    }
    if customers == 0 {
        faults.push("nobody is there whose variables could be compared".to_owned());
    }
    faults
}

fn missing_names(request: &CallRequest) -> Vec<String> {
    let has = |name: &str| request.variables.iter().any(|(known, _)| known == name);
    let wanted =
        ["CAMPAIGN_ID", "QUEUE_ID", "CALL_TYPE", "CARRIER_ID", "CARRIER_NAME", "ATTEMPT_ID", "LEAD_ID"];
    wanted.into_iter().filter(|name| !has(name)).map(|name| format!("{name} is not on record")).collect()
}

/// Asterisk counts this one down.
fn can_be_read(name: &str) -> bool {
    name != "TIMEOUT(absolute)"
}

/// A test number without the prefix it was dialled with.
pub(super) fn canonical(number: &str) -> &str {
    number.len().checked_sub(11).map_or(number, |start| &number[start..])
}
