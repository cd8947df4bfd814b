//! The limit against a table that was computed independently, by another method: fifty-four pools with rings of 10 s
//! on average. Utilisations in %.

use simulator::limit::{Case, evaluate, frontier, solve};

/// Agents, answer rate, handle time in seconds; utilisation with one call per idle agent, with 1 % drops, with 3 %, and
/// with 3 % where callees wait 2 s; what a drop buys in agent-seconds at 3 %; calls to dial up to with 1, 2, 3, 5 idle.
type Cell = (u32, f64, f64, f64, f64, f64, Option<f64>, f64, &'static [u32]);

#[rustfmt::skip]
const TABLE: [Cell; 54] = [
    (1, 0.1, 60.0, 37.5, 38.9, 42.3, Some(42.5), 219.0, &[1]),
    (1, 0.1, 120.0, 54.5, 55.9, 59.0, None, 294.0, &[1]),
    (1, 0.1, 180.0, 64.3, 65.5, 68.3, Some(68.3), 340.0, &[1]),
    (1, 0.3, 60.0, 64.3, 64.7, 65.7, Some(65.8), 42.0, &[1]),
    (1, 0.3, 120.0, 78.3, 78.6, 79.2, None, 47.0, &[1]),
    (1, 0.3, 180.0, 84.4, 84.6, 85.1, Some(85.1), 50.0, &[1]),
    (1, 0.6, 60.0, 78.3, 78.4, 78.8, Some(78.8), 13.0, &[1]),
    (1, 0.6, 120.0, 87.8, 87.9, 88.1, None, 13.0, &[1]),
    (1, 0.6, 180.0, 91.5, 91.6, 91.7, Some(91.7), 13.0, &[1]),
    (2, 0.1, 60.0, 37.5, 47.1, 53.1, Some(53.6), 211.0, &[1, 5]),
    (2, 0.1, 120.0, 54.5, 61.8, 65.7, None, 272.0, &[1, 5]),
    (2, 0.1, 180.0, 64.3, 69.7, 72.7, Some(72.8), 311.0, &[1, 5]),
    (2, 0.3, 60.0, 64.3, 66.1, 68.9, Some(69.1), 61.0, &[1, 3]),
    (2, 0.3, 120.0, 78.3, 79.4, 80.7, None, 64.0, &[1, 3]),
    (2, 0.3, 180.0, 84.4, 85.2, 85.9, Some(86.0), 65.0, &[1, 3]),
    (2, 0.6, 60.0, 78.3, 78.7, 79.6, Some(79.7), 32.0, &[1, 2]),
    (2, 0.6, 120.0, 87.8, 88.0, 88.5, None, 31.0, &[1, 2]),
    (2, 0.6, 180.0, 91.5, 91.7, 92.0, Some(92.0), 14.0, &[1, 3]),
    (5, 0.1, 60.0, 37.5, 61.4, 68.4, Some(69.6), 169.0, &[2, 6, 12, 26]),
    (5, 0.1, 120.0, 54.5, 70.5, 75.7, None, 250.0, &[1, 5, 11, 23]),
    (5, 0.1, 180.0, 64.3, 75.8, 79.9, Some(80.2), 275.0, &[1, 5, 10, 22]),
    (5, 0.3, 60.0, 64.3, 70.0, 74.6, Some(75.3), 91.0, &[1, 3, 6, 11]),
    (5, 0.3, 120.0, 78.3, 80.6, 83.3, None, 98.0, &[1, 3, 5, 11]),
    (5, 0.3, 180.0, 84.4, 85.7, 87.5, Some(87.5), 71.0, &[1, 3, 6, 11]),
    (5, 0.6, 60.0, 78.3, 79.6, 81.1, Some(81.5), 46.0, &[1, 2, 4, 7]),
    (5, 0.6, 120.0, 87.8, 88.3, 88.9, None, 38.0, &[1, 2, 4, 7]),
    (5, 0.6, 180.0, 91.5, 91.8, 92.2, Some(92.2), 35.0, &[1, 2, 4, 7]),
    (10, 0.1, 60.0, 37.5, 72.5, 78.1, Some(79.6), 119.0, &[2, 9, 16, 33]),
    (10, 0.1, 120.0, 54.5, 78.4, 82.8, None, 193.0, &[2, 6, 13, 26]),
    (10, 0.1, 180.0, 64.3, 81.7, 85.4, Some(85.9), 257.0, &[1, 6, 11, 23]),
    (10, 0.3, 60.0, 64.3, 76.4, 80.7, Some(82.0), 104.0, &[1, 4, 6, 12]),
    (10, 0.3, 120.0, 78.3, 83.2, 86.2, None, 105.0, &[1, 3, 6, 11]),
    (10, 0.3, 180.0, 84.4, 87.1, 89.2, Some(89.4), 113.0, &[1, 3, 5, 11]),
    (10, 0.6, 60.0, 78.3, 81.6, 84.0, Some(85.2), 71.0, &[1, 2, 4, 8]),
    (10, 0.6, 120.0, 87.8, 88.8, 89.8, None, 51.0, &[1, 2, 4, 7]),
    (10, 0.6, 180.0, 91.5, 92.0, 92.6, Some(92.7), 44.0, &[1, 2, 4, 7]),
    (20, 0.1, 60.0, 37.5, 81.5, 85.5, Some(87.3), 83.0, &[3, 13, 24, 45]),
    (20, 0.1, 120.0, 54.5, 85.2, 88.4, None, 131.0, &[2, 9, 16, 33]),
    (20, 0.1, 180.0, 64.3, 87.2, 90.0, Some(90.5), 158.0, &[2, 7, 14, 29]),
    (20, 0.3, 60.0, 64.3, 83.1, 86.6, Some(88.3), 71.0, &[2, 5, 9, 17]),
    (20, 0.3, 120.0, 78.3, 87.3, 89.7, None, 116.0, &[1, 4, 6, 13]),
    (20, 0.3, 180.0, 84.4, 89.5, 91.5, Some(91.9), 105.0, &[1, 3, 6, 12]),
    (20, 0.6, 60.0, 78.3, 85.4, 88.1, Some(89.6), 56.0, &[1, 3, 5, 10]),
    (20, 0.6, 120.0, 87.8, 90.1, 91.6, None, 75.0, &[1, 3, 4, 8]),
    (20, 0.6, 180.0, 91.5, 92.5, 93.4, Some(93.7), 61.0, &[1, 2, 4, 8]),
    (50, 0.1, 60.0, 37.5, 89.5, 91.9, Some(93.9), 46.0, &[7, 25, 45, 80]),
    (50, 0.1, 120.0, 54.5, 91.5, 93.4, None, 73.0, &[4, 15, 28, 52]),
    (50, 0.1, 180.0, 64.3, 92.5, 94.2, Some(94.9), 94.0, &[3, 12, 22, 42]),
    (50, 0.3, 60.0, 64.3, 90.1, 92.3, Some(94.2), 42.0, &[3, 9, 16, 28]),
    (50, 0.3, 120.0, 78.3, 92.2, 93.9, None, 63.0, &[2, 6, 10, 19]),
    (50, 0.3, 180.0, 84.4, 93.3, 94.7, Some(95.3), 80.0, &[1, 5, 8, 16]),
    (50, 0.6, 60.0, 78.3, 90.9, 92.8, Some(94.7), 37.0, &[2, 5, 9, 16]),
    (50, 0.6, 120.0, 87.8, 93.1, 94.5, None, 55.0, &[1, 4, 6, 11]),
    (50, 0.6, 180.0, 91.5, 94.4, 95.4, Some(95.9), 57.0, &[1, 3, 5, 9]),
];

fn case(&(agents, answer_rate, talk_s, ..): &Cell, drop: f64) -> Case {
    Case { agents, answer_rate, talk_s, ring_s: 10.0, drop, patience_s: 0.0 }
}

/// Holds a share to the table's figure in %, which is rounded to a tenth: to 0.1 point.
fn holds(what: &str, cell: &Cell, share: f64, expected: f64) {
    let off = (100.0 * share - expected).abs();
    assert!(off <= 0.1, "{what} of {cell:?}: {:.3} % is {off:.3} points off", 100.0 * share);
}

#[test]
fn the_limit_is_the_tables_in_every_cell() {
    for cell in &TABLE {
        let optimum = solve(&case(cell, 0.03)).expect("the cell can be solved");
        holds("the limit", cell, optimum.utilisation, cell.5);
        holds("one to one", cell, optimum.one_to_one, cell.3);
        assert!((optimum.drop_rate - 0.03).abs() < 1e-9, "{cell:?} drops {}", optimum.drop_rate);
        assert!(optimum.uncertainty < 1e-4, "{cell:?} is certain to {}", optimum.uncertainty);
        assert_eq!(optimum.dial_up_to[0], 0, "{cell:?}: nobody is dialled for when nobody is idle");
    }
}

#[test]
fn the_limit_at_one_percent_is_the_tables_in_every_cell() {
    for cell in &TABLE {
        let optimum = solve(&case(cell, 0.01)).expect("the cell can be solved");
        holds("the limit at 1 %", cell, optimum.utilisation, cell.4);
    }
}

#[test]
fn callees_who_wait_two_seconds_are_worth_what_the_table_says() {
    for cell in TABLE.iter().filter(|cell| cell.6.is_some()) {
        let optimum = solve(&Case { patience_s: 2.0, ..case(cell, 0.03) }).expect("the cell can be solved");
        holds("the limit with patience", cell, optimum.utilisation, cell.6.unwrap_or_default());
    }
}

#[test]
fn the_dial_up_to_table_and_the_price_are_the_tables() {
    for cell in &TABLE {
        let optimum = solve(&case(cell, 0.03)).expect("the cell can be solved");
        // At the limit two neighbouring corners are mixed, and the table shows one of them.
        for (&expected, idle) in cell.8.iter().zip([1, 2, 3, 5]) {
            let (timid, eager) = (optimum.dial_up_to[idle], optimum.eager_dial_up_to[idle]);
            let near = timid.min(eager).saturating_sub(1)..=timid.max(eager) + 1;
            assert!(near.contains(&expected), "{cell:?}: {timid} or {eager} with {idle} idle");
        }
        let off = (optimum.price_s / cell.7 - 1.0).abs();
        assert!(off < 0.12, "{cell:?}: a drop buys {:.1} agent-s", optimum.price_s);
    }
}

#[test]
fn a_table_that_is_evaluated_does_what_the_solution_says_of_it() {
    for cell in TABLE.iter().filter(|cell| cell.0 <= 10) {
        let optimum = solve(&case(cell, 0.03)).expect("the cell can be solved");
        let timid = evaluate(&case(cell, 0.03), &optimum.dial_up_to).expect("a table");
        let eager = evaluate(&case(cell, 0.03), &optimum.eager_dial_up_to).expect("a table");
        assert!(timid.drop_rate <= 0.03 && eager.drop_rate >= 0.03, "{cell:?}: {timid:?} {eager:?}");
        let between = timid.utilisation - 1e-9..=eager.utilisation + 1e-9;
        assert!(between.contains(&optimum.utilisation), "{cell:?}: {timid:?} {eager:?}");
    }
}

#[test]
fn a_line_that_is_to_be_drawn_lies_no_more_than_a_hundredth_of_a_point_below_the_optimum() {
    let drops = [0.0, 0.001, 0.01, 0.03, 0.075];
    for cell in TABLE.iter().filter(|cell| cell.0 >= 10 && cell.2 == 120.0) {
        let line = frontier(&case(cell, 0.5), &drops).expect("a line");
        for (drop, drawn) in drops.into_iter().zip(line) {
            let below =
                solve(&case(cell, drop)).expect("the cell can be solved").utilisation - drawn.utilisation;
            assert!((-1e-9..=1e-4).contains(&below), "{cell:?} with {drop}: {below}");
        }
    }
}

#[test]
fn without_any_drop_a_pool_of_any_size_reaches_what_one_call_for_each_idle_agent_does() {
    for (agents, answer_rate, talk_s, patience_s) in [
        (10, 0.22, 110.0, 3.2),
        (30, 0.22, 110.0, 3.2),
        (50, 0.2307, 110.0, 3.2),
        (100, 0.24, 110.0, 3.2),
        (60, 0.8, 1_200.0, 0.0),
    ] {
        let case = Case { agents, answer_rate, talk_s, ring_s: 10.0, drop: 0.0, patience_s };
        let optimum = solve(&case).expect("a pool that can be solved");
        let seen = (optimum.utilisation, optimum.drop_rate, optimum.eager_share, optimum.uncertainty);
        assert_eq!(seen, (optimum.one_to_one, 0.0, 0.0, 0.0), "{agents} agents");
        let one_each: Vec<u32> = (0..=agents).collect();
        assert_eq!(optimum.dial_up_to, one_each);
    }
}

#[test]
fn a_pool_that_cannot_be_is_refused_for_one_limit_and_for_many() {
    let case = Case { agents: 5, answer_rate: 0.3, talk_s: 60.0, ring_s: 0.0, drop: 0.03, patience_s: 0.0 };
    let told = "ring 0: must be 0.1 to 600 seconds";
    assert_eq!(solve(&case).expect_err("no time to ring").to_string(), told);
    assert_eq!(frontier(&case, &[0.03]).expect_err("no time to ring").to_string(), told);
}

#[test]
fn as_many_callers_wait_as_it_takes_and_a_pool_in_which_five_are_too_few_has_no_limit() {
    let pool = |agents, talk_s, patience_s| Case {
        agents,
        answer_rate: 0.3,
        talk_s,
        ring_s: 10.0,
        drop: 0.03,
        patience_s,
    };
    // With room for six; where three, four or five wait it is less by more than 0.1 point.
    for (case, room, utilisation) in
        [(pool(20, 60.0, 2.0), 3, 0.8828), (pool(20, 60.0, 8.0), 4, 0.9248), (pool(50, 60.0, 3.0), 5, 0.9507)]
    {
        let optimum = solve(&case).expect("a limit");
        assert_eq!(optimum.waiting_room, room, "{case:?}: {optimum:?}");
        assert!((optimum.utilisation - utilisation).abs() < 0.001, "{case:?}: {optimum:?}");
        assert!(optimum.waiting_room_costs < 0.001, "{case:?}: {optimum:?}");
    }
    let told = solve(&pool(20, 10.0, 10.0)).expect_err("twenty would wait").to_string();
    assert!(
        told.starts_with("patience 10: of 20 agents with 10 s of talk more than 5 callers would wait"),
        "{told}"
    );
    // The line of a pool that has one ends where it has none any more.
    let drops = [0.0, 0.03, 0.4];
    let line = frontier(&pool(10, 30.0, 5.0), &drops).expect("a line");
    assert_eq!(line.len(), 2, "{line:?}");
}
