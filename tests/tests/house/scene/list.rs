//! Which scenes there are: one test for each file and arm.

/// Makes a test of each scene, and one that fails where a file has none.
#[macro_export]
macro_rules! each_scene {
    ($arm:expr) => {
        $crate::each_scene! { $arm;
            agent_hangs_up_in_mid_talk,
            agent_who_does_not_pick_up_is_offline,
            agent_who_pauses_or_leaves_finishes_the_call,
            busy_is_retried_once_by_its_rule_and_by_no_other,
            callee_hangs_up_while_waiting,
            carrier_has_no_more_calls_than_its_channels,
            carrier_overrides_go_before_the_campaigns_local,
            carrier_overrides_go_before_the_campaigns_straight,
            draining_campaign_stops_when_its_call_has_ended,
            every_kind_of_end_local,
            every_kind_of_end_straight,
            failover_before_ringing,
            failover_through_the_dialplan,
            flow_bars_whoever_opts_out,
            flow_before_a_reserved_agent,
            flow_ends_with_the_call,
            flow_finds_an_agent_for_whoever_asks,
            flow_records_until_silence,
            flow_takes_keys_barging_in,
            flow_tells_silence_from_a_wrong_answer,
            leads_added_wake_a_completed_campaign,
            no_failover_after_ringing_or_on_busy,
            paused_campaign_finishes_its_call_and_goes_on_later,
            per_call_agent_hangs_up_in_mid_talk,
            per_call_agent_who_does_not_pick_up_is_offline,
            per_call_agents_are_called_first,
            progressive_never_drops,
            ratio_plays_the_message_to_whom_nobody_can_take,
            ringing_is_given_up_after_fifteen_seconds,
            silence_is_given_up_at_the_set_up_time_out,
            stopped_campaign_gives_up_what_rings_after_fifteen_seconds,
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
