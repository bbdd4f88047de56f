//! The append checker: every kind of cycle fires, and is explained.

use crate::lists::{Insert, Lists, Peek, Read, Rewrite, only, silent, steps};

#[test]
fn writes_that_interleave_are_g0() {
    let mut run = Lists::default();
    let one = run.send(&[Insert("x/", "1"), Insert("y/", "1")]);
    let two = run.send(&[Insert("x/", "2"), Insert("y/", "2")]);
    run.end(&one, &[]);
    run.end(&two, &[]);
    run.run(&[Read("x/")], &["1 2"]);
    run.run(&[Read("y/")], &["2 1"]);
    let finding = only(&run.stop(), "G0", "K2");
    assert_eq!(steps(&finding), [one.op.index, two.op.index]);
    assert_eq!(finding.because, "because T1 < T2, because T2 appended 2 to list/x/ behind T1's 1");
    assert_eq!(
        finding.however,
        "however T2 < T1, because T1 appended 1 to list/y/ behind T2's 2: a contradiction"
    );
}

#[test]
fn a_circle_of_reads_and_writes_is_g1c() {
    let mut run = Lists::default();
    let one = run.send(&[Rewrite("x", "", "1"), Read("y")]);
    let two = run.send(&[Rewrite("y", "", "1"), Read("x")]);
    run.end(&one, &["1"]);
    run.end(&two, &["1"]);
    let finding = only(&run.stop(), "G1c", "K3");
    assert!(finding.because.contains("was shown T1's append of 1 to list/"), "{finding:?}");
}

#[test]
fn a_read_of_half_a_transaction_is_g_single() {
    let mut run = Lists::default();
    let one = run.send(&[Rewrite("x", "", "1"), Rewrite("y", "", "1")]);
    let two = run.send(&[Read("x"), Read("y")]);
    run.end(&one, &[]);
    run.end(&two, &["1", ""]);
    let finding = only(&run.stop(), "G-single", "K3");
    assert_eq!(
        finding.however,
        "however T2 < T1, because T2 was shown list/y as [], without T1's append of 1: \
         a contradiction"
    );
}

#[test]
fn a_write_skew_is_g2() {
    let mut run = Lists::default();
    let one = run.send(&[Rewrite("x", "", "1"), Read("y")]);
    let two = run.send(&[Rewrite("y", "", "1"), Read("x")]);
    run.end(&one, &[""]);
    run.end(&two, &[""]);
    let finding = only(&run.stop(), "G2", "K3");
    assert_eq!(finding.witness.steps.len(), 2);
}

#[test]
fn a_look_behind_what_a_process_saw_is_g_single_process() {
    let mut run = Lists::default();
    let process = run.cluster.client(1);
    let one = run.send(&[Insert("x/", "1")]);
    run.end(&one, &[]);
    let peek = run.send_by(process, &[Peek("x/")]);
    run.end(&peek, &["1"]);
    let again = run.send_by(process, &[Peek("x/")]);
    run.end(&again, &[""]);
    // The second look comes before what the first one showed.
    let finding = only(&run.stop(), "G-single-process", "K8");
    assert_eq!(steps(&finding), [one.op.index, peek.op.index, again.op.index]);
}

#[test]
fn appends_of_a_process_in_the_other_order_are_g0_process() {
    let mut run = Lists::default();
    let process = run.cluster.client(0);
    let one = run.send_by(process, &[Insert("x/", "1")]);
    run.end(&one, &[]);
    let two = run.send_by(process, &[Insert("x/", "2")]);
    run.end(&two, &[]);
    let reader = run.send(&[Peek("x/")]);
    run.end(&reader, &["2 1"]);
    let finding = only(&run.stop(), "G0-process", "K1");
    assert_eq!(steps(&finding), [one.op.index, two.op.index]);
}

#[test]
fn a_circle_of_what_a_process_appends_and_another_reads_is_g1c_process() {
    let mut run = Lists::default();
    let process = run.cluster.client(0);
    let other = run.send(&[Insert("y/", "1"), Read("x/")]);
    let one = run.send_by(process, &[Peek("y/")]);
    run.end(&one, &["1"]);
    let two = run.send_by(process, &[Insert("x/", "1")]);
    run.end(&two, &[]);
    // It was shown what was sent after its own append had been seen.
    run.end(&other, &["1"]);
    only(&run.stop(), "G1c-process", "K8");
}

