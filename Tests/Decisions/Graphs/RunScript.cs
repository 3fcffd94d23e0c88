using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>One random step against a run: what to do, to which task, with which epoch and after how long.</summary>
public readonly record struct ScriptStep(int Kind, int Task, int Epoch, int Seconds);

/// <summary>
/// Plays random steps against the decider and keeps what happened, so that the six lease rules can be checked on every history.
/// A crash forgets everything that is not durable and restores, as a grain does.
/// </summary>
internal sealed class RunScript
{
    public const int Crash = 11;

    /// <summary>A batch of a parent is gone; only scripts that ask for it have this.</summary>
    public const int Lose = 12;

    /// <summary>Brings the run on, as a worker that does its work would: chance alone seldom comes to a node that reads.</summary>
    private const int Work = 13;

    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(60);

    private static readonly string[] Graphs =
    [
        """{"name":"chain","nodes":[{"id":"a","role":"r","tasks":3,"retry":{"max":1,"backoff_sec":5}},{"id":"b","role":"r","tasks":2,"depends_on":["a"]},{"id":"c","role":"s","depends_on":["b"]}]}""",
        """{"name":"stream","nodes":[{"id":"a","role":"r","tasks":4,"timeout_sec":40},{"id":"b","role":"r","depends_on":["a"],"start_when":"first_batch","retry":{"max":2,"backoff_sec":0}}]}""",
        """{"name":"fan","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","tasks":2},{"id":"c","role":"r","depends_on":["a","b"]},{"id":"d","role":"r","depends_on":["c","a"],"start_when":"first_batch"}]}""",
        """{"name":"routed-any","nodes":[{"id":"a","role":"r","tasks":2},{"id":"b","role":"r","routing":{"on_failure":["fix"]}},{"id":"c","role":"r","depends_on":["a","b"],"fan_in":"any"},{"id":"fix","role":"r"},{"id":"d","role":"r","depends_on":["c","fix"],"fan_in":"count:1","start_when":"first_batch","on_upstream_failure":"end_of_input"}]}""",
        """{"name":"routed-if","vars":{"n":1},"nodes":[{"id":"a","role":"r","retry":{"max":0}},{"id":"big","role":"r","depends_on":[{"node":"a","when":"parents.a.rows > 5"}]},{"id":"small","role":"r","tasks":2,"depends_on":[{"node":"a","when":"not (parents.a.rows > 5)"}]},{"id":"count","fn":"vars.incr","args":{"key":"n"},"depends_on":["big","small"],"fan_in":"any"},{"id":"last","role":"r","depends_on":[{"node":"count","when":"vars.n == 2"},{"node":"a","on":"done"}]}]}""",
        """{"name":"routed-stream","nodes":[{"id":"a","role":"r","tasks":3},{"id":"b","role":"r","routing":{"on_failure":["fix"]}},{"id":"c","role":"r","depends_on":["a","b"],"fan_in":"count:2","start_when":"first_batch"},{"id":"fix","role":"r","when":"parents.b.failed"},{"id":"d","role":"r","depends_on":["c",{"node":"fix","on":"done"}],"triggers":{"c":"on_batch"},"fan_in":"any"}]}""",
        """{"name":"routed-gate","nodes":[{"id":"a","role":"r","tasks":2},{"id":"g","approval":{"timeout_sec":70,"on_timeout":"approve"},"depends_on":["a"]},{"id":"h","approval":{},"routing":{"on_success":["b"],"on_failure":["c"]}},{"id":"b","role":"r","depends_on":["g"],"fan_in":"all"},{"id":"c","role":"r"}]}""",
        """{"name":"routed-scattered","vars":{"days":[1,2,3]},"nodes":[{"id":"a","role":"r","tasks":2},{"id":"each","role":"r","foreach":{"batches_of":"a"},"concurrency":{"limit":2},"depends_on":["a"],"start_when":"first_batch","retry":{"max":1,"backoff_sec":0}},{"id":"some","role":"r","foreach":{"items":"vars.days","barrier":"count:2"},"batch_deadline_sec":30},{"id":"d","role":"r","depends_on":["each","some"],"fan_in":"any"}]}""",
        """{"name":"routed-undone","nodes":[{"id":"a","role":"r","compensate":{"role":"u","on_cancel":true}},{"id":"b","role":"r","compensate":{"role":"u","retry":{"max":1,"backoff_sec":0}}},{"id":"c","role":"r","tasks":2,"depends_on":["a"],"compensate":{"role":"u"}},{"id":"d","role":"r","depends_on":["c","b"],"retry":{"max":0}}]}""",
    ];

