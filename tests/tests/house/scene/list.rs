//! Which scenes there are: one test for each file and arm.

/// Makes a test of each scene, and one that fails where a file has none.
#[macro_export]
macro_rules! each_scene {
    ($arm:expr) => {
        $crate::each_scene! { $arm;
            agent_hangs_up_in_mid_talk,
            agent_who_does_not_pick_up_is_paused_until_they_are_ready,
            agent_who_pauses_or_leaves_finishes_the_call,
            agents_consult_and_go_on_in_every_way,
            agents_hand_callees_over,
            amd_gate_connects_persons_and_hangs_up_on_machines,
            amd_gate_leaves_a_message_after_the_tone,
            amd_parallel_leaves_a_message_after_the_tone,
            amd_parallel_leaves_persons_to_the_agent,
            amd_parallel_takes_the_agent_back_from_a_machine,
            busy_is_retried_once_by_its_rule_and_by_no_other,
            callee_hangs_up_while_waiting,
            carrier_has_no_more_calls_than_its_channels,
            carrier_overrides_go_before_the_campaigns_local,
            carrier_overrides_go_before_the_campaigns_straight,
            digits_after_the_answer,
            digits_before_the_answer,
            disposition_is_still_owed_after_a_crash,
            disposition_of_a_call_that_goes_on_outlives_a_crash,
            disposition_of_nobody_is_the_default,
            dispositions_decide_what_becomes_of_leads,
            draining_campaign_stops_when_its_call_has_ended,
            every_kind_of_end_local,
            every_kind_of_end_straight,
            failover_before_ringing,
            failover_through_the_dialplan,
            flow_answers_outlive_a_crash,
            flow_bars_whoever_opts_out,
            flow_before_a_reserved_agent,
            flow_conference_is_left_by_key_by_time_and_by_hanging_up,
            flow_ends_with_the_call,
            flow_finds_an_agent_for_whoever_asks,
            flow_records_until_silence,
            flow_says_what_was_pressed,
            flow_takes_keys_barging_in,
            flow_tells_silence_from_a_wrong_answer,
            flow_transfer_ends_with_the_callee,
            flow_transfer_goes_on_by_what_came_of_it,
            flow_transfer_is_taken_by_a_key,
            leads_added_wake_a_completed_campaign,
            no_failover_after_ringing_or_on_busy,
            paused_campaign_finishes_its_call_and_goes_on_later,
            pauses_have_codes_and_outlive_a_crash,
            per_call_agent_hangs_up_in_mid_talk,
            per_call_agent_who_misses_two_rings_is_paused,
            per_call_agents_are_called_first,
            preview_dials_what_is_accepted_and_lets_rest_what_is_skipped,
            progressive_never_drops,
            ratio_plays_the_message_to_whom_nobody_can_take,
            recording_in_stereo,
            recording_of_each_conversation,
            recording_on_demand,
            ringing_is_given_up_after_fifteen_seconds,
            silence_is_given_up_at_the_set_up_time_out,
            stopped_campaign_gives_up_what_rings_after_fifteen_seconds,
            transfers_outlive_a_crash,
            variables_are_those_of_the_request_local,
            variables_are_those_of_the_request_straight,
            wrap_up_keeps_the_agent_from_the_next_call,
        }
    };
    ($arm:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                scene::play($arm, stringify!($name)).await;
            }
        )*

        #[test]
        fn every_scenario_file_is_played() {
            assert_eq!(scene::names(), [$(stringify!($name)),*], "list it in tests/tests/house/scene/list.rs");
        }
    };
}
