//! A callee who is in a room: what they do there, and how long they stay.

use super::{Input, Stage, Walk};
use crate::flow::run::Action;
use crate::flow::{ConferenceEnd, NodeKind};

impl Walk<'_> {
    /// What happens to a callee who is in a room, or on the way into it or out of it.
    pub(super) fn hear_in_room(&mut self, input: Input) {
        let flow = self.flow;
        let NodeKind::Conference { rules, ways, .. } = &flow.nodes[self.run.at].kind else {
            unreachable!("only a conference lets anybody into a room");
        };
        let Stage::Conferring { since, entered, leaves } = &mut self.run.stage else {
            unreachable!("whoever is in a room confers");
        };
        let is_due = self.run.due.is_some_and(|due| due <= self.now);
        match input {
            Input::RoomEntered if entered.is_none() => {
                *entered = Some(self.now);
                self.run.due = Some(self.now + rules.longest).filter(|_| !*leaves);
            }
            Input::Pressed(key) if key == rules.leave && !*leaves => self.leave_room(ConferenceEnd::Left),
            Input::Woke if is_due => self.leave_room(ConferenceEnd::Over),
            Input::RoomLeft(end) => {
                let since = *since;
                self.comes_back(since);
                self.go(end.into(), ways.of(end));
            }
            Input::Started
            | Input::Pressed(_)
            | Input::Played { .. }
            | Input::Recorded { .. }
            | Input::RecordingLost { .. }
            | Input::Woke
            | Input::NobodyCame
            | Input::AgentJoined
            | Input::TransferOver(_)
            | Input::RoomEntered
            | Input::Gap
            | Input::HungUp => {}
        }
    }

    fn leave_room(&mut self, end: ConferenceEnd) {
        if let Stage::Conferring { leaves, .. } = &mut self.run.stage {
            *leaves = true;
        }
        self.run.due = None;
        self.actions.push(Action::LeaveRoom(end));
    }
}