    private ImmutableArray<TaskSlot> Slots => [.. State.Nodes.SelectMany((node, index) => Enumerable.Range(0, node.Tasks.Count).Select(task => new TaskSlot(index, task)))];

    public RunScript(int graph)
    {
        var plan = GraphParser.Parse(Graphs[graph % Graphs.Length]).RequirePlan();
        Play(new SubmitRun(new RunId("run"), plan));
    }

    /// <summary>The documents that scripts play.</summary>
    public static IReadOnlyList<string> Documents => Graphs;

    public GraphRunState State { get; private set; } = GraphRunState.None;

    /// <summary>What storage holds: the fold of the durable events alone.</summary>
    public GraphRunState Stored { get; private set; } = GraphRunState.None;

    public DateTimeOffset NowUtc { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public List<(GraphRunState Before, GraphRunCommand? Command, GraphRunDecision Decision, DateTimeOffset AtUtc)> History { get; } = [];

    public IEnumerable<GraphRunEvent> Events => History.SelectMany(item => item.Decision.Events);

    /// <summary>Scripts of up to 60 steps over every graph.</summary>
    public static Arbitrary<(int Graph, ScriptStep[] Steps)> Any { get; } = Scripts(losses: 0);

    /// <summary>The same, in which files are lost.</summary>
    public static Arbitrary<(int Graph, ScriptStep[] Steps)> Losing { get; } = Scripts(losses: 5);

    private static Arbitrary<(int Graph, ScriptStep[] Steps)> Scripts(int losses) => (
        from graph in Gen.Choose(0, Graphs.Length - 1)
        from steps in (
            from kind in Gen.Frequency(
                (8, Gen.Constant(0)), (5, Gen.Constant(1)), (8, Gen.Constant(2)), (6, Gen.Constant(3)), (10, Gen.Choose(4, 10)), (1, Gen.Constant(Crash)), (losses, Gen.Constant(Lose)), (6 * losses, Gen.Constant(Work)))
            from task in Gen.Choose(0, 9)
            from epoch in Gen.Frequency((8, Gen.Constant(0)), (1, Gen.Constant(-1)), (1, Gen.Constant(1)))
            from seconds in Gen.Frequency((8, Gen.Choose(0, 3)), (1, Gen.Choose(20, 90)))
            select new ScriptStep(kind, task, epoch, seconds)).ListOf()
        select (graph, steps.Take(60).ToArray())).ToArbitrary();

    public static RunScript Run((int Graph, ScriptStep[] Steps) script)
    {
        var run = new RunScript(script.Graph);
        foreach (var step in script.Steps)
        {
            run.Play(step);
        }

        return run;
    }

    public void Play(ScriptStep step)
    {
        NowUtc += TimeSpan.FromSeconds(step.Seconds);
        if (step.Kind == Crash)
        {
            History.Add((State, null, new GraphRunDecision(Stored, []), NowUtc));
            State = Stored;
            Play(new RestoreRun());
            return;
        }

        var slots = step.Kind >= Lose ? Slots.Where(slot => State[slot].Status == FlowTaskStatus.Leased || (step.Kind == Work && State[slot].Status == FlowTaskStatus.Ready)).ToImmutableArray() : Slots;
        if (slots.IsEmpty)
        {
            return;
        }

        var slot = slots[step.Task % slots.Length];
        var task = State[slot];
        var epoch = task.Epoch + step.Epoch;
        Play(step.Kind switch
        {
            0 or 1 => new LeaseTask(slot, new GrantLease(new WorkerId($"w{step.Task % 3}"), "s")),
            2 => new LeaseTask(slot, new AcceptBatch(epoch, Math.Max(0, task.StandingCount - (step.Task % 4 == 3 ? 1 : 0)), Batch(step, task), Metrics)),
            3 => new LeaseTask(slot, new CompleteAttempt(epoch, task.Batches.Count, null, Metrics)),
            4 => new LeaseTask(slot, new RenewLease(epoch, new WorkerId("w"), "s", 0.5)),
            5 when step.Task % 3 == 0 => new LeaseTask(slot, new FailAttempt(epoch, new LeaseFailure("oops", step.Task == 9, "no"))),
            6 => new LeaseTask(slot, new StopAttempt(epoch)),
            7 => new LeaseTask(slot, new RevokeLease(epoch, LeaseReasons.ConnectionLost)),
            8 when step.Task == 0 && step.Epoch != 0 => new CancelRun("enough"),
            9 => new LeaseTask(slot, new CompleteAttempt(epoch, task.Batches.Count + step.Task % 2, null, Metrics)),
            10 when step.Task == 9 && State.Plan!.Nodes.FirstOrDefault(node => node.Gate is not null) is { } gate => new AnswerGate(gate.Index, step.Seconds % 3 > 0, null),
            Work when task.Status == FlowTaskStatus.Ready => new LeaseTask(slot, new GrantLease(new WorkerId($"w{step.Task % 3}"), "s")),
            Work when task.StandingCount < Math.Max(2, task.Batches.Count) => new LeaseTask(slot, new AcceptBatch(task.Epoch, task.StandingCount, Batch(step, task), Metrics)),
            Work => new LeaseTask(slot, new CompleteAttempt(task.Epoch, task.StandingCount, null, Metrics)),
            Lose when LostBy(slot, step) is { } lost => new LeaseTask(slot, new LoseInputs(epoch, [lost], new LeaseFailure(LeaseReasons.ArtifactLost, false, "gone"))),
            10 when step.Task == 8 => State.IsPaused ? new ResumeRun() : new PauseRun("wait"),
            _ => new PassRunTime(),
        });
    }

    public GraphRunDecision Play(GraphRunCommand command)
    {
        var before = State;
        var decision = GraphRunDecider.Decide(State, command, LeaseDuration, NowUtc);
        History.Add((before, command, decision, NowUtc));
        State = decision.State;
        foreach (var change in decision.Events.Where(change => change.IsDurable))
        {
            Stored = GraphRunDecider.Apply(Stored, change);
        }

        return decision;
    }

    /// <summary>Grants and completes whatever can be until nothing changes, as live workers would.</summary>
    public void DriveToTheEnd()
    {
        foreach (var slot in Slots)
        {
            Play(new LeaseTask(slot, new RevokeLease(State[slot].Epoch, LeaseReasons.ConnectionLost)));
        }

        Play(new ResumeRun());
        for (var round = 0; round < 1_000 && !State.IsTerminal; round++)
        {
            NowUtc += LeaseDuration;
            foreach (var gate in State.OpenGates)
            {
                Play(new AnswerGate(gate, IsApproved: true, null));
            }

            Play(new PassRunTime());
            foreach (var slot in Slots)
            {
                if (Play(new LeaseTask(slot, new GrantLease(new WorkerId("last"), "s"))).IsAccepted)
                {
                    while (State[slot].StandingCount < State[slot].Batches.Count)
                    {
                        Play(new LeaseTask(slot, new AcceptBatch(State[slot].Epoch, State[slot].StandingCount, Batch(default, State[slot]), Metrics)));
                    }

                    Play(new LeaseTask(slot, new CompleteAttempt(State[slot].Epoch, State[slot].Batches.Count)));
                }
            }
        }
    }

    private static ImmutableSortedDictionary<string, double> Metrics { get; } =
        ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("n", 1.0)]);

    /// <summary>A batch that is made again is the same one.</summary>
    private static AcceptedBatch Batch(ScriptStep step, TaskLease task) =>
        new(0, task.StandingCount < task.Batches.Count ? task.Batches[task.StandingCount].Rows : step.Task + 1, 10, "p");

    private LostInput? LostBy(TaskSlot slot, ScriptStep step)
    {
        var edges = State.Plan!.Nodes[slot.Node].Edges;
        if (edges.IsEmpty)
        {
            return null;
        }

        var parent = edges[step.Task % edges.Length].Parent;
        var made = State.Nodes[parent].Accepted;
        return made.IsEmpty ? null : new LostInput(State.Plan.Nodes[parent].Id, made[step.Seconds % made.Count].Task, made[step.Seconds % made.Count].Index, "p");
    }
}