#[test]
fn two_processes_that_miss_each_other_are_g2_process() {
    let mut run = Lists::default();
    let (one, two) = (run.cluster.client(0), run.cluster.client(1));
    let first = run.send_by(one, &[Insert("x/", "1")]);
    let second = run.send_by(two, &[Insert("y/", "1")]);
    run.end(&first, &[]);
    run.end(&second, &[]);
    let look = run.send_by(one, &[Peek("y/")]);
    run.end(&look, &[""]);
    let look = run.send_by(two, &[Peek("x/")]);
    run.end(&look, &[""]);
    run.run(&[Read("x/"), Read("y/")], &["1", "1"]);
    let finding = only(&run.stop(), "G2-process", "K8");
    assert_eq!(finding.witness.steps.len(), 4);
}

#[test]
fn appends_against_real_time_are_g0_realtime() {
    let mut run = Lists::default();
    let one = run.run(&[Insert("x/", "1")], &[]);
    let two = run.run(&[Insert("x/", "2")], &[]);
    let reader = run.send(&[Peek("x/")]);
    run.end(&reader, &["2 1"]);
    let finding = only(&run.stop(), "G0-realtime", "K1");
    assert_eq!(steps(&finding), [one, two]);
    assert_eq!(finding.because, "because T1 < T2, because T1 had ended before T2 was sent");
}

#[test]
fn a_read_of_what_was_read_too_late_is_g1c_realtime() {
    // T1 shows 1, whose writer shows what was sent only after T1 had ended.
    let mut run = Lists::default();
    let writer = run.send(&[Insert("x/", "1"), Read("y/")]);
    run.run(&[Read("x/")], &["1"]);
    run.run(&[Insert("y/", "1")], &[]);
    run.end(&writer, &["1"]);
    let finding = only(&run.stop(), "G1c-realtime", "K1");
    assert_eq!(finding.witness.steps.len(), 3);
}

#[test]
fn a_stale_read_is_g_single_realtime() {
    for (parts, name) in [(&[Rewrite("x", "", "1")][..], "x"), (&[Insert("x/", "1")], "x/")] {
        let mut run = Lists::default();
        let one = run.run(parts, &[]);
        let two = run.run(&[Read(name)], &[""]);
        let finding = only(&run.stop(), "G-single-realtime", "K1");
        assert_eq!(steps(&finding), [one, two]);
        assert!(finding.witness.steps[1].contradicts);
    }
}

#[test]
fn stale_reads_that_miss_each_other_are_g2_realtime() {
    // While all are under way, each may be where it wants to be.
    let mut run = Lists::default();
    let one = run.send(&[Insert("x/", "1"), Read("y/")]);
    let two = run.send(&[Insert("y/", "1")]);
    let three = run.send(&[Read("x/")]);
    run.end(&three, &[""]);
    run.end(&two, &[]);
    run.end(&one, &[""]);
    silent(&run.stop());
    // The writer of y ends before the reader of x is sent.
    let mut run = Lists::default();
    let one = run.send(&[Insert("x/", "1"), Read("y/")]);
    run.run(&[Insert("y/", "1")], &[]);
    run.run(&[Read("x/")], &[""]);
    run.end(&one, &[""]);
    let finding = only(&run.stop(), "G2-realtime", "K1");
    assert_eq!(finding.witness.steps.len(), 3);
    // The same, with one transaction more between them.
    let mut run = Lists::default();
    let one = run.send(&[Insert("x/", "1"), Read("y/")]);
    let two = run.send(&[Insert("y/", "1"), Read("z/")]);
    run.run(&[Insert("z/", "1")], &[]);
    run.run(&[Read("x/")], &[""]);
    run.end(&one, &[""]);
    run.end(&two, &[""]);
    let finding = only(&run.stop(), "G2-realtime", "K1");
    assert_eq!(finding.witness.steps.len(), 4);
}
